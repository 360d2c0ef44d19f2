//! Records by their nested keys.

use super::Repository;
use super::save::stream_into;
#[cfg(feature = "json")]
use super::save::text_into;
use crate::database::Lens;
use crate::engine::{Mode, Snapshot};
use crate::error::Result;
use crate::model::Model;
use crate::normalize::{Assembler, Gather, read_named};
use crate::plan::RowWrite;
use crate::provider::TxOptions;

impl<M: Model, D: Mode> Repository<M, D> {
    /// The stored records that JSON names by nested keys, in its shape: what a save's answer was made
    /// of comes back by `[{ "id": 1, "posts": [{ "id": 7 }, { "id": 3 }] }]`, or `"posts": [7, 3]`.
    ///
    /// Nothing is written; other members than keys and relations don't matter. Records that aren't
    /// stored, or aren't seen, are left out. Relations are *partial*, in the input's order.
    ///
    /// # Errors
    /// As [`save_json`](Self::save_json) for the input; those of the storage.
    #[cfg(feature = "json")]
    pub fn revive_json<'a>(&'a self, json: &'a str) -> D::Answer<'a, Result<Vec<M>>> {
        D::answer(async move { self.revived(text_into(&|| self.naming(), json)?).await })
    }

    /// As [`revive_json`](Self::revive_json), from any serde deserializer of a self-describing format.
    ///
    /// # Errors
    /// As there.
    pub fn revive_from<'a, 'de>(
        &'a self,
        deserializer: impl serde::Deserializer<'de>,
    ) -> D::Answer<'a, Result<Vec<M>>> {
        let gather = self.names(deserializer);
        D::answer(async move { self.revived(gather?).await })
    }

    fn names<'de>(&self, deserializer: impl serde::Deserializer<'de>) -> Result<Gather> {
        stream_into(self.naming(), deserializer)
    }

    fn naming(&self) -> Gather {
        let mut gather = Gather::new(M::schema(), RowWrite::Merge, self.database.settings.clone());
        gather.names_only = true;
        gather
    }

    async fn revived(&self, gather: Gather) -> Result<Vec<M>> {
        self.ready().await?;
        let snapshot = Snapshot::begin(&self.session, TxOptions::snapshot()).await?;
        let lens = Lens { session: snapshot.session(), scopes: self.scopes(), unscoped: false, whole: false };
        let sources = read_named(&gather, lens).await;
        let sources = snapshot.end(sources).await?;
        Assembler::new(&gather, sources).stored_roots()
    }
}
