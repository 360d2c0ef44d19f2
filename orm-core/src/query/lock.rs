//! Locking reads.

use super::Query;
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::plan::{Lock, LockStrength, LockWait, Output};
use crate::repository::Place;

impl<M: Model, D: Mode> Query<M, D> {
    /// Locks the records that are answered until the transaction ends: nobody else changes or locks them
    /// meanwhile. Engines with locks let others wait. Those without notice at the commit, and one of the
    /// two is [`Error::Serialization`]; closures are tried again then.
    ///
    /// What is locked are the records themselves, not those loaded along. On a
    /// [snapshot](crate::provider::Isolation::Snapshot), a record that another changed since the
    /// transaction began is [`Error::Serialization`]; all else that is read is still of the beginning.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct Account { #[key] id: u64, balance: i64 }
    /// # fn example(db: Database) -> orm_core::Result<()> {
    /// db.transaction_with(TxOptions::new().read_committed(), |tx| {
    ///     let accounts = tx.repository::<Account>();
    ///     let mut account = accounts.query().filter(|a| a.id.eq(1)).for_update().one()?;
    ///     account.balance -= 10;
    ///     accounts.save(account)
    /// })?;
    /// # Ok(()) }
    /// ```
    ///
    /// Whatever answers records may follow: `get`, `first`, `one`, `find`, pages and streams. They answer
    /// [`Error::NeedsTransaction`] outside of a transaction, and [`Error::ReadOnly`] in one that is
    /// read-only.
    #[doc(alias = "lock")]
    pub fn for_update(self) -> Self {
        self.locking(|lock| lock.strength = LockStrength::Update)
    }

    /// As [`for_update`](Self::for_update), but others may lock the records likewise; nobody else changes
    /// them.
    pub fn for_share(self) -> Self {
        self.locking(|lock| lock.strength = LockStrength::Share)
    }

    /// Leaves out what others have locked, instead of waiting: for queues, from which each worker takes
    /// what no other is at. Locks as [`for_update`](Self::for_update), unless
    /// [`for_share`](Self::for_share) is said.
    ///
    /// It is [`Error::Unsupported`] where the engine has no locks of records.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct Job { #[key] id: u64, done: bool }
    /// # fn example(tx: Tx) -> orm_core::Result<()> {
    /// let next = tx.repository::<Job>().query().filter(|j| j.done.eq(false)).skip_locked().first()?;
    /// # Ok(()) }
    /// ```
    pub fn skip_locked(self) -> Self {
        self.locking(|lock| lock.wait = LockWait::Skip)
    }

    /// Answers [`Error::Locked`] where others have locked a record, instead of waiting. The transaction goes
    /// on then. Locks as [`for_update`](Self::for_update), unless [`for_share`](Self::for_share) is said.
    ///
    /// It is [`Error::Unsupported`] where the engine has no locks of records.
    #[doc(alias = "nowait")]
    pub fn no_wait(self) -> Self {
        self.locking(|lock| lock.wait = LockWait::Fail)
    }

    fn locking(mut self, change: impl FnOnce(&mut Lock)) -> Self {
        change(self.lock.get_or_insert(Lock::update()));
        self
    }

    /// The lock, where it is only looked at: that takes none, and needs no transaction.
    pub(super) fn explained_lock(&mut self) -> Result<Option<Lock>> {
        let lock = self.lock.take();
        lock.map_or(Ok(()), |lock| may_wait(self.repository.place(), lock))?;
        Ok(lock)
    }

    /// Refuses a lock where it would say nothing.
    pub(super) fn locks_nothing(&self, operation: &'static str) -> Result<()> {
        if self.lock.is_none() {
            return Ok(());
        }
        Err(Error::Configuration(format!(
            "`{operation}` of `{}` locks what it changes by itself: leave out `for_update()` and its like",
            M::schema().model
        )))
    }
}

/// The lock, where it may be taken.
pub(super) fn lock_of(place: Place<'_>, lock: Option<Lock>, output: &Output) -> Result<Option<Lock>> {
    let Some(lock) = lock else { return Ok(None) };
    let model = place.entity().model;
    let Some(options) = place.session.options() else {
        return Err(Error::NeedsTransaction { model });
    };
    if options.read_only {
        return Err(Error::ReadOnly { model });
    }
    if *output != Output::Records {
        return Err(Error::Configuration(format!(
            "what is locked of `{model}` are records, so that records must be answered: use `get`, `first`, \
             `one` or `find`"
        )));
    }
    may_wait(place, lock)?;
    Ok(Some(lock))
}

fn may_wait(place: Place<'_>, lock: Lock) -> Result<()> {
    if lock.wait == LockWait::Wait || place.database.capabilities.row_locks {
        return Ok(());
    }
    Err(Error::unsupported(
        "`skip_locked` or `no_wait`",
        "the provider has no locks of single records; without it, conflicts are noticed all the same",
    ))
}
