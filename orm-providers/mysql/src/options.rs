//! What to connect to, and how.

use crate::Mysql;
use crate::error::Origin;
use crate::limits::Limits;
use mysql_async::OptsBuilder;
use orm_core::connection::ConnectionName;
use orm_core::{Error, Result};
use orm_provider_server::{Caller, percent_decoded};
use orm_provider_sql::shown;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// How many statements the server keeps prepared for a connection.
const STATEMENTS: usize = 256;

/// Whether a connection is encrypted, and whether the server has to prove who it is. In addresses they
/// have the names of MySQL's own programs, or those of PostgreSQL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SslMode {
    /// Never encrypted: `DISABLED`, `disable`.
    Disable,
    /// Encrypted if the server can; it proves nothing: `PREFERRED`, `prefer`.
    #[default]
    Prefer,
    /// Encrypted or not at all. The server's certificate is checked only against a
    /// [root certificate](MysqlOptions::root_certificate), if one is given: `REQUIRED`, `require`.
    Require,
    /// Encrypted, and the certificate must be trusted and be of the host's name: `VERIFY_IDENTITY`,
    /// `verify-full`.
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "disabled" | "disable" => Self::Disable,
            "preferred" | "prefer" => Self::Prefer,
            "required" | "require" => Self::Require,
            "verify_identity" | "verify-full" => Self::VerifyFull,
            _ => {
                return Err(Error::Configuration(format!(
                    "`ssl-mode={}` is not known: write `DISABLED`, `PREFERRED`, `REQUIRED` or \
                     `VERIFY_IDENTITY`",
                    text.escape_debug()
                )));
            }
        })
    }
}

/// What to connect to, and how.
///
/// ```
/// use orm_provider_mysql::{MysqlOptions, SslMode};
/// use std::time::Duration;
///
/// let options = MysqlOptions::new()
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
pub struct MysqlOptions {
    host: String,
    port: u16,
    socket: Option<String>,
    user: Option<String>,
    password: Option<String>,
    pub(crate) database: String,
    pub(crate) ssl_mode: SslMode,
    pub(crate) root_certificate: Option<PathBuf>,
    pub(crate) connect_timeout: Duration,
    pub(crate) limits: Limits,
    pub(crate) pool_size: usize,
    pub(crate) pool_timeout: Duration,
    prefix: Option<String>,
    pub(crate) foreign_keys: bool,
    pub(crate) threads: usize,
}

impl MysqlOptions {
    /// A server on this machine, at the usual port.
    #[must_use]
    pub fn new() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 3306,
            socket: None,
            user: None,
            password: None,
            database: String::new(),
            ssl_mode: SslMode::default(),
            root_certificate: None,
            connect_timeout: Duration::from_secs(10),
            limits: Limits { statement: None, lock: Duration::from_secs(50), idle: None },
            pool_size: 10,
            pool_timeout: Duration::from_secs(30),
            prefix: None,
            foreign_keys: false,
            threads: 2,
        }
    }

    /// Reads `mysql://user:password@host:port/database?ssl-mode=REQUIRED`, or `mariadb://…`. A socket of
    /// this machine is named by its file: `?socket=/run/mysqld/mysqld.sock`. Further options are
    /// `ssl-ca` (a file of certificates), `connect-timeout` (in seconds) and `pool-size`.
    ///
    /// # Errors
    /// [`Error::Configuration`] for anything else. It never shows the password.
    pub fn from_url(url: &str) -> Result<Self> {
        Self::read(url).map_err(|what| {
            Error::Configuration(format!(
                "the address of the MariaDB or MySQL server can't be read: {what}; write \
                 `mysql://user:password@host:3306/database`"
            ))
        })
    }

    fn read(url: &str) -> Result<Self, String> {
        let rest = url
            .strip_prefix("mysql://")
            .or_else(|| url.strip_prefix("mariadb://"))
            .ok_or("it doesn't start with `mysql://`")?;
        let mut options = Self::new();
        let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = base.split_once('/').unwrap_or((base, ""));
        // A part of the password must not be taken for the host, and shown.
        let (who, server) = match authority.split_once('@') {
            Some((_, server)) if server.contains('@') => {
                return Err("there is more than one `@`: write `%40` for one in the password".to_owned());
            }
            Some((who, server)) => (who, server),
            None => ("", authority),
        };
        if database.contains('/') {
            return Err("there is more than one `/` after the host: write `%2F` for one in the password \
                        or in the name of the database"
                .to_owned());
        }
        let (user, password) = match who.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (who, None),
        };
        if !user.is_empty() {
            options.user = Some(percent_decoded(user)?);
        }
        options.password = password.map(percent_decoded).transpose()?;
        options.database = percent_decoded(database)?;
        let (host, port) = split_port(server)?;
        if !host.is_empty() {
            options.host = percent_decoded(host)?;
        }
        if let Some(port) = port {
            // It isn't shown: it may be a part of a password that isn't escaped.
            options.port = port.parse().map_err(|_| "the port is no number up to 65535".to_owned())?;
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decoded(value)?;
            options.option(name, value)?;
        }
        Ok(options)
    }

    fn option(&mut self, name: &str, value: String) -> Result<(), String> {
        let number = |value: &str| {
            value.parse::<u32>().map_err(|_| format!("`{}` must be a whole number", name.escape_debug()))
        };
        match name {
            "ssl-mode" | "ssl_mode" | "sslmode" => {
                self.ssl_mode = value.parse().map_err(|e: Error| e.to_string())?;
            }
            "ssl-ca" | "sslrootcert" => self.root_certificate = Some(value.into()),
            "socket" => self.socket = Some(value),
            "connect-timeout" => self.connect_timeout = Duration::from_secs(number(&value)?.into()),
            "pool-size" => self.pool_size = (number(&value)? as usize).max(1),
            // What looks otherwise may be a part of a password that isn't escaped.
            other if other.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_')) => {
                return Err(format!("the option `{other}` is not known"));
            }
            _ => return Err("what follows the `?` is no option: write `%3F` for one in the password".into()),
        }
        Ok(())
    }

    /// The host's name or its address; 127.0.0.1 unless told.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// The port; 3306 unless told.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The file of a socket of this machine, instead of a host and port.
    #[must_use]
    pub fn socket(mut self, path: impl AsRef<Path>) -> Self {
        self.socket = Some(path.as_ref().to_string_lossy().into_owned());
        self
    }

    /// Who connects.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// The password. It is shown nowhere.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// The database of connection `default`, with whose name those of other connections begin.
    #[must_use]
    pub fn database(mut self, name: &str) -> Self {
        name.clone_into(&mut self.database);
        self
    }

    /// Whether connections are encrypted; [`SslMode::Prefer`] unless told.
    #[must_use]
    pub fn ssl_mode(mut self, mode: SslMode) -> Self {
        self.ssl_mode = mode;
        self
    }

    /// A file of PEM certificates, one of which must have signed the server's, instead of those that
    /// are trusted on the web.
    #[must_use]
    pub fn root_certificate(mut self, path: impl AsRef<Path>) -> Self {
        self.root_certificate = Some(path.as_ref().to_owned());
        self
    }

    /// How long opening a connection to the server may take; 10 seconds unless told.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long the server works on a statement; after that, it is [`Error::Timeout`]. What the server is
    /// set to unless told; zero is without end. MySQL bounds only statements that read.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.limits.statement = Some(timeout);
        self
    }

    /// How long a statement waits for what others have locked; after that, it is [`Error::Busy`], which
    /// closures are tried again for. 50 seconds unless told; zero is without end. The engine counts whole
    /// seconds, so that what is less is one.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.limits.lock = timeout;
        self
    }

    /// How long a transaction may do nothing; after that, the server rolls it back and ends its connection,
    /// and the next call in it is [`Error::Timeout`]. What the server is set to unless told; zero is without
    /// end. MariaDB counts whole seconds; MySQL has no such limit, and connecting to one with this set is
    /// [`Error::Configuration`].
    #[must_use]
    pub fn idle_in_transaction_timeout(mut self, timeout: Duration) -> Self {
        self.limits.idle = Some(timeout);
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

    /// What the names of all databases begin with, instead of the name of connection `default`'s:
    /// connection `music` is database `shop_music` with the prefix `shop_`, and `default` is
    /// `shop_default`.
    #[must_use]
    pub fn database_prefix(mut self, prefix: &str) -> Self {
        self.prefix = Some(prefix.to_owned());
        self
    }

    /// Gives tables foreign keys; not unless told.
    ///
    /// They are a net beneath what the core does: `belongs_to` relations of which `on_delete` says
    /// something get one, which changes nothing. The engine looks at them with each record, not when a
    /// transaction ends. The records of one save or removal come in any order all the same, also where
    /// tables refer to each other in circles; but what one call of a transaction refers to must be stored
    /// by an earlier call. Else it is [`Error::ForeignKey`](orm_core::Error::ForeignKey).
    ///
    /// Where it can't be had, making the storage ready is [`Error::Configuration`]: in a circle of
    /// references none of which may be NULL, and between columns of different types.
    #[must_use]
    pub fn foreign_keys(mut self, yes: bool) -> Self {
        self.foreign_keys = yes;
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
    /// As [`Mysql::connect`].
    pub async fn connect(self) -> Result<Mysql> {
        let mysql = self.lazy()?;
        mysql.check(Caller::Awaits, None).await?;
        Ok(mysql)
    }

    /// The provider, which connects when it is first used.
    ///
    /// # Errors
    /// [`Error::Configuration`] where the settings can't be met.
    pub fn lazy(self) -> Result<Mysql> {
        Mysql::start(self)
    }

    /// The database of a connection.
    pub(crate) fn database_of(&self, connection: &ConnectionName) -> Result<String> {
        let name = connection.as_str();
        let database = match (&self.prefix, name) {
            (Some(prefix), name) => format!("{prefix}{name}"),
            (None, ConnectionName::DEFAULT) => self.database.clone(),
            (None, name) if self.database.is_empty() => name.to_owned(),
            (None, name) => format!("{}_{name}", self.database),
        };
        let why = match database.to_ascii_lowercase().as_str() {
            "" => "is empty: the address must name a database",
            "mysql" | "sys" | "information_schema" | "performance_schema" => "is the engine's own",
            name if name.chars().count() > crate::dialect::LONGEST_NAME => "is longer than 64 characters",
            name if name.ends_with(' ') => "ends in a space",
            name if name.chars().any(char::is_control) => "contains control characters",
            _ => return Ok(database),
        };
        Err(Error::Configuration(format!(
            "connection `{name}` can't be database `{}` of a MariaDB or MySQL server: that name {why}",
            database.escape_debug()
        )))
    }

    /// The driver's settings, but for encryption.
    pub(crate) fn driver(&self) -> OptsBuilder {
        OptsBuilder::default()
            .ip_or_hostname(self.host.clone())
            .tcp_port(self.port)
            .socket(self.socket.clone())
            .user(self.user.clone())
            .pass(self.password.clone())
            .db_name(Some(self.database.clone()).filter(|name| !name.is_empty()))
            // A socket is another way in than the one that was asked for.
            .prefer_socket(false)
            .client_found_rows(true)
            .stmt_cache_size(STATEMENTS)
    }

    pub(crate) fn origin(&self) -> Origin {
        let mut server = match &self.socket {
            Some(path) => path.clone(),
            None => format!("{}:{}", self.host, self.port),
        };
        if !self.database.is_empty() {
            server = format!("{server}/{}", self.database);
        }
        let user = shown(self.user.as_deref().unwrap_or_default());
        Origin { label: format!("the MariaDB or MySQL server at {}", shown(&server)), user }
    }
}

/// The host and the port of `host:port`, where the host may be an address in brackets.
fn split_port(server: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = server.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("a `]` is missing after the host")?;
        return Ok((host, rest.strip_prefix(':')));
    }
    Ok(match server.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (server, None),
    })
}

impl Default for MysqlOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MysqlOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MysqlOptions")
            .field("server", &self.origin().label)
            .field("user", &self.user)
            .field("ssl_mode", &self.ssl_mode)
            .field("pool_size", &self.pool_size)
            .field("database_prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_and_shows_no_password() {
        let url = "mysql://ada:s3cr%2Ft@db:6000/shop?ssl-mode=VERIFY_IDENTITY&ssl-ca=%2Fetc%2Fca.pem";
        let options = MysqlOptions::from_url(url).unwrap();
        assert_eq!(options.ssl_mode, SslMode::VerifyFull);
        assert_eq!(options.password.as_deref(), Some("s3cr/t"));
        assert_eq!(options.root_certificate.as_deref(), Some(Path::new("/etc/ca.pem")));
        assert_eq!(options.origin().label, "the MariaDB or MySQL server at db:6000/shop");
        assert!(!format!("{options:?}").contains("s3cr"));
        let socket = MysqlOptions::from_url("mariadb:///shop?socket=/run/m.sock").unwrap();
        assert_eq!(socket.origin().label, "the MariaDB or MySQL server at /run/m.sock/shop");
        let v6 = MysqlOptions::from_url("mysql://a@[::1]:33/x").unwrap();
        assert_eq!((v6.host.as_str(), v6.port), ("::1", 33));
    }

    #[test]
    fn refuses_other_addresses_without_showing_the_password() {
        for url in [
            "postgres://ada:s3cr3t@db/shop",
            "mysql://ada:s3cr3t@db:port/shop",
            "mysql://ada:s3cr3t@db/shop?ssl-mode=maybe",
            "mysql://ada:s3cr3t@db/shop?ssl-ca=%zz",
            "mysql://ada:s3cr3t@db/shop?flavour=1",
            "mysql://a%ff:s3cr3t@db/shop",
            "mysql://ada:not@s3cr3t@db/shop",
            "mysql://ada:not/s3cr3t@db/shop",
            "mysql://ada:not?s3cr3t@db/shop",
        ] {
            match MysqlOptions::from_url(url) {
                Err(Error::Configuration(message)) => assert!(!message.contains("s3cr3t"), "{message}"),
                other => panic!("{url}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_connection_is_a_database() {
        let name = |name: &str| ConnectionName::new(name).unwrap();
        let options = MysqlOptions::from_url("mysql://db/shop").unwrap();
        assert_eq!(options.database_of(&name("default")).unwrap(), "shop");
        assert_eq!(options.database_of(&name("music")).unwrap(), "shop_music");
        let options = options.database_prefix("test_");
        assert_eq!(options.database_of(&name("default")).unwrap(), "test_default");
        assert!(MysqlOptions::new().database_of(&name("default")).is_err());
        assert!(MysqlOptions::new().database_of(&name("mysql")).is_err());
    }
}
