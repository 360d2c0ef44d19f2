//! Taking nested records apart into one batch of rows per entity.
//!
//! Typed values, drafts and serialized input all drive the same [`Gather`]: a record begins, cells are
//! set, nested records come and go, the record ends and meets its children's keys. Input is streamed:
//! there is no tree in between.

mod assemble;
mod batch;
mod buffered;
mod cells;
mod column;
mod composite;
mod draft;
mod embedded;
mod gather;
mod group;
#[cfg(feature = "json")]
mod json;
mod listed;
mod names;
mod order;
mod path;
#[cfg(feature = "json")]
mod scan;
mod stamp;
mod stated;
mod stream;
#[cfg(feature = "json")]
mod text;
mod tie;
mod validate;
mod variant;

pub(crate) use assemble::{Assembler, Source, read_named, readback};
pub(crate) use cells::{of_kind, parse_uuid, read_value};
#[doc(hidden)]
pub use draft::Nesting;
pub(crate) use gather::{Gather, Settings};
pub(crate) use group::SomeGroups;
pub(crate) use order::Order;
pub(crate) use stream::Roots;
#[cfg(feature = "json")]
pub(crate) use text::read as read_text;

/// The group of a record that has no parent.
pub(crate) const ROOT: u32 = u32::MAX;
