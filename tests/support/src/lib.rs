//! What tests and benches need around a provider: an executor, and servers.

pub mod executor;
pub mod servers;
