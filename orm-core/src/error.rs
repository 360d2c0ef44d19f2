//! What can go wrong, and what to do about it.

use crate::plan::WriteBatch;
use crate::value::Mismatch;
use std::error::Error as StdError;
use std::fmt;

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input's text is not what its format asks for.
    #[error("malformed input at {at}: {message}")]
    Malformed {
        /// The path in the input (`$[0].posts[3]`), with line and column where the format has them.
        at: String,
        /// What the parser said.
        message: String,
    },
    /// A value of the input doesn't fit its column.
    #[error("{}expected {}, found {}", place(.at), .mismatch.expected, .mismatch.found)]
    WrongType {
        /// The path in the input: `$[0].posts[3].title`.
        at: String,
        /// What was expected and found.
        mismatch: Mismatch,
    },
    /// A new record lacks a column that has no default.
    #[error("{at} is missing: a new `{model}` needs it; give it a value, or `#[field(default = …)]`")]
    MissingField {
        /// The path in the input: `$[0].posts[3].title`.
        at: String,
        /// The model.
        model: &'static str,
    },
    /// A record has no key and nothing makes one.
    #[error(
        "{at} is missing: state the key of this `{model}`, or have keys made by `#[key(auto)]` or `#[key(uid)]`"
    )]
    MissingKey {
        /// The path in the input: `$[0].posts[3].id`.
        at: String,
        /// The model.
        model: &'static str,
    },
    /// The input has a member that the model doesn't know, under `deny_unknown_fields`.
    #[error("{at}: `{model}` has no field of this name (it denies unknown fields)")]
    UnknownField {
        /// The path in the input.
        at: String,
        /// The model.
        model: &'static str,
    },
    /// A child states another foreign key than its place in the input says, under the strict setting.
    #[error("{at} is {stated}, but the record is nested under {nested}; leave one of them out")]
    Contradiction {
        /// The path of the foreign key.
        at: String,
        /// What the child states.
        stated: String,
        /// What its place says.
        nested: String,
    },
    /// The input nests deeper than the bound.
    #[error("{at}: nested deeper than {bound} levels; raise `max_depth` if the input is to be trusted")]
    TooDeep {
        /// The path where the bound was passed, its middle cut out.
        at: String,
        /// The bound.
        bound: usize,
    },
    /// More than a batch can hold.
    #[error("{at}: {what}")]
    TooLarge {
        /// The path in the input.
        at: String,
        /// What is too large.
        what: &'static str,
    },
    /// A record that its model's `validate` refuses.
    #[error("{}this `{model}` is not valid: {message}", place(.at))]
    Invalid {
        /// The path in the input, or the entity with the record's key.
        at: String,
        /// The model.
        model: &'static str,
        /// Why it is refused.
        message: String,
    },
    /// `insert` met a record that exists.
    #[error("{}`{model}` {key} exists already; use `save` to merge, or `update`", place(.at))]
    DuplicateKey {
        /// The path in the input.
        at: String,
        /// The model.
        model: &'static str,
        /// The key.
        key: String,
    },
    /// Another record has the same values in a unique index.
    #[error(
        "{}another `{model}` has the same `{columns}`{}, which must be unique{}",
        place(.at), in_brackets(.values), marked(*.may_be_deleted)
    )]
    Unique {
        /// The path in the input, or the entity's name.
        at: String,
        /// The model.
        model: &'static str,
        /// The fields of the index, joined by `, `.
        columns: String,
        /// The values that are the same, joined by `, `, where the write states them and none is hidden.
        values: Option<String>,
        /// Whether the other may be one that is marked as deleted: the model has soft delete.
        may_be_deleted: bool,
    },
    /// `update` met no record, or a key that must exist doesn't.
    #[error("{}there is no `{model}` {key}", place(.at))]
    NotFound {
        /// The path in the input, or the entity's name.
        at: String,
        /// The model.
        model: &'static str,
        /// The key.
        key: String,
    },
    /// Records can't be removed while others refer to them by a relation with `on_delete = restrict`.
    #[error(
        "`{model}` can't be removed: {count} `{by}` refer to it, which `{relation}` forbids (`on_delete = restrict`); remove them first, or let them refer to another"
    )]
    Restricted {
        /// The model whose records were to be removed.
        model: &'static str,
        /// The model whose records refer to them.
        by: &'static str,
        /// The relation that says so.
        relation: String,
        /// How many records refer to them, and aren't removed along.
        count: u64,
    },
    /// A record would refer to one that isn't stored. The storage's own foreign keys say so, where it has
    /// been asked to have them: a net beneath `on_delete`.
    #[error(
        "a record of `{entity}` would refer to none that is stored ({constraint}): nothing of it was kept"
    )]
    ForeignKey {
        /// The entity whose record refers.
        entity: String,
        /// The foreign key, and what the storage says of it.
        constraint: String,
    },
    /// A record was written by another since it was read: it states an old version.
    #[error("{}`{model}` {key} was changed by another since it was read; refresh it and try again", place(.at))]
    Stale {
        /// The path in the input, or the entity's name.
        at: String,
        /// The model.
        model: &'static str,
        /// The key.
        key: String,
    },
    /// A record was to be made that lacks columns without a default.
    #[error(
        "a `{model}` can't be made without `{}`: give them values, or `#[field(default = …)]`",
        .fields.join("`, `")
    )]
    Incomplete {
        /// The model.
        model: &'static str,
        /// The paths of the missing fields, those of keys among them.
        fields: Vec<String>,
    },
    /// A record was to be looked for by columns of which nothing is said.
    #[error(
        "{at} says nothing by which an existing `{model}` could be found: give it a value that isn't null"
    )]
    NothingToMatch {
        /// The path in the input.
        at: String,
        /// The model.
        model: &'static str,
    },
    /// An update by query of a column of the key.
    #[error(
        "`{model}.{column}` is part of the key, which an update can't change: save the record under its new key, and remove the old one"
    )]
    KeyUpdate {
        /// The model.
        model: &'static str,
        /// The column.
        column: &'static str,
    },
    /// An update by query, or a hook, of the column that counts the writes.
    #[error(
        "`{model}.{column}` counts the writes of a record, so nothing else can set it: leave it out, each write counts it on"
    )]
    VersionUpdate {
        /// The model.
        model: &'static str,
        /// The column.
        column: &'static str,
    },
    /// An update by query, or a hook, that may leave a part of an optional embedded struct without the
    /// rest, so that the record couldn't be read any more.
    #[error(
        "`{model}.{field}` is there as a whole or not at all, and this sets a part of it where the rest may be NULL: set `{missing}` too, or touch only records that have it, by a filter like `.filter(|m| m.{present}.is_not_null())`",
        present = missing.split(", ").next().unwrap_or(field)
    )]
    HalfEmbedded {
        /// The model.
        model: &'static str,
        /// The embedded struct's field.
        field: &'static str,
        /// The columns that would be NULL but must not be, joined by `, `.
        missing: String,
    },
    /// More than one record meets a query that asked for the only one.
    #[error(
        "more than one `{model}` meets the query: say more in the filter, or ask for the `first` in an order"
    )]
    NotOne {
        /// The model.
        model: &'static str,
    },
    /// An operand of a filter can't be stored in the column's type.
    #[error("`{model}.{column}`: expected {}, found {}", .mismatch.expected, .mismatch.found)]
    Operand {
        /// The model.
        model: &'static str,
        /// The column, or `key`.
        column: &'static str,
        /// What was expected and found.
        mismatch: Mismatch,
    },
    /// A text that is no [`Cursor`](crate::query::Cursor), or a cursor of another order.
    #[error("{0}")]
    Cursor(crate::query::CursorFault),
    /// A relation was read that isn't there.
    #[error("{0}")]
    NotLoaded(#[from] crate::model::NotLoaded),
    /// Models that can't live together, or a model that can't be.
    #[error("{}", faults(.0))]
    Schema(Vec<String>),
    /// The storage has another shape than the models.
    #[error("{}", crate::provider::drift_text(.connection, .drifts))]
    SchemaDrift {
        /// The connection.
        connection: String,
        /// What differs, entity by entity.
        drifts: Vec<crate::provider::Drift>,
    },
    /// A model that is bound to one connection was asked of a database of another.
    #[error(
        "`{model}` belongs on connection `{connection}`, and this database is `{database}`: ask the one that is \
         built with `.connection_of::<…>()` of that connection, for example by the `repository::<{model}>()` of a \
         struct with `#[derive(Connections)]`; to have it here as well, build this one with \
         `.also_hosts::<{model}>()`"
    )]
    WrongConnection {
        /// The model.
        model: &'static str,
        /// The connection that it is bound to.
        connection: &'static str,
        /// The name of the database's connection.
        database: String,
    },
    /// A record is nested in one that is on another connection.
    #[error(
        "{at}: a `{target}` can't be nested in a `{model}`, because it is on another connection ({there} instead of \
         {here}), and one save writes to one database; save it by its own repository, and refer to it by its key; a field that holds what was loaded of another \
         record, or over a pivot, is emptied by `Default::default()` before"
    )]
    CrossingRecord {
        /// The path in the input.
        at: String,
        /// The model that has the relation.
        model: &'static str,
        /// The connection of that model.
        here: String,
        /// The model that the relation leads to.
        target: &'static str,
        /// The connection of that model.
        there: String,
    },
    /// A relation can't be loaded that leads to another connection.
    #[error("`{model}.{relation}` leads to `{target}`, which is on another connection: {why}")]
    CrossingLoad {
        /// The model that has the relation.
        model: &'static str,
        /// The relation.
        relation: &'static str,
        /// The model that it leads to.
        target: &'static str,
        /// What is in the way, and what to do.
        why: String,
    },
    /// A model is used for the first time inside of a transaction, where nothing can be created.
    #[error(
        "`{model}` is used for the first time inside of a transaction: name it in `models::<…>()`, or call `db.register::<{model}>().sync()` before"
    )]
    SyncInTransaction {
        /// The model.
        model: &'static str,
    },
    /// A write in a transaction that was begun as read-only.
    #[error(
        "`{model}` can't be written in a transaction that was begun as read-only: begin one without `read_only()`"
    )]
    ReadOnly {
        /// The model.
        model: &'static str,
    },
    /// A locking read outside of a transaction, where the lock would end with the call.
    #[error(
        "records of `{model}` are locked until a transaction ends, and there is none: read them by the handle that \
         `transaction` or `begin` gives"
    )]
    NeedsTransaction {
        /// The model.
        model: &'static str,
    },
    /// Another has locked a record, and it was said that this is not to be waited for.
    #[error("another transaction has locked a `{model}` that `no_wait()` asks for")]
    Locked {
        /// The model.
        model: &'static str,
    },
    /// The transaction was committed, rolled back or lost before.
    #[error("the transaction is closed: {0}")]
    TransactionClosed(&'static str),
    /// What a transaction read or wrote was changed by another: it can be tried again.
    #[error("the transaction conflicts with another that committed first; nothing of it was kept")]
    Serialization,
    /// This transaction and others waited for each other, and the storage ended this one: it can be tried
    /// again.
    #[error("{0}: this transaction and others waited for each other; nothing of it was kept")]
    Deadlock(String),
    /// It took longer than a time-out allows. Nothing of it was kept, and it is not tried again by itself.
    #[error("{0}")]
    Timeout(String),
    /// The answer to COMMIT was lost, so nobody knows whether it happened. Never retried.
    #[error("whether the transaction was committed is not known: {0}")]
    CommitUnknown(String),
    /// The storage is locked by others for too long: it can be tried again.
    #[error("{0}")]
    Busy(String),
    /// The connection to the storage ended before anything was made durable: it can be tried again.
    #[error("{0}; nothing of it was kept")]
    ConnectionLost(String),
    /// The storage has no room left for what was to be written. Nothing of the call was kept, and it is not
    /// tried again by itself.
    #[error("{0}")]
    StorageFull(String),
    /// A dump can't be restored; nothing of it is stored.
    #[error("{at}: {message}")]
    Restore {
        /// The frame, with the row and the column: `frame 3, row 7, column age`.
        at: String,
        /// What is wrong with it.
        message: String,
    },
    /// A hook refused the write; nothing of it is stored.
    #[error("{}this `{model}` was refused: {reason}", place(.at))]
    Vetoed {
        /// The path in the input, or the entity's name.
        at: String,
        /// The model.
        model: &'static str,
        /// What the hook said.
        reason: String,
    },
    /// An update or delete by a filter that is always true.
    #[error("`{operation}` of `{model}` would touch all records; say `.all_rows()` if that is meant")]
    AllRows {
        /// The operation.
        operation: &'static str,
        /// The model.
        model: &'static str,
    },
    /// Arithmetic that leaves the column's range.
    #[error("`{model}.{column}` would leave its range")]
    Overflow {
        /// The model.
        model: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The provider can't do it and the core can't fill in.
    #[error("{what} is not supported: {why}")]
    Unsupported {
        /// What was asked.
        what: &'static str,
        /// Why not.
        why: &'static str,
    },
    /// Statements that differ in values only were run again and again, under the test's
    /// [guard](crate::provider::NPlusOne).
    #[error(
        "`{shape}` was run {count} times: load the relation of `{model}` with `.with(…)`, or ask for all of the records at once"
    )]
    NPlusOne {
        /// The model.
        model: &'static str,
        /// The statement, with `?` where values were.
        shape: String,
        /// Which time it would have been in its window.
        count: u64,
    },
    /// A statement of the user's own SQL that can't be run, or whose result can't be read as asked.
    #[error("{0}")]
    Sql(String),
    /// A setting is wrong.
    #[error("{0}")]
    Configuration(String),
    /// The storage failed.
    #[error("{context}: {source}")]
    Provider {
        /// Which connection, what was done.
        context: String,
        /// The driver's error.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A row that the core wrote in a batch is at fault; the core turns it into one of the others,
    /// with the path of the row.
    #[error("row {} of write {}: {fault:?}", .at.row, .at.write)]
    Row {
        /// Which row.
        at: RowAt,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// The error that the body of a transaction ended it with.
    #[error("{0}")]
    Aborted(Box<dyn StdError + Send + Sync>),
}

/// Where in a [`WriteBatch`] a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowAt {
    /// The place of the write.
    pub write: usize,
    /// The row in it.
    pub row: usize,
}

/// What is wrong with a row of a batch, as a provider reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowFault {
    /// It must be new and isn't.
    Duplicate,
    /// It must exist and doesn't.
    NotFound,
    /// It states another version than the stored one.
    Stale,
    /// It is new and lacks this required column.
    Missing(usize),
    /// Another record has the same values in this index of the entity.
    Unique(usize),
    /// A hook refuses it, in its own words.
    Vetoed(String),
    /// The engine refuses it, in its own words.
    Refused(String),
}

impl Error {
    /// A fault of one row, for providers.
    #[must_use]
    pub fn row(write: usize, row: usize, fault: RowFault) -> Self {
        Error::Row { at: RowAt { write, row }, fault }
    }

    /// A failure of the storage, for providers.
    #[must_use]
    pub fn provider(context: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Error::Provider { context: context.into(), source: source.into() }
    }

    /// A write in a read-only transaction, for providers.
    #[must_use]
    pub fn read_only(batch: &WriteBatch) -> Self {
        Error::ReadOnly { model: batch.writes.first().map_or("nothing", |write| write.entity.model) }
    }

    /// Something that can't be done.
    #[must_use]
    pub const fn unsupported(what: &'static str, why: &'static str) -> Self {
        Error::Unsupported { what, why }
    }

    /// Whether the same call may succeed when tried again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Serialization | Error::Deadlock(_) | Error::Busy(_) | Error::ConnectionLost(_))
    }

    /// The user's own error with which a transaction was [aborted](crate::Tx::abort).
    ///
    /// # Errors
    /// This error itself, if it is none of type `E`.
    pub fn downcast<E: StdError + Send + Sync + 'static>(self) -> std::result::Result<E, Self> {
        match self {
            Error::Aborted(inner) => inner.downcast::<E>().map(|e| *e).map_err(Error::Aborted),
            other => Err(other),
        }
    }
}

/// The place that a message begins with; `$` alone, the whole input, says nothing.
fn place(at: &str) -> impl fmt::Display {
    if at == "$" { String::new() } else { format!("{at}: ") }
}

fn in_brackets(values: &Option<String>) -> impl fmt::Display {
    values.as_ref().map_or_else(String::new, |values| format!(" ({values})"))
}

fn marked(may_be_deleted: bool) -> &'static str {
    if may_be_deleted {
        "; the other may be marked as deleted, `with_deleted()` finds it all the same"
    } else {
        ""
    }
}

fn faults(list: &[String]) -> impl fmt::Display {
    match list {
        [one] => one.clone(),
        many => format!("{} faults in the models:\n- {}", many.len(), many.join("\n- ")),
    }
}
