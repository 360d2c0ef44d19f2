//! How many statements reach the storage.

use super::observed::{Call, Observer, observed_provider};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::WriteBatch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A provider that counts the statements which reach it, for tests: one for each `select` and `find`,
/// one for each write of an `apply`, one for each statement of the user's own, inside of transactions too; begin, commit and savepoints are not
/// counted.
///
/// It serves whichever of [`DataProvider`](super::DataProvider) and
/// [`AsyncDataProvider`](super::AsyncDataProvider) the wrapped provider serves. A clone is another handle to the same provider and the same counts: give one to the database and
/// keep one to ask.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::provider::{Counted, DataProvider};
///
/// # #[derive(Model)] struct User { #[key] id: u64, #[has_many] posts: Many<Post> }
/// # #[derive(Model)] struct Post { #[key] id: u64, user_id: u64 }
/// fn a_page_of_users_takes_two_statements(provider: impl DataProvider) -> orm_core::Result<()> {
///     let counted = Counted::new(provider).with_log();
///     let db = Database::builder().provider(counted.clone()).models::<User>().start()?;
///     counted.reset();
///     db.repository::<User>().query().with(|u| u.posts).limit(20).get()?;
///     assert_eq!(counted.log(), ["read users", "read posts"]);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Counted<P> {
    provider: Arc<P>,
    tally: Arc<Tally>,
}

/// How many statements reached a storage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statements {
    /// Reads: calls of `select` and `find`.
    pub reads: u64,
    /// Writes: each write of each `apply`.
    pub writes: u64,
    /// Statements of the user's own SQL.
    pub sql: u64,
}

impl Statements {
    /// All together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.reads + self.writes + self.sql
    }
}

#[derive(Debug, Default)]
struct Tally {
    reads: AtomicU64,
    writes: AtomicU64,
    sql: AtomicU64,
    /// `None` unless a log is kept.
    log: Mutex<Option<Vec<String>>>,
}

impl Tally {
    fn log(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, what: &str, entity: &EntitySchema) {
        if let Some(log) = &mut *self.log() {
            log.push(format!("{what} {}", entity.name));
        }
    }

    fn read(&self, entity: &EntitySchema) {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.note("read", entity);
    }

    fn sql(&self) {
        self.sql.fetch_add(1, Ordering::Relaxed);
        if let Some(log) = &mut *self.log() {
            log.push("sql".to_owned());
        }
    }

    fn write(&self, batch: &WriteBatch) {
        self.writes.fetch_add(batch.writes.len() as u64, Ordering::Relaxed);
        for write in &batch.writes {
            self.note("write", write.entity);
        }
    }
}

impl<P> Counted<P> {
    /// Counts the statements that reach a provider.
    #[must_use]
    pub fn new(provider: P) -> Self {
        Self { provider: Arc::new(provider), tally: Arc::default() }
    }

    /// The same, keeping a log.
    #[must_use]
    pub fn with_log(self) -> Self {
        *self.tally.log() = Some(Vec::new());
        self
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// How many statements there were since the last [`reset`](Self::reset).
    #[must_use]
    pub fn statements(&self) -> Statements {
        Statements {
            reads: self.tally.reads.load(Ordering::Relaxed),
            writes: self.tally.writes.load(Ordering::Relaxed),
            sql: self.tally.sql.load(Ordering::Relaxed),
        }
    }

    /// Which statements there were since the last [`reset`](Self::reset), in order: `read users`,
    /// `write posts`. Empty without [`with_log`](Self::with_log).
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.tally.log().clone().unwrap_or_default()
    }

    /// Starts again from zero.
    pub fn reset(&self) {
        self.tally.reads.store(0, Ordering::Relaxed);
        self.tally.writes.store(0, Ordering::Relaxed);
        self.tally.sql.store(0, Ordering::Relaxed);
        if let Some(log) = &mut *self.tally.log() {
            log.clear();
        }
    }
}

observed_provider!(Counted, provider, tally);

impl Observer for Tally {
    fn before(&self, call: Call<'_>, _: bool) -> Result<()> {
        match call {
            Call::Select(plan) => self.read(plan.entity),
            Call::Find(entity) => self.read(entity),
            Call::Apply(batch) => self.write(batch),
            Call::Sql(_) => self.sql(),
            _ => {}
        }
        Ok(())
    }
}
