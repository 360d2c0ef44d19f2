//! What is said of the cells of a column.

/// What is said of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    Null,
    Value,
}

/// What is said of the cells of a column, from the first row on; of those beyond the end, nothing is.
///
/// Mostly the same is said of all of them: such a run at the beginning takes no memory.
#[derive(Debug, Clone)]
pub(super) struct States {
    /// What is said of the first `run` cells.
    same: State,
    run: usize,
    /// What is said of those behind them.
    others: Vec<State>,
    /// How many cells are not absent.
    given: usize,
    /// How many cells have a value.
    valued: usize,
}

impl States {
    pub(super) fn new() -> Self {
        Self { same: State::Value, run: 0, others: Vec::new(), given: 0, valued: 0 }
    }

    /// Of so many cells, all of which have a value.
    pub(super) fn all_valued(rows: usize) -> Self {
        Self { same: State::Value, run: rows, others: Vec::new(), given: rows, valued: rows }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> State {
        match row.checked_sub(self.run) {
            None => self.same,
            Some(at) => self.others.get(at).copied().unwrap_or(State::Absent),
        }
    }

    pub(super) fn given(&self) -> usize {
        self.given
    }

    #[inline]
    pub(super) fn valued(&self) -> usize {
        self.valued
    }

    /// States a cell, as [`State::Null`] or [`State::Value`].
    #[inline]
    pub(super) fn set(&mut self, row: usize, state: State) {
        // Mostly, rows are filled one after the other.
        if row == self.run && self.others.is_empty() && (row == 0 || state == self.same) {
            self.same = state;
            self.run += 1;
        } else if row == self.run + self.others.len() {
            self.others.push(state);
        } else {
            return self.change(row, state);
        }
        self.given += 1;
        self.valued += usize::from(state == State::Value);
    }

    /// Takes back what was said of a cell.
    pub(super) fn unset(&mut self, row: usize) {
        if row < self.run + self.others.len() {
            self.change(row, State::Absent);
        }
    }

    fn change(&mut self, row: usize, state: State) {
        let at = match row.checked_sub(self.run) {
            Some(at) => at,
            None if state == self.same => return,
            None => {
                // The run is over.
                self.others.splice(..0, std::iter::repeat_n(self.same, self.run));
                self.run = 0;
                row
            }
        };
        if at >= self.others.len() {
            self.others.resize(at + 1, State::Absent);
        }
        let before = std::mem::replace(&mut self.others[at], state);
        self.given += usize::from(state != State::Absent);
        self.given -= usize::from(before != State::Absent);
        self.valued += usize::from(state == State::Value);
        self.valued -= usize::from(before == State::Value);
    }

    /// Makes the absent cells of so many rows NULL.
    pub(super) fn fill_nulls(&mut self, rows: usize) {
        if self.given == 0 {
            *self = Self { same: State::Null, run: rows, others: Vec::new(), given: rows, valued: 0 };
            return;
        }
        for state in self.others.iter_mut().filter(|state| **state == State::Absent) {
            *state = State::Null;
        }
        self.others.resize(rows - self.run, State::Null);
        self.given = rows;
    }
}

#[cfg(test)]
mod tests {
    use super::State::{Absent, Null, Value};
    use super::*;

    fn told(states: &States, rows: usize) -> (Vec<State>, usize, usize) {
        ((0..rows).map(|row| states.get(row)).collect(), states.given(), states.valued())
    }

    #[test]
    fn what_was_said_last_counts() {
        // Against a plain list, in every order of three changes to four cells.
        let changes: Vec<(usize, State)> =
            (0..4).flat_map(|row| [Absent, Null, Value].map(|state| (row, state))).collect();
        for &a in &changes {
            for &b in &changes {
                for &c in &changes {
                    let (mut states, mut plain) = (States::new(), [Absent; 4]);
                    for (row, state) in [a, b, c] {
                        match state {
                            Absent => states.unset(row),
                            state => states.set(row, state),
                        }
                        plain[row] = state;
                        let given = plain.iter().filter(|state| **state != Absent).count();
                        let valued = plain.iter().filter(|state| **state == Value).count();
                        assert_eq!(told(&states, 4), (plain.to_vec(), given, valued), "{a:?} {b:?} {c:?}");
                    }
                    states.fill_nulls(4);
                    let filled = plain.map(|state| if state == Absent { Null } else { state });
                    assert_eq!(told(&states, 5).0[..4], filled, "{a:?} {b:?} {c:?}");
                    assert_eq!((states.get(4), states.given()), (Absent, 4));
                }
            }
        }
    }
}
