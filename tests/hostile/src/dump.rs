//! Dumps from outside.

use crate::json::{empty, stored};

/// Restores any text as a dump.
///
/// # Panics
/// Where something is left of a dump that was refused, or one that was taken isn't what was stored.
pub fn dump(input: &[u8]) {
    let database = empty();
    let before = stored(&database);
    match database.restore_json_lines(input) {
        Ok(rows) => {
            let after = stored(&database);
            let other = empty();
            let mut text = Vec::new();
            assert_eq!(database.dump_json_lines(&mut text).expect("what was restored can be dumped"), rows);
            assert_eq!(other.restore_json_lines(text.as_slice()).expect("a dump can be restored"), rows);
            assert_eq!(stored(&other), after);
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(stored(&database), before, "something is stored after: {error}");
        }
    }
}
