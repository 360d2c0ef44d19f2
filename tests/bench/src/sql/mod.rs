//! Works on SQL engines, each against the engine's driver with the same number of prepared
//! statements, the same structs and the same isolation.

mod data;
mod postgres;
mod raw;
mod sqlite;
mod works;

pub(crate) use postgres::run as postgres;
pub(crate) use sqlite::run as sqlite;
