//! No room for a save: it is told, nothing half-saved is found, and the database goes on once there is
//! room again.
//!
//! SQLite counts pages, so most of it needs no disk that is really full. Where `ORM_SMALL_DISK` names a
//! folder on a disk of at most a few megabytes, files there are filled for real.

use orm_core::Error;
use orm_core::prelude::*;
use orm_hostile::models::{Author, Post};
use orm_provider_sqlite::Sqlite;
use std::env;
use std::fs;
use std::path::Path;

/// How many posts an author is saved with.
const POSTS: u64 = 5;

fn database(provider: Sqlite) -> Database {
    Database::builder().provider(provider).models::<Author>().start().unwrap()
}

fn nested(id: u64) -> Draft<Author> {
    let posts = (0..POSTS).map(move |n| Post::draft().id(id * POSTS + n).title("t".repeat(500)));
    Author::draft().id(id).name("n").email(format!("{id}@example.org")).posts(posts)
}

/// Saves authors from `first` on until there is no room; answers how many there were.
fn fill(db: &Database, first: u64) -> u64 {
    let authors = db.repository::<Author>();
    for id in first..first + 100_000 {
        match authors.save(nested(id)) {
            Ok(_) => {}
            Err(Error::StorageFull(what)) => {
                assert!(what.contains("no room"), "{what}");
                return id - first;
            }
            Err(error) => panic!("{error}: {error:?}"),
        }
    }
    panic!("it was never full");
}

/// Authors 1 to `count` are there with all their posts, and nobody else.
#[track_caller]
fn are_whole(db: &Database, count: u64) {
    let stored = db.repository::<Author>().query().with(|a| a.posts).order_by(|a| a.id.asc()).get().unwrap();
    assert_eq!(stored.iter().map(|a| a.id).collect::<Vec<_>>(), (1..=count).collect::<Vec<_>>());
    assert!(stored.iter().all(|a| a.posts.get().unwrap().len() as u64 == POSTS));
    assert_eq!(db.repository::<Post>().count().unwrap(), count * POSTS);
    let told: Vec<(String,)> = db.sql("PRAGMA integrity_check").fetch().unwrap();
    assert_eq!(told, [("ok".to_owned(),)]);
}

/// How large the database may be, for the session that writes.
fn at_most(db: &Database, pages: u64) {
    db.transaction(|tx| tx.sql(format!("PRAGMA max_page_count = {pages}")).execute()).unwrap();
}

fn pages(db: &Database) -> u64 {
    db.sql("PRAGMA page_count").fetch::<(u64,)>().unwrap()[0].0
}

fn is_told_and_leaves_nothing(db: &Database) {
    at_most(db, pages(db) + 30);
    let mut count = fill(db, 1);
    assert!(count > 1, "{count}");
    are_whole(db, count);
    // Several at once, and in a transaction: none of them.
    let batch = || (count + 1..count + 50).map(nested);
    assert!(matches!(db.repository::<Author>().save_many(batch()), Err(Error::StorageFull(_))));
    are_whole(db, count);
    let mut tries = 0;
    let outcome = db.transaction(|tx| {
        tries += 1;
        let authors = tx.repository::<Author>();
        authors.query().all_rows().update(|a| a.age.add(1))?;
        for id in count + 1..count + 50 {
            authors.save(nested(id))?;
        }
        Ok(())
    });
    assert!(matches!(outcome, Err(Error::StorageFull(_))), "{outcome:?}");
    assert_eq!(tries, 1, "what is full stays full");
    are_whole(db, count);
    assert_eq!(db.repository::<Author>().query().filter(|a| a.age.ne(18)).count().unwrap(), 0);
    // A guard that goes on in spite of it commits what was done before, or nothing.
    let tx = db.begin().unwrap();
    tx.repository::<Author>().query().all_rows().update(|a| a.age.set(19)).unwrap();
    assert!(matches!(tx.repository::<Author>().save_many(batch()), Err(Error::StorageFull(_))));
    let aged = tx.commit().is_ok();
    are_whole(db, count);
    let changed = db.repository::<Author>().query().filter(|a| a.age.eq(19)).count().unwrap();
    assert_eq!(changed, if aged { count } else { 0 });
    // What takes no room goes on: reads, changes in place, removals, after which there is some.
    db.repository::<Author>().query().all_rows().update(|a| a.age.set(20)).unwrap();
    db.repository::<Post>().query().filter(|p| p.author_id.eq(count)).delete().unwrap();
    db.repository::<Author>().destroy(count).unwrap();
    count -= 1;
    are_whole(db, count);
    db.repository::<Author>().save(nested(count + 1)).unwrap();
    count += 1;
    are_whole(db, count);
    // With room, all goes on.
    at_most(db, 1_000_000);
    db.repository::<Author>().save_many((count + 1..=count + 50).map(nested)).unwrap();
    are_whole(db, count + 50);
}

#[test]
fn a_full_database_in_memory_is_told_and_leaves_nothing() {
    is_told_and_leaves_nothing(&database(Sqlite::memory().unwrap()));
}

#[test]
fn a_full_file_is_told_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    is_told_and_leaves_nothing(&database(Sqlite::open(&path).unwrap()));
    // As whole for whoever comes next.
    let db = database(Sqlite::open(&path).unwrap());
    are_whole(&db, db.repository::<Author>().count().unwrap());
}

/// Something that takes up room, and can be thrown overboard.
fn ballast(disk: &Path, bytes: usize) -> std::path::PathBuf {
    let path = disk.join("ballast");
    fs::write(&path, vec![0; bytes]).unwrap();
    path
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let Some(disk) = env::var_os("ORM_SMALL_DISK") else {
        return eprintln!("skipped: ORM_SMALL_DISK names no folder on a small disk");
    };
    let disk = Path::new(&disk);
    // Once as it comes, and once with a log that can't be moved into the file because nobody may: a reader
    // holds on to an old state, so that commits find no room for the log.
    for held in [false, true] {
        let ballast = ballast(disk, 200_000);
        let path = disk.join(format!("data{held}.db"));
        let db = database(Sqlite::open(&path).unwrap());
        let reader = held.then(|| {
            let tx = db.begin_with(TxOptions::snapshot()).unwrap();
            assert_eq!(tx.repository::<Author>().count().unwrap(), 0);
            tx
        });
        let count = fill(&db, 1);
        assert!(count > 1, "{count}");
        are_whole(&db, count);
        if !held {
            // The file would have to grow; what is committed stays in the log.
            let checkpoint = db.sql("PRAGMA wal_checkpoint(TRUNCATE)").fetch::<(i64, i64, i64)>();
            assert!(matches!(checkpoint, Err(Error::StorageFull(_))), "{checkpoint:?}");
            are_whole(&db, count);
        }
        assert_eq!(fill(&db, count + 1), 0, "it is still full");
        are_whole(&db, count);
        fs::remove_file(ballast).unwrap();
        drop(reader);
        db.repository::<Author>().save(nested(count + 1)).unwrap();
        db.sql("PRAGMA wal_checkpoint(TRUNCATE)").execute().unwrap();
        are_whole(&db, count + 1);
        drop(db);
        let db = database(Sqlite::open(&path).unwrap());
        are_whole(&db, count + 1);
        drop(db);
        for file in fs::read_dir(disk).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
    }
}
