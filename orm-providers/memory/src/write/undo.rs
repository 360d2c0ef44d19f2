//! Taking back the writes of a batch that fails.

use crate::namespace::Namespace;
use crate::store::EntityStore;
use orm_core::value::Value;
use std::sync::Arc;

/// More rows than this are taken back by a snapshot of the store rather than one by one.
pub(super) const MANY: usize = 256;

/// One thing that was done.
#[derive(Debug)]
enum Step {
    Inserted(usize, u32),
    Appended(usize, u32, usize),
    Updated(usize, u32, Vec<(usize, Value)>),
    Removed(usize, u32, Box<[Value]>),
    Replaced(usize, Arc<EntityStore>),
}

/// What was done, in order.
#[derive(Debug, Default)]
pub(super) struct Undo {
    steps: Vec<Step>,
    /// Slots that will be put back as a whole, so that nothing more is noted of them.
    covered: Vec<usize>,
}

impl Undo {
    pub(super) fn is_covered(&self, slot: usize) -> bool {
        self.covered.contains(&slot)
    }

    fn note(&mut self, slot: usize, step: Step) {
        if !self.is_covered(slot) {
            self.steps.push(step);
        }
    }

    /// Keeps a snapshot of a store. What is written from now on copies the chunks it touches.
    pub(super) fn cover(&mut self, slot: usize, store: &Arc<EntityStore>) {
        if !self.is_covered(slot) {
            self.steps.push(Step::Replaced(slot, Arc::clone(store)));
            self.covered.push(slot);
        }
    }

    pub(super) fn inserted(&mut self, slot: usize, row: u32) {
        self.note(slot, Step::Inserted(slot, row));
    }

    pub(super) fn appended(&mut self, slot: usize, first: u32, count: usize) {
        self.note(slot, Step::Appended(slot, first, count));
    }

    pub(super) fn updated(&mut self, slot: usize, row: u32, old: Vec<(usize, Value)>) {
        self.note(slot, Step::Updated(slot, row, old));
    }

    pub(super) fn removed(&mut self, slot: usize, row: u32, old: Box<[Value]>) {
        self.note(slot, Step::Removed(slot, row, old));
    }

    /// Takes everything back, last first.
    pub(super) fn roll_back(&mut self, namespace: &mut Namespace) {
        self.covered.clear();
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Inserted(slot, row) => namespace.at_mut(slot).remove(row),
                Step::Appended(slot, first, count) => {
                    let store = namespace.at_mut(slot);
                    (first..).take(count).for_each(|row| store.remove(row));
                }
                Step::Updated(slot, row, old) => {
                    let given = |c: usize| {
                        let old = old.iter().find(|(column, _)| *column == c);
                        old.map(|(_, value)| value.as_ref())
                    };
                    // What was stored before is unique and has room.
                    let _ = namespace.at_mut(slot).update(row, given, |_, _| {});
                }
                Step::Removed(slot, row, old) => {
                    let _ = namespace.at_mut(slot).fill(row, |c| old[c].as_ref());
                }
                Step::Replaced(slot, store) => namespace.replace(slot, store),
            }
        }
    }
}
