//! Keys that are made here.

use crate::value::FieldType;

/// A type whose values `#[key(uid)]` makes.
#[cfg_attr(
    feature = "uuid",
    diagnostic::on_unimplemented(
        message = "`#[key(uid)]` makes values of `uuid::Uuid`, not of `{Self}`",
        label = "what makes keys of type `{Self}`?",
        note = "name a function that makes them: `#[key(uid = path::to::it)]`"
    )
)]
#[cfg_attr(
    not(feature = "uuid"),
    diagnostic::on_unimplemented(
        message = "`#[key(uid)]` makes values of `uuid::Uuid`, which needs the feature `uuid` of orm-core",
        label = "what makes keys of type `{Self}`?",
        note = "enable the feature, or name a function that makes keys: `#[key(uid = path::to::it)]`"
    )
)]
pub trait Uid: FieldType {
    /// A new value, greater than those made before.
    fn make() -> Self;
}

#[cfg(feature = "uuid")]
impl Uid for uuid::Uuid {
    fn make() -> Self {
        uuid::Uuid::now_v7()
    }
}

/// A UUID of version 7.
#[must_use]
pub fn uuid_v7<T: Uid>() -> T {
    T::make()
}
