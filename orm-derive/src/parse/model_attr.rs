//! `#[model(…)]`, `#[index(…)]` and `#[unique(…)]` on the struct.

use super::args::{Args, Text};
use crate::errors::Errors;
use crate::names::{RULES, Rule};
use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Path, Token};

/// What the struct's attributes say.
#[derive(Default)]
pub(crate) struct ModelAttr {
    pub(crate) entity: Option<Text>,
    pub(crate) rename_all: Option<Rule>,
    pub(crate) deny_unknown_fields: bool,
    pub(crate) serde: bool,
    pub(crate) validate: Option<Validate>,
    /// The attribute's argument, where it is there.
    pub(crate) timestamps: Option<Ident>,
    /// The word `soft_delete`, where it is said.
    pub(crate) soft_delete: Option<Ident>,
    pub(crate) krate: Option<Path>,
    pub(crate) connection: Option<Path>,
    pub(crate) indexes: Vec<IndexAttr>,
}

/// What checks a record before it is stored.
pub(crate) enum Validate {
    /// The model's own `Validate`; the attribute's argument.
    Own(Ident),
    By(Path),
}

fn read_validate(arg: super::args::Arg, errors: &mut Errors) -> Option<Validate> {
    let name = arg.name.clone();
    match arg.optional_value() {
        None => Some(Validate::Own(name)),
        Some(syn::Expr::Path(path)) if path.qself.is_none() => Some(Validate::By(path.path)),
        Some(other) => {
            errors.add(
                other,
                "`validate` stands alone, or takes the path of a function: `validate = path::to::it`",
            );
            None
        }
    }
}

/// An index over several fields.
pub(crate) struct IndexAttr {
    pub(crate) fields: Vec<FieldPath>,
    pub(crate) unique: bool,
}

/// A field, or one of an embedded struct: `a`, `a.b`.
pub(crate) struct FieldPath {
    pub(crate) field: Ident,
    pub(crate) inner: Option<Ident>,
}

impl Parse for FieldPath {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let field = input.parse()?;
        let inner = match input.parse::<Option<Token![.]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { field, inner })
    }
}

const KNOWN: [&str; 9] = [
    "entity",
    "connection",
    "rename_all",
    "deny_unknown_fields",
    "timestamps",
    "soft_delete",
    "serde",
    "validate",
    "crate",
];

impl ModelAttr {
    /// Reads the struct's attributes; those of others are left alone.
    pub(crate) fn read(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut model = Self::default();
        for attr in attrs {
            let path = attr.path();
            if path.is_ident("model") {
                model.read_model(attr, errors);
            } else if path.is_ident("index") || path.is_ident("unique") {
                model.read_index(attr, path.is_ident("unique"), errors);
            } else if super::FIELD_ATTRIBUTES.iter().any(|a| path.is_ident(a)) {
                errors.add(path, "this attribute belongs on a field");
            }
        }
        model
    }

    fn read_model(&mut self, attr: &Attribute, errors: &mut Errors) {
        let mut args = Args::read(attr, &KNOWN, errors);
        if let Some(entity) = args.text("entity", errors) {
            self.entity = Some(entity);
        }
        if let Some(text) = args.text("rename_all", errors) {
            match RULES.iter().find(|(name, _)| *name == text.value) {
                Some((_, rule)) => self.rename_all = Some(*rule),
                None => {
                    let names: Vec<String> = RULES.iter().map(|(name, _)| format!("`{name}`")).collect();
                    errors.add(text.tokens, format!("no such rule: `rename_all` knows {}", names.join(", ")));
                }
            }
        }
        if let Some(krate) = args.path("crate", errors) {
            self.krate = Some(krate);
        }
        if let Some(connection) = args.take("connection").and_then(|arg| arg.value(errors, "Marker")) {
            match connection {
                Expr::Path(path) if path.qself.is_none() => self.connection = Some(path.path),
                other => errors.add(
                    other,
                    "`connection` takes a type: `connection = Secret`, where there is \
                     `#[derive(Connection)] struct Secret;`",
                ),
            }
        }
        if let Some(place) = args.flag_at("timestamps", errors) {
            self.timestamps = Some(place);
        }
        if let Some(arg) = args.take("validate") {
            self.validate = read_validate(arg, errors);
        }
        self.serde |= args.flag("serde", errors);
        self.deny_unknown_fields |= args.flag("deny_unknown_fields", errors);
        if let Some(place) = args.flag_at("soft_delete", errors) {
            self.soft_delete = Some(place);
        }
    }

    fn read_index(&mut self, attr: &Attribute, unique: bool, errors: &mut Errors) {
        let fields = attr.parse_args_with(Punctuated::<FieldPath, Token![,]>::parse_terminated);
        match fields {
            Ok(fields) if !fields.is_empty() => {
                self.indexes.push(IndexAttr { fields: fields.into_iter().collect(), unique })
            }
            _ => errors.add(
                attr.path(),
                format!("name the fields of the index: `#[{}(a, b)]`", super::args::attr_name(attr)),
            ),
        }
    }
}
