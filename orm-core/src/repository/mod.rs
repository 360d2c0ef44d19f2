//! Repositories: the records of one model in one database.

mod save;
mod saved;

pub use saved::Saved;

use crate::connections::Peers;
use crate::database::{Inner, ModelState};
use crate::engine::{Backoff, Mode, Session};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::plan::{Change, KeySet, Select, WriteBatch, Written};
use crate::query::{First, KeyIndex, Query, Records};
use crate::value::{IntoKey, KeyValues, Mismatch, Timestamp};
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
    pub(crate) fn new(database: Arc<Inner>, session: Session) -> Self {
        let state = database.state(M::schema());
        Self { database, session, state, _of: PhantomData }
    }

    /// Whether relations lead from here to another connection.
    pub(crate) fn crosses(&self) -> bool {
        self.state.crosses()
    }

    /// The same, beside the other databases of a set of connections.
    pub(crate) fn among(mut self, peers: Arc<Peers>) -> Self {
        if let Session::Connection(link) = self.session {
            self.session = Session::Hosted(link, peers);
        }
        self
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Makes sure that the storage is ready for the model and what it reaches.
    #[inline]
    pub(crate) async fn ready(&self) -> Result<()> {
        if self.state.is_ready() {
            return Ok(());
        }
        self.database.make_ready(M::schema(), &self.session).await
    }

    /// Applies a batch, trying again what may be tried again.
    pub(crate) async fn apply(&self, batch: WriteBatch) -> Result<(WriteBatch, Written)> {
        let mut backoff = Backoff::new(if self.session.in_transaction() { 0 } else { self.database.retries });
        let mut batch = batch;
        loop {
            let (back, written) = self.session.apply(batch).await;
            match written {
                Ok(written) => return Ok((back, written)),
                Err(error) if error.is_transient() && backoff.again::<D>().await => batch = back,
                Err(error) => return Err(error),
            }
        }
    }

    /// How often what failed by chance is tried again.
    pub(crate) fn retries(&self) -> u32 {
        self.database.retries
    }

    /// The time of a write.
    pub(crate) fn now(&self) -> Timestamp {
        (self.database.settings.clock)()
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
            Ok(self.session.select(&Arc::new(Select::all(M::schema())), Records(Vec::new())).await?.0)
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
            && self.state.is_ready()
            && let Some(connection) = self.session.direct()
        {
            let mut first = First(None);
            return D::now(match key.into_key() {
                Ok(key) => connection.find(M::schema(), &key, &mut first).map(|()| first.0),
                Err(mismatch) => Err(no_key::<M>(mismatch)),
            });
        }
        let key = self::key::<M>(key);
        D::answer(async move {
            self.ready().await?;
            Ok(self.session.find(M::schema(), key?, First(None)).await?.0)
        })
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
            let plan = Arc::new(Select { filter, ..Select::all(schema) });
            let sink = Asked { index, found: (0..keys.len()).map(|_| None).collect() };
            Ok(self.session.select(&plan, sink).await?.found.into_iter().flatten().collect())
        })
    }

    /// Removes the record of this key and answers whether there was one.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn destroy(&self, key: impl IntoKey<M::Key>) -> D::Answer<'_, Result<bool>> {
        let key = self::key::<M>(key);
        D::answer(async move { Ok(self.remove(&[key?]).await? > 0) })
    }

    /// Removes the records of these keys and answers how many there were.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn destroy_many<'a, K: IntoKey<M::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<u64>> {
        let keys: Result<Vec<KeyValues>> = keys.into_iter().map(self::key::<M>).collect();
        D::answer(async move { self.remove(&keys?).await })
    }

    async fn remove(&self, keys: &[KeyValues]) -> Result<u64> {
        self.ready().await?;
        let change = Change::Delete { keys: key_set::<M>(keys) };
        let (_, written) = self.apply(WriteBatch::one(M::schema(), change)).await?;
        Ok(written.affected.first().copied().unwrap_or(0))
    }

    /// Removes all records and answers how many there were.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn flush(&self) -> D::Answer<'_, Result<u64>> {
        D::answer(async move {
            self.ready().await?;
            let (_, written) = self.apply(WriteBatch::one(M::schema(), Change::Clear)).await?;
            Ok(written.affected.first().copied().unwrap_or(0))
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
