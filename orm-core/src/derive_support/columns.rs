//! Which columns meet in a relation, looked up while the user's crate is compiled: a mistake is a
//! compile error at the attribute, with text of ours.

use crate::value::Kind;

type Columns<'a> = &'a [(&'a str, Kind)];

/// Some columns of a model.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The model's name.
    pub model: &'a str,
    /// All its columns.
    pub columns: Columns<'a>,
    /// The places of those that are meant.
    pub at: &'a [usize],
}

/// The places of the columns of these names.
#[must_use]
#[track_caller]
pub const fn places<const N: usize>(model: &str, columns: Columns<'_>, names: [&str; N]) -> [usize; N] {
    let mut places = [0; N];
    let mut i = 0;
    while i < N {
        places[i] = match super::column(columns, names[i]) {
            Some(place) => place,
            None => no_column(model, columns, names[i]),
        };
        i += 1;
    }
    places
}

/// The places of the columns of these names, which refer to `key`.
#[must_use]
#[track_caller]
pub const fn foreign<const N: usize>(
    key: &Side<'_>,
    model: &str,
    columns: Columns<'_>,
    names: [&str; N],
) -> [usize; N] {
    let at = places(model, columns, names);
    meet(&Side { model, columns, at: &at }, key);
    at
}

/// The places of the columns of these names, which `foreign` refers to.
#[must_use]
#[track_caller]
pub const fn owner<const N: usize>(
    foreign: &Side<'_>,
    model: &str,
    columns: Columns<'_>,
    names: [&str; N],
) -> [usize; N] {
    let at = places(model, columns, names);
    meet(foreign, &Side { model, columns, at: &at });
    at
}

/// The places of a model's key, which `foreign` refers to.
#[must_use]
#[track_caller]
pub const fn owner_key(
    foreign: &Side<'_>,
    model: &str,
    columns: Columns<'_>,
    key: &'static [usize],
) -> &'static [usize] {
    meet(foreign, &Side { model, columns, at: key });
    key
}

/// A column of a key.
#[track_caller]
pub const fn key_column(kind: Kind, nullable: bool, auto: bool) {
    assert!(
        !nullable,
        "a key is never NULL: leave out the `Option` (a record whose key isn't known yet is a draft)"
    );
    assert!(
        !auto || kind.integer_range().is_some(),
        "`#[key(auto)]` makes integers: take an integer type, or `#[key(uid)]` for a UUID"
    );
}

/// The kind of a column, with the scale that its attribute states.
#[must_use]
#[track_caller]
pub const fn scaled(kind: Kind, scale: u8) -> Kind {
    match kind {
        Kind::Decimal(_) => Kind::Decimal(scale),
        _ => panic!("`scale` is for decimals: this column is none"),
    }
}

/// Checks that the columns can refer to each other.
#[track_caller]
const fn meet(foreign: &Side<'_>, key: &Side<'_>) {
    if foreign.at.len() != key.at.len() {
        let text = Text::new()
            .add("`")
            .add(foreign.model)
            .add("` refers to `")
            .add(key.model)
            .add("` by other columns than it has in its key: name as many columns as ")
            .list(key)
            .add(", `foreign_key = (a, b)`");
        panic!("{}", text.get());
    }
    let mut i = 0;
    while i < key.at.len() {
        let (column, kind) = foreign.columns[foreign.at[i]];
        let (other, other_kind) = key.columns[key.at[i]];
        if !kind.refers_to(other_kind) {
            let text = Text::new()
                .add("`")
                .add(foreign.model)
                .add(".")
                .add(column)
                .add("` can't refer to `")
                .add(key.model)
                .add(".")
                .add(other)
                .add("`: another type");
            panic!("{}", text.get());
        }
        i += 1;
    }
}

#[track_caller]
const fn no_column(model: &str, columns: Columns<'_>, name: &str) -> ! {
    let mut all = [0; 64];
    let mut len = 0;
    while len < columns.len() && len < all.len() {
        all[len] = len;
        len += 1;
    }
    let all = Side { model, columns, at: all.split_at(len).0 };
    let text = Text::new()
        .add("`")
        .add(model)
        .add("` has no column `")
        .add(name)
        .add("`: it has ")
        .list(&all)
        .add("; say which it is by `foreign_key = …` (or the like)");
    panic!("{}", text.get());
}

/// Text that is put together while compiling; what doesn't fit is left out.
struct Text {
    bytes: [u8; 1000],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: [0; 1000], len: 0 }
    }

    const fn add(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.len + text.len() <= self.bytes.len() {
            let mut i = 0;
            while i < text.len() {
                self.bytes[self.len + i] = text[i];
                i += 1;
            }
            self.len += text.len();
        }
        self
    }

    /// Adds the names of the columns.
    const fn list(mut self, side: &Side<'_>) -> Self {
        let mut i = 0;
        while i < side.at.len() {
            if i > 0 {
                self = self.add(", ");
            }
            self = self.add("`").add(side.columns[side.at[i]].0).add("`");
            i += 1;
        }
        self
    }

    const fn get(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}
