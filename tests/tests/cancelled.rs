//! Futures that are dropped half-way: nothing half-saved is ever found, and the connection is fit for
//! whoever comes next.

use orm_core::Error;
use orm_core::asynchronous::prelude::*;
use orm_provider_sqlite::Sqlite;
use orm_tests::executor::block_on;
use orm_tests::polling::poll_and_drop;
use orm_tests::scenarios::blog::{Post, User};

async fn database() -> Database {
    Database::builder().provider(Sqlite::memory().unwrap()).models::<User>().start().await.unwrap()
}

fn nested(id: u64) -> UserInput {
    let posts = (0..3).map(|i| (id * 10 + i, "t")).collect();
    UserInput { id, posts }
}

struct UserInput {
    id: u64,
    posts: Vec<(u64, &'static str)>,
}

impl UserInput {
    fn draft(&self) -> Draft<User> {
        let posts = self.posts.iter().map(|(id, title)| Post::draft().id(*id).title(*title));
        User::draft().id(self.id).name("n").posts(posts)
    }
}

#[test]
fn a_save_that_is_dropped_at_any_poll_is_whole_or_nothing() {
    let db = block_on(database());
    let (users, posts) = (db.repository::<User>(), db.repository::<Post>());
    let mut ended = false;
    for polls in 0..50 {
        let id = polls as u64 + 1;
        ended = poll_and_drop(users.save(nested(id).draft()), polls);
        // The next call waits for its turn, so what was begun has ended by then.
        let stored = block_on(users.find(id)).unwrap();
        let children = block_on(posts.query().filter(|p| p.author_id.eq(id)).count()).unwrap();
        assert_eq!(children, if stored.is_some() { 3 } else { 0 }, "after {polls} polls");
        if ended {
            assert!(stored.is_some());
            break;
        }
    }
    assert!(ended);
}

#[test]
fn a_transaction_that_is_dropped_at_any_poll_leaves_nothing() {
    let db = block_on(database());
    let users = db.repository::<User>();
    for polls in 0..100 {
        let body = db.transaction(async |tx| {
            let users = tx.repository::<User>();
            users.save(nested(1).draft()).await?;
            users.save(nested(2).draft()).await?;
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
fn a_cancelled_call_closes_its_transaction() {
    block_on(async {
        let db = database().await;
        let tx = db.begin().await.unwrap();
        let users = tx.repository::<User>();
        users.save(nested(1).draft()).await.unwrap();
        let cancelled = !poll_and_drop(users.save(nested(2).draft()), 1);
        assert!(cancelled, "on a thread of its own, a save takes more than one poll");
        let error = users.count().await.unwrap_err();
        assert!(
            matches!(error, Error::TransactionClosed(_)) && error.to_string().contains("cancelled"),
            "{error}"
        );
        assert!(tx.commit().await.is_err());
        assert_eq!(db.repository::<User>().count().await.unwrap(), 0);
    });
}

/// Is pending once.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[test]
fn a_savepoint_that_is_dropped_at_any_poll_takes_its_transaction_down() {
    let db = block_on(database());
    let users = db.repository::<User>();
    for polls in 0..100 {
        let tx = block_on(db.begin()).unwrap();
        let savepoint = tx.transaction(async |inner| {
            let users = inner.repository::<User>();
            users.save(nested(1).draft()).await?;
            pause().await;
            users.save(nested(2).draft()).await.map(drop)
        });
        let ended = poll_and_drop(savepoint, polls);
        let committed = block_on(tx.commit());
        let stored = block_on(users.count()).unwrap();
        assert_eq!(stored, if ended { 2 } else { 0 }, "{polls} polls, {committed:?}");
        if ended {
            committed.unwrap();
            return;
        }
        assert!(committed.is_err() || polls == 0);
    }
    panic!("the savepoint never ended");
}
