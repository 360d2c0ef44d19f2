//! All data of a database as a stream of frames, and back: into the same provider or another.
//!
//! A [`Frame`] is an ordinary serde value, so a dump can be kept in any format. JSON Lines are built in:
//!
//! ```
//! # use orm_core::prelude::*;
//! # fn example(old: Database, new: Database) -> orm_core::Result<()> {
//! let mut file = Vec::new();
//! old.dump_json_lines(&mut file)?;
//! new.restore_json_lines(&file[..])?;
//! // Or straight from one provider to another:
//! new.restore(old.dump())?;
//! # Ok(()) }
//! ```

mod cell;
mod frame;
#[cfg(feature = "json")]
mod json_lines;
mod read;
mod write;

pub use cell::CellValue;
pub use frame::{ColumnFrame, EntityFrame, Frame, RowsFrame};

/// The version of the frames that are written.
const FORMAT: u32 = 1;
/// How many rows a frame has at most.
const ROWS: u64 = 1_000;
/// After about how many bytes of text and bytes a frame ends early.
const BYTES: usize = 4 << 20;
