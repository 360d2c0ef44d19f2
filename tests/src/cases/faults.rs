//! What is left of a call whose storage fails: all of it or nothing, never half, never twice.
//!
//! Each script is run once to see which calls it makes of the provider. Then each of these calls fails
//! in turn, before the engine did the work and after it.

use crate::scenarios::staff::{Employee, Task};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::provider::{Fault, On};
use orm_core::{Async, Blocking, Error, Mode, Result};

cases![
    every_call_of_a_save_may_fail,
    every_call_of_a_transaction_may_fail,
    every_call_within_savepoints_may_fail,
    every_call_of_a_removal_may_fail,
    conflicts_are_tried_again,
    conflicts_that_go_on_are_told,
    a_lost_answer_to_a_write_is_not_tried_again,
    a_lost_answer_to_a_commit_is_not_tried_again,
    a_guard_tries_nothing_again,
    making_the_storage_ready_may_fail,
    a_failed_read_leaves_the_connection_usable,
];

/// What is done while calls fail.
#[derive(Debug, Clone, Copy)]
enum Script {
    /// New records with keys of the storage's making.
    NestedSave,
    /// A partial draft, of which the rest is read back.
    SaveAndAnswer,
    UpdateByFilter,
    Destroy,
    Transaction,
    Savepoints,
    /// Children first, then those they refer to.
    Removal,
}
use Script::*;

/// Transactions as closures, whose types differ between the modes.
trait Closures: Mode {
    fn transaction(db: &Database<Self>) -> impl Future<Output = Result<()>>;
    fn savepoints(db: &Database<Self>) -> impl Future<Output = Result<()>>;
}

/// Writes down both, with `.await` where futures are answered: the compiler can't tell of code that is
/// generic over the mode that its futures may go to other threads.
macro_rules! closures {
    ($mode:ident, ($($how:ident)?) $(, $wait:tt)?) => {
        impl Closures for $mode {
            async fn transaction(db: &Database<Self>) -> Result<()> {
                db.transaction($($how)? |tx| steps!(tx $(, $wait)?))$(.$wait)?
            }
            async fn savepoints(db: &Database<Self>) -> Result<()> {
                db.transaction($($how)? |tx| {
                    rename!(tx, "Ada", "Ida" $(, $wait)?)?;
                    tx.transaction($($how)? |inner| steps!(inner $(, $wait)?))$(.$wait)??;
                    let undone = tx.transaction($($how)? |inner| {
                        rename!(inner, "Ida", "Oda" $(, $wait)?)?;
                        inner.abort::<()>("on purpose")
                    });
                    aborted(undone$(.$wait)?)
                })$(.$wait)?
            }
        }
    };
}

macro_rules! rename {
    ($tx:ident, $from:literal, $to:literal $(, $wait:tt)?) => {{
        let named = $tx.repository::<Employee>().query().filter(|e| e.name.eq($from));
        named.update(|e| e.name.set($to))$(.$wait)?
    }};
}

/// Reads and writes of several kinds.
macro_rules! steps {
    ($tx:ident $(, $wait:tt)?) => {{
        let (employees, tasks) = ($tx.repository::<Employee>(), $tx.repository::<Task>());
        let bobs = employees.query().filter(|e| e.name.eq("Bob")).with(|e| e.tasks);
        let bob = bobs.first()$(.$wait)??;
        let bob = bob.ok_or_else(|| Error::unsupported("this", "Bob is gone"))?;
        let report = Employee::draft().name("Eve").tasks([Task::draft().what("learn")]);
        employees.save(Employee::draft().id(bob.id).reports([report]))$(.$wait)??;
        tasks.query().filter(|t| t.employee_id.eq(bob.id)).delete()$(.$wait)??;
        tasks.count()$(.$wait)?.map(drop)
    }};
}

closures!(Blocking, ());
closures!(Async, (async), await);

/// The user's own error is what a savepoint is left with; any other goes on.
fn aborted(outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(Error::Aborted(_)) => Ok(()),
        other => other,
    }
}

async fn run<D: Closures>(script: Script, db: &Database<D>) -> Result<()> {
    let employees = db.repository::<Employee>();
    match script {
        NestedSave => {
            let json = r#"{ "name": "Cy", "tasks": [{ "what": "plan" }, { "what": "rest" }],
                            "reports": [{ "name": "Di", "tasks": [{ "what": "do" }] }] }"#;
            go!(D, employees.save_json(json)).map(drop)
        }
        SaveAndAnswer => {
            let draft = Employee::draft().id(1).reports([Employee::draft().name("Eve")]);
            go!(D, employees.save(draft)).map(drop)
        }
        UpdateByFilter => {
            let named = employees.query().filter(|e| e.name.eq("Bob"));
            go!(D, named.update(|e| e.name.set("Rob"))).map(drop)
        }
        Destroy => go!(D, employees.destroy(2)).map(drop),
        Transaction => D::transaction(db).await,
        Savepoints => D::savepoints(db).await,
        Removal => {
            let tx = go!(D, db.begin())?;
            let bobs = go!(D, tx.repository::<Employee>().query().filter(|e| e.manager_id.eq(1)).get())?;
            let keys: Vec<_> = bobs.iter().map(|e| e.id).collect();
            go!(D, tx.repository::<Task>().query().filter(|t| t.employee_id.in_(keys.clone())).delete())?;
            go!(D, tx.repository::<Employee>().destroy_many(keys))?;
            go!(D, tx.commit())
        }
    }
}

/// A database of a connection of its own: Ada (1), who manages Bob (2), who has two tasks.
async fn office<D: Mode>(setup: &Setup, name: &str, retries: u32) -> Result<Database<D>> {
    let builder = setup.builder::<D>().connection(name).retries(retries).models::<Employee>();
    let db = go!(D, builder.start())?;
    let json =
        r#"{ "name": "Ada", "reports": [{ "name": "Bob", "tasks": [{ "what": "a" }, { "what": "b" }] }] }"#;
    go!(D, db.repository::<Employee>().save_json(json))?;
    setup.clear_faults();
    Ok(db)
}

/// All that is stored, but for the keys: those that were made for nothing may be left out.
async fn state<D: Mode>(db: &Database<D>) -> Result<Vec<String>> {
    let everybody = db.repository::<Employee>().query().with(|e| e.manager).with(|e| e.tasks);
    let mut lines = Vec::new();
    for one in go!(D, everybody.get())? {
        let manager = one.manager.get()?.map(|m| m.name.clone());
        let mut tasks: Vec<_> = one.tasks.get()?.iter().map(|t| t.what.clone()).collect();
        tasks.sort();
        lines.push(format!("{} of {manager:?} does {tasks:?}", one.name));
    }
    lines.push(format!("{} tasks", go!(D, db.repository::<Task>().count())?));
    lines.sort();
    Ok(lines)
}

async fn is_usable<D: Mode>(db: &Database<D>) -> Result<()> {
    let tx = go!(D, db.begin())?;
    let zoe = go!(D, tx.repository::<Employee>().save(Employee::draft().name("Zoe")))?;
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<Employee>().find(zoe.id))?.unwrap().name, "Zoe");
    Ok(())
}

/// What a script does when nothing fails: the calls, and what is stored before and after.
struct Course {
    calls: Vec<On>,
    before: Vec<String>,
    after: Vec<String>,
}

async fn course<D: Closures>(setup: &Setup, script: Script) -> Result<Course> {
    let db = office::<D>(setup, &format!("{script:?}"), 0).await?;
    let before = state(&db).await?;
    setup.clear_faults();
    run(script, &db).await?;
    let calls = setup.calls();
    let after = state(&db).await?;
    assert_ne!(before, after);
    Ok(Course { calls, before, after })
}

async fn every_call_may_fail<D: Closures>(setup: &Setup, script: Script) -> TestResult {
    let course = course::<D>(setup, script).await?;
    for (at, call) in course.calls.iter().enumerate() {
        for lost_answer in [false, true] {
            let name = format!("{script:?} {at} {lost_answer}").replace(' ', "_").to_lowercase();
            let what = format!("{script:?}, call {at} ({call:?}), lost answer: {lost_answer}");
            let db = office::<D>(setup, &name, 8).await?;
            let fault = if lost_answer { Fault::after(On::Any) } else { Fault::before(On::Any) };
            setup.inject(fault.nth(at as u64 + 1));
            let outcome = run(script, &db).await;
            assert_eq!(setup.fired(), [*call], "{what}");
            setup.clear_faults();
            let state = state(&db).await?;
            match outcome {
                // Only the last call makes things last; its work is done, but nobody was told.
                Err(Error::CommitUnknown(_)) => {
                    assert!(lost_answer, "{what}");
                    assert_eq!(state, course.after, "{what}");
                }
                Err(Error::Provider { .. }) => assert_eq!(state, course.before, "{what}"),
                // A transaction that only read is not asked what became of it.
                Ok(()) => assert_eq!(state, course.after, "{what}"),
                Err(other) => panic!("{what}: {other}"),
            }
            is_usable(&db).await?;
        }
    }
    Ok(())
}

async fn every_call_of_a_save_may_fail<D: Closures>(setup: Setup) -> TestResult {
    for script in [NestedSave, SaveAndAnswer, UpdateByFilter, Destroy] {
        every_call_may_fail::<D>(&setup, script).await?;
    }
    Ok(())
}

async fn every_call_of_a_transaction_may_fail<D: Closures>(setup: Setup) -> TestResult {
    every_call_may_fail::<D>(&setup, Transaction).await
}

async fn every_call_within_savepoints_may_fail<D: Closures>(setup: Setup) -> TestResult {
    every_call_may_fail::<D>(&setup, Savepoints).await
}

async fn every_call_of_a_removal_may_fail<D: Closures>(setup: Setup) -> TestResult {
    every_call_may_fail::<D>(&setup, Removal).await
}

fn conflict() -> Error {
    Error::Serialization
}
fn busy() -> Error {
    Error::Busy("locked by a test".to_owned())
}

async fn conflicts_are_tried_again<D: Closures>(setup: Setup) -> TestResult {
    for script in [NestedSave, SaveAndAnswer, UpdateByFilter, Destroy, Transaction, Savepoints] {
        let course = course::<D>(&setup, script).await?;
        for (at, call) in course.calls.iter().enumerate() {
            for (error, times) in [(conflict as fn() -> Error, 1), (busy, 3)] {
                let name = format!("{script:?}_{at}_{times}").to_lowercase();
                let db = office::<D>(&setup, &name, 8).await?;
                setup.inject(Fault::before(*call).nth(nth_of(&course.calls, at)).times(times).error(error));
                let what = format!("{script:?}, call {at} ({call:?}), {times} times");
                run(script, &db).await.map_err(|error| format!("{what}: {error}"))?;
                setup.clear_faults();
                assert_eq!(state(&db).await?, course.after, "{what}");
            }
        }
    }
    Ok(())
}

/// Which of the calls of its kind a call is.
fn nth_of(calls: &[On], at: usize) -> u64 {
    calls[..=at].iter().filter(|call| **call == calls[at]).count() as u64
}

async fn conflicts_that_go_on_are_told<D: Closures>(setup: Setup) -> TestResult {
    for script in [NestedSave, SaveAndAnswer, UpdateByFilter, Transaction] {
        let db = office::<D>(&setup, &format!("{script:?}"), 2).await?;
        let before = state(&db).await?;
        setup.clear_faults();
        setup.inject(Fault::before(On::Apply).times(100).error(conflict));
        let error = run(script, &db).await.unwrap_err();
        assert!(matches!(error, Error::Serialization), "{script:?}: {error}");
        // The first try and two more.
        assert_eq!(setup.fired().len(), 3, "{script:?}");
        setup.clear_faults();
        assert_eq!(state(&db).await?, before);
        is_usable(&db).await?;
    }
    Ok(())
}

async fn a_lost_answer_to_a_write_is_not_tried_again<D: Closures>(setup: Setup) -> TestResult {
    let db = office::<D>(&setup, "main", 8).await?;
    setup.inject(Fault::after(On::Apply));
    // Tried again, this would be stored twice: the keys are the storage's.
    let outcome = run(NestedSave, &db).await;
    assert!(matches!(outcome, Err(Error::CommitUnknown(_))), "{outcome:?}");
    assert_eq!(setup.fired(), [On::Apply]);
    setup.clear_faults();
    assert_eq!(go!(D, db.repository::<Employee>().query().filter(|e| e.name.eq("Cy")).count())?, 1);
    // The caller may look, and then save again with the keys that are stored now: nothing is doubled.
    let cy = go!(D, db.repository::<Employee>().query().filter(|e| e.name.eq("Cy")).with(|e| e.tasks).get())?;
    go!(D, db.repository::<Employee>().save_many(cy))?;
    assert_eq!(go!(D, db.repository::<Employee>().count())?, 4);
    assert_eq!(go!(D, db.repository::<Task>().count())?, 5);
    Ok(())
}

async fn a_lost_answer_to_a_commit_is_not_tried_again<D: Closures>(setup: Setup) -> TestResult {
    for (script, committed) in [(Transaction, true), (Transaction, false), (SaveAndAnswer, true)] {
        let db = office::<D>(&setup, &format!("{script:?}_{committed}"), 8).await?;
        let before = state(&db).await?;
        setup.clear_faults();
        // What the core asks last to make things last: a commit, or the write of its own write set.
        let last = if setup.capabilities().transactions { On::Commit } else { On::Apply };
        let fault = if committed { Fault::after(last) } else { Fault::before(last) };
        setup.inject(fault.error(|| Error::CommitUnknown("the line went dead".to_owned())));
        let outcome = run(script, &db).await;
        assert!(matches!(outcome, Err(Error::CommitUnknown(_))), "{outcome:?}");
        assert_eq!(setup.calls().iter().filter(|call| **call == last).count(), 1);
        setup.clear_faults();
        assert_eq!(state(&db).await? != before, committed);
        is_usable(&db).await?;
    }
    Ok(())
}

async fn a_guard_tries_nothing_again<D: Closures>(setup: Setup) -> TestResult {
    let course = course::<D>(&setup, Removal).await?;
    for (at, call) in course.calls.iter().enumerate() {
        let db = office::<D>(&setup, &format!("guard_{at}"), 8).await?;
        setup.inject(Fault::before(On::Any).nth(at as u64 + 1).error(conflict));
        let outcome = run(Removal, &db).await;
        assert!(matches!(outcome, Err(Error::Serialization)), "call {at} ({call:?}): {outcome:?}");
        assert_eq!(setup.calls().len(), at + 1 + ended(&setup.calls()));
        setup.clear_faults();
        assert_eq!(state(&db).await?, course.before);
        is_usable(&db).await?;
    }
    Ok(())
}

/// Adapters may roll back aloud where others drop.
fn ended(calls: &[On]) -> usize {
    calls.iter().filter(|call| **call == On::Rollback).count()
}

async fn making_the_storage_ready_may_fail<D: Mode>(setup: Setup) -> TestResult {
    for (at, fault) in [Fault::before(On::Sync), Fault::after(On::Sync)].into_iter().enumerate() {
        let db = go!(D, setup.builder::<D>().connection(&format!("sync_{at}")).start())?;
        let employees = db.repository::<Employee>();
        setup.inject(fault);
        let outcome = go!(D, employees.save(Employee::draft().name("Ada")));
        assert!(matches!(outcome, Err(Error::Provider { .. })), "{outcome:?}");
        // It is made ready by the next call.
        assert_eq!(go!(D, employees.count())?, 0);
        is_usable(&db).await?;
    }
    Ok(())
}

async fn a_failed_read_leaves_the_connection_usable<D: Mode>(setup: Setup) -> TestResult {
    let db = office::<D>(&setup, "main", 8).await?;
    let everybody = || db.repository::<Employee>().query().with(|e| e.tasks).with(|e| e.manager);
    go!(D, everybody().get())?;
    for at in 1..=setup.calls().len() as u64 {
        for fault in [Fault::before(On::Any), Fault::after(On::Any)] {
            setup.clear_faults();
            setup.inject(fault.nth(at));
            // The end of a snapshot may fail unnoticed: what was read was read.
            let outcome = go!(D, everybody().get());
            if let Ok(all) = outcome {
                assert_eq!(all.len(), 2);
            }
            assert_eq!(setup.fired().len(), 1, "call {at}");
            setup.clear_faults();
            assert_eq!(go!(D, everybody().get())?.len(), 2);
        }
    }
    is_usable(&db).await?;
    Ok(())
}
