//! What shows only from inside: room and rows that are used again.

use super::*;
use orm_core::model::schema::{FieldSchema, KeySource};
use orm_core::value::Kind;

/// An interpreter takes a thousand times as long.
const INTERPRETED: bool = cfg!(miri);

struct Note;
const fn field(field: &'static str, kind: Kind) -> FieldSchema {
    FieldSchema {
        field,
        name: field,
        column: field,
        kind,
        nullable: false,
        default: None,
        ..FieldSchema::BASE
    }
}
static NOTES: EntitySchema = EntitySchema {
    name: "notes",
    model: "Note",
    type_id: std::any::TypeId::of::<Note>,
    fields: &[field("id", Kind::I64), field("text", Kind::Text)],
    key: &[0],
    key_source: KeySource::Given,
    indexes: &[],
    relations: &[],
    deny_unknown_fields: false,
    ..EntitySchema::BASE
};

#[test]
fn updates_of_text_reuse_their_room() {
    let mut store = EntityStore::new(&NOTES, Seed::random());
    for id in 0..10 {
        let made = store.insert(|c| match c {
            0 => ValueRef::Int(id),
            _ => ValueRef::Text("first"),
        });
        assert_eq!(made, Ok(id as u32));
    }
    let rounds = if INTERPRETED { 400 } else { 100_000_u32 };
    for round in 0..rounds {
        let text = format!("a text of some length, written in round {round}");
        let given = |c: usize| (c == 1).then_some(ValueRef::Text(&text));
        assert_eq!(store.update(round % 10, given, |_, _| {}), Ok(true));
    }
    assert!(store.text_footprint() < 16_384, "{}", store.text_footprint());
    let last = format!("a text of some length, written in round {}", rounds - 1);
    assert_eq!(store.value(9, 1), ValueRef::Text(&last));
}

#[test]
fn deleted_rows_are_used_again() {
    let mut store = EntityStore::new(&NOTES, Seed::random());
    let note = |id: i64| {
        move |c: usize| match c {
            0 => ValueRef::Int(id),
            _ => ValueRef::Text("text"),
        }
    };
    let (rounds, notes) = if INTERPRETED { (2, 270) } else { (20, 3_000) };
    for round in 0..rounds {
        for id in 0..notes {
            assert!(store.insert(note(id)).is_ok(), "{round}");
        }
        for row in store.rows().collect::<Vec<_>>() {
            store.remove(row);
        }
    }
    assert_eq!((store.live(), store.chunks().len()), (0, (notes as usize).div_ceil(CHUNK)));
    assert!(store.text_footprint() < 40_000);
}

#[test]
fn keys_are_expected_where_they_were_stored_in_order() {
    let mut store = EntityStore::new(&NOTES, Seed::random());
    let insert = |store: &mut EntityStore, id: i64| {
        let made = store.insert(|c| if c == 0 { ValueRef::Int(id) } else { ValueRef::Text("text") });
        assert!(made.is_ok(), "{id}");
    };
    let expected = |store: &EntityStore, id: i64| {
        let (chunk, at) = store.expected(0, id)?;
        assert_eq!(chunk.value(at, 0), ValueRef::Int(id));
        Some(at)
    };
    // From 5 to 7 in order, then one that leaves it.
    for id in [5, 6, 7, 20, 9] {
        insert(&mut store, id);
    }
    let found = [i64::MIN, 4, 5, 6, 7, 8, 9, 20, i64::MAX].map(|id| expected(&store, id));
    assert_eq!(found, [None, None, Some(0), Some(1), Some(2), None, None, None, None]);
    // One that is gone isn't found, nor what has its row now.
    store.remove(1);
    insert(&mut store, 30);
    assert_eq!([6, 30, 7].map(|id| expected(&store, id)), [None, None, Some(2)]);
    for row in 0..5 {
        store.remove(row);
    }
    insert(&mut store, i64::MIN);
    insert(&mut store, i64::MAX);
    assert_eq!([5, 7].map(|id| expected(&store, id)), [None, None]);
    // Nor one whose key looks like the cell of a row that is gone.
    let mut store = EntityStore::new(&NOTES, Seed::random());
    (0..3).for_each(|id| insert(&mut store, id));
    assert_eq!([0, 2].map(|id| expected(&store, id)), [Some(0), Some(2)]);
    store.remove(0);
    assert_eq!([0, 2].map(|id| expected(&store, id)), [None, Some(2)]);
    // And many at once.
    let mut store = EntityStore::new(&NOTES, Seed::random());
    let mut rows = orm_core::plan::Rows::new(&NOTES);
    let last = if INTERPRETED { 399 } else { 1_999 };
    for id in (100..last + 1).chain([7]) {
        let row = rows.push();
        assert!(rows.set(row, 0, ValueRef::Int(id)) && rows.set(row, 1, ValueRef::Text("text")));
    }
    assert!(store.append(&rows, 0).is_ok());
    assert_eq!(
        [99, 100, last, last + 1, 7].map(|id| expected(&store, id)),
        [None, Some(0), Some((last as usize - 100) % CHUNK), None, None]
    );
}

#[test]
fn shorter_texts_are_written_in_their_place() {
    let mut store = EntityStore::new(&NOTES, Seed::random());
    let texts = ["größe", "zweiter", "日本語"];
    for (id, text) in texts.iter().enumerate() {
        let made = store.insert(|c| match c {
            0 => ValueRef::Int(id as i64),
            _ => ValueRef::Text(text),
        });
        assert!(made.is_ok());
    }
    // As long; shorter, at a character's end and in the middle of one; nothing; longer again.
    for text in ["grüße", "gr", "grx", "", "länger als alles davor"] {
        for row in [0, 2] {
            let given = |c: usize| (c == 1).then_some(ValueRef::Text(text));
            assert!(store.update(row, given, |_, _| {}).is_ok());
            assert_eq!(store.value(row, 1), ValueRef::Text(text));
            assert_eq!(store.value(1, 1), ValueRef::Text("zweiter"));
        }
    }
}
