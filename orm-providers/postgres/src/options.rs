//! What to connect to, and how.

use crate::Postgres;
use crate::error::Origin;
use orm_core::connection::ConnectionName;
use orm_core::{Error, Result};
use orm_provider_server::{Caller, percent_decoded};
use orm_provider_sql::shown;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Whether a connection is encrypted, and whether the server has to prove who it is; the names and
/// meanings are those of PostgreSQL's own programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server can; it proves nothing.
    #[default]
    Prefer,
    /// Encrypted or not at all. The server's certificate is checked only against a
    /// [root certificate](PostgresOptions::root_certificate), if one is given.
    Require,
    /// Encrypted, and the certificate must be trusted and be of the host's name.
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" | "allow" => Self::Prefer,
            "require" => Self::Require,
            "verify-full" => Self::VerifyFull,
            _ => {
                return Err(Error::Configuration(format!(
                    "`sslmode={}` is not known: write `disable`, `prefer`, `require` or `verify-full`",
                    text.escape_debug()
                )));
            }
        })
    }
}

/// What to connect to, and how.
///
/// ```
/// use orm_provider_postgres::{PostgresOptions, SslMode};
/// use std::time::Duration;
///
/// let options = PostgresOptions::new()
///     .host("db.example.com")
///     .user("app")
///     .password("secret")
///     .database("shop")
///     .ssl_mode(SslMode::VerifyFull)
///     .pool_size(20)
///     .pool_timeout(Duration::from_secs(3));
/// assert!(!format!("{options:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct PostgresOptions {
    pub(crate) config: Config,
    pub(crate) ssl_mode: SslMode,
    pub(crate) root_certificate: Option<PathBuf>,
    pub(crate) pool_size: usize,
    pub(crate) pool_timeout: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) lock_timeout: Option<Duration>,
    pub(crate) idle_in_transaction_timeout: Option<Duration>,
    pub(crate) schema_prefix: String,
    pub(crate) threads: usize,
    pub(crate) foreign_keys: bool,
}

impl PostgresOptions {
    /// A server on this machine, at the usual port.
    #[must_use]
    pub fn new() -> Self {
        let mut config = Config::new();
        config.connect_timeout(Duration::from_secs(10));
        Self {
            config,
            ssl_mode: SslMode::default(),
            root_certificate: None,
            pool_size: 10,
            pool_timeout: Duration::from_secs(30),
            statement_timeout: None,
            lock_timeout: None,
            idle_in_transaction_timeout: None,
            schema_prefix: String::new(),
            threads: 2,
            foreign_keys: false,
        }
    }

    /// Reads `postgres://user:password@host:port/database?sslmode=require`, in the form that PostgreSQL's
    /// own programs take. A socket of this machine is named by its directory: `?host=/run/postgresql`.
    ///
    /// # Errors
    /// [`Error::Configuration`] for anything else. It never shows the password.
    pub fn from_url(url: &str) -> Result<Self> {
        let wrong = |what: String| {
            Error::Configuration(format!(
                "the address of the PostgreSQL server can't be read: {what}; write \
                 `postgres://user:password@host:5432/database`"
            ))
        };
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(wrong("it doesn't start with `postgres://`".to_owned()));
        }
        let mut options = Self::new();
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => options.ssl_mode = mode.parse()?,
                Some(("sslrootcert", path)) => {
                    options.root_certificate = Some(percent_decoded(path).map_err(wrong)?.into());
                }
                // What looks otherwise may be a part of a password that isn't escaped.
                _ if !pair.split('=').next().is_some_and(is_name) => {
                    return Err(wrong(NO_OPTION.to_owned()));
                }
                _ => rest.push(pair),
            }
        }
        let mut plain = base.to_owned();
        if !rest.is_empty() {
            plain = format!("{base}?{}", rest.join("&"));
        }
        let timeout = options.config.get_connect_timeout().copied();
        // The driver's words tell the option that is wrong, but no value of one. It may read another part
        // as the options than we do.
        let parsed = Config::from_str(&plain).map_err(|e| {
            use std::error::Error as _;
            let told = e.source().map_or_else(|| e.to_string(), ToString::to_string);
            let quoted = told.split_once('`').and_then(|(_, rest)| rest.rsplit_once('`'));
            wrong(if quoted.is_none_or(|(name, _)| is_name(name)) { told } else { NO_OPTION.to_owned() })
        })?;
        // A part of the password would be taken for the host, and shown.
        let authority = base.split('/').nth(2).unwrap_or_default();
        let in_a_host = |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@'));
        if authority.matches('@').count() > 1 || parsed.get_hosts().iter().any(in_a_host) {
            return Err(wrong("there is more than one `@`: write `%40` for one in the password".to_owned()));
        }
        options.config = parsed;
        if let (None, Some(timeout)) = (options.config.get_connect_timeout(), timeout) {
            options.config.connect_timeout(timeout);
        }
        Ok(options)
    }

    /// The host's name, its address, or the directory of its socket. Several are tried in order.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.config.host(host);
        self
    }

    /// The port; 5432 unless told.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.config.port(port);
        self
    }

    /// Who connects; the user of this process unless told.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.config.user(user);
        self
    }

    /// The password. It is shown nowhere.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// The database; the user's name unless told.
    #[must_use]
    pub fn database(mut self, name: &str) -> Self {
        self.config.dbname(name);
        self
    }

    /// The name by which the server lists the connections.
    #[must_use]
    pub fn application_name(mut self, name: &str) -> Self {
        self.config.application_name(name);
        self
    }

    /// Gives tables foreign keys; not unless told.
    ///
    /// They are a net beneath what the core does: `belongs_to` relations of which `on_delete` says
    /// something get one, which changes nothing and is looked at when a transaction ends. What would be
    /// left referring to nothing then, is [`Error::ForeignKey`].
    #[must_use]
    pub fn foreign_keys(mut self, yes: bool) -> Self {
        self.foreign_keys = yes;
        self
    }

    /// Whether connections are encrypted; [`SslMode::Prefer`] unless told.
    #[must_use]
    pub fn ssl_mode(mut self, mode: SslMode) -> Self {
        self.ssl_mode = mode;
        self
    }

    /// A file of PEM certificates, one of which must have signed the server's, instead of those that
    /// this machine trusts.
    #[must_use]
    pub fn root_certificate(mut self, path: impl AsRef<Path>) -> Self {
        self.root_certificate = Some(path.as_ref().to_owned());
        self
    }

    /// How long opening a connection to the server may take; 10 seconds unless told.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout(timeout);
        self
    }

    /// How many connections to the server there are at most; 10 unless told.
    #[must_use]
    pub fn pool_size(mut self, size: usize) -> Self {
        self.pool_size = size.max(1);
        self
    }

    /// How long a call waits while all connections to the server are in use; 30 seconds unless told.
    #[must_use]
    pub fn pool_timeout(mut self, timeout: Duration) -> Self {
        self.pool_timeout = timeout;
        self
    }

    /// How long the server works on a statement; after that, it is [`Error::Timeout`]. What the server is
    /// set to unless told; zero is without end.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How long a statement waits for what others have locked; after that, it is [`Error::Busy`], which
    /// closures are tried again for. What the server is set to unless told; zero is without end.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = Some(timeout);
        self
    }

    /// How long a transaction may do nothing; after that, the server rolls it back and ends its connection,
    /// and the next call in it is [`Error::Timeout`]. What the server is set to unless told; zero is without
    /// end.
    #[must_use]
    pub fn idle_in_transaction_timeout(mut self, timeout: Duration) -> Self {
        self.idle_in_transaction_timeout = Some(timeout);
        self
    }

    /// What is set on each connection before it is used.
    pub(crate) fn settings(&self) -> String {
        let times = [
            ("statement_timeout", self.statement_timeout),
            ("lock_timeout", self.lock_timeout),
            ("idle_in_transaction_session_timeout", self.idle_in_transaction_timeout),
        ];
        let set = times.iter().filter_map(|(name, time)| {
            // Zero would be without end, which less than a millisecond isn't.
            let millis =
                time.map(|t| if t.is_zero() { 0 } else { t.as_millis().clamp(1, i32::MAX as u128) })?;
            Some(format!("SET {name} = {millis};"))
        });
        set.collect()
    }

    /// What the names of all schemas begin with, so that several applications, or tests, can share a
    /// database: connection `music` is schema `shop_music` then. Connection `default`, which is schema
    /// `public` otherwise, is `shop_default`.
    #[must_use]
    pub fn schema_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.schema_prefix);
        self
    }

    /// How many threads the provider has of its own, for connections that don't live in a runtime of the
    /// application's; 2 unless told.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Connects, to see that the server is there and lets us in.
    ///
    /// # Errors
    /// As [`Postgres::connect`].
    pub async fn connect(self) -> Result<Postgres> {
        let postgres = self.lazy()?;
        postgres.check(Caller::Awaits, None).await?;
        Ok(postgres)
    }

    /// The provider, which connects when it is first used.
    ///
    /// # Errors
    /// [`Error::Configuration`] where the settings can't be met.
    pub fn lazy(self) -> Result<Postgres> {
        Postgres::start(self)
    }

    /// The schema of a connection.
    pub(crate) fn schema(&self, connection: &ConnectionName) -> Result<String> {
        let name = connection.as_str();
        let schema = match (name, self.schema_prefix.as_str()) {
            (ConnectionName::DEFAULT, "") => return Ok("public".to_owned()),
            (name, prefix) => format!("{prefix}{name}"),
        };
        let why = match schema.as_str() {
            "public" => "is the schema of connection `default`",
            "information_schema" => "is kept by the engine for itself",
            name if name.starts_with("pg_") => "begins with `pg_`, which the engine keeps for itself",
            name if name.len() > crate::dialect::LONGEST_NAME => "is longer than 63 bytes",
            name if name.contains('\0') => "contains NUL",
            _ => return Ok(schema),
        };
        Err(Error::Configuration(format!(
            "connection `{name}` can't be schema `{}` of a PostgreSQL database: that name {why}",
            schema.escape_debug()
        )))
    }

    pub(crate) fn origin(&self) -> Origin {
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        let mut server = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => format!("{host}:{port}"),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => format!("localhost:{port}"),
        };
        if let Some(database) = self.config.get_dbname() {
            server = format!("{server}/{database}");
        }
        let user = self.config.get_user().unwrap_or("the user of this process");
        Origin { label: format!("PostgreSQL at {}", shown(&server)), user: shown(user) }
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("server", &self.origin().label)
            .field("user", &self.config.get_user())
            .field("ssl_mode", &self.ssl_mode)
            .field("pool_size", &self.pool_size)
            .field("schema_prefix", &self.schema_prefix)
            .finish_non_exhaustive()
    }
}

const NO_OPTION: &str = "what follows the `?` is no option: write `%3F` for one in the password";

/// Whether it may be the name of an option.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_and_shows_no_password() {
        let url = "postgres://ada:s3cr3t@db:6000/shop?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem\
                   &application_name=a";
        let options = PostgresOptions::from_url(url).unwrap();
        assert_eq!(options.ssl_mode, SslMode::VerifyFull);
        assert_eq!(options.root_certificate.as_deref(), Some(Path::new("/etc/ca.pem")));
        assert_eq!(options.config.get_application_name(), Some("a"));
        assert_eq!(options.origin().label, "PostgreSQL at db:6000/shop");
        assert!(!format!("{options:?}").contains("s3cr3t"));
        let socket = PostgresOptions::from_url("postgresql:///shop?host=/run/pg").unwrap();
        assert_eq!(socket.origin().label, "PostgreSQL at /run/pg/shop");
    }

    #[test]
    fn refuses_other_addresses_without_showing_the_password() {
        for url in [
            "mysql://ada:s3cr3t@db/shop",
            "postgres://ada:s3cr3t@db:port/shop",
            "postgres://ada:s3cr3t@db/shop?sslmode=maybe",
            "postgres://ada:s3cr3t@db/shop?sslrootcert=%zz",
            "postgres://ada:s3cr3t@db/shop?flavour=1",
            "postgres://a%ff:s3cr3t@db/shop",
            "postgres://ada:not@s3cr3t@db/shop",
            "postgres://ada:not@s3cr3t,%2F@db/shop",
            "postgres://ada:not?s3cr3t@db/shop",
            "postgres://ada:not?s3cr3t@db/shop?sslmode=prefer",
            "postgres://ada:not?x=1@db?s3cr3t=1",
            "postgres://ada:not?x=1@db?`s3cr3t=1",
            "postgres://ada:s3cr3t@db/shop?target_\r\n=1",
        ] {
            match PostgresOptions::from_url(url) {
                Err(Error::Configuration(message)) => {
                    assert!(!message.contains("s3cr3t") && !message.contains('\r'), "{message}");
                }
                other => panic!("{url}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_connection_is_a_schema() {
        let name = |name: &str| ConnectionName::new(name).unwrap();
        let options = PostgresOptions::new();
        assert_eq!(options.schema(&name("default")).unwrap(), "public");
        assert_eq!(options.schema(&name("music")).unwrap(), "music");
        for refused in ["public", "pg_x", "information_schema"] {
            assert!(options.schema(&name(refused)).is_err());
        }
        let options = options.schema_prefix("shop_");
        assert_eq!(options.schema(&name("default")).unwrap(), "shop_default");
        assert_eq!(options.schema(&name("public")).unwrap(), "shop_public");
    }
}
