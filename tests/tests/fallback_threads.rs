//! Blocking engines in async code. No runtime is needed.

use orm_core::connection::ConnectionName;
use orm_core::plan::RowWrite::Insert;
use orm_core::plan::{Predicate, Select, WriteBatch};
use orm_core::provider::fallback::{Gather, complete};
use orm_core::provider::*;
use orm_core::value::{KeyValues, Value};
use orm_core::{Error, Result};
use orm_tests::hand_built::*;
use orm_tests::polling::*;
use orm_tests::row;
use orm_tests::tiny::Tiny;
use orm_tests::watched::*;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

struct World {
    threads: Threads,
    /// The same data, past the threads and the watch.
    direct: Arc<dyn Connection>,
    watch: Arc<Watch>,
}

fn world(threads: usize) -> World {
    let direct = Tiny::default().open(&ConnectionName::new("t").unwrap()).unwrap();
    let direct = complete(&Tiny::CAPABILITIES, direct);
    direct.sync(&ALL, SchemaSync::Create).unwrap();
    let links = Vec::new();
    direct.apply(&mut WriteBatch { writes: sample(), links }).unwrap();
    let watch = Arc::new(Watch::default());
    let watched = Watched { inner: Arc::clone(&direct), watch: Arc::clone(&watch) };
    let threads = Threads::new(Arc::new(watched), "worker", threads);
    World { threads, direct, watch }
}

impl World {
    fn posts(&self) -> usize {
        read(&*self.direct, Select::all(&POSTS)).unwrap().len()
    }
}

fn rows(sink: Box<dyn RowSink>) -> usize {
    let sink: Box<dyn Any> = sink;
    sink.downcast::<Gather>().unwrap().rows.len()
}

fn gather() -> Box<dyn RowSink> {
    Box::new(Gather::new(5))
}

fn begin(world: &World) -> Box<dyn AsyncTransaction> {
    wait(world.threads.begin(TxOptions::default())).unwrap()
}

fn thirteen() -> Arc<Select> {
    Arc::new(Select { limit: Some(13), ..Select::all(&USERS) })
}

fn is_closed(result: Result<impl Sized>) -> bool {
    matches!(result, Err(Error::TransactionClosed(_)))
}

#[test]
fn every_call_is_answered() {
    let world = world(2);
    assert_eq!(wait(world.threads.sync(ALL.to_vec(), SchemaSync::Check)).unwrap().created.len(), 0);
    let plan = Arc::new(filtered(&USERS, equal(2, 20)));
    let (sink, result) = wait(world.threads.select(Arc::clone(&plan), gather()));
    assert!(result.is_ok() && rows(sink) == 2);
    let key = KeyValues::one(Value::Int(4));
    let (sink, result) = wait(world.threads.find(&USERS, key.clone(), gather()));
    assert!(result.is_ok() && rows(sink) == 1);
    let (batch, result) = wait(world.threads.apply(two_posts()));
    assert_eq!((batch.writes.len(), result.unwrap().affected), (1, vec![2]));
    // The batch comes back with an error too.
    let (batch, result) = wait(world.threads.apply(two_posts()));
    assert!(batch.writes.len() == 1 && result.is_err());

    let mut transaction = begin(&world);
    wait(transaction.savepoint(1)).unwrap();
    let remove = Predicate::Constant(true);
    let change = orm_core::plan::Change::DeleteWhere { filter: remove };
    let (_, result) = wait(transaction.apply(WriteBatch::one(&USERS, change)));
    assert_eq!(result.unwrap().affected, [4]);
    let (sink, _) = wait(transaction.find(&USERS, key, gather()));
    assert_eq!(rows(sink), 0);
    wait(transaction.rollback_to(1)).unwrap();
    let (sink, result) = wait(transaction.select(plan, gather()));
    assert!(result.is_ok() && rows(sink) == 2);
    wait(transaction.commit()).unwrap();
    wait(begin(&world).rollback()).unwrap();
}

#[test]
fn many_calls_at_once() {
    let world = world(3);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let world = &world;
            scope.spawn(move || {
                for i in 0..25 {
                    let id = 1000 + thread * 100 + i;
                    let insert = write(&POSTS, Insert, &[row![id, (), "x"]]);
                    let batch = WriteBatch { writes: vec![insert], links: Vec::new() };
                    wait(world.threads.apply(batch)).1.unwrap();
                    let plan = Arc::new(filtered(&POSTS, equal(0, id)));
                    assert_eq!(rows(wait(world.threads.select(plan, gather())).0), 1);
                }
            });
        }
    });
    assert_eq!(world.posts(), 205);
}

#[test]
fn dropped_calls_are_done_or_not_begun() {
    for polls in 0..4 {
        let world = world(1);
        abandon(world.threads.apply(two_posts()), polls);
        // One worker: when this is answered, the call before it is over.
        wait(world.threads.apply(WriteBatch::default())).1.unwrap();
        assert!([5, 7].contains(&world.posts()));
        assert!(polls > 0 || world.posts() == 5);
    }
    // Held up in the engine it is finished, waiting in the queue it is not begun.
    for waiting in [false, true] {
        let world = world(1);
        let begun = || world.watch.begun.load(SeqCst) == 1;
        let all = || Arc::new(Select::all(&USERS));
        world.watch.hold(true);
        if waiting {
            abandon_when(world.threads.select(all(), gather()), begun);
            abandon(world.threads.apply(two_posts()), 1);
        } else {
            abandon_when(world.threads.apply(two_posts()), begun);
        }
        world.watch.hold(false);
        wait(world.threads.apply(WriteBatch::default())).1.unwrap();
        assert_eq!(world.posts(), if waiting { 5 } else { 7 });
    }
}

#[test]
fn a_dropped_call_ends_its_transaction() {
    let world = world(2);
    let mut transaction = begin(&world);
    wait(transaction.apply(two_posts())).1.unwrap();
    // A future that was never polled has done nothing.
    drop(transaction.savepoint(1));
    wait(transaction.savepoint(1)).unwrap();
    world.watch.hold(true);
    abandon(transaction.select(Arc::new(Select::all(&USERS)), gather()), 1);
    assert!(is_closed(wait(transaction.savepoint(2))));
    assert!(is_closed(wait(transaction.apply(two_posts())).1));
    let (sink, result) = wait(transaction.select(Arc::new(Select::all(&USERS)), gather()));
    assert!(is_closed(result) && rows(sink) == 0);
    assert!(is_closed(wait(transaction.commit())));
    world.watch.hold(false);
    until(|| world.watch.open_transactions.load(SeqCst) == 0);
    assert_eq!(*world.watch.dropped_on.lock().unwrap(), ["worker"]);
    assert_eq!(world.posts(), 5);
}

#[test]
fn every_future_of_a_transaction_may_be_dropped_at_every_poll() {
    for step in 0..4 {
        for polls in 0..3 {
            let world = world(1);
            let beginning = world.threads.begin(TxOptions::default());
            if step == 0 {
                abandon(beginning, polls);
            } else {
                let mut transaction = wait(beginning).unwrap();
                if step == 1 {
                    abandon(transaction.apply(two_posts()), polls);
                } else {
                    wait(transaction.apply(two_posts())).1.unwrap();
                }
                match step {
                    2 => abandon(transaction.commit(), polls),
                    3 => abandon(transaction.rollback(), polls),
                    _ => drop(transaction),
                }
            }
            until(|| world.watch.open_transactions.load(SeqCst) == 0);
            wait(world.threads.apply(WriteBatch::default())).1.unwrap();
            until(|| world.watch.open_transactions.load(SeqCst) == 0);
            let on_workers = |name: &String| name == "worker";
            assert!(world.watch.dropped_on.lock().unwrap().iter().all(on_workers));
            let may_be_there = step == 2 && polls > 0;
            assert!(world.posts() == 5 || may_be_there && world.posts() == 7);
        }
    }
}

#[test]
fn a_panic_is_an_error_and_the_workers_live_on() {
    let world = world(1);
    for _ in 0..3 {
        let (sink, result) = wait(world.threads.select(thirteen(), gather()));
        let message = result.unwrap_err().to_string();
        assert!(message.contains("panicked") && message.contains("thirteen"), "{message}");
        assert_eq!(rows(sink), 0);
    }
    let mut transaction = begin(&world);
    wait(transaction.apply(two_posts())).1.unwrap();
    let (sink, result) = wait(transaction.select(thirteen(), gather()));
    assert!(result.unwrap_err().to_string().contains("thirteen") && rows(sink) == 0);
    assert!(is_closed(wait(transaction.commit())));
    until(|| world.watch.open_transactions.load(SeqCst) == 0);
    wait(world.threads.apply(two_posts())).1.unwrap();
}

#[test]
fn the_adapter_may_go_with_jobs_pending_and_its_threads_end() {
    let World { threads, direct, watch } = world(2);
    let mut transaction = wait(threads.begin(TxOptions::default())).unwrap();
    watch.hold(true);
    for begun in [2, 3] {
        let select = threads.select(Arc::new(Select::all(&USERS)), gather());
        abandon_when(select, || watch.begun.load(SeqCst) == begun);
    }
    for _ in 0..5 {
        abandon(threads.apply(two_posts()), 1);
    }
    drop(threads);
    watch.hold(false);
    // A transaction keeps the threads for itself.
    wait(transaction.apply(two_posts())).1.unwrap();
    drop(transaction);
    until(|| watch.open_transactions.load(SeqCst) == 0);
    // Nobody but this test knows the watch any more.
    until(|| Arc::strong_count(&watch) == 1);
    assert_eq!(read(&*direct, Select::all(&POSTS)).unwrap().len(), 5);
}
