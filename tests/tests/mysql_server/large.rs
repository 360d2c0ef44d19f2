//! Texts that are larger than the server takes.

use crate::server;
use orm_core::prelude::*;

/// Something with a text.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "notes")]
struct Note {
    #[key]
    id: u64,
    text: Option<String>,
}

#[test]
fn beyond_what_the_server_takes_are_refused() {
    let Some(server) = server() else { return };
    if server.socket().is_none() {
        // Only of the throw-away server it is known how much that is.
        return;
    }
    let db = Database::builder().provider(server.provider().unwrap()).models::<Note>().start().unwrap();
    let notes = db.repository::<Note>();
    let note = |id, length| Note { id, text: Some("x".repeat(length)) };
    for _ in 0..2 {
        let error = notes.save_many([note(1, 5), note(2, 17 << 20)]).unwrap_err();
        assert!(error.to_string().contains("max_allowed_packet"), "{error}");
        assert_eq!(notes.count().unwrap(), 0);
    }
    notes.save_many((1..=8).map(|id| note(id, 5 << 20))).unwrap();
    assert_eq!(notes.count().unwrap(), 8);
}
