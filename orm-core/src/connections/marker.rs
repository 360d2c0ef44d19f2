//! Connections as types.

use crate::connection::ConnectionName;

/// A connection as a type, which models name: `#[model(connection = Secret)]`.
///
/// It is derived, and says nothing but a name; which provider is behind it is decided where the
/// databases are built, so that tests can put it elsewhere than production does.
///
/// ```
/// use orm_core::prelude::*;
///
/// #[derive(Connection)]
/// struct Secret; // named "secret"
///
/// #[derive(Connection)]
/// #[connection(name = "audit_log")]
/// struct Audit;
///
/// assert_eq!(Secret::NAME, "secret");
/// assert_eq!(Audit::NAME, "audit_log");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection",
    label = "not a connection",
    note = "a connection is a struct of its own without fields: `#[derive(Connection)] struct {Self};`"
)]
pub trait ConnectionMarker: Sized + 'static {
    /// The name that its databases have.
    const NAME: &'static str;

    /// The name that a schema states; `None` for models that may live anywhere.
    #[doc(hidden)]
    const BOUND_TO: Option<&'static str> = Some(Self::NAME);
}

/// What models have that name no connection: they may live in any database, and in a
/// [set of connections](super::Connections) in its default one.
#[derive(Debug, Clone, Copy)]
pub struct AnyConnection;

impl ConnectionMarker for AnyConnection {
    const NAME: &'static str = ConnectionName::DEFAULT;
    const BOUND_TO: Option<&'static str> = None;
}

/// That two models are on one connection, or both on none: what conditions on a relation ask for, and
/// groups by what it leads to.
///
/// A model without a connection isn't on the connection of one that has one: in a set of connections
/// it is in the default database.
#[diagnostic::on_unimplemented(
    message = "this relation leads from connection `{C}` to connection `{Self}`, and no condition or group can cross",
    label = "the related model is on another connection",
    note = "read the keys on `{Self}` first and compare with them: `.filter(|m| m.other_id.in_(keys))`; or load \
            the relation along, by `.with(…)` on a repository of a set of connections",
    note = "`AnyConnection` is where models without `#[model(connection = …)]` are"
)]
pub trait SameConnection<C> {}

impl<C> SameConnection<C> for C {}
