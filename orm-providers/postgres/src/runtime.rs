//! The threads on which the driver runs, whatever runs the application.

use orm_core::Result;
use std::ops::Deref;

/// The provider's own runtime.
#[derive(Debug)]
pub(crate) struct Driver(orm_provider_server::Driver);

impl Driver {
    pub(crate) fn start(threads: usize) -> Result<Self> {
        orm_provider_server::Driver::start("PostgreSQL", "orm-postgres", threads).map(Self)
    }
}

impl Deref for Driver {
    type Target = orm_provider_server::Driver;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
