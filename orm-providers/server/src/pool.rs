//! Connections to a server, and who has them.

use crate::home::{ASKER, Asker, Home, Homes};
use crate::{AbortOnDrop, Driver};
use deadpool::managed::{
    self, Metrics, Object, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts,
};
use orm_core::connection::ConnectionName;
use orm_core::{Error, Result};
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Id;
use tokio::time::timeout;

/// How long a connection that was left in the middle of something is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long the server is asked to stop what it does.
const CANCELLING: Duration = Duration::from_secs(5);

/// What a pool asks of a provider.
pub trait Opener: Send + Sync + 'static {
    /// A connection to the server.
    type Session: Send + 'static;

    /// The server, for messages.
    fn label(&self) -> &str;

    /// Opens a connection that lives there.
    fn open(&self, home: &Home) -> impl Future<Output = Result<Self::Session>> + Send;

    /// How a connection can go on.
    fn state(&self, session: &Self::Session) -> State;

    /// Leaves what a connection is in the middle of, and answers whether it can be used again.
    fn leave(&self, session: &mut Self::Session) -> impl Future<Output = bool> + Send;

    /// Whether a connection that can be used is still there.
    fn is_alive(&self, _: &mut Self::Session) -> impl Future<Output = bool> + Send {
        async { true }
    }

    /// Lets the server stop what it does on a connection that can't be used again. Until that is done,
    /// nobody gets another in its place: what was asked last may still happen.
    fn give_up(&self, session: &mut Self::Session) -> impl Future<Output = ()> + Send;
}

/// How a connection can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Whoever comes next may use it.
    Usable,
    /// It is in the middle of something.
    Unsettled,
    /// It is gone.
    Gone,
}

/// What becomes of the thread that asks for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// It does something else until answers come.
    Awaits,
    /// It stands still until answers come.
    Blocks,
}

/// Connections to a server, at most so many.
pub struct Pool<O: Opener> {
    shared: Arc<Shared<O>>,
}

struct Shared<O: Opener> {
    connections: managed::Pool<Opening<O>>,
    driver: Arc<Driver>,
    homes: Arc<Homes>,
    timeout: Duration,
    held: Mutex<Held>,
}

/// Who has connections, the oldest first.
#[derive(Default)]
struct Held {
    next: u64,
    by: Vec<(u64, Holder)>,
}

impl Held {
    /// Notes who has a connection, and answers the number of it.
    fn take(&mut self, holder: Holder) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.by.push((ticket, holder));
        ticket
    }

    /// Who had a connection has it no more.
    fn give_back(&mut self, ticket: u64) {
        if let Ok(at) = self.by.binary_search_by_key(&ticket, |(ticket, _)| *ticket) {
            self.by.remove(at);
        }
    }
}

/// Who has a connection.
struct Holder {
    since: Instant,
    doing: &'static str,
    on: Option<ConnectionName>,
}

struct Opening<O> {
    opener: O,
    elsewhere: Home,
}

/// A connection, and the runtime of the application that it lives in, if it does.
struct Homed<S> {
    session: S,
    runtime: Option<Id>,
}

impl<O: Opener> managed::Manager for Opening<O> {
    // A pointer, because the pool moves it again and again.
    type Type = Box<Homed<O::Session>>;
    type Error = Error;

    async fn create(&self) -> Result<Self::Type> {
        // Boxed, since whatever waits for a connection has room for opening one in it.
        Box::pin(async {
            let home = ASKER.try_with(|asker| asker.home(&self.elsewhere));
            let home = home.unwrap_or_else(|_| self.elsewhere.clone());
            match self.opener.open(&home).await {
                Ok(session) => Ok(Box::new(Homed { session, runtime: home.runtime() })),
                Err(_) if home.is_unfit() => {
                    let session = self.opener.open(&self.elsewhere).await?;
                    Ok(Box::new(Homed { session, runtime: None }))
                }
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn recycle(&self, homed: &mut Self::Type, _: &Metrics) -> RecycleResult<Error> {
        let can_use = |asker: &Asker| asker.can_use(homed.runtime);
        if !ASKER.try_with(can_use).unwrap_or(homed.runtime.is_none()) {
            return Err(RecycleError::Message("the connection lives in another runtime".into()));
        }
        match self.opener.state(&homed.session) {
            State::Usable if self.opener.is_alive(&mut homed.session).await => Ok(()),
            _ => Err(RecycleError::Message("the connection is closed or in the middle of something".into())),
        }
    }
}

impl<O: Opener> Pool<O> {
    /// A pool of at most `size` connections, for one of which is waited as long as `timeout`.
    ///
    /// # Errors
    /// [`Error::Provider`] where the pool can't be made.
    pub fn new(opener: O, driver: Arc<Driver>, size: usize, timeout: Duration) -> Result<Self> {
        let homes = Arc::default();
        let elsewhere = Home::of_driver(&driver, &homes);
        let connections = managed::Pool::builder(Opening { opener, elsewhere })
            // The one that was used last knows the statements that are asked again.
            .config(PoolConfig { queue_mode: QueueMode::Lifo, ..PoolConfig::new(size) })
            .build()
            .map_err(|e| Error::provider("making a pool of connections", e))?;
        Ok(Self { shared: Arc::new(Shared { connections, driver, homes, timeout, held: Mutex::default() }) })
    }

    /// Takes a connection that nobody uses, or opens one; waits where there are as many as may be. `doing`
    /// and `on` say what for, to those who wait in vain.
    ///
    /// # Errors
    /// [`Error::Timeout`] where that takes too long, which tells who has them; those of opening one.
    pub async fn lease(
        &self,
        caller: Caller,
        doing: &'static str,
        on: Option<&ConnectionName>,
    ) -> Result<Lease<O>> {
        let shared = &self.shared;
        let at_once = Timeouts { wait: Some(Duration::ZERO), ..Timeouts::default() };
        let object = match ASKER.scope(shared.asker(caller), shared.connections.timeout_get(&at_once)).await {
            Err(PoolError::Timeout(_)) => Box::pin(shared.wait(caller)).await?,
            got => got,
        };
        let object = object.map_err(|error| match error {
            PoolError::Backend(error) => told_of(on, error),
            other => Error::provider(shared.opener().label(), other.to_string()),
        })?;
        let ticket = shared.held().take(Holder { since: Instant::now(), doing, on: on.cloned() });
        Ok(Lease { pool: Arc::clone(shared), session: Some(object), ticket })
    }
}

/// The server alone doesn't tell an application with several connections which of them is set up wrongly.
fn told_of(on: Option<&ConnectionName>, error: Error) -> Error {
    match (on, error) {
        (Some(name), Error::Configuration(why)) => {
            Error::Configuration(format!("connection `{name}`: {why}"))
        }
        (Some(name), Error::Provider { context, source }) => {
            Error::Provider { context: format!("connection `{name}`: {context}"), source }
        }
        (_, error) => error,
    }
}

impl<O: Opener> fmt::Debug for Pool<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("of", &self.shared.opener().label()).finish_non_exhaustive()
    }
}

impl<O: Opener> Shared<O> {
    fn opener(&self) -> &O {
        &self.connections.manager().opener
    }

    fn asker(&self, caller: Caller) -> Asker {
        match caller {
            Caller::Awaits => Asker::here(&self.driver, &self.homes),
            Caller::Blocks => Asker::blocking(),
        }
    }

    /// Waits for a connection where there are as many as may be.
    async fn wait(
        &self,
        caller: Caller,
    ) -> Result<std::result::Result<Object<Opening<O>>, PoolError<Error>>> {
        // Time is kept by the driver's runtime.
        let (connections, limit, asker) = (self.connections.clone(), self.timeout, self.asker(caller));
        let waiting = async move { timeout(limit, ASKER.scope(asker, connections.get())).await };
        match AbortOnDrop(self.driver.spawn(waiting)).await {
            Ok(Ok(got)) => Ok(got),
            Ok(Err(_)) => Err(self.exhausted()),
            Err(error) => {
                Err(Error::provider(format!("{}: the driver was stopped", self.opener().label()), error))
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // What is guarded is whole between any two statements.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exhausted(&self) -> Error {
        let status = self.connections.status();
        let held = self.held();
        // What is between two hands is in use as well.
        let used = held.by.len().max(status.size.saturating_sub(status.available));
        let oldest = held.by.first().map_or_else(String::new, |(_, oldest)| {
            let on = oldest.on.as_ref().map_or_else(String::new, |name| format!(" on connection `{name}`"));
            format!("; the oldest has been held for {:?} by {}{on}", oldest.since.elapsed(), oldest.doing)
        });
        Error::Timeout(format!(
            "{}: no connection became free within {:?}: {used} of {} are in use, and {} more calls wait{oldest}; \
             end transactions sooner (also those that are only held), or raise `pool_size`",
            self.opener().label(),
            self.timeout,
            status.max_size,
            status.waiting,
        ))
    }
}

/// A connection that is in use. It goes back when dropped, never in the middle of something.
pub struct Lease<O: Opener> {
    pool: Arc<Shared<O>>,
    session: Option<Object<Opening<O>>>,
    ticket: u64,
}

impl<O: Opener> Lease<O> {
    /// The connection.
    ///
    /// # Errors
    /// [`Error::TransactionClosed`] where it was given back.
    pub fn session(&mut self) -> Result<&mut O::Session> {
        let homed = self.session.as_deref_mut();
        homed.map(|homed| &mut homed.session).ok_or(Error::TransactionClosed("its connection was given back"))
    }
}

impl<O: Opener> fmt::Debug for Lease<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("of", &self.pool.opener().label()).finish_non_exhaustive()
    }
}

impl<O: Opener> Drop for Lease<O> {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        if self.pool.opener().state(&session.session) != State::Unsettled {
            drop(session);
            self.pool.held().give_back(self.ticket);
            return;
        }
        let (pool, ticket) = (Arc::clone(&self.pool), self.ticket);
        let driver = Arc::clone(&self.pool.driver);
        // What was begun is undone by the driver: its requests follow those that are on their way.
        driver.spawn(async move {
            leave(session, pool.opener()).await;
            pool.held().give_back(ticket);
        });
    }
}

/// Leaves what a connection is in the middle of, so that it can be used again, or gives it up.
async fn leave<O: Opener>(mut homed: Object<Opening<O>>, opener: &O) {
    if let Ok(true) = timeout(PATIENCE, opener.leave(&mut homed.session)).await {
        return;
    }
    // It may have ended by itself meanwhile, and if not, the server notices that nobody listens.
    let _ = timeout(CANCELLING, opener.give_up(&mut homed.session)).await;
    drop(Object::take(homed));
}
