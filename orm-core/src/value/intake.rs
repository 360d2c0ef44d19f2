//! What a value goes through on its way into a column, beside fitting the column's kind.

use super::{Kind, Mismatch, Value, ValueRef, cast, wide};

/// Refuses values of a column's kind that the column's type doesn't have.
pub type Check = fn(ValueRef<'_>) -> Result<(), Mismatch>;

/// What a column does with the values that come in; most columns do nothing, and have none.
///
/// In this order: a value of another type is cast, brought to the column's kind, mutated, checked.
#[derive(Debug, Clone, Copy)]
pub struct Intake {
    cast: bool,
    mutate: Option<fn(ValueRef<'_>) -> Result<Value, Mismatch>>,
    check: Option<Check>,
}

impl Intake {
    /// What a column with these attributes does; `None` when it is nothing.
    #[must_use]
    pub const fn of(
        cast: bool,
        mutate: Option<fn(ValueRef<'_>) -> Result<Value, Mismatch>>,
        check: Option<Check>,
    ) -> Option<Self> {
        if cast || mutate.is_some() || check.is_some() { Some(Self { cast, mutate, check }) } else { None }
    }

    /// Whether values of another type are converted where that can be done without doubt.
    #[must_use]
    pub const fn casts(&self) -> bool {
        self.cast
    }

    /// Whether values are changed on the way in.
    #[must_use]
    pub const fn mutates(&self) -> bool {
        self.mutate.is_some()
    }

    /// Whether `#[field(cast)]` would make a value of `kind` out of one that doesn't fit it.
    pub(crate) fn would_cast(kind: Kind, nullable: bool, value: ValueRef<'_>) -> bool {
        let lenient = Self { cast: true, mutate: None, check: None };
        !value.is_null() && lenient.read(kind, nullable, value).is_ok()
    }

    /// The value of `kind` that `value` is read as, before it is mutated and checked.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(&self, kind: Kind, nullable: bool, value: ValueRef<'_>) -> Result<Value, Mismatch> {
        let casted;
        let value = match self.cast {
            true => {
                casted = cast::cast(kind, nullable, value);
                casted.as_ref()
            }
            false => value,
        };
        let written = match value {
            ValueRef::Json(json) => Some(json.text()?),
            // A column of JSON that is never NULL has JSON's own null.
            ValueRef::Null if kind == Kind::Json && !nullable => Some("null".to_owned()),
            number if kind == Kind::Wide => wide::written(number),
            _ => None,
        };
        let value = written.as_deref().map_or(value, ValueRef::Text);
        Ok(kind.fit(value)?.to_value())
    }

    /// Whether the column's type has this value, which went through all of it before.
    ///
    /// # Errors
    /// When it hasn't.
    pub fn verify(&self, value: ValueRef<'_>) -> Result<(), Mismatch> {
        match self.check {
            Some(check) if !value.is_null() => check(value),
            _ => Ok(()),
        }
    }

    /// The value that the column of `kind` gets for `value`.
    ///
    /// # Errors
    /// When it can't be one of the column.
    pub fn take(&self, kind: Kind, nullable: bool, value: ValueRef<'_>) -> Result<Value, Mismatch> {
        let mut value = self.read(kind, nullable, value)?;
        if let Some(mutate) = self.mutate
            && !value.is_null()
        {
            value = mutate(value.as_ref())?;
            value = kind.fit(value.as_ref())?.to_value();
        }
        if value.is_null() && !nullable {
            return Err(Mismatch::new(kind, "null"));
        }
        if let Some(check) = self.check
            && !value.is_null()
        {
            check(value.as_ref())?;
        }
        Ok(value)
    }
}
