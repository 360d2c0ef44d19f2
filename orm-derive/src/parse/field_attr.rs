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
    /// Whether a `u64` is stored with its whole range; the attribute's argument.
    pub(crate) decimal: Option<Ident>,
    /// Whether the field is a struct whose fields are columns.
    pub(crate) embed: Option<Embed>,
    /// Whether serialized output leaves it out.
    pub(crate) hidden: bool,
    /// Whether any serde type is stored as JSON.
    pub(crate) json: bool,
    /// What values go through on their way in.
    pub(crate) mutate: Option<Path>,
    /// With the literal, for messages.
    pub(crate) scale: Option<(u8, Expr)>,
    /// Says when a record was deleted.
    pub(crate) deleted_at: bool,
    /// Counts the writes of a record.
    pub(crate) version: bool,
}

/// `embed`, maybe with what the columns' names start with.
pub(crate) struct Embed {
    pub(crate) place: Ident,
    pub(crate) prefix: Option<String>,
}

impl FieldAttr {
    /// Whether it says more than what an embedded struct can have.
    pub(crate) fn is_of_a_column(&self) -> bool {
        self.default.is_some()
            || self.column.is_some()
            || self.scale.is_some()
            || self.mutate.is_some()
            || self.created_at.is_some()
            || self.updated_at.is_some()
            || self.unique
            || self.index
            || self.hidden
            || self.json
            || self.decimal.is_some()
            || self.cast
    }
}

/// Where the value of a new record comes from that doesn't state the column.
pub(crate) enum Default {
    Value(Expr),
    With(Path),
}

const KNOWN: [&str; 17] = [
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
    "decimal",
    "embed",
    "hidden",
    "created_at",
    "updated_at",
    "deleted_at",
    "version",
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
        if let Some(arg) = args.take("embed") {
            self.embed = read_embed(arg, errors);
        }
        self.hidden |= args.flag("hidden", errors);
        if let Some(place) = args.flag_at("decimal", errors) {
            self.decimal = Some(place);
        }
        self.json |= args.flag("json", errors);
        self.cast |= args.flag("cast", errors);
        if let Some(path) = args.path("mutate", errors) {
            self.mutate = Some(path);
        }
        self.deleted_at |= args.flag("deleted_at", errors);
        self.version |= args.flag("version", errors);
        if let Some(scale) = args.take("scale") {
            self.scale = scale.value(errors, "2").and_then(|e| read_scale(e, errors));
        }
    }
}

fn read_embed(arg: super::args::Arg, errors: &mut Errors) -> Option<Embed> {
    let place = arg.name.clone();
    match arg.optional_value() {
        None => Some(Embed { place, prefix: None }),
        Some(Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. })) => {
            Some(Embed { place, prefix: Some(text.value()) })
        }
        Some(other) => {
            errors.add(
                other,
                "`embed` takes what the columns' names start with: `embed = \"addr_\"`, or nothing for the field's",
            );
            Some(Embed { place, prefix: None })
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
