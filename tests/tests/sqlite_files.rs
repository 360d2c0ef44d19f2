//! SQLite files as a user meets them: kept, wrong, of another shape.

mod growth;

use orm_core::prelude::*;
use orm_core::{Blocking, Error};
use orm_provider_sqlite::{Sqlite, SqliteOptions};
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::scenarios::library::{Author, Book, Chapter};
use orm_tests::scenarios::staff::Employee;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

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

type Builder = orm_core::database::Builder<Blocking>;

/// A folder, and what opens a file in it anew each time.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    (folder, path)
}

fn plain(path: &Path) -> Builder {
    Database::builder().provider(Sqlite::open(path).unwrap()).connection("main")
}

fn with_net(path: &Path) -> Builder {
    let sqlite = SqliteOptions::file(path).foreign_keys(true).open().unwrap();
    Database::builder().provider(sqlite).connection("main")
}

#[test]
fn models_grow_and_old_records_stay() {
    for check in [
        growth::models_grow,
        growth::too_much_is_refused,
        growth::empty_tables_take_more,
        growth::what_is_missing_is_named_when_nobody_looked,
    ] {
        let (_folder, path) = folder();
        check(&|| plain(&path));
    }
}

#[test]
fn foreign_keys_are_a_net() {
    let (_folder, path) = folder();
    growth::the_net_holds(&|| with_net(&path));
    let (_other, waiting) = folder();
    growth::the_net_waits_for_the_end(&|| with_net(&waiting));
    // Who doesn't ask for them goes on as ever, in the same file.
    let db = plain(&path).schema_sync(SchemaSync::Check).models::<Chapter>().start().unwrap();
    db.repository::<Chapter>().save(Chapter::draft().id(9).book_id(99)).unwrap();
}

#[test]
fn a_table_without_the_net_says_how_to_get_it() {
    let (_folder, path) = folder();
    let db = plain(&path).models::<(Author, Chapter)>().start().unwrap();
    db.repository::<Book>().save(Book::draft().id(1).title("b")).unwrap();
    db.repository::<Chapter>().save(Chapter::draft().id(1).book_id(1)).unwrap();
    let Err(Error::SchemaDrift { drifts, .. }) = with_net(&path).models::<(Author, Chapter)>().start() else {
        panic!("the keys can't be added")
    };
    let mut differences: Vec<_> = drifts.iter().flat_map(|d| d.differences.clone()).collect();
    differences.sort();
    assert_eq!(
        differences,
        ["there is no foreign key (author_id) to `authors`", "there is no foreign key (book_id) to `books`"]
    );
    let by_hand = rusqlite::Connection::open(&path).unwrap();
    for statement in drifts.iter().flat_map(|d| &d.statements) {
        by_hand.execute_batch(statement).unwrap();
    }
    let db = with_net(&path).models::<(Author, Chapter)>().start().unwrap();
    assert_eq!(db.repository::<Chapter>().count().unwrap(), 1);
    let error = db.repository::<Chapter>().save(Chapter::draft().id(2).book_id(9)).unwrap_err();
    assert!(matches!(error, Error::ForeignKey { .. }), "{error}");
}

/// Tells a process which file it is to start on.
const FILE: &str = "ORM_STARTED_FILE";

/// Starts with all there is to create, and saves something; run by itself, it does nothing.
#[test]
fn starter() {
    let Some(path) = env::var_os(FILE) else { return };
    let db = plain(Path::new(&path)).models::<(User, Employee, Chapter)>().start().unwrap();
    db.repository::<Employee>().save(Employee::draft().name("new")).unwrap();
}

#[test]
fn many_processes_start_at_once() {
    for _ in 0..3 {
        let (_folder, path) = folder();
        let start = || {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", "starter", "--nocapture"]).env(FILE, &path);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let started: Vec<_> = (0..6).map(|_| start()).collect();
        for child in started {
            let ended = child.wait_with_output().unwrap();
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        }
        let models = plain(&path).schema_sync(SchemaSync::Check).models::<(User, Employee, Chapter)>();
        assert_eq!(models.start().unwrap().repository::<Employee>().count().unwrap(), 6);
    }
}

#[test]
fn who_finds_all_in_place_waits_for_no_writer() {
    let (_folder, path) = folder();
    let handle = || SqliteOptions::file(&path).busy_timeout(std::time::Duration::ZERO).open().unwrap();
    let one = handle();
    let start = |sqlite: &Sqlite| {
        Database::builder().provider(sqlite.clone()).connection("main").models::<User>().start().unwrap()
    };
    let db = start(&one);
    let tx = db.begin().unwrap();
    tx.repository::<User>().save(User::draft().id(1).name("Ada")).unwrap();
    // By the handle that writes, or by another, as another process would have.
    let others = [start(&one), start(&handle())];
    assert!(others.iter().all(|other| other.repository::<User>().count().unwrap() == 0));
    tx.commit().unwrap();
    assert!(others.iter().all(|other| other.repository::<User>().count().unwrap() == 1));
}
