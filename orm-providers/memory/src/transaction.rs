//! Optimistic transactions: a private snapshot, and a check for conflicts at the commit.

use crate::connection::{Shared, State};
use crate::namespace::Namespace;
use crate::read;
use crate::reads::Reads;
use crate::write::{self, Carried, Mark, Touched};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Lock, LockStrength, Select, WriteBatch, Written};
use orm_core::provider::fallback::Gather;
use orm_core::provider::{Flow, Isolation, Row, RowSink, Transaction, TxOptions};
use orm_core::value::{KeyValues, ValueRef};
use orm_core::{Error, Result};
use std::sync::Arc;

/// An open transaction. It holds no lock; nobody waits for it.
#[derive(Debug)]
pub(crate) struct MemoryTransaction {
    shared: Arc<Shared>,
    /// The state at its beginning, and the version of it; the version is `None` for one that only
    /// reads.
    base: Arc<Namespace>,
    began: Option<u64>,
    /// The state as it sees it.
    root: Arc<Namespace>,
    touched: Touched,
    /// Where it is to be serializable: what it read.
    reads: Reads,
    serializable: bool,
    savepoints: Vec<Savepoint>,
}

#[derive(Debug)]
struct Savepoint {
    number: u32,
    root: Arc<Namespace>,
    mark: Mark,
}

impl MemoryTransaction {
    pub(crate) fn begin(shared: &Arc<Shared>, options: &TxOptions) -> Self {
        let (base, began) = if options.read_only {
            (Arc::clone(&shared.read().root), None)
        } else {
            let mut state = shared.write();
            let began = state.history.begin();
            (Arc::clone(&state.root), Some(began))
        };
        Self {
            shared: Arc::clone(shared),
            root: Arc::clone(&base),
            base,
            began,
            touched: Touched::carrying(),
            reads: Reads::default(),
            // What only reads sees one state, which is between two commits.
            serializable: options.isolation >= Isolation::Serializable && !options.read_only,
            savepoints: Vec::new(),
        }
    }

    fn savepoint(&self, number: u32) -> Result<usize> {
        self.savepoints
            .iter()
            .position(|savepoint| savepoint.number == number)
            .ok_or(Error::TransactionClosed("the savepoint is gone"))
    }

    /// Reads, and notes what goes out: nobody is kept from changing it, but then this can't commit.
    fn select_locking(&mut self, plan: &Select, lock: Lock, sink: &mut dyn RowSink) -> Result<()> {
        let mut gather = Gather::new(plan.entity.fields.len());
        read::select(&self.root, plan, &mut gather)?;
        if let Some(store) = self.root.store(plan.entity) {
            for record in &gather.rows {
                let key = |part: usize| record.value(store.schema.key[part]);
                let Some(row) = store.key_index().first(store, key) else { continue };
                self.touched.locked(store, row, lock.strength == LockStrength::Share);
            }
        }
        for record in &gather.rows {
            if sink.row(record)? == Flow::Stop {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for MemoryTransaction {
    fn drop(&mut self) {
        if let Some(began) = self.began {
            self.shared.write().history.end(began);
        }
    }
}

impl Transaction for MemoryTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        if self.serializable {
            self.reads.plan(self.root.seed(), plan);
        }
        match plan.lock {
            Some(_) if self.began.is_none() => Err(Error::ReadOnly { model: plan.entity.model }),
            Some(lock) => self.select_locking(plan, lock, sink),
            None => read::select(&self.root, plan, sink),
        }
    }

    fn find(&mut self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        if self.serializable {
            self.note_find(entity, key);
        }
        read::find_one(&self.root, entity, key, sink)
    }

    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        if self.began.is_none() {
            return Err(Error::read_only(batch));
        }
        let seed = self.root.seed();
        if self.serializable {
            self.reads.batch(seed, batch);
        }
        let written = write::apply(Arc::make_mut(&mut self.root), batch, Some(&mut self.touched));
        if written.is_err() && self.serializable {
            self.reads.refused(seed, batch);
        }
        written
    }

    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.savepoints.push(Savepoint { number, root: Arc::clone(&self.root), mark: self.touched.mark() });
        Ok(())
    }

    fn rollback_to(&mut self, number: u32) -> Result<()> {
        let at = Self::savepoint(self, number)?;
        if let Some(savepoint) = self.savepoints.drain(at..).next() {
            self.root = savepoint.root;
            self.touched.back_to(savepoint.mark);
        }
        Ok(())
    }

    fn release(&mut self, number: u32) -> Result<()> {
        let at = Self::savepoint(self, number)?;
        self.savepoints.truncate(at);
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        let Some(began) = self.began else {
            return Ok(());
        };
        if self.touched.is_empty() {
            return Ok(());
        }
        self.savepoints.clear();
        let shared = Arc::clone(&self.shared);
        let mut state = shared.write();
        let State { root, history } = &mut *state;
        if history.conflicts(began, &self.touched) || history.changed(began, &self.reads) {
            return Err(self.give_up(state));
        }
        let next = if history.version() == began {
            Some(Arc::clone(&self.root))
        } else {
            carry_over(root, &self.base, &self.root, self.touched.carried.as_ref())
        };
        let Some(next) = next else {
            return Err(self.give_up(state));
        };
        *root = next;
        history.commit(Some(std::mem::take(&mut self.touched)));
        history.end(began);
        self.began = None;
        Ok(())
    }

    fn rollback(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl MemoryTransaction {
    /// Notes the record that is looked for, or that there is none.
    fn note_find(&mut self, entity: &'static EntitySchema, key: &KeyValues) {
        let found = self.root.store(entity).and_then(|store| {
            let kind = |part: usize| entity.fields[entity.key[part]].kind;
            let part = |part: usize| kind(part).fit(key.get(part)).unwrap_or(ValueRef::Null);
            store.key_index().first(store, part).map(|row| (store, row))
        });
        match found {
            Some((store, row)) => self.reads.record(store, row),
            None => self.reads.entity(self.root.seed(), entity),
        }
    }

    /// Ends the transaction while the lock is held, which dropping would wait for.
    fn give_up(&mut self, mut state: std::sync::RwLockWriteGuard<'_, State>) -> Error {
        if let Some(began) = self.began.take() {
            state.history.end(began);
        }
        Error::Serialization
    }
}

/// The published state with what a transaction wrote, when others committed since it began. None
/// of them wrote the same records, so what remains to fail are unique indexes: then `None`.
fn carry_over(
    published: &Arc<Namespace>,
    base: &Namespace,
    own: &Namespace,
    carried: Option<&Carried>,
) -> Option<Arc<Namespace>> {
    let carried = carried?;
    let mut next = Namespace::clone(published);
    for (slot, store) in own.stores().iter().enumerate() {
        let before = base.stores().get(slot);
        if before.is_some_and(|before| Arc::ptr_eq(before, store)) {
            continue;
        }
        let to = next.register(store.schema);
        if before.is_some_and(|before| Arc::ptr_eq(before, next.at(to))) {
            // Nobody else wrote this entity.
            next.replace(to, Arc::clone(store));
            continue;
        }
        let mut rows: Vec<u32> =
            carried.rows.iter().filter(|(of, _)| *of == slot).map(|(_, row)| *row).collect();
        rows.sort_unstable();
        rows.dedup();
        rows.retain(|&row| store.is_live(row));
        let target = next.at_mut(to);
        for (_, key) in carried.removed.iter().filter(|(of, _)| *of == slot) {
            let old = target.key_index().first(target, |part| key[part].as_ref());
            old.into_iter().for_each(|row| target.remove(row));
        }
        let key = store.schema.key;
        for &row in &rows {
            let old = target.key_index().first(target, |part| store.value(row, key[part]));
            old.into_iter().for_each(|row| target.remove(row));
        }
        target.note_key(store.stated_key());
        for &row in &rows {
            target.insert(|column| store.value(row, column)).ok()?;
        }
    }
    Some(Arc::new(next))
}
