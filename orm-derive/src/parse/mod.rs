//! Attributes into plain structs: what the user wrote, not yet what it means.

mod attribute;
mod field;
mod relation;
mod structure;

pub(crate) use field::{Field, Key};
pub(crate) use relation::{Relation, RelationKind};
pub(crate) use structure::{Parsed, model};
