//! What shows only from inside: room and rows that are used again.

use super::*;
use orm_core::model::schema::{FieldSchema, KeySource};
use orm_core::value::Kind;

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
    for round in 0..100_000_u32 {
        let text = format!("a text of some length, written in round {round}");
        let given = |c: usize| (c == 1).then_some(ValueRef::Text(&text));
        assert_eq!(store.update(round % 10, given, |_, _| {}), Ok(true));
    }
    assert!(store.text_footprint() < 16_384, "{}", store.text_footprint());
    assert_eq!(store.value(9, 1), ValueRef::Text("a text of some length, written in round 99999"));
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
    for round in 0..20 {
        for id in 0..3000 {
            assert!(store.insert(note(id)).is_ok(), "{round}");
        }
        for row in store.rows().collect::<Vec<_>>() {
            store.remove(row);
        }
    }
    assert_eq!((store.live(), store.chunks().len()), (0, 3));
    assert!(store.text_footprint() < 40_000);
}
