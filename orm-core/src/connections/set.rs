//! Sets of connections: structs of databases in which each model finds its own.

use super::{ConnectionMarker, Peers, TransactionOf};
use crate::database::{Database, Inner};
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::provider::TxOptions;
use crate::repository::Repository;
use std::fmt;
use std::sync::Arc;

/// A set of connections: a struct of databases. Derived, see the [module](super).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of connections",
    label = "not a set of connections",
    note = "a set is a struct of databases: `#[derive(Connections)] struct {Self} {{ #[connection(default)] main: Database }}`"
)]
pub trait Connections: Sized {
    /// The name of the struct.
    #[doc(hidden)]
    const SET: &'static str;

    /// All databases, in the order of the fields.
    #[doc(hidden)]
    fn hosted(&self) -> Vec<Hosted>;

    /// The records of `M`, in the database that its connection is in, with that database's mode.
    ///
    /// As on a [`Database`], it never fails and touches no storage. Its queries may load relations that
    /// lead to another of the set's databases of the same mode.
    fn repository<M: Model>(&self) -> Repository<M, ModeOf<Self, M::Connection>>
    where
        Self: Hosts<M::Connection>,
    {
        let database = self.host();
        let repository = database.repository::<M>();
        if repository.crosses() { repository.among(Peers::of(self, database)) } else { repository }
    }

    /// The database of a connection: `stores.database::<Secret>()`. That of models which name none is
    /// `database::<AnyConnection>()`.
    fn database<C: ConnectionMarker>(&self) -> &Database<ModeOf<Self, C>>
    where
        Self: Hosts<C>,
    {
        self.host()
    }

    /// Begins a transaction on connection `C` as a guard; see [`Database::begin`].
    ///
    /// # Errors
    /// Those of the storage.
    #[allow(clippy::type_complexity, reason = "the mode is told twice, as everywhere")]
    fn begin<C: ConnectionMarker>(&self) -> AnswerOf<'_, Self, C, Result<TransactionOf<C, ModeOf<Self, C>>>>
    where
        Self: Hosts<C>,
    {
        self.begin_with(TxOptions::new())
    }

    /// As [`begin`](Self::begin), with options as of [`Database::begin_with`].
    ///
    /// # Errors
    /// As there.
    #[allow(clippy::type_complexity, reason = "the mode is told twice, as everywhere")]
    fn begin_with<C: ConnectionMarker>(
        &self,
        options: TxOptions,
    ) -> AnswerOf<'_, Self, C, Result<TransactionOf<C, ModeOf<Self, C>>>>
    where
        Self: Hosts<C>,
    {
        let database = self.host();
        TransactionOf::begin(database, Peers::of(self, database), options)
    }

    /// Checks that each database has the name of the connection that it is to host, for the start of
    /// an application. Otherwise the first call on a model that is bound to it says so.
    ///
    /// # Errors
    /// [`Error::Configuration`] with all databases of another name.
    fn check(&self) -> Result<()> {
        let wrong: Vec<String> = self.hosted().iter().filter_map(|hosted| hosted.fault(Self::SET)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(Error::Configuration(wrong.join("; "))) }
    }
}

/// That a [set](Connections) has a database for the models of connection `C`. Derived.
///
/// ```
/// use orm_core::connections::Hosts;
/// use orm_core::prelude::*;
/// # #[derive(Connection)] struct Secret;
/// # #[derive(Model)] #[model(connection = Secret)] struct Note { #[key] id: u64 }
/// fn count(stores: &impl Hosts<Secret, Mode = orm_core::Blocking>) -> orm_core::Result<u64> {
///     stores.repository::<Note>().count()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` hosts no connection `{C}`",
    label = "no database of `{Self}` is for `{C}`",
    note = "add a field to `{Self}`: `#[connection({C})] name: Database`"
)]
pub trait Hosts<C>: Connections {
    /// The mode of the database.
    type Mode: Mode;

    /// The database.
    #[doc(hidden)]
    fn host(&self) -> &Database<Self::Mode>;
}

/// The mode of the database that a set has for connection `C`.
pub type ModeOf<S, C> = <S as Hosts<C>>::Mode;

/// An answer of the database that a set has for connection `C`: a value, or a future of it.
pub type AnswerOf<'a, S, C, T> = <ModeOf<S, C> as Mode>::Answer<'a, T>;

/// A database of either mode: the type of a field that hosts a connection.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a database",
    label = "not a database",
    note = "a field that hosts a connection is a `Database`: `orm_core::Database` or `orm_core::asynchronous::Database`"
)]
pub trait AnyDatabase {
    /// Its mode.
    type Mode: Mode;

    /// The database itself.
    #[doc(hidden)]
    fn as_database(&self) -> &Database<Self::Mode>;
}

impl<D: Mode> AnyDatabase for Database<D> {
    type Mode = D;

    fn as_database(&self) -> &Self {
        self
    }
}

/// A database of a set, whatever its mode.
#[doc(hidden)]
#[derive(Clone)]
pub struct Hosted {
    field: &'static str,
    /// What the models say that live here.
    pub(super) connection: Option<&'static str>,
    pub(super) database: Arc<Inner>,
    pub(super) blocking: bool,
}

impl Hosted {
    /// The database that a set has in this field for the models of `C`.
    #[must_use]
    pub fn new<C: ConnectionMarker, S: Hosts<C>>(field: &'static str, set: &S) -> Self {
        let database = Arc::clone(set.host().inner());
        Self { field, connection: C::BOUND_TO, database, blocking: <S::Mode as Mode>::BLOCKING }
    }

    fn fault(&self, set: &str) -> Option<String> {
        let (connection, name) = (self.connection?, &self.database.name);
        (name.base() != connection).then(|| {
            format!(
                "`{set}.{}` is for connection `{connection}`, but its database is named `{name}`: build it with \
                 `.connection_of::<…>()`, which takes the name from the type",
                self.field
            )
        })
    }
}

impl fmt::Debug for Hosted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosted")
            .field("field", &self.field)
            .field("connection", &self.connection)
            .field("database", &self.database.name)
            .finish()
    }
}
