//! SQLite files as a user meets them: kept, wrong, of another shape.

use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_sqlite::Sqlite;
use orm_tests::scenarios::blog::{Post, User};
use std::fs;
use std::path::Path;

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
    let Error::SchemaDrift { connection, drifts } = &error else { panic!("{error}") };
    assert_eq!((connection.as_str(), drifts[0].entity, drifts[0].model), ("main", "posts", "OtherPost"));
    assert!(drifts[0].differences[0].contains("title"), "{drifts:?}");
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
