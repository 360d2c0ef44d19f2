//! Checks of the columns that the core looks after, while the user's crate is compiled.

use crate::value::Kind;

/// A column that says when a record was deleted.
#[track_caller]
pub const fn deleted_at_column(kind: Kind, nullable: bool) {
    assert!(
        matches!(kind, Kind::Timestamp) && nullable,
        "the column says when a record was deleted: its type is `Option<Timestamp>`"
    );
}

/// A column that counts the writes of a record.
#[track_caller]
pub const fn version_column(kind: Kind, nullable: bool) {
    assert!(
        kind.integer_range().is_some() && !nullable,
        "the column counts the writes of a record: its type is an integer, for example `u32`"
    );
}

/// Columns that become NULL when what they refer to is deleted.
#[track_caller]
pub const fn can_be_null(columns: &[(&str, bool)]) {
    let mut at = 0;
    while at < columns.len() {
        assert!(
            columns[at].1,
            "`on_delete = set_null` needs a foreign key that can be NULL: make its type an `Option`"
        );
        at += 1;
    }
}
