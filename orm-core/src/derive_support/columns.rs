//! Which columns meet in a relation, looked up while the user's crate is compiled: a mistake is a
//! compile error at the attribute, with text of ours.

use crate::model::MorphTarget;
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

/// Columns of a model that are named.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a, const N: usize> {
    /// The model's name.
    pub model: &'a str,
    /// All its columns.
    pub columns: Columns<'a>,
    /// The names.
    pub names: [&'a str; N],
    /// The attribute's argument that would name them, where they are named by convention.
    pub argument: &'a str,
}

/// The places of the columns of these names; 0 for a name that isn't there, which a check tells.
#[must_use]
pub const fn find<const N: usize>(columns: Columns<'_>, names: [&str; N]) -> [usize; N] {
    let mut places = [0; N];
    let mut i = 0;
    while i < N {
        if let Some(place) = super::column(columns, names[i]) {
            places[i] = place;
        }
        i += 1;
    }
    places
}

/// Checks that the columns are there.
#[track_caller]
pub const fn exist<const N: usize>(named: &Named<'_, N>) {
    let mut i = 0;
    while i < N {
        if super::column(named.columns, named.names[i]).is_none() {
            no_column(named.model, named.columns, named.names[i], named.argument);
        }
        i += 1;
    }
}

/// Checks that the named columns are there and can refer to `key`.
#[track_caller]
pub const fn foreign<const N: usize>(key: &Side<'_>, named: &Named<'_, N>) {
    exist(named);
    let at = find(named.columns, named.names);
    meet(&side(named, &at), key);
}

/// Checks that the named columns are there and `foreign` can refer to them.
#[track_caller]
pub const fn owner<const N: usize>(foreign: &Side<'_>, named: &Named<'_, N>) {
    exist(named);
    let at = find(named.columns, named.names);
    meet(foreign, &side(named, &at));
}

/// Checks that the column is there and can hold the name of an entity.
#[track_caller]
pub const fn guard(named: &Named<'_, 1>) {
    exist(named);
    let (column, kind) = named.columns[find(named.columns, named.names)[0]];
    if !matches!(kind, Kind::Text) {
        let text = Text::new()
            .add("`")
            .add(named.model)
            .add(".")
            .add(column)
            .add("` holds the name of an entity: make it a `String`");
        panic!("{}", text.get());
    }
}

/// Checks that the columns can refer to each of the models of a choice.
#[track_caller]
pub const fn morph(here: &Side<'_>, targets: &[MorphTarget]) {
    let mut i = 0;
    while i < targets.len() {
        let target = &targets[i];
        meet(here, &Side { model: target.model, columns: target.columns, at: target.key });
        let mut j = 0;
        while j < i {
            if super::same(targets[j].value, target.value) {
                let text = Text::new()
                    .add("`")
                    .add(targets[j].model)
                    .add("` and `")
                    .add(target.model)
                    .add("` have one type, \"")
                    .add(target.value)
                    .add("\": give one of them another by `#[morph(value = …)]`");
                panic!("{}", text.get());
            }
            j += 1;
        }
        i += 1;
    }
}

/// Checks that a column is a list of keys, of the kind of the other side's key.
#[track_caller]
pub const fn listed(list: Option<Kind>, here: &Side<'_>, key: &Side<'_>) {
    let text = Text::new().add("`").add(here.model).add(".").add(here.columns[here.at[0]].0);
    let Some(kind) = list else {
        let text = text.add("` is no list of keys: make it a `Keys<…>`");
        panic!("{}", text.get());
    };
    if key.at.len() != 1 {
        let text = text
            .add("` holds keys of one column, but that of `")
            .add(key.model)
            .add("` consists of ")
            .list(key)
            .add(": relate the two by a pivot, `#[belongs_to_many(pivot = …)]`");
        panic!("{}", text.get());
    }
    let (other, other_kind) = key.columns[key.at[0]];
    if !kind.refers_to(other_kind) {
        let text = text
            .add("` can't refer to `")
            .add(key.model)
            .add(".")
            .add(other)
            .add("`: its keys are of another type");
        panic!("{}", text.get());
    }
    if !(kind.integer_range().is_some() || matches!(kind, Kind::Text | Kind::Uuid)) {
        let text = text.add("` can't hold such keys: they are integers, texts or UUIDs");
        panic!("{}", text.get());
    }
}

const fn side<'a, const N: usize>(named: &Named<'a, N>, at: &'a [usize]) -> Side<'a> {
    Side { model: named.model, columns: named.columns, at }
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

/// Checks a column that says when a record was written.
#[track_caller]
pub const fn stamp_column(kind: Kind) {
    assert!(
        matches!(kind, Kind::Timestamp),
        "when a record was written is an instant: the type is `orm_core::value::Timestamp` or `chrono::DateTime<Utc>`"
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

/// Checks that the columns of `foreign` can refer to those of `key`.
#[track_caller]
pub const fn meet(foreign: &Side<'_>, key: &Side<'_>) {
    if foreign.at.len() != key.at.len() {
        let text = Text::new()
            .add("`")
            .add(foreign.model)
            .add("` can't refer by ")
            .list(foreign)
            .add(" to ")
            .list(key)
            .add(" of `")
            .add(key.model)
            .add("`: name a column for each, as in `foreign_key = (a, b)`");
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
const fn no_column(model: &str, columns: Columns<'_>, name: &str, argument: &str) -> ! {
    let mut all = [0; 64];
    let mut len = 0;
    while len < columns.len() && len < all.len() {
        all[len] = len;
        len += 1;
    }
    let all = Side { model, columns, at: all.split_at(len).0 };
    let mut text =
        Text::new().add("`").add(model).add("` has no column `").add(name).add("`: it has ").list(&all);
    if !argument.is_empty() {
        text = text.add("; name the right one: `").add(argument).add(" = …`");
    }
    panic!("{}", text.get());
}

/// Text that is put together while compiling; what doesn't fit is left out.
pub(super) struct Text {
    bytes: [u8; 1000],
    len: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; 1000], len: 0 }
    }

    pub(super) const fn add(mut self, text: &str) -> Self {
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

    pub(super) const fn get(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}
