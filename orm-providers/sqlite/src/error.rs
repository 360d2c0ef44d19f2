//! The engine's errors in the core's terms.

use crate::options::SqliteOptions;
use orm_core::Error;
use orm_provider_sql::shown;
use rusqlite::ffi;
use std::time::Duration;

/// Which database a failure is about, for messages.
#[derive(Debug)]
pub(crate) struct Origin {
    label: String,
    memory: bool,
    timeout: Duration,
}

impl Origin {
    pub(crate) fn new(options: &SqliteOptions) -> Self {
        Self {
            label: match &options.path {
                Some(path) => format!("SQLite file `{}`", shown(&path.to_string_lossy())),
                None => "SQLite database in memory".to_owned(),
            },
            memory: options.path.is_none(),
            timeout: options.busy_timeout,
        }
    }

    /// The writer of this process is held for too long.
    pub(crate) fn busy_here(&self) -> Error {
        Error::Busy(if self.memory {
            format!(
                "{} is held by an open transaction for more than {:?}: it has one connection, so use \
                 the transaction for these calls too, end it first (commit, roll back or drop it), \
                 or use a file",
                self.label, self.timeout
            )
        } else {
            format!(
                "{} is being written by this process for more than {:?}, maybe by an open transaction: \
                 use the transaction for these calls too, or end it first (commit, roll back or drop it)",
                self.label, self.timeout
            )
        })
    }

    /// All readers are in use for too long.
    pub(crate) fn busy_readers(&self, most: usize) -> Error {
        Error::Busy(format!(
            "all {most} readers of {} are in use for more than {:?}: end read-only transactions, or \
             raise `readers`",
            self.label, self.timeout
        ))
    }

    /// Something that is wrong with what was asked to be opened.
    pub(crate) fn configuration(&self, what: &str) -> Error {
        Error::Configuration(format!("{} {what}", self.label))
    }

    /// A failure while `doing` something.
    pub(crate) fn failure(&self, doing: &str, error: rusqlite::Error) -> Error {
        let extended = error.sqlite_extended_error_code().unwrap_or(0);
        let hint = match extended & 0xff {
            _ if extended == ffi::SQLITE_BUSY_SNAPSHOT => return Error::Serialization,
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
                return Error::Busy(format!(
                    "{} is locked by another connection for more than {:?} ({doing}): try again, \
                     keep transactions short, or raise `busy_timeout`",
                    self.label, self.timeout
                ));
            }
            ffi::SQLITE_INTERRUPT => {
                return Error::Timeout(format!(
                    "{}: {doing} took longer than `statement_timeout` allows",
                    self.label
                ));
            }
            ffi::SQLITE_FULL => {
                return Error::StorageFull(format!(
                    "{} has no room left ({doing}): make some on its disk, or raise its `max_page_count`",
                    self.label
                ));
            }
            ffi::SQLITE_CANTOPEN => {
                return self.configuration(
                    "can't be opened: check that its directory exists, that it is a file, and that \
                     both may be read and written",
                );
            }
            ffi::SQLITE_NOTADB => " (it is no SQLite database: name another file)",
            ffi::SQLITE_READONLY => {
                " (it may only be read: allow writing to the file and its directory, or open it \
                 without `mode=ro`)"
            }
            ffi::SQLITE_CORRUPT => " (the file is damaged: restore it from a backup)",
            _ if is_of_another_shape(&error) => {
                " (the tables are not as the models say: let them be made ready by `SchemaSync::Create`, or \
                 make them so yourself)"
            }
            _ => "",
        };
        Error::provider(format!("{}{hint}: {doing}", self.label), error)
    }
}

/// The engine's words for a failure.
pub(crate) fn message(error: &rusqlite::Error) -> &str {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        _ => "",
    }
}

/// Whether a statement names what the storage doesn't have.
fn is_of_another_shape(error: &rusqlite::Error) -> bool {
    let message = message(error);
    ["no such table", "no such column"].iter().any(|start| message.starts_with(start))
        || message.contains(" has no column named ")
}
