//! Models: structs that `#[derive(Model)]` has given a schema, typed fields and a draft.

mod draft;
mod embedded;
mod fields;
pub(crate) mod morph;
mod relation;
pub mod schema;
mod tied;
mod validate;

pub use draft::{IntoDraft, RawDraft};
pub(crate) use draft::{Nested, owned};
pub use embedded::{Embedded, IntoEmbedded};
pub use fields::{Column, ToMany, ToOne};
pub use morph::{Holds, Morph, MorphField, MorphTarget, MorphVisitor, ToMorph};
pub use relation::{Many, NotLoaded, One};
pub(crate) use tied::{Ties, stands_between};

use crate::connections::ConnectionMarker;
use crate::provider::Row;
use crate::value::{KeyType, Kind, Mismatch, ValueRef};
use schema::EntitySchema;
pub use validate::Validate;
pub(crate) use validate::located;

/// The typed fields of a model, which the closures of queries get: `|u| u.age.ge(18)`.
pub type Fields<M> = <M as Model>::Fields;

/// The draft of a model: a record that says only some of its fields.
pub type Draft<M> = <M as Model>::Draft;

/// A struct that is stored as an entity. Implemented by `#[derive(Model)]`, not by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(Model)]` to `{Self}` and mark its key with `#[key]`"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The key: the type of the `#[key]` field, or a tuple of several.
    type Key: KeyType;
    /// The typed fields.
    type Fields: Send + Sync + 'static;
    /// The draft.
    type Draft: IntoDraft<Self> + Send;

    /// The connection that the model names; [`AnyConnection`](crate::connections::AnyConnection) if none.
    type Connection: ConnectionMarker;

    /// The entity's name, for relations that tell models apart by it.
    #[doc(hidden)]
    const ENTITY: &'static str;
    /// The columns' names and kinds, for checks between models at compile time.
    #[doc(hidden)]
    const COLUMNS: &'static [(&'static str, Kind)];
    /// The places of the key's columns, for checks between models at compile time.
    #[doc(hidden)]
    const KEY: &'static [usize];

    /// The schema.
    fn schema() -> &'static EntitySchema;
    /// The typed fields.
    fn fields() -> &'static Self::Fields;
    /// Reads a record from a row of all its columns. Relations are not loaded.
    ///
    /// # Errors
    /// When a stored value doesn't fit its field.
    fn hydrate(row: &dyn Row) -> crate::Result<Self>;
    /// The value of a column.
    ///
    /// # Errors
    /// When it can't be stored.
    fn value(&self, column: usize) -> Result<ValueRef<'_>, Mismatch>;
    /// Shows each relation's field to a visitor, in the order of the schema.
    ///
    /// # Errors
    /// Those of the visitor.
    fn relations<V: RelationVisitor>(&mut self, visitor: &mut V) -> crate::Result<()>;
    /// Shows each relation of [`fields`](Self::fields) to a visitor, in the order of the schema.
    fn each_relation<V: FieldsVisitor<Self>>(visitor: &mut V);
}

/// Goes through the relations of a model.
pub trait FieldsVisitor<M> {
    /// A relation to at most one record.
    fn one<T: Model>(&mut self, relation: ToOne<M, T>);
    /// A relation to many records.
    fn many<T: Model>(&mut self, relation: ToMany<M, T>);
    /// A relation to a record of one of several models.
    fn morph<E: Morph>(&mut self, relation: ToMorph<M, E>);
}

/// A model whose deleted records stay stored, and are left out unless asked for. Implemented by
/// `#[derive(Model)]` with `#[model(soft_delete)]`.
#[diagnostic::on_unimplemented(
    message = "deleted records of `{Self}` are gone: it has no soft delete",
    label = "not soft-deleted",
    note = "add `#[model(soft_delete)]` and `deleted_at: Option<Timestamp>` to `{Self}`"
)]
pub trait SoftDelete: Model {}

/// Goes through the relation fields of a record.
pub trait RelationVisitor {
    /// A field that holds at most one record.
    ///
    /// # Errors
    /// As the visitor sees fit; they end the visit.
    fn one<T: Model>(&mut self, relation: usize, slot: &mut One<T>) -> crate::Result<()>;
    /// A field that holds many records.
    ///
    /// # Errors
    /// As the visitor sees fit; they end the visit.
    fn many<T: Model>(&mut self, relation: usize, slot: &mut Many<T>) -> crate::Result<()>;
    /// A field that holds a record of one of several models; the schema has a relation for each, the
    /// first of which is this one.
    ///
    /// # Errors
    /// As the visitor sees fit; they end the visit.
    fn morph<E: Morph>(&mut self, first: usize, slot: &mut One<E>) -> crate::Result<()>;
}
