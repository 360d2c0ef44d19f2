//! Broken JSON of every kind: never a panic, and nothing stored unless all of it is.

use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_tests::scenarios::blog::{Comment, Post, PostTag, Profile, Tag, User};

const JSON: &str = r#"[
    { "id": 1, "name": "Ada", "age": 36, "email": "ada@example.org", "posts": [
        { "id": 1, "title": "Notes", "views": 10, "comments": [{ "id": 1, "text": "yes" }], "tags": [{ "name": "math" }, "engines"] },
        { "id": 2, "title": "Numbers", "author": { "id": 1, "age": 37 }, "editor": 2 }] },
    { "id": 2, "name": "Bob", "profile": { "id": 9, "bio": "H\u00e9\n" }, "edited": [2] }
]"#;

/// Pieces that mutations put in.
const PIECES: [&str; 24] = [
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "\"\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\"id\"",
    "\"posts\"",
    "\"posts\": [null]",
    "\"author\": {}",
    "0.5",
    "\u{0}",
    "é",
    "[[[[[[[[",
];

/// A small generator of numbers, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn mutate(&mut self, text: &mut String) {
        let (a, b) = (self.place(text), self.place(text));
        let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 12));
        let to = (to..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
        match self.below(3) {
            0 => text.replace_range(from..to, ""),
            1 => text.insert_str(a, PIECES[self.below(PIECES.len())]),
            _ => text.replace_range(from..to, PIECES[self.below(PIECES.len())]),
        }
    }
}

fn counts(db: &Database) -> [u64; 6] {
    [
        db.repository::<User>().count().unwrap(),
        db.repository::<Post>().count().unwrap(),
        db.repository::<Comment>().count().unwrap(),
        db.repository::<Tag>().count().unwrap(),
        db.repository::<PostTag>().count().unwrap(),
        db.repository::<Profile>().count().unwrap(),
    ]
}

#[test]
fn never_panics_and_stores_all_or_nothing() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut saved, mut refused) = (0, 0);
    for round in 0..4_000 {
        let mut text = JSON.to_owned();
        for _ in 0..=random.below(3) {
            random.mutate(&mut text);
        }
        let db = Database::builder().provider(Memory::new()).models::<User>().start().unwrap();
        match db.repository::<User>().save_json(&text) {
            Ok(_) => saved += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
                assert_eq!(counts(&db), [0; 6], "round {round}: {error}\n{text}");
            }
        }
    }
    assert!(saved > 100 && refused > 1_000, "{saved} saved, {refused} refused");
}
