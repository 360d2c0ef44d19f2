//! Repositories: the records of one model in one database.

/// One attempt in a transaction, or in a savepoint of the one that is open: all or nothing.
macro_rules! attempt {
    ($session:expr, $work:ident => $attempt:expr) => {
        match crate::engine::Atomic::begin($session).await {
            Ok($work) => {
                let outcome = $attempt;
                $work.end(outcome).await
            }
            Err(error) => Err(error),
        }
    };
}

/// Makes attempts until one isn't in conflict with others.
macro_rules! in_transaction {
    ($repository:expr, $work:ident => $attempt:expr) => {{
        let mut backoff = crate::engine::Backoff::new($repository.retries());
        loop {
            match attempt!(&$repository.session, $work => $attempt) {
                Err(error) if error.is_transient() && backoff.again::<D>().await => {}
                outcome => break outcome,
            }
        }
    }};
}

mod custom;
mod find_or;
mod fresh;
mod in_hand;
mod place;
mod related;
mod remove;
mod revive;
mod save;
mod saved;
mod tracked;
mod upsert;

pub use custom::CustomRepository;
pub use in_hand::InHand;
pub(crate) use place::Place;
pub use related::{Changed, Related, RelationField};
pub use saved::Saved;
pub use tracked::Tracked;
pub use upsert::UniqueColumns;

use crate::connections::Peers;
use crate::database::{Inner, ModelState, Scopes, View};
use crate::engine::{Lent, Mode, Session};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::schema::EntitySchema;
use crate::plan::{Change, KeySet, Select, WriteBatch, Written};
use crate::query::{First, KeyIndex, Query, Records};
use crate::value::{IntoKey, KeyValues, Mismatch, Value, ValueRef};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The records of `M` in a database, or in a transaction of it. Cheap to clone and to send.
///
/// It is found by the model's type: `db.repository::<User>()`.
pub struct Repository<M: Model, D: Mode> {
    database: Arc<Inner>,
    session: Session,
    state: Arc<ModelState>,
    _of: PhantomData<fn() -> (M, D)>,
}

impl<M: Model, D: Mode> Clone for Repository<M, D> {
    fn clone(&self) -> Self {
        Self {
            database: Arc::clone(&self.database),
            session: self.session.clone(),
            state: Arc::clone(&self.state),
            _of: PhantomData,
        }
    }
}

impl<M: Model, D: Mode> fmt::Debug for Repository<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("entity", &M::schema().name)
            .field("connection", &self.database.name)
            .field("in_transaction", &self.session.in_transaction())
            .finish()
    }
}

/// The values of a key, or the error to answer with.
pub(crate) fn key<M: Model>(key: impl IntoKey<M::Key>) -> Result<KeyValues> {
    key.into_key().map_err(no_key::<M>)
}

#[cold]
fn no_key<M: Model>(mismatch: Mismatch) -> Error {
    Error::Operand { model: M::schema().model, column: "key", mismatch }
}

/// A key as messages show it.
pub(crate) fn shown(key: &KeyValues) -> String {
    match key.width() {
        1 => format!("{:?}", key.get(0)),
        _ => format!("{:?}", key.iter().collect::<Vec<_>>()),
    }
}

/// A value as its column takes it in.
pub(crate) fn taken(entity: &EntitySchema, column: usize, value: ValueRef<'_>) -> Result<Value> {
    let field = entity.field(column);
    let taken = match &field.intake {
        Some(intake) => intake.take(field.kind, field.nullable, value),
        None => field.kind.fit(value).map(ValueRef::to_value),
    };
    taken.map_err(|mismatch| Error::Operand { model: entity.model, column: field.field, mismatch })
}

/// A set of keys of `M`, without repeats.
pub(crate) fn key_set<'k, M: Model>(keys: impl IntoIterator<Item = &'k KeyValues>) -> KeySet {
    let schema = M::schema();
    let kinds: Vec<_> = schema.key.iter().map(|&c| schema.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, 0);
    for key in keys {
        index.push(|part| key.get(part));
    }
    index.take_keys()
}

impl<M: Model, D: Mode> Repository<M, D> {
    pub(crate) fn on(database: Arc<Inner>, session: Session) -> Self {
        let state = database.state(M::schema());
        Self { database, session, state, _of: PhantomData }
    }

    pub(crate) fn shared_database(&self) -> Arc<Inner> {
        Arc::clone(&self.database)
    }

    pub(crate) fn database(&self) -> &Inner {
        &self.database
    }

    /// Whether relations lead from here to another connection.
    pub(crate) fn crosses(&self) -> bool {
        self.state.crosses()
    }

    /// The same, beside the other databases of a set of connections.
    pub(crate) fn among(mut self, peers: Arc<Peers>) -> Self {
        if let Session::Connection(link, hub) = self.session {
            self.session = Session::Hosted(link, hub, peers);
        }
        self
    }

    pub(crate) fn scopes(&self) -> &Scopes {
        &self.database.registry.scopes
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Where it works, whatever its model.
    #[inline]
    pub(crate) fn place(&self) -> Place<'_> {
        Place { database: &self.database, session: &self.session, state: &self.state, blocking: D::BLOCKING }
    }

    /// Makes sure that the storage is ready for the model and what it reaches.
    #[inline]
    pub(crate) fn ready(&self) -> impl Future<Output = Result<()>> {
        self.place().ready()
    }

    /// How often a write is tried again: not in a transaction, which must be begun anew.
    pub(crate) fn retries(&self) -> u32 {
        if self.session.in_transaction() { 0 } else { self.database.retries }
    }

    /// Applies a batch, trying again what may be tried again.
    pub(crate) fn apply(&self, batch: WriteBatch) -> impl Future<Output = Result<(WriteBatch, Written)>> {
        self.place().apply(batch)
    }

    /// Makes a change of its own and answers how many records it touched.
    pub(crate) async fn change(&self, change: Change) -> Result<u64> {
        self.ready().await?;
        let (_, written) = self.apply(WriteBatch::one(M::schema(), change)).await?;
        Ok(written.affected.first().copied().unwrap_or(0))
    }

    /// Applies a batch in a session, once.
    pub(crate) fn apply_in(
        &self,
        session: &Session,
        batch: WriteBatch,
    ) -> impl Future<Output = (WriteBatch, Result<Written>)> {
        self.database.apply(session, batch)
    }

    /// A query over the records.
    pub fn query(&self) -> Query<M, D> {
        Query::new(self.clone())
    }

    /// All records, in no particular order.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn all(&self) -> D::Answer<'_, Result<Vec<M>>> {
        D::answer(async move {
            self.ready().await?;
            let plan = self.scopes().plan(Select::all(M::schema()), View::default());
            Ok(self.session.select(&Arc::new(plan), Records(Vec::new())).await?.0)
        })
    }

    /// The number of records.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn count(&self) -> D::Answer<'_, Result<u64>> {
        self.query().count()
    }

    /// The record of this key.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, name: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let ada: Option<User> = users.find(1)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of the storage; [`Error::Operand`] when the key can't be one.
    #[inline]
    pub fn find(&self, key: impl IntoKey<M::Key>) -> D::Answer<'_, Result<Option<M>>> {
        // The hot path of a store in memory takes tens of nanoseconds, of which a future would be half.
        if D::BLOCKING
            && self.state.is_open()
            && let Some(connection) = self.session.direct()
        {
            let mut first = First(None);
            return D::now(match key.into_key() {
                Ok(key) => connection.find(M::schema(), &key, &mut first).map(|()| first.0),
                Err(mismatch) => Err(no_key::<M>(mismatch)),
            });
        }
        let key = self::key::<M>(key);
        if D::BLOCKING {
            return D::now(self.found_now(key));
        }
        D::answer(async move {
            let mut found = Lent::new(First(None));
            self.place().find(key?, &mut found).await?;
            Ok(found.back()?.0)
        })
    }

    fn found_now(&self, key: Result<KeyValues>) -> Result<Option<M>> {
        let mut found = Lent::new(First(None));
        self.place().find_now(key?, &mut found)?;
        Ok(found.back()?.0)
    }

    /// The records of these keys in the order asked, once for each time asked; keys that aren't
    /// stored are left out.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_many<'a, K: IntoKey<M::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<Vec<M>>> {
        let keys: Result<Vec<KeyValues>> = keys.into_iter().map(self::key::<M>).collect();
        D::answer(async move {
            self.ready().await?;
            let schema = M::schema();
            let keys = keys?;
            let kinds: Vec<_> = schema.key.iter().map(|&c| schema.field(c).kind).collect();
            let mut index = KeyIndex::new(&kinds, keys.len());
            for key in &keys {
                index.push(|part| key.get(part));
            }
            let set = Arc::new(index.take_keys());
            if set.is_empty() {
                return Ok(Vec::new());
            }
            let filter = crate::plan::Predicate::Keys { columns: schema.key, keys: set };
            let plan = Select { filter, ..Select::all(schema) };
            let plan = Arc::new(self.scopes().plan(plan, View::default()));
            let sink = Asked { index, found: (0..keys.len()).map(|_| None).collect() };
            Ok(self.session.select(&plan, sink).await?.found.into_iter().flatten().collect())
        })
    }
}

/// Records at the places where their keys were asked.
struct Asked<M> {
    index: KeyIndex,
    found: Vec<Option<M>>,
}

impl<M: Model> crate::provider::RowSink for Asked<M> {
    fn row(&mut self, row: &dyn crate::provider::Row) -> Result<crate::provider::Flow> {
        let key = M::schema().key;
        for place in self.index.places(|part| row.value(key[part])) {
            self.found[place] = Some(M::hydrate(row)?);
        }
        Ok(crate::provider::Flow::More)
    }
}
