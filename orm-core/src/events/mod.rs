//! What happens around writes: hooks before them, news of them after the commit, queries that watch.

mod along;
mod before;
mod changes;
mod collect;
mod deleting;
mod hooks;
mod hub;
mod news;
mod refused;
mod saving;

pub use changes::{Change, ChangeKind, ChangeSet};
pub(crate) use collect::{apply_noting, touched};
pub use deleting::Deleting;
pub(crate) use hooks::{Hooks, When};
pub(crate) use hub::{Callback, Hub, OpenHub, Watcher};
pub use hub::{ChangeHubs, Subscription};
pub(crate) use news::{Entry, News};
pub use saving::Saving;
