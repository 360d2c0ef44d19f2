//! Addresses and options of providers, from configurations.

use orm_core::Error;
use orm_core::connection::ConnectionName;
use orm_provider_mysql::MysqlOptions;
use orm_provider_postgres::PostgresOptions;
use orm_provider_sqlite::SqliteOptions;
use std::fmt::Debug;

/// What passwords are made of here.
const SECRET: &str = "s3cr3t";

/// Reads any text as the address of every engine, and as the name of a connection.
///
/// # Panics
/// Where an error is no typed one, or a password is shown.
pub fn url(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let hidden = has_the_secret_as_password(&text);
    let shown = |what: String| {
        assert!(!(hidden && what.contains(SECRET)), "a password is shown: {what}\n{text}");
    };
    shown(outcome(PostgresOptions::from_url(&text)));
    shown(outcome(MysqlOptions::from_url(&text)));
    shown(outcome(SqliteOptions::from_url(&text)));
    if let Err(error) = ConnectionName::new(&text) {
        let message = error.to_string();
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}

/// All that is shown of what was read.
fn outcome<T: Debug>(read: Result<T, Error>) -> String {
    match read {
        Ok(options) => format!("{options:?}"),
        Err(error) => {
            assert!(matches!(error, Error::Configuration(_)), "{error:?}");
            let message = error.to_string();
            assert!(!message.chars().any(char::is_control), "{message:?}");
            format!("{message} {error:?}")
        }
    }
}

/// Whether the secret stands where an address has its password, and nowhere else.
fn has_the_secret_as_password(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    // Addresses of files have no password, and theirs may have anything in their names.
    if scheme == "sqlite" || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    let Some((who, _)) = rest.rsplit_once('@') else { return false };
    let Some((_, password)) = who.split_once(':') else { return false };
    // Somebody may have forgotten to escape it; what looks like an option, or a database, is shown as one.
    !who.contains(['/', '='])
        && password.contains(SECRET)
        && text.matches(SECRET).count() == password.matches(SECRET).count()
}
