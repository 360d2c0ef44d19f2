//! Connections to the server, and who has them.

use crate::error::Origin;
use crate::options::PostgresOptions;
use crate::session::Session;
use crate::tls::{Connector, connector};
use orm_core::connection::ConnectionName;
use orm_core::{Error, Result};
use orm_provider_server::{Caller, Driver, Home, Pool, State};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A connection that is in use.
pub(crate) type Lease = orm_provider_server::Lease<Opener>;

/// A server, and the connections to it.
pub(crate) struct Server {
    pub(crate) options: PostgresOptions,
    pub(crate) driver: Arc<Driver>,
    pool: Pool<Opener>,
}

/// Opens connections to the server.
pub(crate) struct Opener {
    config: tokio_postgres::Config,
    settings: String,
    connector: Connector,
    origin: Arc<Origin>,
}

impl orm_provider_server::Opener for Opener {
    type Session = Session;

    fn label(&self) -> &str {
        &self.origin.label
    }

    async fn open(&self, home: &Home) -> Result<Session> {
        // Sockets belong to the runtime in which they are made.
        let (config, connector) = (self.config.clone(), self.connector.clone());
        let opening = home.run(async move { config.connect(connector).await });
        let opened = opening.await.map_err(|e| self.stopped(e))?;
        let (client, mut connection) = opened.map_err(|e| self.origin.not_connected(e))?;
        // From version 15 on.
        let version =
            connection.parameter("server_version").and_then(|version| version.split(['.', ' ']).next());
        let has_merge = version.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 15);
        let ended = Arc::new(OnceLock::new());
        let end = Arc::clone(&ended);
        home.spawn(async move {
            // Said before whoever waits for an answer learns that none will come.
            if let Err(error) = (&mut connection).await {
                let _ = end.set(error);
            }
            drop(connection);
        });
        if !self.settings.is_empty() {
            client.batch_execute(&self.settings).await.map_err(|e| self.origin.not_connected(e))?;
        }
        Ok(Session::new(client, ended, Arc::clone(&self.origin), has_merge))
    }

    fn state(&self, session: &Session) -> State {
        match (session.client.is_closed(), session.is_usable()) {
            (true, _) => State::Gone,
            (_, true) => State::Usable,
            _ => State::Unsettled,
        }
    }

    async fn leave(&self, session: &mut Session) -> bool {
        let left = session.client.batch_execute(Session::LEAVE).await.is_ok();
        if left {
            session.settled();
        }
        left
    }

    async fn give_up(&self, session: &mut Session) {
        let token = session.client.cancel_token();
        let _ = token.cancel_query(self.connector.clone()).await;
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
        let driver = Arc::new(Driver::start("PostgreSQL", "orm-postgres", options.threads)?);
        let (connector, config) = connector(&options)?;
        let settings = options.settings();
        let opener = Opener { config, settings, connector, origin };
        let pool = Pool::new(opener, Arc::clone(&driver), options.pool_size, options.pool_timeout)?;
        Ok(Self { options, driver, pool })
    }

    /// Takes a connection; `doing` and `on` say what for.
    pub(crate) async fn lease(
        &self,
        caller: Caller,
        doing: &'static str,
        on: Option<&ConnectionName>,
    ) -> Result<Lease> {
        self.pool.lease(caller, doing, on).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}
