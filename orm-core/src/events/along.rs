//! Records that hooks have written along.

use crate::engine::Session;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::model::{IntoDraft, Model};
use crate::normalize::{Gather, Order, Settings, SomeGroups, readback};
use crate::plan::{Link, RowWrite, WriteBatch};

/// Records that hooks have written along, one batch for each model whose hook it was, model and way of
/// writing.
pub(super) struct Along {
    settings: Settings,
    /// The model whose hooks are running.
    by: &'static str,
    gathers: Vec<Gathered>,
}

struct Gathered {
    by: &'static str,
    schema: &'static EntitySchema,
    how: RowWrite,
    gather: Gather,
    count: u32,
}

impl Along {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, by: "", gathers: Vec::new() }
    }

    /// From now on the hooks of an entity run.
    pub(super) fn begin(&mut self, entity: &'static EntitySchema) {
        self.by = entity.model;
    }

    pub(super) fn add<T: Model>(&mut self, how: RowWrite, record: impl IntoDraft<T>) -> Result<()> {
        let (by, schema) = (self.by, T::schema());
        let same = |of: &Gathered| of.by == by && of.schema.is(schema) && of.how == how;
        let at = self.gathers.iter().position(same).unwrap_or_else(|| {
            let mut gather = Gather::new(schema, how, self.settings.clone());
            gather.list = true;
            self.gathers.push(Gathered { by, schema, how, gather, count: 0 });
            self.gathers.len() - 1
        });
        let of = &mut self.gathers[at];
        of.gather.root(record, of.count).map_err(|error| along(error, schema, by))?;
        of.count += 1;
        Ok(())
    }

    /// Appends them to a batch; what was appended is added to `all`.
    pub(super) fn append_to(self, batch: &mut WriteBatch, all: &mut Vec<Appended>) -> Result<()> {
        for Gathered { by, schema, mut gather, .. } in self.gathers {
            let base = batch.writes.len() as u32;
            let (more, order) = gather.batch().map_err(|error| along(error, schema, by))?;
            batch.writes.extend(more.writes);
            batch.links.extend(more.links.into_iter().map(|link| Link {
                write: link.write + base,
                to_write: link.to_write + base,
                ..link
            }));
            all.push(Appended { gather, by, first: base as usize, order });
        }
        Ok(())
    }
}

/// Records that stand at the end of a batch.
pub(super) struct Appended {
    gather: Gather,
    /// The model whose hook wrote them.
    by: &'static str,
    /// The place of their first write.
    first: usize,
    order: Order,
}

impl Appended {
    fn waiting(&self) -> SomeGroups {
        let groups = self.gather.groups().iter().enumerate();
        groups.filter(|(_, group)| group.entity().validate.is_some()).map(|(at, _)| at).collect()
    }

    /// Whether any of them is to be validated.
    pub(super) fn waits(&self) -> bool {
        !self.waiting().is_empty()
    }

    /// Takes them from the batch, which was applied, and validates them as they are stored.
    pub(super) async fn validate(mut self, batch: &mut WriteBatch, session: &Session) -> Result<()> {
        self.gather.take_back(batch.writes.split_off(self.first), &self.order);
        let waiting = self.waiting();
        let read = self.gather.to_read_back_for(&SomeGroups::default(), &waiting);
        let sources = readback(&self.gather, &read, session).await?;
        let schema = self.gather.group(0).entity();
        self.gather.validate_stored(&waiting, &sources).map_err(|error| along(error, schema, self.by))
    }
}

/// The model whose hook has written what stands at a place of the batch.
pub(super) fn writer(appended: &[Appended], write: usize) -> Option<&'static str> {
    appended.iter().rev().find(|along| along.first <= write).map(|along| along.by)
}

/// Where records are that stand nowhere in the input.
pub(super) fn place(record: &str, by: &str) -> String {
    format!("{record} (written along by a hook of `{by}`)")
}

/// An error whose path begins at the records of one entity that a hook wrote along: the path alone would be
/// taken for one of the caller's input.
fn along(mut error: Error, entity: &EntitySchema, by: &str) -> Error {
    if let Error::WrongType { at, .. }
    | Error::MissingField { at, .. }
    | Error::MissingKey { at, .. }
    | Error::Contradiction { at, .. }
    | Error::TooDeep { at, .. }
    | Error::TooLarge { at, .. }
    | Error::Invalid { at, .. }
    | Error::CrossingRecord { at, .. } = &mut error
        && let Some(path) = at.strip_prefix('$')
    {
        // Which of those that were written along it is says nothing to anybody.
        let path = path.split_once(']').map_or(path, |(_, path)| path);
        *at = place(&format!("{}{path}", entity.name), by);
    }
    error
}
