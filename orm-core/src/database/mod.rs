//! Databases: models on one connection of one provider.

mod body;
mod builder;
mod cascade;
mod clock;
mod hooking;
mod listen;
pub(crate) mod lowered;
mod mermaid;
#[cfg(feature = "tracing")]
mod observe;
mod plugin;
mod referrers;
mod registry;
mod removal;
mod schema;
mod scopes;
mod transaction;
mod versions;
mod write;

pub use body::Body;
pub use builder::{AsyncEngine, BlockingEngine, Builder, IntoProvider, ModelSet, Open};
pub(crate) use clock::Clock;
pub use clock::system_clock;
pub use plugin::Plugin;
pub(crate) use registry::{ModelState, Registry};
pub(crate) use removal::{Removal, Which};
pub use schema::Schema;
pub(crate) use scopes::{Deleted, Lens, Scopes, View};
pub use transaction::{Transaction, Tx};

use crate::connection::ConnectionName;
use crate::engine::{Link, Mode, Session};
use crate::error::{Error, Result};
use crate::events::{Hooks, OpenHub, Subscription};
use crate::model::Model;
use crate::model::schema::{EntitySchema, RelationSchema};
use crate::normalize::Settings;
use crate::provider::{Capabilities, SchemaSync, SyncReport};
use crate::repository::Repository;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Models on one connection of one provider. Cheap to clone and to send.
///
/// The two preludes have it as `Database` for their mode.
///
/// ```no_run
/// use orm_core::prelude::*;
/// # fn example(provider: impl orm_core::provider::DataProvider) -> orm_core::Result<()> {
/// # #[derive(Model)] struct User { #[key] id: u64, name: String }
/// let db = Database::builder().provider(provider).connection("entities").start()?;
/// let users = db.repository::<User>();
/// # Ok(()) }
/// ```
pub struct Database<D: Mode> {
    inner: Arc<Inner>,
    _mode: PhantomData<fn() -> D>,
}

/// What handles to a database share.
pub(crate) struct Inner {
    pub(crate) name: ConnectionName,
    pub(crate) link: Link,
    /// Where commits are told.
    pub(crate) hub: OpenHub,
    pub(crate) hooks: Hooks,
    /// The callbacks that it had from the start.
    pub(crate) _listening: Vec<Subscription>,
    pub(crate) capabilities: Capabilities,
    pub(crate) registry: Registry,
    pub(crate) settings: Settings,
    pub(crate) retries: u32,
    pub(crate) schema_sync: SchemaSync,
    /// The names of the plug-ins, for messages.
    pub(crate) plugins: Vec<&'static str>,
}

impl<D: Mode> Clone for Database<D> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), _mode: PhantomData }
    }
}

impl<D: Mode> fmt::Debug for Database<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("provider", &self.inner.capabilities.name)
            .field("connection", &self.inner.name)
            .field("entities", &self.inner.registry.names())
            .field("plugins", &self.inner.plugins)
            .finish()
    }
}

impl Inner {
    /// Calls go straight to the connection.
    pub(crate) fn session(&self) -> Session {
        Session::Connection(self.link.clone(), Arc::clone(self.hub.hub()))
    }

    /// What is known of a model here. Asking for it makes it known, but where it doesn't belong.
    pub(crate) fn state(&self, schema: &'static EntitySchema) -> Arc<ModelState> {
        if self.is_home_of(schema) { self.registry.register(schema) } else { self.registry.apart(schema) }
    }

    fn is_home_of(&self, schema: &'static EntitySchema) -> bool {
        match schema.connection {
            None => true,
            Some(connection) => connection == self.name.base() || self.registry.is_let_in(schema),
        }
    }

    /// That a model may live here.
    pub(crate) fn admit(&self, schema: &'static EntitySchema) -> Result<()> {
        match schema.connection {
            Some(connection) if !self.is_home_of(schema) => {
                let database = self.name.to_string();
                Err(Error::WrongConnection { model: schema.model, connection, database })
            }
            _ => Ok(()),
        }
    }

    /// Synchronizes what an entity reaches and isn't synchronized yet.
    #[cold]
    pub(crate) async fn make_ready(&self, entity: &'static EntitySchema, session: &Session) -> Result<()> {
        self.admit(entity)?;
        let waiting = self.registry.waiting(entity)?;
        if waiting.is_empty() {
            return Ok(());
        }
        if session.in_transaction() && self.schema_sync != SchemaSync::Off {
            return Err(Error::SyncInTransaction { model: entity.model });
        }
        self.synchronize(waiting).await.map(drop)
    }

    /// Makes ready what a relation leads to that comes from another database.
    pub(crate) async fn make_ready_for(
        &self,
        relation: &'static RelationSchema,
        session: &Session,
    ) -> Result<()> {
        let pivot = relation.pivot.as_ref().map(|pivot| (pivot.entity)());
        for entity in std::iter::once((relation.target)()).chain(pivot) {
            if !self.state(entity).is_ready() {
                self.make_ready(entity, session).await?;
            }
        }
        Ok(())
    }

    async fn synchronize(&self, states: Vec<Arc<ModelState>>) -> Result<SyncReport> {
        let entities = states.iter().map(|s| s.schema).collect();
        let report = match self.schema_sync {
            SchemaSync::Off => SyncReport::default(),
            how => self.link.sync(entities, how).await?,
        };
        for state in states {
            state.set_ready();
        }
        Ok(report)
    }
}

impl<D: Mode> Database<D> {
    /// Begins to say how a database is to be.
    pub fn builder() -> Builder<D> {
        Builder::new()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(crate) fn from_inner(inner: Arc<Inner>) -> Self {
        Self { inner, _mode: PhantomData }
    }

    /// The name of the connection.
    #[must_use]
    pub fn connection(&self) -> &ConnectionName {
        &self.inner.name
    }

    /// What the provider understands by itself.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.inner.capabilities
    }

    /// Makes a model known, and the models that its relations reach. No storage is touched: that
    /// happens at first use, or by [`sync`](Self::sync).
    pub fn register<M: Model>(&self) -> &Self {
        self.inner.registry.register(M::schema());
        self
    }

    /// The records of `M`. Never fails and touches no storage; the model and those that its relations
    /// reach are registered. What is wrong with them is answered by the first call; so is
    /// [`Error::WrongConnection`], if the model is bound to another connection than this database's.
    #[must_use]
    pub fn repository<M: Model>(&self) -> Repository<M, D> {
        Repository::on(Arc::clone(&self.inner), self.inner.session())
    }

    /// Makes the storage ready for all models that are registered, as far as
    /// [`schema_sync`](Builder::schema_sync) allows, and answers what was done. Under
    /// [`SchemaSync::Off`] nothing is.
    ///
    /// # Errors
    /// [`Error::Schema`] with all the faults of the models, [`Error::SchemaDrift`] where the storage has
    /// another shape, with all that differs.
    pub fn sync(&self) -> D::Answer<'_, Result<SyncReport>> {
        D::answer(async move { self.synchronize_all().await })
    }

    pub(crate) async fn synchronize_all(&self) -> Result<SyncReport> {
        let states = self.inner.registry.all_waiting()?;
        states.iter().try_for_each(|state| self.inner.admit(state.schema))?;
        if states.is_empty() {
            return Ok(SyncReport::default());
        }
        self.inner.synchronize(states).await
    }
}
