//! Operations that happen together, or not at all: transactions, and savepoints within them.

use crate::ops::Op;
use std::fmt;

/// What a transaction or a savepoint does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Body {
    pub steps: Vec<Step>,
    pub end: End,
}

/// An operation in it. A body among them is a savepoint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub op: Op,
    /// Whether its error ends the body (`?`), or the body goes on.
    pub must: bool,
}

/// How a body ends that gets to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It answers `Ok`.
    Commits,
    /// It answers an error of the user's own.
    Aborts,
    /// It is a guard, which is committed; no savepoint is one.
    GuardCommits,
    /// It is a guard, which is rolled back.
    GuardRollsBack,
    /// It is a guard, which is dropped.
    GuardDropped,
}

impl End {
    pub(crate) fn is_guard(self) -> bool {
        matches!(self, Self::GuardCommits | Self::GuardRollsBack | Self::GuardDropped)
    }
}

impl Body {
    /// Bodies that are simpler by one step, where `simpler` makes operations so.
    pub(crate) fn simpler(&self, simpler: &dyn Fn(&Op) -> Vec<Op>) -> Vec<Self> {
        let with = |steps| Self { steps, end: self.end };
        let step = |step: &Step| {
            let mut all: Vec<_> =
                simpler(&step.op).into_iter().map(|op| Step { op, must: step.must }).collect();
            all.extend(step.must.then(|| Step { op: step.op.clone(), must: false }));
            all
        };
        let mut all: Vec<_> = crate::shrink::each(&self.steps, step).into_iter().map(with).collect();
        // What is in a savepoint, without it.
        for (at, nested) in self.steps.iter().enumerate() {
            if let Op::Together(inner) = &nested.op {
                let steps = [&self.steps[..at], &inner.steps, &self.steps[at + 1..]].concat();
                all.push(with(steps));
            }
        }
        let end = match self.end {
            End::Commits => None,
            End::Aborts | End::GuardCommits => Some(End::Commits),
            End::GuardRollsBack | End::GuardDropped => Some(End::Aborts),
        };
        all.extend(end.map(|end| Self { steps: self.steps.clone(), end }));
        all
    }
}

/// The code, but for the `;` after it: in the alternate form of a transaction, else of a savepoint.
impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.end.is_guard(), f.alternate()) {
            (true, _) => "(|| {\n    let tx = db.begin()?;\n",
            (false, true) => "db.transaction(|tx| {\n",
            (false, false) => "tx.transaction(|tx| {\n",
        })?;
        f.write_str("    let (users, posts) = (tx.repository::<User>(), tx.repository::<Post>());\n")?;
        for Step { op, must } in &self.steps {
            let code = op.to_string().replace('\n', "\n    ");
            let code = code.trim_end_matches(';');
            if *must {
                writeln!(f, "    {code}?;")?;
            } else {
                writeln!(f, "    let _ = {code};")?;
            }
        }
        f.write_str(match self.end {
            End::Commits | End::GuardDropped => "    Ok(())\n})",
            End::Aborts => "    tx.abort(Undone)\n})",
            End::GuardCommits => "    tx.commit()\n})",
            End::GuardRollsBack => "    tx.rollback()\n})",
        })?;
        f.write_str(if self.end.is_guard() { "()" } else { "" })
    }
}
