//! `#[derive(FieldEnum)]`: an enum without content as a column's type.

mod expand;
mod read;

pub(crate) use expand::expand;
pub(crate) use read::{FieldEnum, Form};
