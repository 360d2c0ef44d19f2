//! What hostile input must not do. Each function takes any bytes and panics where a promise is broken;
//! the fuzz targets in `tests/fuzz` call them with what a fuzzer thinks of, and `tests/corpus.rs` here
//! with what it thought of before.

mod config;
mod cursor;
mod dump;
mod json;
pub mod models;
mod url;

pub use config::config;
pub use cursor::cursor;
pub use dump::dump;
pub use json::json;
pub use url::url;
