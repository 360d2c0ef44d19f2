//! A server that is killed and started again while others write.

use orm_core::Error;
use orm_core::prelude::*;
use orm_tests::polling::until;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::servers::FaultyServer;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const WRITERS: u64 = 4;
const POSTS: u64 = 3;

/// What became of the saves, by the users' keys.
#[derive(Default)]
struct Told {
    done: Vec<u64>,
    unknown: Vec<u64>,
    failed: Vec<u64>,
}

fn nested(id: u64) -> Draft<User> {
    let posts = (0..POSTS).map(|i| Post::draft().id(id * 10 + i).title("t"));
    User::draft().id(id).name("n").posts(posts)
}

/// Writes in one of three ways: nested, one statement, several calls in a transaction.
fn write(db: &Database, id: u64) -> orm_core::Result<()> {
    let users = db.repository::<User>();
    match id % 3 {
        0 => users.insert(nested(id)).map(drop),
        1 => users.insert(User::draft().id(id).name("alone")).map(drop),
        _ => db.transaction(|tx| {
            tx.repository::<User>().insert(User::draft().id(id).name("n"))?;
            let posts = (0..POSTS).map(|i| Post::draft().id(id * 10 + i).title("t").author_id(id));
            tx.repository::<Post>().insert_many(posts).map(drop)
        }),
    }
}

pub(crate) fn what_was_acknowledged_outlives_the_server<S: FaultyServer>() {
    if S::shared().is_none() {
        return;
    }
    let server = match S::restartable() {
        Ok(server) => server,
        Err(why) => {
            eprintln!("skipped: this needs a server of its own, and there is {why}");
            return;
        }
    };
    let provider = server.provider_at(&server.address(), "restarted", 8).unwrap();
    let db = Database::builder().provider(provider).models::<User>().start().unwrap();
    let (told, over) = (Mutex::new(Told::default()), AtomicBool::new(false));
    let done = || told.lock().unwrap().done.len();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (db, told, over) = (&db, &told, &over);
            scope.spawn(move || {
                let mut id = writer + 1;
                while !over.load(Ordering::Relaxed) {
                    let outcome = write(db, id);
                    let mut told = told.lock().unwrap();
                    let list = match outcome {
                        Ok(()) => &mut told.done,
                        Err(Error::CommitUnknown(_)) => &mut told.unknown,
                        Err(Error::ConnectionLost(_) | Error::Busy(_) | Error::Provider { .. }) => {
                            &mut told.failed
                        }
                        // Such as a key that is there already: it would have been saved twice.
                        Err(error) => {
                            over.store(true, Ordering::Relaxed);
                            panic!("{id}: {error}");
                        }
                    };
                    list.push(id);
                    let failed = told.failed.last() == Some(&id);
                    drop(told);
                    if failed {
                        thread::sleep(Duration::from_millis(5));
                    }
                    id += WRITERS;
                }
            });
        }
        for round in 0..3 {
            let before = done();
            until(|| over.load(Ordering::Relaxed) || done() > before + 30);
            server.kill();
            thread::sleep(Duration::from_millis(100 * round));
            server.restart();
        }
        // The same pool goes on.
        let before = done();
        until(|| over.load(Ordering::Relaxed) || done() > before + 30);
        over.store(true, Ordering::Relaxed);
    });
    let Told { done, unknown, failed } = told.into_inner().unwrap();
    let stored = db.repository::<User>().query().with(|u| u.posts).get().unwrap();
    let mut found = 0;
    for user in &stored {
        let posts = if user.name == "alone" { 0 } else { POSTS as usize };
        assert_eq!(user.posts.get().unwrap().len(), posts, "half of {} is stored", user.id);
        assert!(!failed.contains(&user.id), "{} is stored, and was told to be not", user.id);
        found += usize::from(done.contains(&user.id));
    }
    assert_eq!(found, done.len(), "what was acknowledged is lost");
    let unsure = stored.len() - found;
    assert!(unsure <= unknown.len());
    let posts = db.repository::<Post>().query().filter(|p| p.author.exists().not()).count().unwrap();
    assert_eq!(posts, 0, "posts without their author");
    println!(
        "{} saved, {} unknown ({unsure} of them saved), {} failed",
        done.len(),
        unknown.len(),
        failed.len()
    );
    assert_eq!(server.open_transactions("restarted"), 0);
}
