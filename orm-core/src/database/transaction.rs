//! Transactions: as a closure that can be tried again, or as a guard.

use super::{Body, Database, Inner};
use crate::connections::Peers;
use crate::engine::{Backoff, Mode, Session, TxSlot};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::provider::TxOptions;
use crate::repository::Repository;
use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// A handle to an open transaction. Cheap to clone; used after the transaction's end, it answers
/// [`Error::TransactionClosed`].
pub struct Tx<D: Mode> {
    database: Arc<Inner>,
    slot: Arc<TxSlot>,
    _mode: PhantomData<fn() -> D>,
}

impl<D: Mode> Clone for Tx<D> {
    fn clone(&self) -> Self {
        Self { database: Arc::clone(&self.database), slot: Arc::clone(&self.slot), _mode: PhantomData }
    }
}

impl<D: Mode> fmt::Debug for Tx<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("connection", &self.database.name).finish_non_exhaustive()
    }
}

impl<D: Mode> Database<D> {
    async fn open(&self, options: TxOptions) -> Result<Tx<D>> {
        let tx = self.inner.link.begin(options).await?;
        let slot = Arc::new(TxSlot::new(tx, Arc::clone(self.inner.hub.hub()), options));
        Ok(Tx { database: Arc::clone(&self.inner), slot, _mode: PhantomData })
    }

    /// Runs `body` in a transaction and commits what it did, or undoes all of it when it answers an
    /// error. After a conflict with others it is run again, a few times, so it should change nothing
    /// outside of the transaction.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32 }
    /// # fn example(db: Database) -> orm_core::Result<()> {
    /// let age = db.transaction(|tx| {
    ///     let users = tx.repository::<User>();
    ///     users.query().filter(|u| u.id.eq(1)).update(|u| u.age.add(1))?;
    ///     Ok(users.find(1)?.map(|u| u.age))
    /// })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The body's; [`Error::Serialization`] when the conflicts go on; [`Error::CommitUnknown`] when the
    /// answer to COMMIT was lost, after which nothing is tried again.
    pub fn transaction<'a, R, A>(
        &'a self,
        body: impl FnMut(Tx<D>) -> A + Send + 'a,
    ) -> D::Answer<'a, Result<R>>
    where
        R: Send + 'a,
        A: Body<D, R> + 'a,
    {
        self.transaction_with(TxOptions::new(), body)
    }

    /// As [`transaction`](Self::transaction), with another isolation, read-only, or with another number of
    /// tries.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32 }
    /// # fn example(db: Database) -> orm_core::Result<()> {
    /// let counts = db.transaction_with(TxOptions::new().serializable().read_only(), |tx| {
    ///     let users = tx.repository::<User>();
    ///     Ok((users.count()?, users.query().filter(|u| u.age.ge(18)).count()?))
    /// })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As there; [`Error::ReadOnly`] for a write in a read-only one; [`Error::Unsupported`] for an isolation
    /// that the provider doesn't have.
    pub fn transaction_with<'a, R, A>(
        &'a self,
        options: TxOptions,
        body: impl FnMut(Tx<D>) -> A + Send + 'a,
    ) -> D::Answer<'a, Result<R>>
    where
        R: Send + 'a,
        A: Body<D, R> + 'a,
    {
        D::answer(async move { self.attempts(options, body).await })
    }

    /// As [`transaction`](Self::transaction), for bodies with an error type of their own that can hold
    /// ours: `#[error(transparent)] Orm(#[from] orm_core::Error)`.
    ///
    /// # Errors
    /// The body's, and ours made into its type.
    pub fn transaction_as<'a, E, R, A>(
        &'a self,
        body: impl FnMut(Tx<D>) -> A + Send + 'a,
    ) -> D::Answer<'a, Result<R, E>>
    where
        E: StdError + From<Error> + Send + 'static,
        R: Send + 'a,
        A: Body<D, R, E> + 'a,
    {
        self.transaction_as_with(TxOptions::new(), body)
    }

    /// As [`transaction_as`](Self::transaction_as), with options as of
    /// [`transaction_with`](Self::transaction_with).
    ///
    /// # Errors
    /// As there.
    pub fn transaction_as_with<'a, E, R, A>(
        &'a self,
        options: TxOptions,
        body: impl FnMut(Tx<D>) -> A + Send + 'a,
    ) -> D::Answer<'a, Result<R, E>>
    where
        E: StdError + From<Error> + Send + 'static,
        R: Send + 'a,
        A: Body<D, R, E> + 'a,
    {
        D::answer(async move { self.attempts(options, body).await })
    }

    async fn attempts<E, R, A>(
        &self,
        options: TxOptions,
        mut body: impl FnMut(Tx<D>) -> A + Send,
    ) -> Result<R, E>
    where
        E: StdError + From<Error> + Send + 'static,
        R: Send,
        A: Body<D, R, E>,
    {
        let mut backoff = Backoff::new(options.retries.unwrap_or(self.inner.retries));
        loop {
            let failure = match self.attempt(options, &mut body).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !(failure.transient && backoff.again::<D>().await) {
                return Err(failure.error);
            }
        }
    }

    async fn attempt<E, R, A>(
        &self,
        options: TxOptions,
        body: &mut (impl FnMut(Tx<D>) -> A + Send),
    ) -> Result<R, Failure<E>>
    where
        E: StdError + From<Error> + Send + 'static,
        R: Send,
        A: Body<D, R, E>,
    {
        let tx = self.open(options).await.map_err(Failure::ours)?;
        let slot = Arc::clone(&tx.slot);
        // Whatever ends this early, a panic or a dropped future, closes the slot and so rolls back.
        let guard = CloseOnDrop(&slot);
        let outcome = body(tx).finish().await;
        match outcome {
            Ok(answer) => {
                let committed = slot.commit("it has ended").await;
                drop(guard);
                committed.map(|()| answer).map_err(Failure::ours)
            }
            Err(error) => {
                let open = slot.finish("it has ended").await;
                drop(guard);
                if let Ok(open) = open {
                    // The body's error is the one to tell; a failed rollback leaves nothing either.
                    let _ = open.rollback().await;
                }
                let transient = is_transient(&error).unwrap_or_else(|| slot.is_conflicted());
                Err(Failure { error, transient })
            }
        }
    }

    /// Begins a transaction as a guard: [`commit`](Transaction::commit) it, or it is rolled back when
    /// it is dropped.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn begin(&self) -> D::Answer<'_, Result<Transaction<D>>> {
        self.begin_with(TxOptions::new())
    }

    /// As [`begin`](Self::begin), with another isolation, or read-only.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); [`Error::Unsupported`] for an isolation that the provider doesn't have.
    pub fn begin_with(&self, options: TxOptions) -> D::Answer<'_, Result<Transaction<D>>> {
        D::answer(async move { Ok(Transaction { tx: self.open(options).await? }) })
    }
}

struct CloseOnDrop<'a>(&'a TxSlot);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        drop(self.0.close("it has ended"));
    }
}

/// A savepoint whose body is running. Dropped before it was ended, it takes the transaction down:
/// nobody could tell what of the body's work is in it.
struct OpenSavepoint<'a>(&'a TxSlot);

impl Drop for OpenSavepoint<'_> {
    fn drop(&mut self) {
        drop(self.0.close("a savepoint in it could not be ended, so it was rolled back"));
    }
}

/// How an attempt failed.
struct Failure<E> {
    error: E,
    /// Whether that may be gone the next time.
    transient: bool,
}

impl<E: From<Error>> Failure<E> {
    fn ours(error: Error) -> Self {
        Self { transient: error.is_transient(), error: error.into() }
    }
}

/// Whether an error that is ours, or wraps one of ours, may be gone the next time. `None` where none of
/// ours is found: it may be there all the same, since a transparent wrapper doesn't show it.
fn is_transient(error: &(dyn StdError + 'static)) -> Option<bool> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(ours) = error.downcast_ref::<Error>() {
            return Some(ours.is_transient());
        }
        next = error.source();
    }
    None
}

impl<D: Mode> Tx<D> {
    /// The same, and what is read in it may lead to the other databases of a set of connections.
    pub(crate) fn among(self, peers: &Arc<Peers>) -> Self {
        self.slot.introduce(peers);
        self
    }

    /// The database, and where calls in this transaction go.
    pub(crate) fn parts(&self) -> (Arc<Inner>, Session) {
        (Arc::clone(&self.database), Session::Transaction(Arc::clone(&self.slot)))
    }

    /// The records of `M` as this transaction sees them.
    #[must_use]
    pub fn repository<M: Model>(&self) -> Repository<M, D> {
        Repository::on(Arc::clone(&self.database), Session::Transaction(Arc::clone(&self.slot)))
    }

    /// The error to end a transaction's body with that carries one of the user's own; the caller gets
    /// it back by [`Error::downcast`].
    ///
    /// # Errors
    /// Always: this is how a body is left.
    pub fn abort<R>(&self, error: impl Into<Box<dyn StdError + Send + Sync>>) -> Result<R> {
        Err(Error::Aborted(error.into()))
    }

    /// Runs `body` in a savepoint: what it did is undone when it answers an error, while the
    /// transaction goes on.
    ///
    /// Where it can't be undone, because the storage fails or the call is cancelled half-way, the whole
    /// transaction is rolled back and closed, so that no half of it is ever committed.
    ///
    /// # Errors
    /// The body's, and those of the storage, which come first; but where the body met one that says that
    /// all can be tried again, it is that one.
    pub fn transaction<'a, R, A>(
        &'a self,
        body: impl FnOnce(Tx<D>) -> A + Send + 'a,
    ) -> D::Answer<'a, Result<R>>
    where
        R: Send + 'a,
        A: Body<D, R> + 'a,
    {
        D::answer(async move {
            let number = self.slot.savepoint().await?;
            let savepoint = OpenSavepoint(&self.slot);
            let outcome = body(self.clone()).finish().await;
            let went_well = outcome.is_ok();
            match (outcome, self.slot.end_savepoint(number, went_well).await) {
                (outcome, Ok(())) => {
                    std::mem::forget(savepoint);
                    outcome
                }
                // This is why there is nothing to go back to, and it tells that all can be tried again.
                (Err(error), Err(_)) if error.is_transient() => Err(error),
                (_, Err(error)) => Err(error),
            }
        })
    }
}

/// An open transaction that is rolled back when it is dropped before its [`commit`](Self::commit).
/// Everything that [`Tx`] can do, it can.
#[derive(Debug)]
pub struct Transaction<D: Mode> {
    tx: Tx<D>,
}

impl<D: Mode> Deref for Transaction<D> {
    type Target = Tx<D>;
    fn deref(&self) -> &Tx<D> {
        &self.tx
    }
}

impl<D: Mode> Transaction<D> {
    /// Makes all of it durable and visible at once.
    ///
    /// # Errors
    /// [`Error::Serialization`] when it conflicts with what others committed;
    /// [`Error::TransactionClosed`] when a cancelled call took it down.
    pub fn commit<'a>(self) -> D::Answer<'a, Result<()>> {
        D::answer(async move { self.tx.slot.commit("it was committed").await })
    }

    /// Undoes all of it.
    ///
    /// # Errors
    /// Those of the storage; nothing of it remains all the same.
    pub fn rollback<'a>(self) -> D::Answer<'a, Result<()>> {
        D::answer(async move { self.tx.slot.finish("it was rolled back").await?.rollback().await })
    }
}

impl<D: Mode> Drop for Transaction<D> {
    fn drop(&mut self) {
        drop(self.tx.slot.close("it was rolled back"));
    }
}
