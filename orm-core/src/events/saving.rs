//! A record on its way into the store, as hooks see it.

use super::along::Along;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::model::{Column, Fields, IntoDraft, Model};
use crate::plan::{RowWrite, Rows};
use crate::provider::Row;
use crate::provider::fallback::Record;
use crate::value::{Cell, FieldType, IntoOperand, Mismatch, ValueRef};
use std::fmt;
use std::marker::PhantomData;

/// A record that is about to be written, whatever its model.
pub(super) struct Written<'a> {
    pub(super) rows: &'a mut Rows,
    pub(super) row: usize,
    /// What is stored of it.
    pub(super) stored: Option<&'a Record>,
    pub(super) along: &'a mut Along,
}

/// A record that is about to be written, as the hooks [`saving`](crate::database::Builder::saving),
/// [`inserting`](crate::database::Builder::inserting) and
/// [`updating`](crate::database::Builder::updating) get it.
pub struct Saving<'a, M> {
    of: Written<'a>,
    _model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> Saving<'a, M> {
    pub(super) fn new(of: Written<'a>) -> Self {
        Self { of, _model: PhantomData }
    }

    fn column<T>(column: impl FnOnce(&Fields<M>) -> Column<M, T>) -> usize {
        column(M::fields()).index
    }

    fn said(&self, column: usize) -> Cell<'_> {
        self.of.rows.cell(self.of.row, column)
    }

    /// Whether there is no record of this key yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.of.stored.is_none()
    }

    /// The value that the column will have: what the write says, or what is stored. `None` where neither
    /// says anything: a new record takes the default then, or the storage makes the key.
    ///
    /// # Errors
    /// When the value can't be read as the field's type.
    pub fn get<T: FieldType>(&self, column: impl FnOnce(&Fields<M>) -> Column<M, T>) -> Result<Option<T>> {
        let column = Self::column(column);
        match (self.said(column), self.of.stored) {
            (Cell::Given(value), _) => read::<M, T>(column, value).map(Some),
            (Cell::Absent, Some(stored)) => read::<M, T>(column, stored.value(column)).map(Some),
            (Cell::Absent, None) => Ok(None),
        }
    }

    /// The value that is stored now; `None` when the record is new.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn stored<T: FieldType>(&self, column: impl FnOnce(&Fields<M>) -> Column<M, T>) -> Result<Option<T>> {
        let column = Self::column(column);
        self.of.stored.map(|stored| read::<M, T>(column, stored.value(column))).transpose()
    }

    /// Whether the write gives the column a value, or another one than is stored.
    #[must_use]
    pub fn changes<T>(&self, column: impl FnOnce(&Fields<M>) -> Column<M, T>) -> bool {
        let column = Self::column(column);
        match (self.said(column), self.of.stored) {
            (Cell::Absent, _) => false,
            (Cell::Given(_), None) => true,
            (Cell::Given(value), Some(stored)) => value != stored.value(column),
        }
    }

    /// Gives the column another value, which is cast, mutated and checked as any that comes in.
    ///
    /// # Errors
    /// [`Error::Operand`] when the column can't hold it, [`Error::Configuration`] for a part of the key,
    /// by which other records may refer to this one already, and [`Error::VersionUpdate`] for the column
    /// that counts the writes. [`Error::HalfEmbedded`] is told when the hooks have run.
    pub fn set<T: FieldType>(
        &mut self,
        column: impl FnOnce(&Fields<M>) -> Column<M, T>,
        value: impl IntoOperand<T>,
    ) -> Result<()> {
        let column = Self::column(column);
        let (schema, field) = (M::schema(), M::schema().field(column));
        if schema.key.contains(&column) {
            let text =
                format!("`{}.{}` is part of the key, which a hook can't change", schema.model, field.field);
            return Err(Error::Configuration(text));
        }
        if schema.version == Some(column) {
            return Err(Error::VersionUpdate { model: schema.model, column: field.field });
        }
        let operand = |mismatch| Error::Operand { model: schema.model, column: field.field, mismatch };
        let value = value.into_operand().map_err(operand)?;
        let value = match &field.intake {
            Some(intake) => intake.take(field.kind, field.nullable, value.as_ref()),
            None if value.is_null() && !field.nullable => Err(Mismatch::new(field.kind, "null")),
            None => field.kind.fit(value.as_ref()).map(ValueRef::to_value),
        };
        if self.of.rows.set(self.of.row, column, value.map_err(operand)?.as_ref()) {
            return Ok(());
        }
        let at = format!("{}.{}", schema.model, field.field);
        Err(Error::TooLarge { at, what: "one save holds at most 4 GiB of text per column; split it" })
    }

    /// The error that refuses the write: nothing of it is stored, and the caller gets
    /// [`Error::Vetoed`] with the record's path.
    ///
    /// # Errors
    /// Always: `return saving.veto("names have letters")`.
    pub fn veto<R>(&self, reason: impl Into<String>) -> Result<R> {
        Err(veto(M::schema(), reason.into()))
    }

    /// Saves another record along, of any model: in the same transaction, all or nothing, after this one.
    /// The hooks of its model run before it, and may write more along; a chain of more than 16 such rounds
    /// is taken for a circle, and ends as [`Error::Configuration`]. Its model must be registered.
    ///
    /// # Errors
    /// As [`Repository::save`](crate::repository::Repository::save) before it touches the storage.
    pub fn also_save<T: Model>(&mut self, record: impl IntoDraft<T>) -> Result<()> {
        self.of.along.add(RowWrite::Merge, record)
    }

    /// As [`also_save`](Self::also_save), of a record that must be new.
    ///
    /// # Errors
    /// As there.
    pub fn also_insert<T: Model>(&mut self, record: impl IntoDraft<T>) -> Result<()> {
        self.of.along.add(RowWrite::Insert, record)
    }
}

impl<M: Model> fmt::Debug for Saving<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(M::schema().model);
        for (column, field) in M::schema().fields.iter().enumerate().filter(|(_, field)| !field.hidden) {
            if let Cell::Given(value) = self.said(column) {
                out.field(field.field, &value);
            }
        }
        out.finish_non_exhaustive()
    }
}

/// A veto, to which the path is added where it is known.
pub(super) fn veto(schema: &EntitySchema, reason: String) -> Error {
    Error::Vetoed { at: String::new(), model: schema.model, reason }
}

fn read<M: Model, T: FieldType>(column: usize, value: ValueRef<'_>) -> Result<T> {
    let (model, column) = (M::schema().model, M::schema().field(column).field);
    T::from_value(value).map_err(|mismatch| Error::Operand { model, column, mismatch })
}
