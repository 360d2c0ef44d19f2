//! How a database is made.

use super::registry::Registry;
use super::{Clock, Database, Inner, Scopes};
use crate::connection::ConnectionName;
use crate::connections::ConnectionMarker;
use crate::engine::{Line as Link, Mode, Watch};
use crate::error::{Error, Result};
use crate::events::{Callback, ChangeHubs, Hooks, Hub, OpenHub};
use crate::model::schema::EntitySchema;
use crate::model::{Fields, Model};
use crate::normalize::Settings;
use crate::plan::Predicate;
use crate::provider::{
    AsyncConnection, AsyncDataProvider, BoxFuture, Capabilities, Connection, DataProvider, GuardedConnection,
    SchemaSync,
};
use crate::query::Filter;
use crate::value::Timestamp;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The default bound of nesting: containers, so a record in a list in a record counts three.
const MAX_DEPTH: usize = 120;
/// How often a save, or the body of a transaction, is tried again after a conflict.
const RETRIES: u32 = 8;

/// Says how a database is to be; made by [`Database::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct Builder<D: Mode> {
    provider: Option<Box<dyn Open>>,
    connection: String,
    instance: Option<String>,
    also_hosts: Vec<&'static EntitySchema>,
    models: Vec<&'static EntitySchema>,
    settings: Settings,
    retries: u32,
    schema_sync: SchemaSync,
    pub(super) watch: Watch,
    pub(super) hooks: Hooks,
    pub(super) callbacks: Vec<Callback>,
    pub(super) plugins: Vec<&'static str>,
    scopes: Vec<(&'static EntitySchema, Result<Predicate>)>,
    _mode: PhantomData<fn() -> D>,
}

impl<D: Mode> fmt::Debug for Builder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("connection", &self.connection)
            .field("models", &self.models.iter().map(|m| m.model).collect::<Vec<_>>())
            .field("hooks", &self.hooks)
            .field("plugins", &self.plugins)
            .finish_non_exhaustive()
    }
}

impl<D: Mode> Builder<D> {
    pub(super) fn new() -> Self {
        Self {
            provider: None,
            connection: ConnectionName::DEFAULT.to_owned(),
            instance: None,
            also_hosts: Vec::new(),
            models: Vec::new(),
            settings: Settings { max_depth: MAX_DEPTH, strict: false, clock: Clock::System },
            retries: RETRIES,
            schema_sync: SchemaSync::Create,
            watch: Watch::default(),
            hooks: Hooks::default(),
            callbacks: Vec::new(),
            plugins: Vec::new(),
            scopes: Vec::new(),
            _mode: PhantomData,
        }
    }

    /// Where the data is: any provider, whichever the mode.
    pub fn provider<K>(mut self, provider: impl IntoProvider<K>) -> Self {
        self.provider = Some(provider.into_provider());
        self
    }

    /// The name of the connection; `default` unless told. Databases on one provider under different
    /// names never see each other's data.
    pub fn connection(mut self, name: &str) -> Self {
        self.connection = name.to_owned();
        self
    }

    /// The connection of a type, by whose name the models that are bound to it know this database:
    /// `connection_of::<Secret>()`.
    pub fn connection_of<C: ConnectionMarker>(self) -> Self {
        self.connection(C::NAME)
    }

    /// One of several databases of the connection, for example a tenant's. The models of the connection
    /// may live in each, and the instances never see each other's data. The database's name has both:
    /// `secret__tenant_7`.
    pub fn instance(mut self, name: &str) -> Self {
        self.instance = Some(name.to_owned());
        self
    }

    /// Lets models live here that are bound to another connection, with those that their relations
    /// reach: for one model in two databases, as `also_hosts::<(Song, Album)>()` in an archive's. They
    /// are registered as by [`models`](Self::models).
    pub fn also_hosts<S: ModelSet>(mut self) -> Self {
        S::collect(&mut self.also_hosts);
        self
    }

    /// Registers models up front, with those that their relations reach, so that
    /// [`start`](Self::start) checks and synchronizes them: `models::<(User, Post)>()`.
    pub fn models<S: ModelSet>(mut self) -> Self {
        S::collect(&mut self.models);
        self
    }

    /// How deep containers may nest in what is saved; 120 unless told.
    pub fn max_depth(mut self, bound: usize) -> Self {
        self.settings.max_depth = bound;
        self
    }

    /// Makes it an error when a nested record states another foreign key than its place in the input
    /// says. Unless told, the place wins.
    pub fn strict_nesting(mut self, strict: bool) -> Self {
        self.settings.strict = strict;
        self
    }

    /// How often a save or the body of a transaction is tried again after a conflict; 8 unless told.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Tells the time that records are written at (`#[model(timestamps)]`) or
    /// deleted at (`#[model(soft_delete)]`); the system's clock unless told.
    /// On `wasm32-unknown-unknown`, where there is none, give it one. For a test, one that stands still:
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::value::Timestamp;
    /// # fn example(provider: impl orm_core::provider::DataProvider) -> orm_core::Result<()> {
    /// let now: Timestamp = "2024-02-29T12:00:00Z".parse().expect("a time");
    /// let db = Database::builder().provider(provider).clock(move || now).start()?;
    /// # Ok(()) }
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.settings.clock = Clock::Own(Arc::new(clock));
        self
    }

    /// What may be done to make the storage ready for the models; [`SchemaSync::Create`] unless told.
    /// It is done at [`start`](Self::start) for the models that were named, for others before their first
    /// use.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, name: String }
    /// # fn example(provider: impl orm_core::provider::DataProvider) -> orm_core::Result<()> {
    /// // Fails unless all tables are there and fit.
    /// let db = Database::builder().provider(provider).schema_sync(SchemaSync::Check).models::<User>().start()?;
    /// # Ok(()) }
    /// ```
    pub fn schema_sync(mut self, how: SchemaSync) -> Self {
        self.schema_sync = how;
        self
    }

    /// A condition that records of a model must meet to be seen in this database at all: by reads,
    /// relations that are loaded, conditions on relations, updates and deletions. It goes into every
    /// plan; a query leaves it out by [`without_scopes`](crate::query::Query::without_scopes). Several
    /// scopes of one model must all be met.
    ///
    /// What is saved isn't checked: a record that is stated with its key is written, in the scope or
    /// not.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, tenant_id: u64 }
    /// # fn example(provider: impl orm_core::provider::DataProvider) -> orm_core::Result<()> {
    /// let db = Database::builder().provider(provider).scope::<User>(|u| u.tenant_id.eq(7)).start()?;
    /// # Ok(()) }
    /// ```
    pub fn scope<M: Model>(mut self, scope: impl FnOnce(&Fields<M>) -> Filter<M>) -> Self {
        let condition = scope(M::fields()).inner.map_err(Error::from);
        self.scopes.push((M::schema(), condition));
        self
    }

    /// Opens the connection, then checks and synchronizes the models that were named.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a missing provider or a bad name, [`Error::Operand`] for a scope that
    /// compares with what can't be stored, [`Error::Schema`] with all the
    /// faults of the models, and those of the storage.
    pub fn start<'a>(self) -> D::Answer<'a, Result<Database<D>>> {
        D::answer(async move {
            let name = ConnectionName::new(&self.connection)?;
            let name = match &self.instance {
                Some(instance) => name.instance(instance)?,
                None => name,
            };
            let provider = self.provider.ok_or_else(|| {
                Error::Configuration(
                    "the database has no provider: name one by `.provider(…)`, for example `Memory::new()`"
                        .into(),
                )
            })?;
            let capabilities = provider.capabilities().clone();
            let hub = OpenHub::new(provider.hub(&name));
            let link = provider.open(name.clone(), D::BLOCKING).await?;
            let link = self.watch.over(link, &name, capabilities.sql);
            let listening = self.callbacks.into_iter().map(|callback| hub.hub().call(callback)).collect();
            let mut scopes = Scopes::default();
            for (entity, condition) in self.scopes {
                scopes.add(entity, condition?);
            }
            let registry = Registry::new(scopes);
            for model in self.models {
                registry.register(model);
            }
            for model in self.also_hosts {
                registry.let_in(model);
            }
            let database = Database::from_inner(Arc::new(Inner {
                name,
                link,
                hub,
                hooks: self.hooks,
                _listening: listening,
                capabilities,
                registry,
                settings: self.settings,
                retries: self.retries,
                schema_sync: self.schema_sync,
                plugins: self.plugins,
            }));
            database.synchronize_all().await?;
            Ok(database)
        })
    }
}

/// A list of models: a tuple of up to 16, or one.
pub trait ModelSet {
    #[doc(hidden)]
    fn collect(into: &mut Vec<&'static EntitySchema>);
}

impl<M: Model> ModelSet for M {
    fn collect(into: &mut Vec<&'static EntitySchema>) {
        into.push(M::schema());
    }
}

macro_rules! sets {
    ($(($($model:ident)+))*) => { $(
        impl<$($model: Model),+> ModelSet for ($($model,)+) {
            fn collect(into: &mut Vec<&'static EntitySchema>) {
                $(into.push($model::schema());)+
            }
        }
    )* };
}
sets! {
    (A) (A B) (A B C) (A B C E) (A B C E F) (A B C E F G) (A B C E F G H) (A B C E F G H I)
    (A B C E F G H I J) (A B C E F G H I J K) (A B C E F G H I J K L) (A B C E F G H I J K L M)
    (A B C E F G H I J K L M N) (A B C E F G H I J K L M N O) (A B C E F G H I J K L M N O P)
    (A B C E F G H I J K L M N O P Q)
}

/// A provider of either kind, as [`Builder::provider`] takes it. `K` only keeps the kinds apart and is
/// always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no provider",
    label = "expected a `DataProvider` or an `AsyncDataProvider`",
    note = "providers are, for example, `orm_provider_memory::Memory` and `orm_provider_sqlite::Sqlite`"
)]
pub trait IntoProvider<K> {
    #[doc(hidden)]
    fn into_provider(self) -> Box<dyn Open>;
}

/// Marks engines whose calls block.
#[derive(Debug)]
pub struct BlockingEngine;
/// Marks engines whose calls are async.
#[derive(Debug)]
pub struct AsyncEngine;

/// A provider of either kind, ready to be opened in either mode.
#[doc(hidden)]
pub trait Open: Send {
    fn capabilities(&self) -> &Capabilities;
    #[allow(private_interfaces, reason = "implemented here alone")]
    fn hub(&self, name: &ConnectionName) -> Arc<Hub>;
    #[allow(private_interfaces, reason = "implemented here alone")]
    fn open<'a>(&'a self, name: ConnectionName, blocking: bool) -> BoxFuture<'a, Result<Link>>;
}

struct OfBlocking<P>(P);
struct OfAsync<P>(Arc<P>);

impl<P: DataProvider> IntoProvider<BlockingEngine> for P {
    fn into_provider(self) -> Box<dyn Open> {
        Box::new(OfBlocking(self))
    }
}

impl<P: AsyncDataProvider> IntoProvider<AsyncEngine> for P {
    fn into_provider(self) -> Box<dyn Open> {
        Box::new(OfAsync(Arc::new(self)))
    }
}

/// The provider's hub for a connection, or one of the database's own.
fn hub_of(hubs: Option<&ChangeHubs>, name: &ConnectionName) -> Arc<Hub> {
    hubs.map_or_else(Arc::default, |hubs| hubs.of(name))
}

impl<P: DataProvider> Open for OfBlocking<P> {
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    fn hub(&self, name: &ConnectionName) -> Arc<Hub> {
        hub_of(self.0.change_hubs(), name)
    }

    fn open<'a>(&'a self, name: ConnectionName, blocking: bool) -> BoxFuture<'a, Result<Link>> {
        Box::pin(async move {
            let capabilities = self.0.capabilities();
            let connection: Arc<dyn Connection> = self.0.open(&name)?;
            let connection = crate::provider::fallback::complete(capabilities, connection);
            if blocking || capabilities.embedded {
                return Ok(Link::Direct(connection));
            }
            let threads: Arc<dyn AsyncConnection> =
                Arc::new(crate::provider::Threads::new(connection, capabilities.name, capabilities.threads));
            Ok(Link::Remote(threads))
        })
    }
}

impl<P: AsyncDataProvider> Open for OfAsync<P> {
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    fn hub(&self, name: &ConnectionName) -> Arc<Hub> {
        hub_of(self.0.change_hubs(), name)
    }

    fn open<'a>(&'a self, name: ConnectionName, blocking: bool) -> BoxFuture<'a, Result<Link>> {
        Box::pin(async move {
            if !blocking {
                return Ok(Link::Remote(self.0.open(&name).await?));
            }
            self.0.may_block()?;
            let connection = self.0.open_blocking(&name).await?;
            let provider = Arc::clone(&self.0) as Arc<dyn AsyncDataProvider>;
            Ok(Link::Remote(Arc::new(GuardedConnection::new(connection, provider))))
        })
    }
}
