//! Whose threads read and write a connection's socket.
//!
//! A request that goes from thread to thread waits for two of them to wake up, which takes longer than
//! many a statement. So a connection lives in the application's own runtime where there is one that is
//! always driven, and on the driver's threads otherwise: for code that blocks, for other executors, and
//! for runtimes of a single thread, which stand still when nobody waits for anything.

use crate::{AbortOnDrop, Driver};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tokio::task::{JoinError, JoinHandle};

tokio::task_local! {
    /// Who asks for a connection.
    pub(crate) static ASKER: Asker;
}

/// Whose threads read and write a connection's socket.
#[derive(Clone)]
pub struct Home {
    driver: Arc<Driver>,
    application: Option<Handle>,
    homes: Arc<Homes>,
}

/// Who asks for a connection: connections of other homes than these are of no use.
#[derive(Clone)]
pub(crate) struct Asker {
    runtime: Option<Id>,
    /// The runtime that new connections live in, unless they live with the driver.
    application: Option<Handle>,
}

/// What is known of the application's runtimes.
#[derive(Default)]
pub(crate) struct Homes {
    first: OnceLock<Id>,
    /// Whether new connections live with the driver whoever asks: where several runtimes ask, no
    /// connection would be of use to all of them, and one runtime was made without sockets or timers.
    driver_only: AtomicBool,
}

impl Home {
    /// On the driver's threads, where everybody can use it.
    pub(crate) fn of_driver(driver: &Arc<Driver>, homes: &Arc<Homes>) -> Self {
        Self { driver: Arc::clone(driver), application: None, homes: Arc::clone(homes) }
    }

    /// Which runtime of the application it is, if it is one of those.
    pub(crate) fn runtime(&self) -> Option<Id> {
        self.application.as_ref().map(Handle::id)
    }

    /// Whether it turned out that nothing can live here.
    pub(crate) fn is_unfit(&self) -> bool {
        self.application.is_some() && self.homes.driver_only.load(Ordering::Relaxed)
    }

    /// Runs something there that goes on by itself.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match &self.application {
            Some(runtime) => runtime.spawn(future),
            None => self.driver.spawn(future),
        }
    }

    /// Runs something there that is waited for, and ends if it no longer is.
    ///
    /// # Errors
    /// Where the runtime was shut down, or can't.
    pub async fn run<F>(&self, future: F) -> Result<F::Output, JoinError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let outcome = AbortOnDrop(self.spawn(future)).await;
        if outcome.is_err() {
            self.homes.driver_only.store(true, Ordering::Relaxed);
        }
        outcome
    }
}

impl Asker {
    /// Someone who blocks the thread while he waits; what he waits for must go on elsewhere.
    pub(crate) fn blocking() -> Self {
        Self { runtime: None, application: None }
    }

    /// The caller.
    pub(crate) fn here(driver: &Driver, homes: &Homes) -> Self {
        let Ok(runtime) = Handle::try_current() else { return Self::blocking() };
        let id = runtime.id();
        if runtime.runtime_flavor() != RuntimeFlavor::MultiThread || driver.is(id) {
            return Self::blocking();
        }
        if *homes.first.get_or_init(|| id) != id {
            homes.driver_only.store(true, Ordering::Relaxed);
        }
        let at_home = !homes.driver_only.load(Ordering::Relaxed);
        Self { runtime: Some(id), application: at_home.then_some(runtime) }
    }

    /// Where a connection that is opened for him lives, `elsewhere` being with the driver.
    pub(crate) fn home(&self, elsewhere: &Home) -> Home {
        Home { application: self.application.clone(), ..elsewhere.clone() }
    }

    /// Whether a connection that lives there can be used.
    pub(crate) fn can_use(&self, runtime: Option<Id>) -> bool {
        runtime.is_none() || runtime == self.runtime
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::{Builder, Runtime};

    fn asked_in(runtime: &Runtime, driver: &Arc<Driver>, homes: &Arc<Homes>) -> Asker {
        let _inside = runtime.enter();
        Asker::here(driver, homes)
    }

    fn parts() -> orm_core::Result<(Arc<Driver>, Arc<Homes>)> {
        Ok((Arc::new(Driver::start("test", "orm-test", 1)?), Arc::default()))
    }

    /// The runtime that a connection would live in.
    fn home_of(asker: &Asker) -> Option<Id> {
        asker.application.as_ref().map(Handle::id)
    }

    #[test]
    fn only_a_runtime_that_is_always_driven_is_a_home() -> Result<(), Box<dyn std::error::Error>> {
        let (driver, homes) = parts()?;
        assert_eq!(home_of(&Asker::here(&driver, &homes)), None);
        let single = Builder::new_current_thread().build()?;
        assert_eq!(home_of(&asked_in(&single, &driver, &homes)), None);
        let many = Builder::new_multi_thread().worker_threads(1).build()?;
        let asker = asked_in(&many, &driver, &homes);
        assert_eq!(home_of(&asker), Some(many.handle().id()));
        assert!(asker.can_use(None) && asker.can_use(Some(many.handle().id())));
        assert!(!Asker::blocking().can_use(Some(many.handle().id())));
        Ok(())
    }

    #[test]
    fn several_runtimes_share_the_driver() -> Result<(), Box<dyn std::error::Error>> {
        let (driver, homes) = parts()?;
        let build = || Builder::new_multi_thread().worker_threads(1).build();
        let (one, other) = (build()?, build()?);
        assert!(home_of(&asked_in(&one, &driver, &homes)).is_some());
        let second = asked_in(&other, &driver, &homes);
        assert_eq!(home_of(&second), None);
        assert!(!second.can_use(Some(one.handle().id())));
        let first = asked_in(&one, &driver, &homes);
        assert_eq!(home_of(&first), None);
        assert!(first.can_use(Some(one.handle().id())), "what it has it keeps");
        Ok(())
    }

    #[test]
    fn a_runtime_that_can_do_nothing_is_no_home() -> Result<(), Box<dyn std::error::Error>> {
        let (driver, homes) = parts()?;
        // Neither sockets nor timers.
        let bare = Builder::new_multi_thread().worker_threads(1).build()?;
        let asker = asked_in(&bare, &driver, &homes);
        let home = asker.home(&Home::of_driver(&driver, &homes));
        let slept = bare.block_on(home.run(async { tokio::time::sleep(Default::default()).await }));
        assert!(slept.is_err() && home.is_unfit());
        assert_eq!(home_of(&asked_in(&bare, &driver, &homes)), None);
        Ok(())
    }
}
