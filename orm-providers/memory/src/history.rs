//! What was committed while transactions are open, by which their conflicts are found.

use crate::reads::Reads;
use crate::write::Touched;
use std::collections::{BTreeMap, VecDeque};

/// The commits since the oldest open transaction began.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Grows with every commit.
    version: u64,
    /// How many open transactions began at each version.
    open: BTreeMap<u64, usize>,
    /// What each commit touched.
    commits: VecDeque<(u64, Touched)>,
}

impl History {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Whether anybody will ask what is committed now.
    pub(crate) fn is_watched(&self) -> bool {
        !self.open.is_empty()
    }

    pub(crate) fn begin(&mut self) -> u64 {
        *self.open.entry(self.version).or_insert(0) += 1;
        self.version
    }

    /// Ends a transaction that began at this version, whatever became of it.
    pub(crate) fn end(&mut self, began: u64) {
        if let Some(count) = self.open.get_mut(&began) {
            *count -= 1;
            if *count == 0 {
                self.open.remove(&began);
            }
        }
        let oldest = self.open.keys().next().copied().unwrap_or(u64::MAX);
        while self.commits.front().is_some_and(|(at, _)| *at <= oldest) {
            self.commits.pop_front();
        }
    }

    pub(crate) fn commit(&mut self, touched: Option<Touched>) {
        self.version += 1;
        if let Some(mut touched) = touched
            && self.is_watched()
            && !touched.is_empty()
        {
            touched.carried = None;
            self.commits.push_back((self.version, touched));
        }
    }

    /// Whether a commit since this version changed what was read.
    pub(crate) fn changed(&self, began: u64, reads: &Reads) -> bool {
        self.commits.iter().any(|(at, other)| *at > began && reads.meet(other))
    }

    /// Whether a commit since this version touched the same.
    pub(crate) fn conflicts(&self, began: u64, touched: &Touched) -> bool {
        let newer = self.commits.iter().filter(|(at, _)| *at > began);
        newer.into_iter().any(|(_, other)| other.meets(touched))
    }
}
