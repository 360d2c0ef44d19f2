//! Records that check themselves before they are stored.

use crate::error::Error;
use std::fmt;

/// Says whether a record may be stored; called for the records of a model that says
/// `#[model(validate)]`.
///
/// A record is validated as it will be stored: what a draft or serialized input leaves out is taken
/// from what is stored, or from the defaults. Its relations are not loaded. A record that is refused
/// fails the whole write, and nothing of it is stored.
///
/// Functions of other crates can be named instead: `#[model(validate = garde::Validate::validate)]`,
/// `#[model(validate = validator::Validate::validate)]`, or any `fn(&Self) -> Result<(), impl Display>`.
///
/// ```
/// use orm_core::prelude::*;
/// #[derive(Model)]
/// #[model(validate)]
/// struct Booking { #[key] id: u64, from: i32, to: i32 }
///
/// impl Validate for Booking {
///     type Error = &'static str;
///     fn validate(&self) -> Result<(), Self::Error> {
///         if self.from < self.to { Ok(()) } else { Err("it ends before it begins") }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't say what makes it valid",
    label = "no `Validate`",
    note = "implement `orm_core::model::Validate` for `{Self}`, or name a function: `#[model(validate = path)]`"
)]
pub trait Validate {
    /// Why a record is refused.
    type Error: fmt::Display;

    /// Refuses the record if it may not be stored.
    ///
    /// # Errors
    /// Why.
    fn validate(&self) -> Result<(), Self::Error>;
}

/// The error of a record that is refused; where it stood is added by whoever knows.
pub(crate) fn located(error: Error, at: impl FnOnce() -> String) -> Error {
    match error {
        Error::Invalid { at: place, model, message } if place.is_empty() => {
            Error::Invalid { at: at(), model, message }
        }
        other => other,
    }
}
