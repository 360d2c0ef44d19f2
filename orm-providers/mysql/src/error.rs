//! The engine's errors in the core's terms.

use crate::dialect::{OTHER_KEY, OVERFLOW};
use crate::session::Failed;
use mysql_async::{DriverError, IoError, ServerError};
use orm_core::Error;
use orm_core::model::schema::EntitySchema;

/// The numbers of the server's errors, by the names that its manual gives them.
mod code {
    pub(super) const CON_COUNT: u16 = 1040;
    pub(super) const DBACCESS_DENIED: u16 = 1044;
    pub(super) const ACCESS_DENIED: u16 = 1045;
    pub(super) const BAD_NULL: u16 = 1048;
    pub(super) const BAD_DB: u16 = 1049;
    pub(super) const SERVER_SHUTDOWN: u16 = 1053;
    pub(super) const BAD_FIELD: u16 = 1054;
    pub(super) const DUP_ENTRY: u16 = 1062;
    pub(super) const RECORD_FILE_FULL: u16 = 1114;
    pub(super) const TOO_BIG_ROWSIZE: u16 = 1118;
    pub(super) const HOST_NOT_PRIVILEGED: u16 = 1130;
    pub(super) const TABLEACCESS_DENIED: u16 = 1142;
    pub(super) const NO_SUCH_TABLE: u16 = 1146;
    pub(super) const NET_PACKET_TOO_LARGE: u16 = 1153;
    pub(super) const USER_CONNECTIONS: u16 = 1203;
    pub(super) const LOCK_WAIT_TIMEOUT: u16 = 1205;
    pub(super) const LOCK_DEADLOCK: u16 = 1213;
    pub(super) const NO_REFERENCED_ROW: u16 = 1216;
    pub(super) const ROW_IS_REFERENCED: u16 = 1217;
    pub(super) const USER_LIMIT: u16 = 1226;
    pub(super) const SPECIFIC_ACCESS_DENIED: u16 = 1227;
    pub(super) const OUT_OF_RANGE: u16 = 1264;
    pub(super) const NO_SUCH_SAVEPOINT: u16 = 1305;
    pub(super) const QUERY_INTERRUPTED: u16 = 1317;
    pub(super) const NO_DEFAULT: u16 = 1364;
    pub(super) const WRONG_VALUE: u16 = 1366;
    pub(super) const DATA_TOO_LONG: u16 = 1406;
    pub(super) const CHECKREAD: u16 = 1020;
    pub(super) const DISK_FULL: u16 = 1021;
    pub(super) const ROW_IS_REFERENCED_2: u16 = 1451;
    pub(super) const NO_REFERENCED_ROW_2: u16 = 1452;
    pub(super) const AUTOINC_READ_FAILED: u16 = 1467;
    pub(super) const DUP_ENTRY_WITH_KEY_NAME: u16 = 1586;
    pub(super) const DATA_OUT_OF_RANGE: u16 = 1690;
    pub(super) const CONNECTION_KILLED: u16 = 1927;
    pub(super) const QUERY_TIMEOUT: u16 = 3024;
    pub(super) const LOCK_NOWAIT: u16 = 3572;
    pub(super) const CHECK_VIOLATED_OF_MYSQL: u16 = 3819;
    pub(super) const CLIENT_INTERACTION_TIMEOUT: u16 = 4031;
    pub(super) const CHECK_VIOLATED: u16 = 4025;
    pub(super) const LONG_DATA: u16 = 1301;
    pub(super) const STATEMENT_TIMEOUT: u16 = 1969;
}

/// Which server a failure is about, for messages.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) label: String,
    pub(crate) user: String,
}

impl Origin {
    /// A failure while `doing` something.
    pub(crate) fn failure(&self, doing: &str, error: Failed) -> Error {
        let Failed::Server(told) = &error else {
            if is_lost(&error) {
                return self.lost(doing);
            }
            return Error::provider(format!("{}: {doing}", self.label), error);
        };
        let hint = match told.code {
            code::LOCK_DEADLOCK => return Error::Deadlock(format!("{}: {doing}", self.label)),
            code::CHECKREAD => return Error::Serialization,
            code::QUERY_TIMEOUT | code::STATEMENT_TIMEOUT => {
                return Error::Timeout(format!(
                    "{}: {doing} took longer than `statement_timeout`, or the server's own settings, allow",
                    self.label
                ));
            }
            code::LOCK_WAIT_TIMEOUT => {
                return Error::Busy(format!(
                    "{}: what others hold was not released in time ({doing}): try again, or keep \
                     transactions short",
                    self.label
                ));
            }
            code::NO_SUCH_SAVEPOINT => {
                return Error::TransactionClosed("the engine rolled it back after an earlier failure");
            }
            code::NET_PACKET_TOO_LARGE | code::LONG_DATA => {
                " (a value is larger than the server takes: raise its `max_allowed_packet`)"
            }
            code::RECORD_FILE_FULL | code::DISK_FULL => {
                return Error::StorageFull(format!("{}: the server's disk is full ({doing})", self.label));
            }
            _ if is_gone(&error) => return self.lost(doing),
            _ if is_dangling(&error) => return foreign_key("", &error),
            code::NO_SUCH_TABLE | code::BAD_FIELD => {
                " (the tables are not as the models say: let them be made ready by `SchemaSync::Create`, or \
                 make them so yourself)"
            }
            code::TABLEACCESS_DENIED | code::DBACCESS_DENIED | code::SPECIFIC_ACCESS_DENIED => {
                " (grant it to the user that connects)"
            }
            code::QUERY_INTERRUPTED => " (it was cancelled on the server)",
            code::TOO_BIG_ROWSIZE => {
                " (a row's columns are too wide together: texts in keys and unique indexes count in full)"
            }
            _ => "",
        };
        Error::provider(format!("{}{hint}: {doing}", self.label), error)
    }

    /// A failure to connect.
    pub(crate) fn not_connected(&self, error: Failed) -> Error {
        if has_hung_up(&error) {
            return self.lost("connecting");
        }
        let Failed::Server(told) = &error else {
            return Error::provider(
                format!("{} can't be reached: check that it runs, and the address", self.label),
                error,
            );
        };
        let what = match told.code {
            code::ACCESS_DENIED | code::HOST_NOT_PRIVILEGED => {
                format!("doesn't let `{}` in: check the user and the password", self.user)
            }
            code::DBACCESS_DENIED => format!("doesn't let `{}` use this database: grant it", self.user),
            code::BAD_DB => "has no such database: create it, or name another".to_owned(),
            code::CON_COUNT | code::USER_CONNECTIONS | code::USER_LIMIT | code::SERVER_SHUTDOWN => {
                return Error::Busy(format!(
                    "{} takes no more connections now: {}",
                    self.label, told.message
                ));
            }
            _ => return Error::provider(format!("{} refuses the connection", self.label), error),
        };
        Error::Configuration(format!("{} {what} ({})", self.label, told.message))
    }

    /// The connection ended before anything was made durable.
    pub(crate) fn lost(&self, doing: &str) -> Error {
        Error::ConnectionLost(format!("the connection to {} was lost while {doing}", self.label))
    }

    /// The answer to what makes changes durable didn't come.
    pub(crate) fn unknown(&self) -> Error {
        Error::CommitUnknown(format!("the connection to {} was lost before it answered", self.label))
    }

    /// The failure of what makes changes durable.
    pub(crate) fn commit(&self, error: Failed) -> Error {
        if is_lost(&error) || is_gone(&error) {
            return self.unknown();
        }
        self.failure("committing", error)
    }
}

fn told(error: &Failed) -> Option<&ServerError> {
    match error {
        Failed::Server(told) => Some(told),
        _ => None,
    }
}

/// Whether the connection is gone, or no longer to be understood.
pub(crate) fn is_lost(error: &Failed) -> bool {
    match error {
        Failed::Io(_) => true,
        Failed::Driver(driver) => !matches!(
            driver,
            DriverError::Params(_)
                | DriverError::MixedParams
                | DriverError::StmtParamsMismatch { .. }
                | DriverError::StmtParamsNumberExceedsLimit { .. }
                | DriverError::FromRow { .. }
                | DriverError::FromValue { .. }
        ),
        _ => false,
    }
}

/// Whether somebody was there, and ended the connection while it was being made.
fn has_hung_up(error: &Failed) -> bool {
    use std::io::ErrorKind;
    let ended = [
        ErrorKind::UnexpectedEof,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
    ];
    match error {
        Failed::Io(IoError::Io(io)) => ended.contains(&io.kind()),
        Failed::Driver(DriverError::ConnectionClosed) => true,
        _ => told(error).is_some_and(|told| told.code == code::CONNECTION_KILLED),
    }
}

/// Whether the server ended the connection in so many words.
pub(crate) fn is_gone(error: &Failed) -> bool {
    let gone = [
        code::SERVER_SHUTDOWN,
        code::CONNECTION_KILLED,
        code::CLIENT_INTERACTION_TIMEOUT,
        code::NET_PACKET_TOO_LARGE,
    ];
    told(error).is_some_and(|told| gone.contains(&told.code))
}

/// Whether the engine has rolled back the whole transaction.
pub(crate) fn is_undone(error: &Failed) -> bool {
    let undone = [code::LOCK_DEADLOCK, code::CHECKREAD, code::NO_SUCH_SAVEPOINT];
    told(error).is_some_and(|told| undone.contains(&told.code))
}

/// The name of the unique index, `PRIMARY` for the key, that would have been violated.
pub(crate) fn violated(error: &Failed) -> Option<&str> {
    let told = told(error).filter(|t| matches!(t.code, code::DUP_ENTRY | code::DUP_ENTRY_WITH_KEY_NAME))?;
    // The values before it may say anything, so it is looked for from the end.
    let (_, name) = told.message.rsplit_once(" for key '").unwrap_or(("", ""));
    let name = name.strip_suffix('\'').unwrap_or(name);
    // MySQL tells the table, too.
    Some(match name.split_once('.') {
        Some((table, index)) if !table.contains(':') => index,
        _ => name,
    })
}

/// Whether a statement of the user's own names what isn't there.
pub(crate) fn is_own_fault(error: &Failed) -> bool {
    told(error).is_some_and(|told| matches!(told.code, code::NO_SUCH_TABLE | code::BAD_FIELD))
}

/// Whether a record met another of the same unique values, but another key.
pub(crate) fn is_other_key(error: &Failed) -> bool {
    told(error).is_some_and(|t| t.code == code::DATA_OUT_OF_RANGE && t.message.contains(OTHER_KEY))
}

/// The place that a statement told of a sum that leaves its range.
pub(crate) fn overflown_at(error: &Failed) -> Option<usize> {
    let told = told(error).filter(|t| t.code == code::DATA_OUT_OF_RANGE)?;
    let (_, rest) = told.message.split_once(OVERFLOW)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// The column whose sum leaves its range.
pub(crate) fn overflown(entity: &'static EntitySchema, error: &Failed) -> Option<Error> {
    let field = entity.fields.get(overflown_at(error)?)?;
    Some(Error::Overflow { model: entity.model, column: field.field })
}

/// Whether the engine didn't get a lock, or not in time.
pub(crate) fn is_locked(error: &Failed) -> bool {
    told(error).is_some_and(|t| matches!(t.code, code::LOCK_NOWAIT | code::LOCK_WAIT_TIMEOUT))
}

/// Whether the engine's own arithmetic left its range.
pub(crate) fn is_out_of_range(error: &Failed) -> bool {
    told(error).is_some_and(|t| t.code == code::DATA_OUT_OF_RANGE)
}

/// Whether there are no more keys.
pub(crate) fn is_out_of_keys(error: &Failed) -> bool {
    let codes = [code::AUTOINC_READ_FAILED, code::OUT_OF_RANGE, code::DUP_ENTRY];
    told(error).is_some_and(|t| codes.contains(&t.code))
}

/// What the engine says of a record that it refuses; `None` where the record isn't at fault.
pub(crate) fn refusal(error: &Failed) -> Option<String> {
    let too_large = || {
        Some("it is larger than the server takes: raise its `max_allowed_packet`, or store less".to_owned())
    };
    if let Failed::Driver(DriverError::PacketTooLarge) = error {
        return too_large();
    }
    let told = told(error)?;
    match told.code {
        code::NET_PACKET_TOO_LARGE | code::LONG_DATA => too_large(),
        code::DATA_TOO_LONG => Some(format!(
            "{}; texts and bytes in keys and unique indexes have a greatest length here, because an index \
             holds 3072 bytes",
            told.message
        )),
        code::BAD_NULL
        | code::NO_DEFAULT
        | code::OUT_OF_RANGE
        | code::WRONG_VALUE
        | code::CHECK_VIOLATED
        | code::CHECK_VIOLATED_OF_MYSQL => Some(told.message.clone()),
        // Data exceptions and violated constraints.
        _ if matches!(told.state.get(..2), Some("22")) && told.code != code::DATA_OUT_OF_RANGE => {
            Some(told.message.clone())
        }
        _ => None,
    }
}

/// Whether a record would refer to none, or others refer to it.
pub(crate) fn is_dangling(error: &Failed) -> bool {
    let codes = [
        code::NO_REFERENCED_ROW,
        code::NO_REFERENCED_ROW_2,
        code::ROW_IS_REFERENCED,
        code::ROW_IS_REFERENCED_2,
    ];
    told(error).is_some_and(|told| codes.contains(&told.code))
}

/// What the engine says of a foreign key that refuses a record of an entity, or its removal.
pub(crate) fn foreign_key(entity: &str, error: &Failed) -> Error {
    let message = told(error).map_or("", |told| told.message.as_str());
    // It ends in: (`database`.`table`, CONSTRAINT `name` FOREIGN KEY …)
    let (table, constraint) = message
        .split_once(" fails (")
        .and_then(|(_, of)| of.split_once(", CONSTRAINT "))
        .map_or((None, message), |(table, constraint)| (last_name(table), constraint));
    Error::ForeignKey {
        // Where a record is still referred to, it is another table's that refers.
        entity: table.unwrap_or_else(|| entity.to_owned()),
        constraint: constraint.strip_suffix(')').unwrap_or(constraint).to_owned(),
    }
}

/// The table in `` `database`.`table` ``.
fn last_name(names: &str) -> Option<String> {
    let (_, table) = names.strip_suffix('`')?.split_once("`.`")?;
    Some(table.replace("``", "`"))
}

/// Whether stored records can't be made unique.
pub(crate) fn is_duplicate(error: &Failed) -> bool {
    violated(error).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: u16, message: &str) -> Failed {
        Failed::Server(ServerError { code, message: message.to_owned(), state: "23000".to_owned() })
    }

    #[test]
    fn foreign_keys_are_told_by_who_refers() {
        let told = |message: &str| match foreign_key("books", &failed(code::ROW_IS_REFERENCED_2, message)) {
            Error::ForeignKey { entity, constraint } => (entity, constraint),
            other => panic!("{other}"),
        };
        let of = "CONSTRAINT `fk:a:b` FOREIGN KEY (`b`) REFERENCES `books` (`id`)";
        let (entity, constraint) = told(&format!(
            "Cannot delete or update a parent row: a foreign key constraint fails (`shop`.`a``b, (c)`, {of})"
        ));
        assert_eq!((entity.as_str(), constraint.as_str()), ("a`b, (c)", &of["CONSTRAINT ".len()..]));
        // What may not be told to everybody.
        let bare = "Cannot delete or update a parent row: a foreign key constraint fails";
        assert_eq!(told(bare), ("books".to_owned(), bare.to_owned()));
    }
}
