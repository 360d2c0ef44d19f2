//! Records that say only some of their fields.

use super::Model;
use super::schema::EntitySchema;
use crate::value::{IntoOperand, KeyValues, Mismatch, Value, ValueRef};

/// The content of a draft: what the generated builders fill and a save takes.
///
/// Each column is absent, null or a value; each relation is absent, or records, or keys of records.
#[derive(Debug, Clone)]
pub struct RawDraft {
    pub(crate) cells: Vec<Option<Value>>,
    pub(crate) relations: Vec<(usize, Nested)>,
    /// The first value that didn't fit: the save reports it.
    pub(crate) fault: Option<(usize, Mismatch)>,
}

/// What a draft says of a relation.
#[derive(Debug, Clone)]
pub(crate) enum Nested {
    Records(Vec<RawDraft>),
    Keys(Vec<Result<KeyValues, Mismatch>>),
}

impl RawDraft {
    /// A draft that says nothing.
    #[must_use]
    pub fn new(entity: &'static EntitySchema) -> Self {
        Self { cells: vec![None; entity.fields.len()], relations: Vec::new(), fault: None }
    }

    /// Gives a column its value.
    #[must_use]
    pub fn set<T>(mut self, column: usize, value: impl IntoOperand<T>) -> Self {
        match value.into_operand() {
            Ok(value) => self.cells[column] = Some(value),
            Err(mismatch) => self.fault = self.fault.or(Some((column, mismatch))),
        }
        self
    }

    /// Nests records in a relation, after those it has.
    #[must_use]
    pub fn nest<T>(mut self, relation: usize, records: impl IntoIterator<Item = impl IntoDraft<T>>) -> Self {
        let records = records.into_iter().map(IntoDraft::into_draft).collect();
        self.relations.push((relation, Nested::Records(records)));
        self
    }

    /// Names related records by their keys, after those it has.
    #[must_use]
    pub fn refer<T: Model>(
        mut self,
        relation: usize,
        keys: impl IntoIterator<Item = impl crate::value::IntoKey<T::Key>>,
    ) -> Self {
        let keys = keys.into_iter().map(crate::value::IntoKey::into_key).collect();
        self.relations.push((relation, Nested::Keys(keys)));
        self
    }
}

/// What can be nested in a draft: another draft of the model, or a typed value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no record of `{M}`",
    label = "expected a `{M}` or its draft",
    note = "a draft is built by `{M}::draft()`"
)]
pub trait IntoDraft<M> {
    /// The content.
    fn into_draft(self) -> RawDraft;

    /// Writes the record into a batch.
    ///
    /// # Errors
    /// When a value can't be stored, with its path.
    #[doc(hidden)]
    fn gather(self, nesting: crate::normalize::Nesting<'_>) -> crate::Result<u32>
    where
        Self: Sized,
    {
        nesting.draft(self.into_draft())
    }
}

impl<M: Model> IntoDraft<M> for M {
    /// A typed value needs no draft on the way.
    fn gather(self, nesting: crate::normalize::Nesting<'_>) -> crate::Result<u32> {
        nesting.typed(self)
    }

    fn into_draft(mut self) -> RawDraft {
        let mut draft = RawDraft::new(M::schema());
        for column in M::schema().typed_columns() {
            match self.value(column) {
                Ok(ValueRef::Json(json)) => match json.text() {
                    Ok(text) => draft.cells[column] = Some(Value::Text(text.into())),
                    Err(mismatch) => draft.fault = draft.fault.or(Some((column, mismatch))),
                },
                Ok(value) => draft.cells[column] = Some(value.to_value()),
                Err(mismatch) => draft.fault = draft.fault.or(Some((column, mismatch))),
            }
        }
        struct Collect<'a>(&'a mut RawDraft);
        impl super::RelationVisitor for Collect<'_> {
            fn one<T: Model>(&mut self, relation: usize, slot: &mut super::One<T>) -> crate::Result<()> {
                if let Some(Some(record)) = slot.take_content() {
                    self.0.relations.push((relation, Nested::Records(vec![record.into_draft()])));
                }
                Ok(())
            }
            fn many<T: Model>(&mut self, relation: usize, slot: &mut super::Many<T>) -> crate::Result<()> {
                if let Some(records) = slot.take_content() {
                    let records = records.into_iter().map(IntoDraft::into_draft).collect();
                    self.0.relations.push((relation, Nested::Records(records)));
                }
                Ok(())
            }
        }
        // `Collect` answers no errors.
        let _ = self.relations(&mut Collect(&mut draft));
        draft
    }
}
