//! Values of a statement.

use crate::provider::SqlBind;
use crate::value::{FieldType, Kind, Mismatch, Value, ValueRef};

/// What can be the value of a `?`: whatever can be a column, `&str` and `&[u8]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be bound to a `?`",
    label = "no value of a statement",
    note = "values are what can be a column (integers, floats, bool, String, dates, …), `Option` of these, \
            `&str` and `&[u8]`; a list is bound by `.bind_list(…)`"
)]
pub trait SqlValue {
    #[doc(hidden)]
    const KIND: Kind;

    /// The value in neutral form.
    ///
    /// # Errors
    /// When it can't be stored: NaN, a number that is too large.
    #[doc(hidden)]
    fn into_bind(self) -> Result<SqlBind, Mismatch>;
}

impl<T: FieldType> SqlValue for T {
    const KIND: Kind = T::KIND;

    fn into_bind(self) -> Result<SqlBind, Mismatch> {
        let value = match self.to_value()? {
            ValueRef::Json(json) => match json.text() {
                Ok(text) => Value::Text(text.into()),
                Err(found) => return Err(Mismatch::new(T::KIND, found.to_string())),
            },
            value => value.to_value(),
        };
        Ok(SqlBind::Value(value, T::KIND))
    }
}

impl SqlValue for &str {
    const KIND: Kind = Kind::Text;

    fn into_bind(self) -> Result<SqlBind, Mismatch> {
        Ok(SqlBind::Value(Value::Text(self.into()), Kind::Text))
    }
}

impl SqlValue for &[u8] {
    const KIND: Kind = Kind::Bytes;

    fn into_bind(self) -> Result<SqlBind, Mismatch> {
        Ok(SqlBind::Value(Value::Bytes(self.into()), Kind::Bytes))
    }
}

impl SqlValue for Option<&str> {
    const KIND: Kind = Kind::Text;

    fn into_bind(self) -> Result<SqlBind, Mismatch> {
        self.map_or(Ok(SqlBind::Value(Value::Null, Kind::Text)), SqlValue::into_bind)
    }
}
