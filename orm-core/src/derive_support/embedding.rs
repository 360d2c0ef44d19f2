//! Puts the columns of embedded structs among those of a model, while the user's crate is compiled:
//! neither derive sees the other's fields.

use super::columns::Text;
use super::same;
use crate::model::schema::{EmbedSchema, FieldSchema};
use crate::value::Kind;

/// An embedded struct's place in a model.
#[derive(Debug, Clone, Copy)]
pub struct Embedding {
    /// The model's field.
    pub field: &'static str,
    /// The member in serialized input.
    pub name: &'static str,
    /// The struct's name.
    pub model: &'static str,
    /// What its columns' names in a table start with.
    pub prefix: &'static str,
    /// Its columns, as it knows them.
    pub fields: &'static [FieldSchema],
    /// Whether it is an `Option`.
    pub optional: bool,
}

/// How many bytes the names of all the columns need.
#[must_use]
pub const fn texts_len(of: &Embedding) -> usize {
    let mut len = 0;
    let mut i = 0;
    while i < of.fields.len() {
        let field = &of.fields[i];
        len += of.field.len() + 1 + field.field.len();
        len += of.name.len() + 1 + field.name.len();
        len += of.prefix.len() + field.column.len();
        i += 1;
    }
    len
}

/// The names of all the columns, one after the other: field, member, column.
#[must_use]
pub const fn texts<const N: usize>(of: &Embedding) -> [u8; N] {
    let mut out = [0; N];
    let mut at = 0;
    let mut i = 0;
    while i < of.fields.len() {
        let field = &of.fields[i];
        let parts = [of.field, ".", field.field, of.name, ".", field.name, of.prefix, "", field.column];
        let mut p = 0;
        while p < parts.len() {
            let bytes = parts[p].as_bytes();
            let mut b = 0;
            while b < bytes.len() {
                out[at] = bytes[b];
                at += 1;
                b += 1;
            }
            p += 1;
        }
        i += 1;
    }
    out
}

/// The first `len` bytes as text, and the rest.
const fn cut(bytes: &'static [u8], len: usize) -> (&'static str, &'static [u8]) {
    let (head, rest) = bytes.split_at(len);
    match std::str::from_utf8(head) {
        Ok(text) => (text, rest),
        Err(_) => panic!("names are put together from whole names"),
    }
}

/// A model's own columns, then those of each embedded struct, with the [`texts`] of their names.
#[must_use]
pub const fn join_fields<const N: usize>(
    own: &[FieldSchema],
    embedded: &[(Embedding, &'static [u8])],
) -> [FieldSchema; N] {
    let mut out = [FieldSchema::BASE; N];
    let mut at = 0;
    while at < own.len() {
        out[at] = own[at];
        at += 1;
    }
    let mut e = 0;
    while e < embedded.len() {
        let (of, mut rest) = embedded[e];
        let mut i = 0;
        while i < of.fields.len() {
            let mut field = of.fields[i];
            (field.field, rest) = cut(rest, of.field.len() + 1 + of.fields[i].field.len());
            (field.name, rest) = cut(rest, of.name.len() + 1 + of.fields[i].name.len());
            (field.column, rest) = cut(rest, of.prefix.len() + of.fields[i].column.len());
            if of.optional {
                // A new record without the whole has nothing of it.
                field.nullable = true;
                field.default = None;
            }
            out[at] = field;
            at += 1;
            i += 1;
        }
        e += 1;
    }
    let mut a = 0;
    while a < N {
        let mut b = own.len();
        while b < N {
            assert!(
                a == b || !same(out[a].column, out[b].column),
                "two columns have one name in the table: give the embedded struct another prefix, `#[field(embed = \"…\")]`"
            );
            b += 1;
        }
        a += 1;
    }
    out
}

/// The names and kinds of all columns.
#[must_use]
pub const fn join_columns<const N: usize>(fields: &[FieldSchema; N]) -> [(&'static str, Kind); N] {
    let mut out = [("", Kind::Bool); N];
    let mut at = 0;
    while at < N {
        out[at] = (fields[at].field, fields[at].kind);
        at += 1;
    }
    out
}

/// What the schema says of an embedded struct.
#[must_use]
pub const fn embed_schema(of: &Embedding, first: usize) -> EmbedSchema {
    EmbedSchema {
        field: of.field,
        name: of.name,
        model: of.model,
        first,
        fields: of.fields,
        optional: of.optional,
    }
}

/// The place in a model of an embedded struct's column.
#[must_use]
#[track_caller]
pub const fn embedded_place(of: &Embedding, first: usize, field: &str) -> usize {
    let mut i = 0;
    while i < of.fields.len() {
        if same(of.fields[i].field, field) {
            return first + i;
        }
        i += 1;
    }
    let mut text = Text::new().add("`").add(of.model).add("` has no field `").add(field).add("`: it has ");
    i = 0;
    while i < of.fields.len() {
        text = text.add(if i > 0 { ", `" } else { "`" }).add(of.fields[i].field).add("`");
        i += 1;
    }
    panic!("{}", text.get());
}
