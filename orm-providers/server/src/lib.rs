//! What the providers share whose engine is a server: the threads on which their drivers run, connections
//! and who has them, what is asked of counters of keys, and the reading of addresses.
#![forbid(unsafe_code)]

mod address;
mod driver;
mod home;
mod keys;
mod pool;

pub use address::{percent_decoded, shortened};
pub use driver::{AbortOnDrop, Driver};
pub use home::Home;
pub use keys::{Demand, Demands, Made, Reached, address, counts_keys, forget};
pub use pool::{Caller, Lease, Opener, Pool, State};
