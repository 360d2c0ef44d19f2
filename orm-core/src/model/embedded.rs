//! Structs whose fields are columns of the model that holds them.

use super::schema::{EntitySchema, FieldSchema};
use super::{Model, RawDraft};
use crate::provider::Row;
use crate::value::{Mismatch, ValueRef};
use std::fmt;

/// A struct that is kept in columns of the model that has it: `#[field(embed)] address: Address`.
///
/// Implemented by `#[derive(Embedded)]`, not by hand. An `Option` of one is `None` where all of its
/// columns are NULL.
///
/// ```
/// use orm_core::prelude::*;
/// #[derive(Embedded, Debug, Clone, PartialEq)]
/// struct Address { street: String, zip: String }
/// #[derive(Model)]
/// struct User { #[key] id: u64, #[field(embed)] address: Address }
/// fn in_zip(u: &Fields<User>, zip: &str) -> Filter<User> {
///     u.address.zip.eq(zip)
/// }
/// # fn example(users: Repository<User>) -> orm_core::Result<()> {
/// users.save_json(r#"{ "id": 1, "address": { "street": "Elm", "zip": "1010" } }"#)?;
/// users.update(User::draft().id(1).address(Address::draft().zip("1020")))?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be embedded",
    label = "not embeddable",
    note = "add `#[derive(Embedded)]` to `{Self}`, or keep it as JSON by `#[field(json)]`"
)]
pub trait Embedded: Sized + Send + Sync + 'static {
    /// The typed columns, as fields of the model that holds them.
    type Fields<M: Model>: fmt::Debug + Send + Sync + 'static;

    /// The struct's name, for messages.
    #[doc(hidden)]
    const NAME: &'static str;
    /// The columns, before they have their place in a model.
    #[doc(hidden)]
    const FIELDS: &'static [FieldSchema];
    /// Whether all of the columns may be NULL together.
    #[doc(hidden)]
    const OPTIONAL: bool = false;

    /// Reads the struct from a row, in which its columns start at `first`.
    ///
    /// # Errors
    /// When a stored value doesn't fit its field.
    #[doc(hidden)]
    fn hydrate(row: &dyn Row, schema: &'static EntitySchema, first: usize) -> crate::Result<Self>;

    /// The value of one of its columns.
    ///
    /// # Errors
    /// When it can't be stored.
    #[doc(hidden)]
    fn value(&self, column: usize) -> Result<ValueRef<'_>, Mismatch>;
}

impl<T: Embedded> Embedded for Option<T> {
    type Fields<M: Model> = T::Fields<M>;
    const NAME: &'static str = T::NAME;
    const FIELDS: &'static [FieldSchema] = T::FIELDS;
    const OPTIONAL: bool = true;

    fn hydrate(row: &dyn Row, schema: &'static EntitySchema, first: usize) -> crate::Result<Self> {
        if (first..first + T::FIELDS.len()).all(|column| row.value(column).is_null()) {
            return Ok(None);
        }
        T::hydrate(row, schema, first).map(Some)
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, Mismatch> {
        self.as_ref().map_or(Ok(ValueRef::Null), |content| content.value(column))
    }
}

/// What a draft takes for an embedded struct: the struct, or a draft of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `{E}`",
    label = "expected a `{E}` or its draft",
    note = "a draft is built by the struct's `draft()`"
)]
pub trait IntoEmbedded<E> {
    /// The columns.
    #[doc(hidden)]
    fn into_columns(self) -> RawDraft;
}

impl<E: Embedded> IntoEmbedded<E> for E {
    fn into_columns(self) -> RawDraft {
        RawDraft::embedding(&self)
    }
}

impl<E: Embedded> IntoEmbedded<Option<E>> for E {
    fn into_columns(self) -> RawDraft {
        RawDraft::embedding(&self)
    }
}
