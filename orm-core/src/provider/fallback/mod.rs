//! What the core does for providers that don't do it themselves, public for their authors:
//! [`complete`] makes any connection serve the whole contract, and [`evaluate`] is what a reading
//! plan means, spelled out over plain scans, to test a provider against.

mod accumulate;
mod assign;
mod atom;
mod claims;
mod completed;
mod condition;
mod evaluate;
mod groups;
mod locks;
mod lower;
mod record;
mod table;
mod text;
mod transaction;
mod write_set;

pub use accumulate::Accumulator;
pub(crate) use assign::changed;
pub(crate) use atom::joinable;
pub use completed::complete;
pub use condition::Condition;
pub use evaluate::{Source, evaluate};
pub use groups::{GroupTable, put_out};
pub use record::{Gather, Record};
