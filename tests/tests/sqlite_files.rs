//! SQLite files as a user meets them: kept, wrong, of another shape.

use orm_core::Error;
use orm_core::prelude::*;
use orm_core::query::any;
use orm_provider_sqlite::{Sqlite, SqliteOptions};
use orm_tests::scenarios::blog::{Post, User};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

fn open(path: &Path) -> orm_core::Result<Database> {
    Database::builder().provider(Sqlite::open(path)?).connection("main").start()
}

#[test]
fn what_was_saved_is_there_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    open(&path)
        .unwrap()
        .repository::<User>()
        .save_json(r#"{ "id": 1, "name": "Ada", "posts": [{ "id": 1, "title": "t" }] }"#)
        .unwrap();
    let db = open(&path).unwrap();
    let ada = db.repository::<User>().query().with(|u| u.posts).find(1).unwrap().unwrap();
    assert_eq!(ada.posts.get().unwrap()[0].title, "t");
}

#[test]
fn a_file_that_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    fs::write(&path, "this is a text, long enough to be taken for a header by nobody at all").unwrap();
    let error = open(&path).and_then(|db| db.repository::<User>().count()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("data.db") && text.contains("not a database"), "{text}");
    assert!(fs::read_to_string(&path).unwrap().starts_with("this is a text"));
}

#[test]
fn a_folder_and_a_missing_folder() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("missing/data.db")] {
        let error = open(&path).and_then(|db| db.repository::<User>().count()).unwrap_err();
        assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
    }
}

/// Another idea of a post.
#[derive(Model, Debug)]
#[model(entity = "posts")]
struct OtherPost {
    #[key]
    id: u64,
    title: i64,
}

#[test]
fn another_shape_is_noticed_at_first_use_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    open(&path).unwrap().repository::<Post>().save(Post::draft().id(1).title("t")).unwrap();
    let db = open(&path).unwrap();
    let error = db.repository::<OtherPost>().save(OtherPost { id: 2, title: 5 }).unwrap_err();
    let Error::SchemaDrift { connection, entity, model, difference } = &error else { panic!("{error}") };
    assert_eq!((connection.as_str(), *entity, *model), ("main", "posts", "OtherPost"));
    assert!(difference.contains("title"), "{difference}");
    assert_eq!(open(&path).unwrap().repository::<Post>().count().unwrap(), 1);
}

#[test]
fn a_read_only_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    open(&path).unwrap().repository::<User>().save(User::draft().id(1).name("Ada")).unwrap();
    let url = format!("sqlite:{}?mode=ro", path.display());
    let db =
        Database::builder().provider(Sqlite::from_url(&url).unwrap()).connection("main").start().unwrap();
    let error = db.repository::<User>().save(User::draft().id(2).name("Bob")).unwrap_err();
    assert!(error.to_string().to_lowercase().contains("read"), "{error}");
    assert_eq!(db.repository::<User>().count().unwrap(), 1);
}

#[test]
fn what_takes_too_long_is_told_and_the_file_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let patient = open(&path).unwrap();
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
