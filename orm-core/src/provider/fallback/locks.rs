//! Locks of records among the transactions of one adapter. Nobody waits for them: who commits second is
//! told of a conflict.

use super::atom::Tuple;
use crate::plan::LockStrength;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An entity's name and a key.
type Place = (&'static str, Tuple);

/// What transactions had locked that committed, as long as anybody is open who may conflict with it.
#[derive(Clone, Default)]
pub(super) struct Locks(Arc<Mutex<History>>);

#[derive(Default)]
struct History {
    /// Grows with every commit of one that had locked something.
    now: u64,
    /// How many open transactions began at each time.
    open: BTreeMap<u64, usize>,
    committed: VecDeque<(u64, Vec<(Place, LockStrength)>)>,
}

/// The locks of one transaction.
pub(super) struct Holder {
    locks: Locks,
    began: u64,
    places: Vec<(Place, LockStrength)>,
}

impl Locks {
    /// A transaction begins.
    pub(super) fn holder(&self) -> Holder {
        let mut history = self.history();
        let began = history.now;
        *history.open.entry(began).or_insert(0) += 1;
        drop(history);
        Holder { locks: self.clone(), began, places: Vec::new() }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        // What is guarded is whole between any two statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder {
    /// Locks a record.
    pub(super) fn take(&mut self, entity: &'static str, key: Tuple, strength: LockStrength) {
        self.places.push(((entity, key), strength));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The keys of an entity that are locked.
    pub(super) fn of(&self, entity: &'static str) -> impl Iterator<Item = &Tuple> {
        let all = self.places.iter().map(|(place, _)| place);
        all.filter(move |(of, _)| *of == entity).map(|(_, key)| key)
    }

    /// Whether another who committed since this began had locked what was `written` or locked here.
    pub(super) fn conflict(&self, written: impl Fn(&'static str, &Tuple) -> bool) -> bool {
        let history = self.locks.history();
        let newer = history.committed.iter().filter(|(at, _)| *at > self.began);
        newer.flat_map(|(_, places)| places).any(|((entity, key), theirs)| {
            let excludes = |(place, mine): &(Place, LockStrength)| {
                place.0 == *entity
                    && place.1 == *key
                    && (*mine == LockStrength::Update || *theirs == LockStrength::Update)
            };
            written(entity, key) || self.places.iter().any(excludes)
        })
    }

    /// It commits.
    pub(super) fn publish(&mut self) {
        let places = std::mem::take(&mut self.places);
        if !places.is_empty() {
            let mut history = self.locks.history();
            history.now += 1;
            let now = history.now;
            history.committed.push_back((now, places));
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let mut history = self.locks.history();
        if let Some(count) = history.open.get_mut(&self.began) {
            *count -= 1;
            if *count == 0 {
                history.open.remove(&self.began);
            }
        }
        let oldest = history.open.keys().next().copied().unwrap_or(u64::MAX);
        while history.committed.front().is_some_and(|(at, _)| *at <= oldest) {
            history.committed.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fallback::atom::Atom;

    #[test]
    fn who_commits_second_conflicts_unless_both_share() {
        let locks = Locks::default();
        let key = || vec![Atom::Int(1)];
        let (mut a, mut b, mut c, d) = (locks.holder(), locks.holder(), locks.holder(), locks.holder());
        a.take("e", key(), LockStrength::Share);
        b.take("e", key(), LockStrength::Share);
        c.take("e", key(), LockStrength::Update);
        assert!(!a.conflict(|_, _| false));
        a.publish();
        assert!(!b.conflict(|_, _| false));
        assert!(b.conflict(|entity, written| entity == "e" && *written == key()));
        assert!(c.conflict(|_, _| false));
        assert!(!d.conflict(|entity, _| entity == "other"));
        let later = locks.holder();
        assert!(!later.conflict(|_, _| true));
        drop((a, b, c, later));
        assert_eq!(locks.history().committed.len(), 1);
        drop(d);
        assert!(locks.history().committed.is_empty() && locks.history().open.is_empty());
    }
}
