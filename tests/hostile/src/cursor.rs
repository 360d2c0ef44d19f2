//! Cursors from outside.

use crate::json::database;
use crate::models::Author;
use orm_core::Error;
use orm_core::query::{Cursor, Page};
use std::sync::OnceLock;

/// Reads any text as a cursor, and any bytes as what is put into a genuine one: `at` and `bytes` from the
/// input replace what is there. Then asks for the pages beside it.
///
/// # Panics
/// Where a promise of cursors isn't kept.
pub fn cursor(input: &[u8]) {
    use_as_cursor(&String::from_utf8_lossy(input));
    let mut genuine = genuine().as_bytes().to_vec();
    for edit in input.chunks_exact(2) {
        let at = usize::from(edit[0]) % genuine.len();
        // Characters of cursors are more telling than others.
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        genuine[at] = digits[usize::from(edit[1]) % digits.len()];
    }
    use_as_cursor(&String::from_utf8_lossy(&genuine));
}

/// The text of a cursor, of an order by a column of most kinds.
fn genuine() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let database = database();
        let page = ordered(&database).page(1).expect("there is a page");
        page.next.expect("there are two authors").to_string()
    })
}

fn ordered(database: &orm_core::Database) -> orm_core::Query<Author> {
    let query = database.repository::<Author>().query();
    let query = query.order_by(|a| a.name.asc()).order_by(|a| a.ratio.desc()).order_by(|a| a.price.asc());
    let query = query.order_by(|a| a.seen.desc()).order_by(|a| a.token.asc()).order_by(|a| a.status.asc());
    query.order_by(|a| a.age.asc())
}

fn use_as_cursor(text: &str) {
    let cursor = match text.parse::<Cursor>() {
        Ok(cursor) => cursor,
        Err(error) => {
            assert!(matches!(error, Error::Cursor(_)), "{error}");
            return;
        }
    };
    // There is one text for each cursor.
    assert_eq!(cursor.to_string(), text);
    let json = serde_json::to_string(&cursor).expect("a cursor is a text");
    assert_eq!(serde_json::from_str::<Cursor>(&json).expect("a cursor comes back"), cursor);
    let database = database();
    let authors = database.repository::<Author>();
    for query in [authors.query(), authors.query().order_by(|a| a.email.desc()), ordered(&database)] {
        let after = query.clone().page_after(&cursor, 10);
        let before = query.page_before(&cursor, 10);
        match (after, before) {
            (Ok(after), Ok(before)) => {
                let ids = |page: Page<Author>| page.records.into_iter().map(|a| a.id).collect::<Vec<_>>();
                let (after, before) = (ids(after), ids(before));
                // The record of the place itself is on both sides, or on none.
                let sides = |id| usize::from(after.contains(&id)) + usize::from(before.contains(&id));
                assert!(sides(1) == 1 || sides(2) == 1, "{before:?} are before, {after:?} after {cursor:?}");
            }
            (Err(Error::Cursor(_)), Err(Error::Cursor(_))) => {}
            (after, before) => panic!("{after:?}\n{before:?}"),
        }
    }
}
