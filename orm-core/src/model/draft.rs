//! Records that say only some of their fields.

use super::schema::EntitySchema;
use super::{Holds, Model, Morph, MorphVisitor};
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
    /// Records, each with what is said of the pivot's own columns.
    Tied(Vec<(RawDraft, RawDraft)>),
}

impl RawDraft {
    /// A draft that says nothing.
    #[must_use]
    pub fn new(entity: &'static EntitySchema) -> Self {
        Self { cells: vec![None; entity.fields.len()], relations: Vec::new(), fault: None }
    }

    /// A draft of a struct of so many columns that says nothing.
    #[doc(hidden)]
    #[must_use]
    pub fn of_width(columns: usize) -> Self {
        Self { cells: vec![None; columns], relations: Vec::new(), fault: None }
    }

    /// All columns of an embedded struct.
    pub(crate) fn embedding<E: super::Embedded>(content: &E) -> Self {
        let mut draft = Self::of_width(E::FIELDS.len());
        for column in 0..E::FIELDS.len() {
            draft.put(column, content.value(column));
        }
        draft
    }

    /// Gives the columns of an embedded struct, which start at `first`, what is said of them.
    #[doc(hidden)]
    #[must_use]
    pub fn embed<E: super::Embedded>(mut self, first: usize, content: impl super::IntoEmbedded<E>) -> Self {
        let content = content.into_columns();
        if let Some((column, mismatch)) = content.fault {
            self.fault = self.fault.or(Some((first + column, mismatch)));
        }
        for (column, (cell, field)) in content.cells.into_iter().zip(E::FIELDS).enumerate() {
            // What may be NULL as a whole is given as a whole.
            let cell = if E::OPTIONAL && cell.is_none() { field.filler() } else { cell };
            match cell {
                None if E::OPTIONAL => {
                    let mismatch = Mismatch::new(field.kind, "nothing");
                    self.fault = self.fault.or(Some((first + column, mismatch)));
                }
                None => {}
                given => self.cells[first + column] = given,
            }
        }
        self
    }

    fn put(&mut self, column: usize, value: Result<ValueRef<'_>, Mismatch>) {
        self.state(column, owned(value));
    }

    /// Gives a column a value that is to be stored as it is.
    pub(crate) fn state(&mut self, column: usize, value: Result<Value, Mismatch>) {
        match value {
            Ok(value) => self.cells[column] = Some(value),
            Err(mismatch) => self.fault = self.fault.take().or(Some((column, mismatch))),
        }
    }

    /// What both say; where they contradict, the other one counts.
    pub(crate) fn overlaid(mut self, other: Self) -> Self {
        for (cell, over) in self.cells.iter_mut().zip(other.cells) {
            *cell = over.or(cell.take());
        }
        self.relations.extend(other.relations);
        self.fault = self.fault.or(other.fault);
        self
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

    /// Nests records in a relation over a pivot, each with what the pivot's own columns hold.
    #[must_use]
    pub fn nest_tied<T, P>(
        mut self,
        relation: usize,
        records: impl IntoIterator<Item = (impl IntoDraft<T>, impl IntoDraft<P>)>,
    ) -> Self {
        let records = records.into_iter().map(|(record, tie)| (record.into_draft(), tie.into_draft()));
        self.relations.push((relation, Nested::Tied(records.collect())));
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

/// A column's value on its own.
pub(crate) fn owned(value: Result<ValueRef<'_>, Mismatch>) -> Result<Value, Mismatch> {
    match value {
        Ok(ValueRef::Json(json)) => json.text().map(|text| Value::Text(text.into())),
        other => other.map(ValueRef::to_value),
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
            draft.put(column, self.value(column));
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
            fn morph<E: Morph>(&mut self, first: usize, slot: &mut super::One<E>) -> crate::Result<()> {
                let value = slot.take_content().flatten().map(|value| *value);
                E::targets(&mut CollectOf { first, value, into: self.0 })
            }
        }
        struct CollectOf<'a, E> {
            first: usize,
            value: Option<E>,
            into: &'a mut RawDraft,
        }
        impl<E: Morph> MorphVisitor<E> for CollectOf<'_, E> {
            fn target<T: Model>(&mut self) -> crate::Result<()>
            where
                E: Holds<T>,
            {
                match self.value.take().map(Holds::<T>::into_record) {
                    Some(Ok(record)) => {
                        let relation = self.first + <E as Holds<T>>::PLACE;
                        let records = vec![record.into_draft()];
                        self.into.relations.push((relation, Nested::Records(records)));
                    }
                    Some(Err(other)) => self.value = Some(other),
                    None => {}
                }
                Ok(())
            }
        }
        // `Collect` answers no errors.
        let _ = self.relations(&mut Collect(&mut draft));
        draft
    }
}
