//! Opening and schema sync.

mod common;
use common::*;
use orm_core::Error;
use orm_core::model::schema::{EntitySchema, FieldSchema};
use orm_core::plan::{RowWrite, Select};
use orm_core::provider::{DataProvider, SchemaSync};
use orm_core::value::Kind;
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

fn drift(error: Error) -> String {
    match error {
        Error::SchemaDrift { difference, .. } => difference,
        other => panic!("no drift: {other}"),
    }
}

#[test]
fn creates_what_is_missing_and_checks_the_rest() {
    let sqlite = Sqlite::memory().unwrap();
    let at = sqlite.open(&name("default")).unwrap();
    let missing = at.sync(&[&POSTS], SchemaSync::Check).unwrap_err();
    assert_eq!(drift(missing), "there is no table `posts`");
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
    let column = |name| move |f: &mut FieldSchema| f.column = name;
    assert_eq!(found(with_field(4, column("extra"))), "column `extra` is missing");
    assert!(
        found(with_field(1, column("other"))).contains("column `other` is missing; column `title`, which")
    );
    assert_eq!(
        found(with_field(3, |f| f.kind = Kind::Decimal(2))),
        "column `likes` is INT instead of DECIMAL_INT(18,2)"
    );
    assert_eq!(found(with_field(1, |f| f.nullable = true)), "column `title` refuses NULL");
    assert_eq!(found(with_field(2, |f| f.nullable = false)), "column `author_id` allows NULL");
    let key = variant(&ROLE_USER, |e| e.key = &[1, 0]);
    assert_eq!(found(key), "the primary key is (user_id, role_id) instead of (role_id, user_id)");
    let source = variant(&ROLES, |e| e.key_source = POSTS.key_source);
    assert_eq!(found(source), "the primary key isn't AUTOINCREMENT");
    let case = variant(&ROLES, |e| e.name = "Roles");
    assert!(found(case).contains("letters' case alone"));
    // A column that the model doesn't have and that may be left out is nobody's business.
    let fewer = variant(&USERS, |e| e.fields = &USERS.fields[..4]);
    let fewer = variant(fewer, |e| e.indexes = &[]);
    at.sync(&[fewer], SchemaSync::Check).unwrap();
}

#[test]
fn unique_indexes_are_made_later_if_the_records_allow() {
    let sqlite = Sqlite::memory().unwrap();
    let at = sqlite.open(&name("default")).unwrap();
    let plain = variant(&USERS, |e| e.indexes = &[]);
    at.sync(&[plain], SchemaSync::Create).unwrap();
    let found = drift(at.sync(&[&USERS], SchemaSync::Check).unwrap_err());
    assert_eq!(found, "there is no unique index on (email)");
    let user = |id| [i(id), t("x"), None, None, t("same")];
    write(&*at, RowWrite::Insert, &USERS, &[&user(1), &user(2)]).unwrap();
    let found = drift(at.sync(&[&USERS], SchemaSync::Create).unwrap_err());
    assert!(found.contains("equal values in (email)"), "{found}");
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
    assert!(matches!(sqlite.open(&name("a_")), Err(Error::Configuration(_))));
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
