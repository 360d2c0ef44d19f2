//! Opening and schema sync.

mod common;
use common::*;
use orm_core::Error;
use orm_core::model::schema::{EntitySchema, FieldSchema};
use orm_core::plan::{RowWrite, Select};
use orm_core::provider::{DataProvider, SchemaSync};
use orm_core::value::{Decimal, Kind, Timestamp, Value};
use orm_provider_sqlite::{Sqlite, SqliteOptions};
use std::any::TypeId;

/// The same entity as `entity` with other fields or another name.
fn variant(entity: &EntitySchema, change: impl FnOnce(&mut EntitySchema)) -> &'static EntitySchema {
    let mut other = EntitySchema {
        name: entity.name,
        model: entity.model,
        type_id: TypeId::of::<u8>,
        fields: entity.fields,
        key: entity.key,
        key_source: entity.key_source,
        indexes: entity.indexes,
        relations: &[],
        deny_unknown_fields: false,
        ..EntitySchema::BASE
    };
    change(&mut other);
    Box::leak(Box::new(other))
}

fn with_field(at: usize, change: impl FnOnce(&mut FieldSchema)) -> &'static EntitySchema {
    variant(&POSTS, |entity| {
        let mut fields: Vec<FieldSchema> = POSTS.fields.iter().map(|f| FieldSchema { ..*f }).collect();
        if at == fields.len() {
            fields.push(FieldSchema { ..fields[1] });
        }
        change(&mut fields[at]);
        entity.fields = Box::leak(fields.into_boxed_slice());
    })
}

/// What differs, and the statements that were not run.
fn drift(error: Error) -> (Vec<String>, Vec<String>) {
    match error {
        Error::SchemaDrift { drifts, .. } => {
            let differences = drifts.iter().flat_map(|d| d.differences.clone()).collect();
            (differences, drifts.iter().flat_map(|d| d.statements.clone()).collect())
        }
        other => panic!("no drift: {other}"),
    }
}

/// Runs statements in a file as others would.
fn sql(path: &std::path::Path, statements: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(statements).unwrap();
}

#[test]
fn creates_what_is_missing_and_checks_the_rest() {
    let sqlite = Sqlite::memory().unwrap();
    let at = sqlite.open(&name("default")).unwrap();
    let missing = at.sync(&[&POSTS], SchemaSync::Check).unwrap_err();
    let (differences, statements) = drift(missing);
    assert_eq!(differences[0], "there is no table `posts`");
    assert!(
        statements[0].starts_with("CREATE TABLE \"posts\" (\"id\" INTEGER PRIMARY KEY"),
        "{statements:?}"
    );
    let report = at.sync(&ENTITIES, SchemaSync::Create).unwrap();
    assert_eq!(report.created.len(), ENTITIES.len());
    for how in [SchemaSync::Create, SchemaSync::Check] {
        assert!(at.sync(&ENTITIES, how).unwrap().created.is_empty());
    }
}

#[test]
fn notices_another_shape() {
    let at = memory();
    let found = |entity| drift(at.sync(&[entity], SchemaSync::Create).unwrap_err());
    let differs = |entity| found(entity).0.join("; ");
    let column = |name| move |f: &mut FieldSchema| f.column = name;
    assert!(differs(with_field(1, column("other"))).contains("column `title`, which the model doesn't have"));
    assert_eq!(
        differs(with_field(3, |f| f.kind = Kind::Decimal(2))),
        "column `likes` is INT instead of DECIMAL_INT(18,2)"
    );
    assert_eq!(differs(with_field(1, |f| f.nullable = true)), "column `title` refuses NULL");
    assert_eq!(differs(with_field(2, |f| f.nullable = false)), "column `author_id` allows NULL");
    assert_eq!(
        differs(with_field(1, column("Title"))),
        "column `Title` is named `title`, which differs in letters' case alone"
    );
    let key = variant(&ROLE_USER, |e| e.key = &[1, 0]);
    assert_eq!(differs(key), "the primary key is (user_id, role_id) instead of (role_id, user_id)");
    let source = variant(&ROLES, |e| e.key_source = POSTS.key_source);
    assert_eq!(differs(source), "the keys in column `id` aren't counted (AUTOINCREMENT)");
    let case = variant(&ROLES, |e| e.name = "Roles");
    assert!(differs(case).contains("letters' case alone"));
    // A column that the model doesn't have and that may be left out is nobody's business.
    let fewer = variant(&USERS, |e| e.fields = &USERS.fields[..4]);
    let fewer = variant(fewer, |e| e.indexes = &[]);
    at.sync(&[fewer], SchemaSync::Check).unwrap();
    // An index that refuses what the model takes is.
    let takes_more = variant(&USERS, |e| e.indexes = &[]);
    let (differences, statements) = found(takes_more);
    assert_eq!(
        differences,
        ["the unique index `ux:users:email` on (email), which the model doesn't have, refuses records"]
    );
    assert_eq!(statements, ["DROP INDEX \"ux:users:email\""]);
}

#[test]
fn tells_of_all_entities_at_once_and_creates_nothing_then() {
    let at = memory();
    let roles = variant(&ROLES, |e| e.key_source = POSTS.key_source);
    let posts = with_field(1, |f| f.kind = Kind::I64);
    let new = variant(&USERS, |e| e.name = "people");
    let error = at.sync(&[new, roles, posts], SchemaSync::Create).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("2 entities on connection `default`"), "{text}");
    let Error::SchemaDrift { drifts, .. } = error else { panic!("{text}") };
    assert_eq!(drifts.iter().map(|d| d.entity).collect::<Vec<_>>(), ["roles", "posts"]);
    let (differences, _) = drift(at.sync(&[new], SchemaSync::Check).unwrap_err());
    assert_eq!(differences[0], "there is no table `people`");
}

#[test]
fn the_statements_that_were_not_run_do_what_they_say() {
    let folder = Folder::new("by-hand");
    let path = folder.file("a.db");
    let sqlite = Sqlite::open(&path).unwrap();
    let at = ready(&sqlite, "default");
    seed(&*at);
    let before = read(&*at, Select::all(&USERS));
    let changed = [
        variant(&ROLES, |e| e.key_source = POSTS.key_source),
        variant(&USERS, |e| e.indexes = &[]),
        with_field(2, |f| f.column = "Author_Id"),
    ];
    for entity in changed {
        let (_, statements) = drift(at.sync(&[entity], SchemaSync::Create).unwrap_err());
        assert!(!statements.is_empty());
        sql(&path, &statements.join(";\n"));
        at.sync(&[entity], SchemaSync::Create).unwrap();
        at.sync(&[entity], SchemaSync::Check).unwrap();
    }
    assert_eq!(read(&*at, Select::all(&USERS)), before);
}

/// Values of a default that a statement could misread.
const HOSTILE: [&str; 4] = ["'; DROP TABLE users; --", "\"\\'", "ä 🦀\n\t", "NULL"];

#[test]
fn adds_columns_and_gives_stored_records_their_defaults() {
    for (i, text) in HOSTILE.into_iter().enumerate() {
        let at = memory();
        seed(&*at);
        let count = read(&*at, Select::all(&POSTS)).len();
        let make = match i {
            0 => || Value::Text(HOSTILE[0].into()),
            1 => || Value::Text(HOSTILE[1].into()),
            2 => || Value::Text(HOSTILE[2].into()),
            _ => || Value::Text(HOSTILE[3].into()),
        };
        let grown = with_field(POSTS.fields.len(), |f| {
            (f.field, f.column, f.kind, f.default) = ("note", "no\"te; --", Kind::Text, Some(make));
        });
        let report = at.sync(&[grown], SchemaSync::Create).unwrap();
        assert_eq!((report.created.len(), report.extended), (0, vec!["posts"]));
        at.sync(&[grown], SchemaSync::Check).unwrap();
        let rows = read(&*at, Select::all(grown));
        assert!(count > 0 && rows.len() == count);
        assert!(rows.iter().all(|row| row.last().unwrap() == &Value::Text(text.into())), "{rows:?}");
    }
}

#[test]
fn defaults_of_every_kind_arrive_as_they_are() {
    let made: [(Kind, fn() -> Value); 9] = [
        (Kind::F64, || Value::Float(0.1 + 0.2)),
        (Kind::F64, || Value::Float(f64::MIN_POSITIVE)),
        (Kind::F64, || Value::Float(f64::MAX)),
        (Kind::I64, || Value::Int(i64::MIN)),
        (Kind::Bool, || Value::Bool(true)),
        (Kind::Bytes, || Value::Bytes([0, 39, 255].to_vec().into())),
        (Kind::Uuid, || Value::Uuid([7; 16])),
        (Kind::Decimal(2), || Value::Decimal(Decimal::new(-12345, 2))),
        (Kind::Timestamp, || Value::Timestamp(Timestamp::from_micros(-1))),
    ];
    for (kind, make) in made {
        let at = memory();
        seed(&*at);
        let grown = with_field(POSTS.fields.len(), |f| {
            (f.field, f.column, f.kind, f.default) = ("grown", "grown", kind, Some(make));
        });
        at.sync(&[grown], SchemaSync::Create).unwrap();
        let rows = read(&*at, Select::all(grown));
        assert!(rows.iter().all(|row| row.last() == Some(&make())), "{kind:?}: {rows:?}");
    }
    let at = memory();
    seed(&*at);
    let nul = with_field(POSTS.fields.len(), |f| {
        (f.column, f.kind) = ("grown", Kind::Text);
        f.default = Some(|| Value::Text("a\0b".into()));
    });
    let error = at.sync(&[nul], SchemaSync::Create).unwrap_err();
    assert!(matches!(&error, Error::Configuration(text) if text.contains("NUL")), "{error}");
}

#[test]
fn a_required_column_needs_a_table_without_records() {
    let at = memory();
    let grown = with_field(POSTS.fields.len(), |f| (f.field, f.column) = ("grown", "grown"));
    seed(&*at);
    let (differences, statements) = drift(at.sync(&[grown], SchemaSync::Create).unwrap_err());
    assert!(
        differences[0].contains("`grown` is missing, and the stored records have no value"),
        "{differences:?}"
    );
    assert_eq!(statements, ["ALTER TABLE \"posts\" ADD COLUMN \"grown\" TEXT NOT NULL"]);
    let at = memory();
    assert_eq!(at.sync(&[grown], SchemaSync::Create).unwrap().extended, ["posts"]);
    at.sync(&[grown], SchemaSync::Check).unwrap();
}

#[test]
fn another_collation_or_a_generated_column_is_drift() {
    let folder = Folder::new("collation");
    let path = folder.file("a.db");
    let columns = "id INTEGER PRIMARY KEY NOT NULL";
    sql(&path, &format!("CREATE TABLE roles ({columns}, name TEXT NOT NULL COLLATE NOCASE)"));
    let at = Sqlite::open(&path).unwrap().open(&name("default")).unwrap();
    let (differences, statements) = drift(at.sync(&[&ROLES], SchemaSync::Create).unwrap_err());
    assert_eq!(differences, ["column `name` is collated by `NOCASE` instead of BINARY"]);
    assert_eq!(statements.len(), 4, "{statements:?}");
    sql(&path, &format!("DROP TABLE roles; CREATE TABLE roles ({columns}, name TEXT NOT NULL AS ('x'))"));
    let (differences, _) = drift(at.sync(&[&ROLES], SchemaSync::Create).unwrap_err());
    assert_eq!(differences, ["column `name` is generated by the engine alone"]);
}

#[test]
fn unique_indexes_are_made_later_if_the_records_allow() {
    let sqlite = Sqlite::memory().unwrap();
    let at = sqlite.open(&name("default")).unwrap();
    let plain = variant(&USERS, |e| e.indexes = &[]);
    at.sync(&[plain], SchemaSync::Create).unwrap();
    let (differences, statements) = drift(at.sync(&[&USERS], SchemaSync::Check).unwrap_err());
    assert_eq!(differences, ["there is no unique index on (email)"]);
    assert_eq!(statements, ["CREATE UNIQUE INDEX \"ux:users:email\" ON \"users\" (\"email\")"]);
    let user = |id| [i(id), t("x"), None, None, t("same")];
    write(&*at, RowWrite::Insert, &USERS, &[&user(1), &user(2)]).unwrap();
    let (differences, statements) = drift(at.sync(&[&USERS], SchemaSync::Create).unwrap_err());
    assert_eq!(differences, ["stored records have equal values in (email), which must be unique"]);
    assert_eq!(statements, ["CREATE UNIQUE INDEX \"ux:users:email\" ON \"users\" (\"email\")"]);
    write(&*at, RowWrite::Update, &USERS, &[&[i(2), None, None, None, null()]]).unwrap();
    at.sync(&[&USERS], SchemaSync::Create).unwrap();
    at.sync(&[&USERS], SchemaSync::Check).unwrap();
}

#[test]
fn refuses_names_that_would_collide() {
    let sqlite = Sqlite::memory().unwrap();
    let at = sqlite.open(&name("default")).unwrap();
    for bad in ["a__b", "sqlite_x", "SQLite_x", "", "a\0b"] {
        let entity = variant(&ROLES, |e| e.name = Box::leak(bad.into()));
        let error = at.sync(&[entity], SchemaSync::Create).unwrap_err();
        assert!(matches!(&error, Error::Configuration(_)), "{bad:?}: {error}");
    }
    for bad in ["a_", "sqlite", "SQLite_x"] {
        assert!(matches!(sqlite.open(&name(bad)), Err(Error::Configuration(_))), "{bad}");
    }
    assert!(sqlite.open(&name("sqlites")).is_ok());
    let quoted = variant(&ROLES, |e| e.name = "ro\"les; DROP TABLE x --");
    at.sync(&[quoted], SchemaSync::Create).unwrap();
    write(&*at, RowWrite::Insert, quoted, &[&[i(1), t("x")]]).unwrap();
    assert_eq!(ids(&*at, Select::all(quoted)), [1]);
}

#[test]
fn two_start_at_once() {
    let folder = Folder::new("start");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let sqlite = Sqlite::open(folder.file("a.db")).unwrap();
                ready(&sqlite, "default");
            });
        }
    });
}

#[test]
fn a_file_keeps_what_was_written() {
    let folder = Folder::new("keeps");
    let url = format!("sqlite://{}", folder.file("a.db").display());
    let at = ready(&Sqlite::from_url(&url).unwrap(), "default");
    seed(&*at);
    drop(at);
    let at = ready(&Sqlite::from_url(&url).unwrap(), "default");
    assert_eq!(read(&*at, Select::all(&USERS)).len(), 4);
    let only = Sqlite::from_url(&format!("{url}?mode=ro")).unwrap();
    let only = only.open(&name("default")).unwrap();
    only.sync(&ENTITIES, SchemaSync::Create).unwrap();
    assert_eq!(read(&*only, Select::all(&USERS)).len(), 4);
    let error = write(&*only, RowWrite::Insert, &ROLES, &[&[i(77), t("x")]]).unwrap_err();
    assert!(error.to_string().contains("may only be read"), "{error}");
}

#[test]
fn tells_what_is_wrong_with_a_file() {
    let folder = Folder::new("wrong");
    let message = |result: orm_core::Result<Sqlite>| result.unwrap_err().to_string();
    std::fs::write(folder.file("text.db"), "no database, but long enough to look into it: ".repeat(99))
        .unwrap();
    let error = message(Sqlite::open(folder.file("text.db")));
    assert!(error.contains("text.db") && error.contains("no SQLite database"), "{error}");
    for missing in [folder.file("no/such.db"), folder.0.clone()] {
        let error = message(Sqlite::open(&missing));
        assert!(error.contains("its directory exists"), "{error}");
    }
    let error = message(
        SqliteOptions::from_url(&format!("sqlite:{}?mode=rw", folder.file("none.db").display()))
            .unwrap()
            .open(),
    );
    assert!(error.contains("none.db"), "{error}");
    assert!(message(Sqlite::open("")).contains("path of an SQLite file is empty"));
    for url in ["postgres://x", "sqlite:", "sqlite:a.db?mode=no", "sqlite:a.db?x"] {
        assert!(matches!(Sqlite::from_url(url), Err(Error::Configuration(_))), "{url}");
    }
    Sqlite::from_url("sqlite::memory:").unwrap();
    Sqlite::from_url("sqlite://:memory:").unwrap();
}
