//! Calls that take longer than a SQLite file's time-out.

use orm_core::Error;
use orm_core::prelude::*;
use orm_core::query::any;
use orm_provider_sqlite::{Sqlite, SqliteOptions};
use orm_tests::scenarios::blog::{Post, User};
use std::time::{Duration, Instant};

#[test]
fn what_takes_too_long_is_told_and_the_file_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let provider = Sqlite::open(&path).unwrap();
    let patient = Database::builder().provider(provider).connection("main").start().unwrap();
    patient.repository::<User>().save_many((1..=300).map(|id| User::draft().id(id).name("n"))).unwrap();
    let text = "abcdefgh".repeat(500);
    let posts = (1..=3_000).map(|id| Post::draft().id(id).title(text.clone()));
    patient.repository::<Post>().save_many(posts).unwrap();
    let limit = Duration::from_millis(200);
    let provider = SqliteOptions::file(&path).statement_timeout(limit).open().unwrap();
    let db = Database::builder().provider(provider).connection("main").models::<User>().start().unwrap();
    // Many patterns, each held against all of each long text.
    let slow = |posts: Repository<Post>| {
        let patterns = (0..300).map(|n| format!("%c{n}%"));
        posts.query().filter(|p| any(patterns.map(|pattern| p.title.like(&pattern))))
    };
    let is_timeout = |outcome: orm_core::Result<u64>| {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Timeout(_)) && !error.is_transient(), "{error}");
        let text = error.to_string();
        assert!(text.contains("data.db") && text.contains("statement_timeout"), "{text}");
    };
    for _ in 0..2 {
        let start = Instant::now();
        is_timeout(slow(db.repository()).count());
        is_timeout(slow(db.repository()).update(|p| p.views.add(1)));
        assert!(start.elapsed() < Duration::from_secs(20), "it ended by itself");
        is_timeout(db.transaction(|tx| {
            tx.repository::<User>().save(User::draft().id(1).age(99))?;
            slow(tx.repository()).count()
        }));
        is_timeout(db.transaction(|tx| {
            tx.repository::<User>().save(User::draft().id(1).age(99))?;
            slow(tx.repository()).update(|p| p.views.add(1))
        }));
    }
    // Each call has its own time, and nothing is left of those that took too long.
    let several = db.transaction(|tx| {
        std::thread::sleep(2 * limit);
        let users = tx.repository::<User>();
        users.save(User::draft().id(2).age(20))?;
        std::thread::sleep(2 * limit);
        users.count()
    });
    assert_eq!(several.unwrap(), 300);
    assert_eq!(patient.repository::<User>().query().filter(|u| u.age.ne(18)).count().unwrap(), 1);
}
