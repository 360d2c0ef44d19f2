//! Models of another crate: used from here, and referred to by models of this one.

use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_test_models::notes::Note;
use orm_test_models::users::Author;

/// A model of this crate that refers to one of the other's, and is referred to by none of it.
#[derive(Model, Debug, Clone)]
struct Medal {
    #[key]
    id: u64,
    author_id: u64,
    #[belongs_to]
    author: One<Author>,
    /// Over the other crate's private column.
    #[has_many(foreign_key = writer, local_key = author_id)]
    notes: Many<Note>,
}

fn works(db: &Database) -> orm_core::Result<()> {
    let authors = db.repository::<Author>();
    authors.save(Author::with_secret(1, "Ada", "poet"))?;
    authors.save_json(r#"{ "id": 1, "notes": [{ "text": "a" }, {}], "secret": "countess" }"#)?;
    let ada = authors.query().with(|a| a.notes.order_by(|n| n.id.asc())).find(1)?.unwrap();
    assert!(ada.has_secret());
    let texts: Vec<_> = ada.notes.get()?.iter().map(|n| n.text.as_str()).collect();
    assert_eq!(texts, ["a", "empty"]);
    let note = db.repository::<Note>().query().filter(|n| n.author.is(|a| a.name.eq("Ada"))).first()?;
    assert!(note.is_some());

    let medals = db.repository::<Medal>();
    medals.save(Medal::draft().id(7).author(Author::draft().id(1)))?;
    let medal = medals.query().with(|m| m.author).with(|m| m.notes).find(7)?.unwrap();
    assert_eq!(medal.author.get()?.map(|a| a.name.as_str()), Some("Ada"));
    assert_eq!((medal.author_id, medal.notes.get()?.len()), (1, 2));
    Ok(())
}

#[test]
fn models_of_another_crate_are_like_ones_own() {
    works(&Database::builder().provider(Memory::new()).start().unwrap()).unwrap();
    works(&Database::builder().provider(Sqlite::memory().unwrap()).start().unwrap()).unwrap();
}
