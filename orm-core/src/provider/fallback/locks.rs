//! Locks of records among the transactions of one adapter. Nobody waits for them: who comes second is told
//! of a conflict at once.

use super::atom::Tuple;
use crate::error::{Error, Result};
use crate::plan::LockStrength;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An entity's name and a key.
type Place = (&'static str, Tuple);

/// Who has locked which records.
#[derive(Clone, Default)]
pub(super) struct Locks(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    next: u64,
    records: HashMap<Place, Vec<(u64, LockStrength)>>,
}

/// A transaction that may lock. Its locks end with it.
pub(super) struct Holder {
    locks: Locks,
    /// Who it is to the others; `None` as long as it has locked nothing.
    id: Option<u64>,
    places: Vec<Place>,
}

impl Locks {
    pub(super) fn holder(&self) -> Holder {
        Holder { locks: self.clone(), id: None, places: Vec::new() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // What is guarded is whole between any two statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder {
    /// Locks a record.
    ///
    /// # Errors
    /// [`Error::Serialization`] when another has locked it.
    pub(super) fn take(
        &mut self,
        entity: &'static str,
        key: Tuple,
        strength: LockStrength,
    ) -> Result<()> {
        let mut held = self.locks.held();
        let me = *self.id.get_or_insert(held.next);
        held.next = held.next.max(me + 1);
        let place = (entity, key);
        let holders = held.records.entry(place.clone()).or_default();
        let shared = strength == LockStrength::Share;
        let mut others = holders.iter().filter(|(id, _)| *id != me);
        if others.any(|(_, theirs)| !(shared && *theirs == LockStrength::Share)) {
            return Err(Error::Serialization);
        }
        holders.push((me, strength));
        self.places.push(place);
        Ok(())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let Some(me) = self.id else { return };
        let mut held = self.locks.held();
        for place in self.places.drain(..) {
            if let Some(holders) = held.records.get_mut(&place) {
                holders.retain(|(id, _)| *id != me);
                if holders.is_empty() {
                    held.records.remove(&place);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fallback::atom::Atom;

    #[test]
    fn one_changes_or_many_share_and_all_ends_with_them() {
        let locks = Locks::default();
        let key = || vec![Atom::Int(1)];
        let (mut a, mut b) = (locks.holder(), locks.holder());
        a.take("e", key(), LockStrength::Share).unwrap();
        b.take("e", key(), LockStrength::Share).unwrap();
        assert!(matches!(a.take("e", key(), LockStrength::Update), Err(Error::Serialization)));
        drop(b);
        a.take("e", key(), LockStrength::Update).unwrap();
        let mut c = locks.holder();
        assert!(c.take("e", key(), LockStrength::Share).is_err());
        c.take("other", key(), LockStrength::Update).unwrap();
        drop(a);
        c.take("e", key(), LockStrength::Update).unwrap();
        drop(c);
        assert!(locks.held().records.is_empty());
    }
}
