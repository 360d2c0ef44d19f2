//! Text is matched and ordered as in memory, with all characters that the engine itself can't keep.

use crate::server;
use orm_core::prelude::*;
use orm_provider_memory::Memory;

/// Something with a text.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "notes")]
struct Note {
    #[key]
    id: u64,
    #[field(index)]
    text: Option<String>,
}

const PARTS: [&str; 12] =
    ["", "a", "B", "\0", "\u{1}", "\u{2}", "\u{3}", "%", "_", "\\", "Ä\n", "\u{10FFFF}"];

fn texts() -> Vec<String> {
    let mut all = Vec::new();
    for a in PARTS {
        for b in PARTS {
            all.push(format!("{a}{b}"));
            all.push(format!("{b}x{a}{b}"));
        }
    }
    all.sort();
    all.dedup();
    all
}

fn ids(found: &[Note]) -> Vec<u64> {
    found.iter().map(|note| note.id).collect()
}

#[test]
fn are_matched_and_ordered_as_in_memory() {
    let Some(server) = server() else { return };
    let databases = [
        Database::builder().provider(Memory::new()).models::<Note>().start().unwrap(),
        Database::builder().provider(server.provider().unwrap()).models::<Note>().start().unwrap(),
    ];
    let texts = texts();
    for db in &databases {
        let notes = texts.iter().enumerate().map(|(i, t)| Note { id: i as u64 + 1, text: Some(t.clone()) });
        let nothing = Note { id: 0, text: None };
        db.repository::<Note>().save_many(notes.chain([nothing])).unwrap();
    }
    let [memory, server] = databases.map(|db| db.repository::<Note>());
    let same = |what: &str, ask: &dyn Fn(&Repository<Note>) -> Vec<Note>| {
        let (meant, found) = (ask(&memory), ask(&server));
        assert_eq!(ids(&meant), ids(&found), "{what}");
        assert_eq!(meant, found);
    };
    same("order", &|notes| notes.query().order_by(|n| n.text.asc()).get().unwrap());
    same("order, descending", &|notes| notes.query().order_by(|n| n.text.desc()).get().unwrap());
    let patterns = [
        "", "%", "_", "__", "%_", "_%_", "%x%", "_x%", "\0", "%\0", "\u{1}_", "\\%", "\\_%", "%\\", "\\\\",
        "b", "%B", "ä%", "A", "\\\0_", "%\u{3}%", "_\u{2}",
    ];
    for pattern in patterns.iter().copied().chain(texts.iter().step_by(7).map(String::as_str)) {
        let in_order = |filter: Filter<Note>| {
            move |notes: &Repository<Note>| {
                notes.query().filter(|_| filter.clone()).order_by(|n| n.id.asc()).get().unwrap()
            }
        };
        let n = Note::fields();
        for (how, filter) in [
            ("like", n.text.like(pattern)),
            ("not like", n.text.like(pattern).not()),
            ("ilike", n.text.ilike(pattern)),
            ("contains", n.text.contains(pattern)),
            ("starts_with", n.text.starts_with(pattern)),
            ("ends_with", n.text.ends_with(pattern)),
            ("eq", n.text.eq(pattern)),
            ("gt", n.text.gt(pattern)),
        ] {
            same(&format!("{how} {pattern:?}"), &in_order(filter));
        }
    }
}

/// Has a text as its key.
#[derive(Model, Debug, PartialEq)]
#[model(entity = "labels")]
struct Label {
    #[key]
    name: String,
}

/// Names its labels in a list.
#[derive(Model, Debug, PartialEq)]
#[model(entity = "shelves")]
struct Shelf {
    #[key]
    id: u64,
    label_names: Keys<String>,
    #[has_many_by(keys = label_names)]
    labels: Many<Label>,
}

#[test]
fn in_lists_of_keys_are_what_they_say() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Shelf>().start().unwrap();
    let names = ["\u{1}", "a\u{2}\u{3}", "\u{1}\u{2}\u{2}", "\"[,]\\", "é"];
    for (at, name) in names.iter().enumerate() {
        db.repository::<Label>().insert(Label { name: (*name).to_owned() }).unwrap();
        let list: Keys<String> = [(*name).to_owned(), "nobody".to_owned()].into();
        db.repository::<Shelf>().insert(Shelf::draft().id(at as u64).label_names(list)).unwrap();
    }
    let shelves = db.repository::<Shelf>();
    for (at, name) in names.iter().enumerate() {
        let found = shelves.query().filter(|s| s.labels.any(|l| l.name.eq(*name))).get().unwrap();
        assert_eq!(found.iter().map(|s| s.id).collect::<Vec<_>>(), [at as u64], "{name:?}");
    }
    let loaded = shelves.query().with(|s| s.labels).order_by(|s| s.id.asc()).get().unwrap();
    for (shelf, name) in loaded.iter().zip(names) {
        let labels = shelf.labels.get().unwrap();
        assert_eq!(labels.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), [name]);
    }
}

#[test]
fn of_ten_megabytes_come_back() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).start().unwrap();
    /// Too long for an index.
    #[derive(Model, Debug, PartialEq)]
    #[model(entity = "books")]
    struct Book {
        #[key]
        id: u64,
        text: String,
    }
    let books = db.repository::<Book>();
    let text: String = "'; DROP TABLE books; -- \0 \u{1F4D6} ".chars().cycle().take(10 << 20).collect();
    books.save(Book { id: 1, text: text.clone() }).unwrap();
    assert_eq!(books.find(1).unwrap().unwrap().text, text);
    assert_eq!(books.query().filter(|b| b.text.eq(&text)).count().unwrap(), 1);
}
