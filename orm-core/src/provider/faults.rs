//! Faults on purpose: what an application does when its storage fails.

use super::observed::{Call, Observer, observed_provider};
use crate::error::{Error, Result};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A provider whose calls fail where a test says, before the engine did the work or after it (a lost
/// answer), in blocking and async code alike.
///
/// It serves whichever of [`DataProvider`](super::DataProvider) and
/// [`AsyncDataProvider`](super::AsyncDataProvider) the wrapped provider serves. A clone is another
/// handle to the same provider and the same faults: give one to the database and keep one.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::Error;
/// use orm_core::provider::{DataProvider, Fault, Faults, On};
///
/// # #[derive(Model)] struct User { #[key] id: u64, name: String }
/// fn a_lost_answer_is_told_and_not_tried_again(provider: impl DataProvider) -> orm_core::Result<()> {
///     let faults = Faults::new(provider);
///     let db = Database::builder().provider(faults.clone()).models::<User>().start()?;
///     faults.inject(Fault::after(On::Commit));
///     let outcome = db.transaction(|tx| tx.repository::<User>().save(User::draft().id(1).name("Ada")));
///     assert!(matches!(outcome, Err(Error::CommitUnknown(_))));
///     assert_eq!(db.repository::<User>().count()?, 1);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Faults<P> {
    provider: Arc<P>,
    plan: Arc<Plan>,
}

/// Which calls a [`Fault`] is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum On {
    /// Every call.
    Any,
    /// Making the storage ready for models.
    Sync,
    /// Reads by a plan.
    Select,
    /// Reads by one key.
    Find,
    /// Statements of the user's own SQL.
    Sql,
    /// Writes, of a connection or in a transaction.
    Apply,
    /// The begin of a transaction.
    Begin,
    /// A savepoint that is set.
    Savepoint,
    /// The way back to a savepoint.
    RollbackTo,
    /// A savepoint that is forgotten.
    Release,
    /// The commit of a transaction.
    Commit,
    /// The rollback of a transaction that is not merely dropped.
    Rollback,
}

impl On {
    fn of(call: Call<'_>) -> Self {
        match call {
            Call::Sync => On::Sync,
            Call::Select(_) => On::Select,
            Call::Find(_) => On::Find,
            Call::Sql(_) => On::Sql,
            Call::Apply(_) => On::Apply,
            Call::Begin => On::Begin,
            Call::Savepoint => On::Savepoint,
            Call::RollbackTo => On::RollbackTo,
            Call::Release => On::Release,
            Call::Commit => On::Commit,
            Call::Rollback => On::Rollback,
        }
    }
}

/// A fault that waits for its call. It fires once, at the next such call, unless told otherwise.
#[derive(Clone)]
pub struct Fault {
    on: On,
    after: bool,
    /// How many such calls are still let pass.
    pass: u64,
    times: u64,
    error: Option<Arc<dyn Fn() -> Error + Send + Sync>>,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { on, after, pass, times, .. } = self;
        let moment = if *after { "after" } else { "before" };
        write!(f, "Fault::{moment}(On::{on:?}), {pass} calls from now, {times} times")
    }
}

impl Fault {
    /// Fires before the engine is called: nothing was done.
    #[must_use]
    pub fn before(on: On) -> Self {
        Self { on, after: false, pass: 0, times: 1, error: None }
    }

    /// Fires after the engine did the work: its answer is lost.
    #[must_use]
    pub fn after(on: On) -> Self {
        Self { after: true, ..Self::before(on) }
    }

    /// Fires at the `n`-th such call from now on, counted from 1.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        Self { pass: n.saturating_sub(1), ..self }
    }

    /// Fires at this many such calls in a row.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    /// The error that is answered. Unless told, it is a lost connection ([`Error::Provider`]), and
    /// [`Error::CommitUnknown`] for the lost answer of a commit or of a write outside of transactions.
    ///
    /// Errors that [may be tried again](Error::is_transient) say that nothing was kept, so no provider
    /// answers them after the work is done: they belong to [`Fault::before`].
    #[must_use]
    pub fn error(self, error: impl Fn() -> Error + Send + Sync + 'static) -> Self {
        Self { error: Some(Arc::new(error)), ..self }
    }

    fn fire(&self, call: On, inside: bool) -> Error {
        if let Some(error) = &self.error {
            return error();
        }
        let lasting = call == On::Commit || (matches!(call, On::Apply | On::Sql) && !inside);
        if self.after && lasting {
            return Error::CommitUnknown("the answer was lost (an injected fault)".to_owned());
        }
        let lost = io::Error::new(io::ErrorKind::ConnectionReset, "the connection was lost");
        Error::provider("an injected fault", lost)
    }
}

#[derive(Debug, Default)]
struct Plan(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Fault>,
    calls: Vec<On>,
    fired: Vec<On>,
}

impl Plan {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first fault of this moment whose turn it is; all others for such calls come closer.
    fn next(&mut self, call: On, after: bool, inside: bool) -> Result<()> {
        let mut fired = None;
        for fault in self.waiting.iter_mut().filter(|f| f.after == after) {
            if fault.on != On::Any && fault.on != call {
                continue;
            }
            if fault.pass > 0 {
                fault.pass -= 1;
            } else if fired.is_none() && fault.times > 0 {
                fault.times -= 1;
                fired = Some(fault.fire(call, inside));
            }
        }
        self.waiting.retain(|f| f.times > 0);
        match fired {
            Some(error) => {
                self.fired.push(call);
                Err(error)
            }
            None => Ok(()),
        }
    }
}

impl Observer for Plan {
    fn before(&self, call: Call<'_>, inside: bool) -> Result<()> {
        let mut state = self.state();
        state.calls.push(On::of(call));
        state.next(On::of(call), false, inside)
    }

    fn after(&self, call: Call<'_>, inside: bool) -> Result<()> {
        self.state().next(On::of(call), true, inside)
    }
}

observed_provider!(Faults, provider, plan);

impl<P> Faults<P> {
    /// A provider that fails where it is told to.
    #[must_use]
    pub fn new(provider: P) -> Self {
        Self { provider: Arc::new(provider), plan: Arc::default() }
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// Lets a fault wait for its call, beside those that wait already.
    pub fn inject(&self, fault: Fault) {
        self.plan.state().waiting.push(fault);
    }

    /// The calls since the last [`clear`](Self::clear), those included that were let fail. A test that
    /// lets each of them fail in turn learns here how many there are.
    #[must_use]
    pub fn calls(&self) -> Vec<On> {
        self.plan.state().calls.clone()
    }

    /// The calls since the last [`clear`](Self::clear) that were let fail.
    #[must_use]
    pub fn fired(&self) -> Vec<On> {
        self.plan.state().fired.clone()
    }

    /// Forgets all faults that wait, and what happened.
    pub fn clear(&self) {
        *self.plan.state() = State::default();
    }
}
