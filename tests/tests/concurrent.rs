//! Several threads at once: no reader sees half of a save, and no update is lost.

use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::scenarios::blog::{Comment, Post, Tag, User};
use orm_tests::scenarios::customers::Customer;
use orm_tests::scenarios::staff::{Employee, Task};
use orm_tests::servers::{MysqlServer, PostgresServer};
use orm_tests::tiny::Tiny;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Each save gives the user another age and as many posts with that many views.
fn readers_never_see_half_of_a_save(db: &Database) {
    let users = db.repository::<User>();
    let draft = |n: i64| {
        let posts = (0..20_u64).map(move |id| Post::draft().id(id).title("t").views(n));
        User::draft().id(1).name("Ada").age(n).posts(posts)
    };
    users.save(draft(0)).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut reads = 0;
                while !done.load(Ordering::Relaxed) || reads == 0 {
                    let ada = db.repository::<User>().query().with(|u| u.posts).find(1).unwrap().unwrap();
                    let posts = ada.posts.get().unwrap();
                    assert_eq!(posts.len(), 20);
                    assert!(posts.iter().all(|p| p.views == i64::from(ada.age)), "half of a save was seen");
                    reads += 1;
                }
            });
        }
        for n in 1..200 {
            users.save(draft(n)).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// Two writers save trees of four models, as JSON and as records; a reader sees one state of all of them,
/// whichever way it reads: relations, several queries in a snapshot, a stream.
fn no_reader_sees_half_of_a_tree(db: &Database) {
    let json = |n: i32| {
        let post = |id: usize| {
            format!(
                r#"{{"id":{id},"title":"t","views":{n},"comments":[{{"id":{id},"text":"{n}"}}],"tags":[{{"name":"tree","color":"{n}"}}]}}"#
            )
        };
        let posts: Vec<String> = (100..110).map(post).collect();
        format!(r#"{{"id":9,"name":"Cy","age":{n},"posts":[{}]}}"#, posts.join(","))
    };
    let draft = |n: i32| {
        let posts = (100..110_u64).map(move |id| {
            let comment = Comment::draft().id(id).text(n.to_string());
            let tag = Tag::draft().name("tree").color(n.to_string());
            Post::draft().id(id).title("t").views(i64::from(n)).comments([comment]).tags([tag])
        });
        User::draft().id(9).name("Cy").age(n).posts(posts)
    };
    let save = |n: i32| {
        let users = db.repository::<User>();
        let mut outcome = Err(Error::Serialization);
        while outcome.as_ref().is_err_and(Error::is_transient) {
            outcome =
                if n % 2 == 0 { users.save_json(&json(n)).map(drop) } else { users.save(draft(n)).map(drop) };
        }
        outcome.unwrap();
    };
    save(0);
    let writing = AtomicUsize::new(2);
    thread::scope(|scope| {
        for first in [1_000, 2_000] {
            let (writing, save) = (&writing, &save);
            scope.spawn(move || {
                (first..first + 60).for_each(save);
                writing.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let writing = || writing.load(Ordering::Relaxed) > 0;
        scope.spawn(move || {
            while writing() {
                let query = db.repository::<User>().query();
                let query = query.with(|u| u.posts.with(|p| p.comments).with(|p| p.tags));
                let user = query.find(9).unwrap().unwrap();
                let posts = user.posts.get().unwrap();
                assert_eq!(posts.len(), 10);
                for post in posts {
                    assert_eq!(post.views, i64::from(user.age), "half of a save was seen");
                    assert_eq!(post.comments.get().unwrap()[0].text, user.age.to_string());
                    assert_eq!(post.tags.get().unwrap()[0].color, user.age.to_string());
                }
            }
        });
        scope.spawn(move || {
            while writing() {
                let read = db.transaction_with(TxOptions::snapshot(), |tx| {
                    let age = tx.repository::<User>().find(9)?.map(|user| user.age);
                    let posts = tx.repository::<Post>();
                    let same = posts.query().filter(|p| p.author_id.eq(9)).min(|p| p.views)?;
                    let mut texts = Vec::new();
                    for comment in tx.repository::<Comment>().query().filter(|c| c.id.ge(100)).chunk(3) {
                        texts.extend(comment?.into_iter().map(|c| c.text));
                    }
                    Ok((age, same, texts))
                });
                match read {
                    Ok((Some(age), views, texts)) => {
                        assert_eq!(views, Some(i64::from(age)), "a snapshot moved");
                        assert_eq!(texts, vec![age.to_string(); 10], "a snapshot moved");
                    }
                    Ok(_) => panic!("the user is gone"),
                    Err(error) => assert!(error.is_transient(), "{error}"),
                }
            }
        });
    });
}

/// Threads read, add one and write, in transactions that are tried again.
fn no_update_is_lost(db: &Database) {
    let (threads, rounds) = (4, 25);
    db.repository::<User>().save(User::draft().id(7).name("counter").age(0)).unwrap();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..rounds {
                    let mut outcome = Err(Error::Serialization);
                    while outcome.as_ref().is_err_and(Error::is_transient) {
                        outcome = db.transaction(|tx| {
                            let users = tx.repository::<User>();
                            let age = users.find(7)?.map_or(0, |u| u.age);
                            users.update(User::draft().id(7).age(age + 1))?;
                            Ok(())
                        });
                    }
                    outcome.unwrap();
                }
            });
        }
    });
    assert_eq!(db.repository::<User>().find(7).unwrap().unwrap().age, threads * rounds);
}

/// Threads save new records, whose keys the storage makes: none is saved over another.
fn no_made_key_is_used_twice(db: &Database) {
    let (threads, rounds) = (4, 25);
    thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for round in 0..rounds {
                    let task = Task::draft().what("w");
                    let draft = Employee::draft().name(format!("{thread} {round}")).tasks([task]);
                    let mut outcome = Err(Error::Serialization);
                    while outcome.as_ref().is_err_and(Error::is_transient) {
                        outcome = db.repository::<Employee>().save(draft.clone());
                    }
                    assert_eq!(outcome.unwrap().name, format!("{thread} {round}"));
                }
            });
        }
    });
    let staff = db.repository::<Employee>().query().with(|e| e.tasks).get().unwrap();
    assert_eq!(staff.len(), threads * rounds);
    assert!(staff.iter().all(|e| e.tasks.get().is_ok_and(|tasks| tasks.len() == 1)));
}

/// Threads write what they read, with its version: a write that met another's is refused, never lost.
fn no_versioned_write_is_lost(db: &Database) {
    let (threads, rounds) = (4, 25);
    let id = db.repository::<Customer>().save(Customer::draft().email("counter")).unwrap().id;
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let customers = db.repository::<Customer>();
                for _ in 0..rounds {
                    loop {
                        let mut customer = customers.find(id).unwrap().unwrap();
                        customer.paid += 1;
                        thread::yield_now();
                        match customers.save(customer) {
                            Ok(_) => break,
                            Err(Error::Stale { .. }) => {}
                            Err(error) if error.is_transient() => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
    let customer = db.repository::<Customer>().find(id).unwrap().unwrap();
    assert_eq!((customer.paid, customer.version), (threads * rounds, 1 + (threads * rounds) as u32));
}

/// Threads upsert the same record: there is one in the end.
fn upserts_meet(db: &Database) {
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0..10 {
                    let draft = || Customer::draft().email(format!("same {round}"));
                    let mut outcome = Err(Error::Serialization);
                    while outcome.as_ref().is_err_and(Error::is_transient) {
                        let customers = db.repository::<Customer>();
                        outcome = if thread % 2 == 0 {
                            customers.upsert(|c| c.email, draft().paid(thread))
                        } else {
                            customers.update_or_create(draft(), Customer::draft().paid(thread))
                        };
                    }
                    outcome.unwrap();
                }
            });
        }
    });
    let customers = db.repository::<Customer>();
    assert_eq!(customers.query().filter(|c| c.email.starts_with("same")).count().unwrap(), 10);
}

fn all(db: &Database) {
    no_versioned_write_is_lost(db);
    upserts_meet(db);
    readers_never_see_half_of_a_save(db);
    no_reader_sees_half_of_a_tree(db);
    no_update_is_lost(db);
    no_made_key_is_used_twice(db);
}

#[test]
fn on_a_provider_that_only_scans() {
    // Its fall-back transactions scan one entity after the other, so there is no snapshot to promise.
    let db =
        Database::builder().provider(Tiny::default()).models::<(User, Employee, Customer)>().start().unwrap();
    no_update_is_lost(&db);
    no_versioned_write_is_lost(&db);
    upserts_meet(&db);
    no_made_key_is_used_twice(&db);
}

#[test]
fn on_memory() {
    all(&Database::builder().provider(Memory::new()).models::<(User, Employee, Customer)>().start().unwrap());
}

#[test]
fn on_sqlite_in_memory() {
    all(&Database::builder()
        .provider(Sqlite::memory().unwrap())
        .models::<(User, Employee, Customer)>()
        .start()
        .unwrap());
}

#[test]
fn on_a_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Sqlite::open(folder.path().join("data.db")).unwrap();
    all(&Database::builder().provider(provider).models::<(User, Employee, Customer)>().start().unwrap());
}

#[test]
fn on_postgres() {
    match PostgresServer::find() {
        Ok(server) => all(&Database::builder()
            .provider(server.scratch().unwrap())
            .models::<(User, Employee, Customer)>()
            .start()
            .unwrap()),
        Err(why) => eprintln!("skipped: there is {why}"),
    }
}

#[test]
fn on_mariadb() {
    match MysqlServer::find() {
        Ok(server) => all(&Database::builder()
            .provider(server.scratch().unwrap())
            .models::<(User, Employee, Customer)>()
            .start()
            .unwrap()),
        Err(why) => eprintln!("skipped: there is {why}"),
    }
}
