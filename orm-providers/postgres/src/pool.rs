//! Connections to the server, and who has them.

use crate::error::Origin;
use crate::options::PostgresOptions;
use crate::runtime::Driver;
use crate::session::{Place, Session};
use crate::tls::{Connector, connector};
use deadpool::managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult, Timeouts};
use orm_core::{Error, Result};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long a connection that was left in the middle of something is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long the server is asked to stop what it does.
const CANCELLING: Duration = Duration::from_secs(5);

/// A server, and the connections to it.
pub(crate) struct Server {
    pub(crate) options: PostgresOptions,
    pub(crate) origin: Arc<Origin>,
    pub(crate) driver: Arc<Driver>,
    pool: managed::Pool<Opener>,
    held: Mutex<Held>,
}

/// Who has connections, the oldest first.
#[derive(Default)]
struct Held {
    next: u64,
    by: BTreeMap<u64, Holder>,
}

/// Who has a connection.
struct Holder {
    since: Instant,
    doing: &'static str,
    place: Option<Arc<Place>>,
}

/// Opens connections to the server.
pub(crate) struct Opener {
    config: tokio_postgres::Config,
    settings: String,
    connector: Connector,
    driver: Arc<Driver>,
    origin: Arc<Origin>,
}

impl managed::Manager for Opener {
    type Type = Session;
    type Error = Error;

    async fn create(&self) -> Result<Session> {
        // Sockets belong to the runtime in which they are made.
        let (config, connector) = (self.config.clone(), self.connector.clone());
        let opening = self.driver.spawn(async move { config.connect(connector).await });
        let opened = AbortOnDrop(opening).await.map_err(|e| self.stopped(e))?;
        let (client, mut connection) = opened.map_err(|e| self.origin.not_connected(e))?;
        let ended = Arc::new(OnceLock::new());
        let end = Arc::clone(&ended);
        self.driver.spawn(async move {
            // Said before whoever waits for an answer learns that none will come.
            if let Err(error) = (&mut connection).await {
                let _ = end.set(error);
            }
            drop(connection);
        });
        if !self.settings.is_empty() {
            client.batch_execute(&self.settings).await.map_err(|e| self.origin.not_connected(e))?;
        }
        Ok(Session::new(client, ended, Arc::clone(&self.origin)))
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Error> {
        if session.is_usable() {
            Ok(())
        } else {
            Err(RecycleError::Message("the connection is closed or in the middle of something".into()))
        }
    }
}

impl Opener {
    fn stopped(&self, error: tokio::task::JoinError) -> Error {
        Error::provider(format!("{}: the driver was stopped", self.origin.label), error)
    }
}

impl Server {
    pub(crate) fn new(options: PostgresOptions) -> Result<Self> {
        let origin = Arc::new(options.origin());
        let driver = Arc::new(Driver::start(options.threads)?);
        let (connector, config) = connector(&options)?;
        let settings = options.settings();
        let opener =
            Opener { config, settings, connector, driver: Arc::clone(&driver), origin: Arc::clone(&origin) };
        let pool = managed::Pool::builder(opener)
            .max_size(options.pool_size)
            .build()
            .map_err(|e| Error::provider("making a pool of connections", e))?;
        Ok(Self { options, origin, driver, pool, held: Mutex::default() })
    }

    /// Takes a connection that nobody uses, or opens one; waits where there are as many as may be.
    ///
    /// # Errors
    /// [`Error::Timeout`] where that takes too long, which tells who has them.
    pub(crate) async fn lease(
        self: &Arc<Self>,
        doing: &'static str,
        place: Option<&Arc<Place>>,
    ) -> Result<Lease> {
        let at_once = Timeouts { wait: Some(Duration::ZERO), ..Timeouts::default() };
        let object = match self.pool.timeout_get(&at_once).await {
            Err(PoolError::Timeout(_)) => {
                // Time is kept by the driver's runtime.
                let (pool, limit) = (self.pool.clone(), self.options.pool_timeout);
                let waiting = async move { tokio::time::timeout(limit, pool.get()).await };
                match AbortOnDrop(self.driver.spawn(waiting)).await {
                    Ok(Ok(got)) => got,
                    Ok(Err(_)) => return Err(self.exhausted()),
                    Err(error) => return Err(self.pool.manager().stopped(error)),
                }
            }
            got => got,
        };
        let object = object.map_err(|error| match error {
            PoolError::Backend(error) => error,
            other => Error::provider(self.origin.label.clone(), other.to_string()),
        })?;
        let mut held = self.held();
        let ticket = held.next;
        held.next += 1;
        held.by.insert(ticket, Holder { since: Instant::now(), doing, place: place.cloned() });
        drop(held);
        Ok(Lease { server: Arc::clone(self), session: Some(object), ticket })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // What is guarded is whole between any two statements.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exhausted(&self) -> Error {
        let status = self.pool.status();
        let held = self.held();
        // What is between two hands is in use as well.
        let used = held.by.len().max(status.size.saturating_sub(status.available));
        let oldest = held.by.values().next().map_or_else(String::new, |oldest| {
            let place = oldest.place.as_ref();
            let on = place.map_or_else(String::new, |place| format!(" on connection `{}`", place.name));
            format!("; the oldest has been held for {:?} by {}{on}", oldest.since.elapsed(), oldest.doing)
        });
        Error::Timeout(format!(
            "{}: no connection became free within {:?}: {used} of {} are in use, and {} more calls wait{oldest}; \
             end transactions sooner (also those that are only held), or raise `pool_size`",
            self.origin.label, self.options.pool_timeout, status.max_size, status.waiting,
        ))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

/// A connection that is in use. It goes back when dropped, never in the middle of something.
pub(crate) struct Lease {
    server: Arc<Server>,
    session: Option<Object<Opener>>,
    ticket: u64,
}

impl Lease {
    pub(crate) fn session(&mut self) -> Result<&mut Session> {
        self.session.as_deref_mut().ok_or(Error::TransactionClosed("its connection was given back"))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        if session.is_usable() || session.client.is_closed() {
            drop(session);
            self.server.held().by.remove(&self.ticket);
            return;
        }
        let (server, ticket) = (Arc::clone(&self.server), self.ticket);
        // What was begun is undone by the driver: its requests follow those that are on their way.
        let driver = Arc::clone(&self.server.driver);
        driver.spawn(async move {
            leave(session, &server).await;
            server.held().by.remove(&ticket);
        });
    }
}

/// Leaves what a connection is in the middle of, so that it can be used again, or gives it up.
async fn leave(mut session: Object<Opener>, server: &Server) {
    let left = tokio::time::timeout(PATIENCE, session.client.batch_execute(Session::LEAVE)).await;
    if let Ok(Ok(())) = left {
        session.settled();
        return;
    }
    let token = session.client.cancel_token();
    drop(Object::take(session));
    // It may have ended by itself meanwhile, and if not, the server notices that nobody listens.
    let connector = server.pool.manager().connector.clone();
    let _ = tokio::time::timeout(CANCELLING, token.cancel_query(connector)).await;
}

/// A task that ends when nobody waits for it.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
