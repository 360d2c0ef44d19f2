//! What happens around writes: hooks before them, news of them after the commit, queries that watch.

mod changes;
mod collect;
mod hub;
mod news;

pub use changes::{Change, ChangeKind, ChangeSet};
pub(crate) use collect::{apply_noting, touched};
pub use hub::{ChangeHubs, Subscription};
pub(crate) use hub::{Hub, OpenHub, Watcher};
pub(crate) use news::{Entry, News};
