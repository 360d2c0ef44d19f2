//! What blocking code imports: `use orm_core::prelude::*`.
//!
//! [`crate::asynchronous::prelude`] has the same names for async code.

pub use crate::{Database, Query, Repository, Saved, Transaction, Tx};
pub use shared::*;

/// What both preludes have.
pub(crate) mod shared {
    pub use crate::connections::{AnyConnection, ConnectionMarker, Connections, Hosts, Transact as _};
    pub use crate::database::Plugin;
    pub use crate::events::{ChangeKind, ChangeSet};
    pub use crate::model::{Draft, Fields, Many, Model, Morph, One, Validate};
    pub use crate::provider::{Isolation, SchemaSync, TxOptions};
    pub use crate::query::{Assign, Filter, Load, Order};
    pub use crate::repository::{CustomRepository, Tracked};
    pub use crate::value::{Decimal, Keys};
    pub use orm_derive::{Connection, Connections, Embedded, FieldEnum, Model, Morph, Projection};
}
