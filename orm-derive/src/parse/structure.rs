//! The struct itself: `#[model]`, `#[index]`, `#[unique]`, and its fields.

use super::attribute::{parse_ident, settings, text};
use super::field::Field;
use super::relation::{Relation, RelationKind, wrapped};
use crate::errors::Errors;
use crate::names::STYLES;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitStr, Path, Token, Visibility};

/// A struct as it was written.
pub(crate) struct Parsed {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) krate: Option<Path>,
    pub(crate) entity: Option<LitStr>,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) deny_unknown_fields: bool,
    pub(crate) indexes: Vec<IndexAttribute>,
    pub(crate) fields: Vec<Field>,
    pub(crate) relations: Vec<Relation>,
}

/// `#[index(a, b)]` or `#[unique(a, b)]`.
pub(crate) struct IndexAttribute {
    pub(crate) unique: bool,
    pub(crate) fields: Vec<Ident>,
}

const MODEL: [&str; 4] = ["entity", "rename_all", "deny_unknown_fields", "crate"];

/// Reads a struct.
pub(crate) fn model(input: &DeriveInput, errors: &mut Errors) -> Option<Parsed> {
    let Data::Struct(data) = &input.data else {
        errors.at(input.ident.span(), "a model is a struct with named fields");
        return None;
    };
    let Fields::Named(fields) = &data.fields else {
        errors.at(input.ident.span(), "a model is a struct with named fields");
        return None;
    };
    if !input.generics.params.is_empty() {
        errors.at(
            input.generics.span(),
            "a model has no type or lifetime parameters: it is one entity of one storage",
        );
        return None;
    }
    let mut parsed = Parsed {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        krate: None,
        entity: None,
        rename_all: None,
        deny_unknown_fields: false,
        indexes: Vec::new(),
        fields: Vec::new(),
        relations: Vec::new(),
    };
    for attribute in &input.attrs {
        let outcome = parsed.attribute(attribute);
        errors.ok(outcome);
    }
    for field in &fields.named {
        parsed.field(field, errors);
    }
    Some(parsed)
}

impl Parsed {
    fn attribute(&mut self, attribute: &Attribute) -> syn::Result<()> {
        let unique = attribute.path().is_ident("unique");
        if unique || attribute.path().is_ident("index") {
            let fields = attribute.parse_args_with(|input: syn::parse::ParseStream<'_>| {
                Punctuated::<Ident, Token![,]>::parse_terminated_with(input, parse_ident)
            })?;
            self.indexes.push(IndexAttribute { unique, fields: fields.into_iter().collect() });
        }
        if !attribute.path().is_ident("model") {
            return Ok(());
        }
        settings(attribute, &MODEL, |name, meta| {
            match name {
                "entity" => self.entity = Some(text(&meta)?),
                "crate" => self.krate = Some(meta.value()?.call(Path::parse_mod_style)?),
                "deny_unknown_fields" => self.deny_unknown_fields = true,
                _ => {
                    let style = text(&meta)?;
                    if !STYLES.contains(&style.value().as_str()) {
                        let message = format!("unknown style: there are `{}`", STYLES.join("`, `"));
                        return Err(syn::Error::new(style.span(), message));
                    }
                    self.rename_all = Some(style);
                }
            }
            Ok(())
        })
    }

    fn field(&mut self, field: &syn::Field, errors: &mut Errors) {
        let Some(ident) = &field.ident else { return };
        let relations: Vec<_> = field.attrs.iter().filter_map(|a| Some((RelationKind::of(a)?, a))).collect();
        for attribute in &field.attrs {
            for misplaced in ["model", "index", "unique"] {
                if attribute.path().is_ident(misplaced) {
                    let message = match misplaced {
                        "model" => {
                            "`#[model(…)]` stands on the struct; for a field it is `#[field(…)]`".to_owned()
                        }
                        other => format!(
                            "`#[{other}(…)]` stands on the struct; for one field it is `#[field({other})]`"
                        ),
                    };
                    errors.at(attribute.path().span(), message);
                }
            }
        }
        match relations.as_slice() {
            [] if wrapped(&field.ty).is_some() => errors.at(
                ident.span(),
                "say which relation this is: `#[belongs_to]`, `#[has_one]`, `#[has_many]` or `#[belongs_to_many(pivot = …)]`",
            ),
            [] => self.fields.push(Field::parse(field, ident, errors)),
            [(kind, attribute)] => {
                for other in &field.attrs {
                    if other.path().is_ident("key") || other.path().is_ident("field") {
                        errors.at(other.path().span(), "a relation is no column: this belongs on the field with the foreign key");
                    }
                }
                self.relations.extend(Relation::parse(field, ident, *kind, attribute, errors));
            }
            [_, (_, second), ..] => errors.at(second.path().span(), "a field is one relation, not two"),
        }
    }
}
