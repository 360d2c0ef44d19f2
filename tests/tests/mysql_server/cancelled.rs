//! Futures that are dropped at any poll: nothing half-done is found, and the one connection to the
//! server is fit for whoever comes next.

use crate::server;
use orm_core::asynchronous::prelude::*;
use orm_tests::executor::block_on;
use orm_tests::scenarios::blog::{Post, User};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread;

/// Polls a future this many times, waiting to be woken in between, and drops it. Answers whether it
/// came to its end before.
fn poll_and_drop<F: Future>(future: F, polls: usize) -> bool {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker: Waker = Arc::new(Unpark(thread::current())).into();
    for poll in 0..polls {
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            return true;
        }
        if poll + 1 < polls {
            thread::park();
        }
    }
    false
}

async fn database() -> Option<Database> {
    let provider = server()?.options().unwrap().pool_size(1).lazy().unwrap();
    Some(Database::builder().provider(provider).models::<User>().start().await.unwrap())
}

fn nested(id: u64) -> Draft<User> {
    let posts = (0..3).map(|i| Post::draft().id(id * 10 + i).title("t"));
    User::draft().id(id).name("n").posts(posts)
}

#[test]
fn saves_are_whole_or_nothing() {
    let Some(db) = block_on(database()) else { return };
    let (users, posts) = (db.repository::<User>(), db.repository::<Post>());
    for polls in 0..200 {
        let id = polls as u64 + 1;
        let ended = poll_and_drop(users.save(nested(id)), polls);
        // There is one connection, so what was begun has ended when it is free again.
        let stored = block_on(users.find(id)).unwrap();
        let children = block_on(posts.query().filter(|p| p.author_id.eq(id)).count()).unwrap();
        assert_eq!(children, if stored.is_some() { 3 } else { 0 }, "after {polls} polls");
        if ended {
            assert!(stored.is_some());
            return;
        }
    }
    panic!("the save never ended");
}

#[test]
fn transactions_leave_nothing() {
    let Some(db) = block_on(database()) else { return };
    let users = db.repository::<User>();
    for polls in 0..300 {
        let body = db.transaction(async |tx| {
            let users = tx.repository::<User>();
            users.save(nested(1)).await?;
            users.save(nested(2)).await?;
            Ok(users.query().with(|u| u.posts).get().await?.len())
        });
        let ended = poll_and_drop(body, polls);
        let stored = block_on(users.count()).unwrap();
        assert!(stored == 0 || stored == 2, "{stored} after {polls} polls");
        block_on(users.flush()).unwrap();
        block_on(db.repository::<Post>().flush()).unwrap();
        if ended {
            assert_eq!(stored, 2);
            return;
        }
    }
    panic!("the transaction never ended");
}

#[test]
fn reads_leave_the_connection_usable() {
    let Some(db) = block_on(database()) else { return };
    let users = db.repository::<User>();
    block_on(users.save_many((1..=500).map(nested))).unwrap();
    for polls in 0..300 {
        let ended = poll_and_drop(users.query().with(|u| u.posts).get(), polls);
        assert_eq!(block_on(users.count()).unwrap(), 500);
        if ended {
            return;
        }
    }
    panic!("the read never ended");
}
