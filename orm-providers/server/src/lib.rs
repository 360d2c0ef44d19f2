//! What the providers share whose engine is a server: the threads on which their drivers run, connections
//! and who has them, and the reading of addresses.
#![forbid(unsafe_code)]

mod address;
mod driver;
mod pool;

pub use address::{percent_decoded, shortened};
pub use driver::{AbortOnDrop, Driver};
pub use pool::{Lease, Opener, Pool, State};
