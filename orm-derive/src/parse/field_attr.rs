//! `#[field(…)]`.

use super::args::{Args, Text};
use crate::errors::Errors;
use proc_macro2::Ident;
use syn::{Attribute, Expr, Lit, Path};

/// What a column's `#[field]` says.
#[derive(Default)]
pub(crate) struct FieldAttr {
    pub(crate) default: Option<Default>,
    pub(crate) rename: Option<Text>,
    pub(crate) column: Option<Text>,
    pub(crate) unique: bool,
    pub(crate) index: bool,
    /// Whether input of another type is converted.
    pub(crate) cast: bool,
    /// Marks the column that says when a record was first, or last, written.
    pub(crate) created_at: Option<Ident>,
    pub(crate) updated_at: Option<Ident>,
    /// Whether serialized output leaves it out.
    pub(crate) hidden: bool,
    /// Whether any serde type is stored as JSON.
    pub(crate) json: bool,
    /// What values go through on their way in.
    pub(crate) mutate: Option<Path>,
    /// With the literal, for messages.
    pub(crate) scale: Option<(u8, Expr)>,
}

/// Where the value of a new record comes from that doesn't state the column.
pub(crate) enum Default {
    Value(Expr),
    With(Path),
}

const KNOWN: [&str; 13] = [
    "default",
    "default_with",
    "rename",
    "column",
    "unique",
    "index",
    "scale",
    "cast",
    "mutate",
    "json",
    "hidden",
    "created_at",
    "updated_at",
];

impl FieldAttr {
    /// Adds what the attribute says.
    pub(crate) fn read(&mut self, attr: &Attribute, errors: &mut Errors) {
        let mut args = Args::read(attr, &KNOWN, errors);
        let value = args.take("default");
        let with = args.path("default_with", errors);
        match (value, with) {
            (Some(value), Some(_)) => {
                errors.add(&value.name, "there can be one default: keep `default` or `default_with`")
            }
            (Some(value), None) => {
                if let Some(value) = value.value(errors, "value") {
                    self.default = Some(Default::Value(value));
                }
            }
            (None, Some(path)) => self.default = Some(Default::With(path)),
            (None, None) => {}
        }
        if let Some(rename) = args.text("rename", errors) {
            self.rename = Some(rename);
        }
        if let Some(column) = args.text("column", errors) {
            self.column = Some(column);
        }
        self.unique |= args.flag("unique", errors);
        self.index |= args.flag("index", errors);
        if let Some(place) = args.flag_at("created_at", errors) {
            self.created_at = Some(place);
        }
        if let Some(place) = args.flag_at("updated_at", errors) {
            self.updated_at = Some(place);
        }
        self.hidden |= args.flag("hidden", errors);
        self.json |= args.flag("json", errors);
        self.cast |= args.flag("cast", errors);
        if let Some(path) = args.path("mutate", errors) {
            self.mutate = Some(path);
        }
        if let Some(scale) = args.take("scale") {
            self.scale = scale.value(errors, "2").and_then(|e| read_scale(e, errors));
        }
    }
}

fn read_scale(value: Expr, errors: &mut Errors) -> Option<(u8, Expr)> {
    if let Expr::Lit(syn::ExprLit { lit: Lit::Int(int), .. }) = &value
        && let Ok(scale @ 0..=18) = int.base10_parse::<u8>()
    {
        return Some((scale, value));
    }
    errors.add(value, "`scale` takes the number of digits after the point, 0 to 18");
    None
}
