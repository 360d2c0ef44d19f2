//! Records that hooks have written along.

use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::model::{IntoDraft, Model};
use crate::normalize::{Gather, Settings};
use crate::plan::{Link, RowWrite, WriteBatch};

/// Records that hooks have written along, one batch for each model and way of writing.
pub(super) struct Along {
    settings: Settings,
    gathers: Vec<(&'static EntitySchema, RowWrite, Gather, u32)>,
}

impl Along {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, gathers: Vec::new() }
    }

    pub(super) fn add<T: Model>(&mut self, how: RowWrite, record: impl IntoDraft<T>) -> Result<()> {
        let schema = T::schema();
        let same = |(of, way, ..): &(&EntitySchema, RowWrite, Gather, u32)| of.is(schema) && *way == how;
        let at = self.gathers.iter().position(same).unwrap_or_else(|| {
            let mut gather = Gather::new(schema, how, self.settings);
            gather.list = true;
            self.gathers.push((schema, how, gather, 0));
            self.gathers.len() - 1
        });
        let (.., gather, ordinal) = &mut self.gathers[at];
        gather.root(record, *ordinal)?;
        *ordinal += 1;
        Ok(())
    }

    /// Appends them to a batch.
    pub(super) fn append_to(self, batch: &mut WriteBatch) -> Result<()> {
        for (_, _, mut gather, _) in self.gathers {
            let base = batch.writes.len() as u32;
            let (more, _) = gather.batch()?;
            batch.writes.extend(more.writes);
            batch.links.extend(more.links.into_iter().map(|link| Link {
                write: link.write + base,
                to_write: link.to_write + base,
                ..link
            }));
        }
        Ok(())
    }
}
