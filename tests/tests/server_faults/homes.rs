//! Where connections live: in the runtime of an application that has one that is always driven, with the
//! driver otherwise. Whoever asks gets one that is of use to them.

use orm_core::asynchronous::prelude::*;
use orm_tests::executor::block_on;
use orm_tests::scenarios::blog::User;
use orm_tests::servers::FaultyServer;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// Longer than anything here needs.
const PATIENCE: Duration = Duration::from_secs(60);

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Does something in a task of a runtime.
fn within<T: Send + 'static>(runtime: &Runtime, work: impl Future<Output = T> + Send + 'static) -> T {
    let (sender, done) = channel();
    runtime.spawn(async move { sender.send(work.await) });
    done.recv_timeout(PATIENCE).expect("it is done in time")
}

async fn saved_and_counted(db: Database, id: u64) -> u64 {
    let users = db.repository::<User>();
    users.save(User::draft().id(id).name("n")).await.unwrap();
    users.count().await.unwrap()
}

fn database<S: FaultyServer>(name: &str, pool: usize) -> Option<(&'static S, Database)> {
    let server = S::shared()?;
    let provider = server.provider_at(&server.address(), name, pool).unwrap();
    let db = Database::builder().provider(provider).models::<User>().start();
    Some((server, block_on(db).unwrap()))
}

/// Waits until the server knows no more connections than these.
fn comes_down_to<S: FaultyServer>(server: &S, name: &str, connections: u64) {
    let start = Instant::now();
    while server.connections(name) > connections {
        assert!(start.elapsed() < PATIENCE, "the server knows {} connections", server.connections(name));
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn connections_live_in_the_applications_runtime<S: FaultyServer>() {
    let name = "homes_own";
    let Some(server) = S::shared() else { return };
    let provider = server.provider_at(&server.address(), name, 2).unwrap();
    let runtime = runtime();
    let db =
        within(&runtime, async { Database::builder().provider(provider).models::<User>().start().await });
    let db = db.unwrap();
    assert_eq!(within(&runtime, saved_and_counted(db.clone(), 1)), 1);
    // They end with it, and the database goes on elsewhere.
    runtime.shutdown_timeout(PATIENCE);
    if S::READS_BY_ITSELF {
        comes_down_to(server, name, 0);
    }
    assert_eq!(block_on(saved_and_counted(db.clone(), 2)), 2);
    comes_down_to(server, name, 1);
}

pub(crate) fn several_runtimes_use_one_database<S: FaultyServer>() {
    let name = "homes_several";
    let Some((server, db)) = database::<S>(name, 2) else { return };
    let (one, other) = (runtime(), runtime());
    let single = Builder::new_current_thread().enable_all().build().unwrap();
    for turn in 0..3 {
        let id = turn * 4;
        assert_eq!(within(&one, saved_and_counted(db.clone(), id)), id + 1);
        assert_eq!(within(&other, saved_and_counted(db.clone(), id + 1)), id + 2);
        assert_eq!(single.block_on(saved_and_counted(db.clone(), id + 2)), id + 3);
        assert_eq!(block_on(saved_and_counted(db.clone(), id + 3)), id + 4);
    }
    comes_down_to(server, name, 2);
}

pub(crate) fn a_runtime_without_sockets_is_left_alone<S: FaultyServer>() {
    let Some((_, db)) = database::<S>("homes_bare", 2) else { return };
    let bare = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    // The first connection was made outside; the others are made while it is in use.
    let users = db.repository::<User>();
    let counted = within(&bare, async move {
        db.transaction(async |tx| {
            tx.repository::<User>().save(User::draft().id(1).name("n")).await?;
            users.count().await
        })
        .await
    });
    assert_eq!(counted.unwrap(), 0);
}

pub(crate) fn blocking_code_doesnt_wait_for_its_own_thread<S: FaultyServer>() {
    let Some(server) = S::shared() else { return };
    let provider = server.provider_at(&server.address(), "homes_blocking", 2).unwrap();
    let runtime = runtime();
    let (first, second) = (Arc::clone(&provider), provider);
    let count = within(&runtime, async {
        let db = Database::builder().provider(first).models::<User>().start().await.unwrap();
        saved_and_counted(db, 1).await
    });
    assert_eq!(count, 1);
    // On the runtime's only thread, whose connection is free.
    let count = within(&runtime, async {
        let db = orm_core::Database::builder().provider(second).models::<User>().start().unwrap();
        let users = db.repository::<User>();
        users.save(User::draft().id(2).name("n")).unwrap();
        db.transaction(|tx| tx.repository::<User>().count()).unwrap()
    });
    assert_eq!(count, 2);
}

pub(crate) fn tasks_wait_for_the_one_connection<S: FaultyServer>() {
    let name = "homes_waiting";
    let Some(server) = S::shared() else { return };
    let provider = server.provider_at(&server.address(), name, 1).unwrap();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let counts = within(&runtime, async {
        let db = Database::builder().provider(provider).models::<User>().start().await.unwrap();
        let tasks: Vec<_> = (0..16).map(|id| tokio::spawn(saved_and_counted(db.clone(), id))).collect();
        let mut counts = Vec::new();
        for task in tasks {
            counts.push(task.await.unwrap());
        }
        counts
    });
    assert_eq!(counts.into_iter().max(), Some(16));
    assert!(server.connections(name) <= 1);
}
