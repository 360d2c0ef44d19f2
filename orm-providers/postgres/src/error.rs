//! The engine's errors in the core's terms.

use crate::dialect::OVERFLOW;
use orm_core::Error;
use orm_core::model::schema::EntitySchema;
use std::error::Error as StdError;
use std::fmt;
use tokio_postgres::error::{DbError, SqlState};

/// The driver's error with what it leaves to its sources: of what the server says, its own words are no
/// more than "db error".
#[derive(Debug)]
pub(crate) struct Spelled(pub(crate) tokio_postgres::Error);

impl fmt::Display for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(db) = self.0.as_db_error() {
            return write!(f, "{} ({})", db.message(), db.code().code());
        }
        write!(f, "{}", self.0)?;
        let mut inner = self.0.source();
        while let Some(error) = inner {
            write!(f, ": {error}")?;
            inner = error.source();
        }
        Ok(())
    }
}

impl StdError for Spelled {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// Which server a failure is about, for messages.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) label: String,
    pub(crate) user: String,
}

impl Origin {
    /// A failure while `doing` something.
    pub(crate) fn failure(&self, doing: &str, error: tokio_postgres::Error) -> Error {
        let Some(db) = error.as_db_error() else {
            if is_lost(&error) {
                return self.lost(doing, None);
            }
            return Error::provider(format!("{}: {doing}", self.label), Spelled(error));
        };
        let code = db.code();
        let hint = match *code {
            SqlState::T_R_SERIALIZATION_FAILURE => return Error::Serialization,
            SqlState::T_R_DEADLOCK_DETECTED => {
                return Error::Deadlock(format!("{}: {doing}", self.label));
            }
            SqlState::QUERY_CANCELED => {
                return Error::Timeout(format!(
                    "{}: {doing} took longer than `statement_timeout` allows, or was cancelled on the server ({})",
                    self.label,
                    db.message()
                ));
            }
            SqlState::FOREIGN_KEY_VIOLATION => return foreign_key(db),
            SqlState::LOCK_NOT_AVAILABLE => {
                return Error::Busy(format!(
                    "{}: what others hold was not released in time ({doing}): try again, or keep \
                     transactions short",
                    self.label
                ));
            }
            SqlState::IN_FAILED_SQL_TRANSACTION => {
                return Error::TransactionClosed("the engine gave it up after an earlier failure");
            }
            SqlState::DISK_FULL => {
                return Error::StorageFull(format!("{}: the server's disk is full ({doing})", self.label));
            }
            _ if is_gone(db) => return self.lost(doing, Some(&error)),
            SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN | SqlState::UNDEFINED_OBJECT => {
                " (the tables are not as the models say: let them be made ready by `SchemaSync::Create`, or \
                 make them so yourself)"
            }
            SqlState::INSUFFICIENT_PRIVILEGE => " (grant it to the user that connects)",
            _ => "",
        };
        Error::provider(format!("{}{hint}: {doing}", self.label), Spelled(error))
    }

    /// A failure to connect.
    pub(crate) fn not_connected(&self, error: tokio_postgres::Error) -> Error {
        let Some(db) = error.as_db_error() else {
            if has_hung_up(&error) {
                return self.lost("connecting", None);
            }
            return Error::provider(
                format!("{} can't be reached: check that it runs, and the address", self.label),
                Spelled(error),
            );
        };
        let what = match *db.code() {
            SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                format!("doesn't let `{}` in: check the user and the password", self.user)
            }
            SqlState::INVALID_CATALOG_NAME => "has no such database: create it, or name another".to_owned(),
            SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => {
                return self.lost("connecting", Some(&error));
            }
            SqlState::TOO_MANY_CONNECTIONS | SqlState::CANNOT_CONNECT_NOW => {
                return Error::Busy(format!(
                    "{} takes no more connections now: {}",
                    self.label,
                    db.message()
                ));
            }
            _ => return Error::provider(format!("{} refuses the connection", self.label), Spelled(error)),
        };
        Error::Configuration(format!("{} {what} ({})", self.label, db.message()))
    }

    /// The connection ended before anything was made durable; `told` is how, where that is known.
    pub(crate) fn lost(&self, doing: &str, told: Option<&tokio_postgres::Error>) -> Error {
        let told = told.and_then(tokio_postgres::Error::as_db_error);
        if told.is_some_and(was_idle) {
            return Error::Timeout(format!(
                "{}: {doing} came too late: the transaction did nothing for longer than \
                 `idle_in_transaction_timeout` allows, and the server rolled it back",
                self.label
            ));
        }
        let why = told.map_or_else(String::new, |db| format!(" ({})", db.message()));
        Error::ConnectionLost(format!("the connection to {} was lost while {doing}{why}", self.label))
    }

    /// The answer to what makes changes durable didn't come.
    pub(crate) fn unknown(&self) -> Error {
        Error::CommitUnknown(format!("the connection to {} was lost before it answered", self.label))
    }

    /// The failure of what makes changes durable.
    pub(crate) fn commit(&self, error: tokio_postgres::Error, told: Option<&tokio_postgres::Error>) -> Error {
        let told = if error.as_db_error().is_some() { Some(&error) } else { told };
        // It was rolled back before it was asked to commit.
        if told.and_then(tokio_postgres::Error::as_db_error).is_some_and(was_idle) {
            return self.lost("committing", told);
        }
        if is_lost(&error) || error.as_db_error().is_some_and(is_gone) {
            return self.unknown();
        }
        self.failure("committing", error)
    }
}

/// What the engine says of a record that would refer to none.
pub(crate) fn foreign_key(db: &DbError) -> Error {
    let of = db.constraint().unwrap_or_default();
    Error::ForeignKey {
        entity: db.table().unwrap_or_default().to_owned(),
        constraint: format!("`{of}`: {}", db.detail().unwrap_or(db.message())),
    }
}

/// Whether the connection is gone.
fn is_lost(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    error.is_closed() || error.source().is_some_and(|s| s.is::<std::io::Error>())
}

/// Whether somebody was there, and ended the connection while it was being made.
fn has_hung_up(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    use std::io::{self, ErrorKind};
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    error.is_closed()
        || io.is_some_and(|io| {
            matches!(
                io.kind(),
                ErrorKind::UnexpectedEof
                    | ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::BrokenPipe
            )
        })
}

/// Whether the server ended the connection in so many words.
fn is_gone(db: &DbError) -> bool {
    matches!(
        *db.code(),
        SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            | SqlState::CONNECTION_FAILURE
            | SqlState::CONNECTION_EXCEPTION
    )
}

/// Whether the server ended a transaction that did nothing for too long.
fn was_idle(db: &DbError) -> bool {
    *db.code() == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
}

/// The place that a statement told of a sum that leaves its range.
pub(crate) fn overflown_at(error: &tokio_postgres::Error) -> Option<usize> {
    let told = error.as_db_error().filter(|db| *db.code() == SqlState::INVALID_TEXT_REPRESENTATION)?;
    let (_, place) = told.message().rsplit_once(OVERFLOW)?;
    place.trim_end_matches('"').parse().ok()
}

/// The column whose sum leaves its range.
pub(crate) fn overflown(entity: &'static EntitySchema, error: &tokio_postgres::Error) -> Option<Error> {
    let field = entity.fields.get(overflown_at(error)?)?;
    Some(Error::Overflow { model: entity.model, column: field.field })
}

/// Whether the engine's own arithmetic left its range.
pub(crate) fn is_out_of_range(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::NUMERIC_VALUE_OUT_OF_RANGE)
}

/// Whether what was written, and not the engine's state, is at fault.
pub(crate) fn is_refusal(error: &tokio_postgres::Error) -> bool {
    // Classes: constraints, values, limits of the engine.
    let class = |db: &DbError| matches!(db.code().code().get(..2), Some("23" | "22" | "54"));
    error.as_db_error().is_some_and(class)
}

/// Whether the server doesn't know a table, a column or a sequence (any more).
pub(crate) fn is_of_names(error: &tokio_postgres::Error) -> bool {
    // A relation that is named by its number and isn't there is an internal error to it.
    let class = |db: &DbError| matches!(db.code().code().get(..2), Some("42" | "XX"));
    error.as_db_error().is_some_and(class)
}
