//! What the providers share whose engine is a server: the threads on which their drivers run, and the
//! reading of addresses.
#![forbid(unsafe_code)]

mod address;
mod driver;

pub use address::{percent_decoded, shortened};
pub use driver::{AbortOnDrop, Driver};
