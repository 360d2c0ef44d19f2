//! Several threads at once: no reader sees half of a save, and no update is lost.

use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::scenarios::customers::Customer;
use orm_tests::scenarios::staff::{Employee, Task};
use orm_tests::tiny::Tiny;
use std::sync::atomic::{AtomicBool, Ordering};
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
