//! What the core asks of a provider, as data: [`Select`] to read and [`WriteBatch`] to write.

mod batch;
mod describe;
mod fault;
mod group;
mod lock;
mod moved;
mod predicate;
mod rows;
mod select;
mod states;

pub use batch::{Assignment, Change, Link, RowWrite, Write, WriteBatch, Written};
pub(crate) use fault::{described, of_row, shown_key};
pub use group::{Aggregate, ColumnPath, Grouping};
pub use lock::{Lock, LockStrength, LockWait};
pub use moved::moved;
pub use predicate::{CompareOp, KeySet, Predicate, TextMatch};
pub use rows::{RowRef, Rows};
pub use select::{Join, Output, Related, Select, Sort};
