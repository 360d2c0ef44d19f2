//! Records that hooks have written along.

use crate::engine::Session;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::model::{IntoDraft, Model};
use crate::normalize::{Gather, Settings, readback};
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

    /// Appends them to a batch; what was appended is added to `all`.
    pub(super) fn append_to(self, batch: &mut WriteBatch, all: &mut Vec<Appended>) -> Result<()> {
        for (_, _, mut gather, _) in self.gathers {
            let base = batch.writes.len() as u32;
            let (more, order) = gather.batch()?;
            batch.writes.extend(more.writes);
            batch.links.extend(more.links.into_iter().map(|link| Link {
                write: link.write + base,
                to_write: link.to_write + base,
                ..link
            }));
            all.push(Appended { gather, first: base as usize, order });
        }
        Ok(())
    }
}

/// Records that stand at the end of a batch.
pub(super) struct Appended {
    gather: Gather,
    /// The place of their first write.
    first: usize,
    order: Vec<u32>,
}

impl Appended {
    fn waiting(&self) -> Vec<bool> {
        self.gather.groups().iter().map(|group| group.entity().validate.is_some()).collect()
    }

    /// Whether any of them is to be validated.
    pub(super) fn waits(&self) -> bool {
        self.waiting().contains(&true)
    }

    /// Takes them from the batch, which was applied, and validates them as they are stored.
    pub(super) async fn validate(mut self, batch: &mut WriteBatch, session: &Session) -> Result<()> {
        self.gather.take_back(batch.writes.split_off(self.first), &self.order);
        let waiting = self.waiting();
        let read = self.gather.to_read_back_for(&vec![false; waiting.len()], &waiting);
        let sources = readback(&self.gather, &read, session).await?;
        self.gather.validate_stored(&waiting, &sources).map_err(|error| match error {
            Error::Invalid { model, message, .. } => Error::Invalid { at: place(model), model, message },
            other => other,
        })
    }
}

/// Where records are that stand nowhere in the input.
pub(super) fn place(name: &str) -> String {
    format!("{name} (written along by a hook)")
}
