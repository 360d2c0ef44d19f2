//! Where calls go: a connection or a transaction, blocking or async by nature, behind one face.

mod atomic;
mod lent;
mod link;
mod mode;
mod pause;
mod pieces;
mod session;
mod slot;
mod watch;
mod watched;

pub(crate) use atomic::Atomic;
pub(crate) use lent::{Lent, LentSink};
pub(crate) use link::{Link as Line, returned};
pub use mode::{Async, Blocking, Mode};
pub(crate) use pause::Backoff;
pub use pieces::{PieceStream, Pieces};
pub(crate) use session::{Session, Snapshot};
pub(crate) use slot::TxSlot;
pub(crate) use watch::Watch;
pub(crate) use watched::{Link, OpenTx};
