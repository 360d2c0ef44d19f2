//! From the derive's input to plain structs that say what the user wrote.

pub(crate) mod args;
mod field_attr;
mod key;
mod model_attr;
mod relation_attr;
pub(crate) mod types;

pub(crate) use args::{Args, Text};
pub(crate) use field_attr::{Default, FieldAttr};
pub(crate) use key::{KeyAttr, Source};
pub(crate) use model_attr::{FieldPath, IndexAttr, ModelAttr, Validate};
pub(crate) use relation_attr::{Kind, OnDelete, RelationAttr};

use crate::errors::Errors;
use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Type, Visibility};

/// The attributes that belong on fields.
pub(crate) const FIELD_ATTRIBUTES: [&str; 14] = [
    "key",
    "field",
    "belongs_to",
    "has_one",
    "has_many",
    "belongs_to_many",
    "has_one_through",
    "has_many_through",
    "has_many_by",
    "morph_to",
    "morph_one",
    "morph_many",
    "morph_to_many",
    "morphed_by_many",
];

/// The struct as it was written.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) attr: ModelAttr,
    pub(crate) fields: Vec<Field>,
}

/// One of its fields.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) key: Option<KeyAttr>,
    /// With the attribute's name, where there is one.
    pub(crate) attr: FieldAttr,
    pub(crate) attr_place: Option<Ident>,
    pub(crate) relation: Option<RelationAttr>,
}

impl Input {
    /// Reads the derive's input; `None` when it is no struct that could be a model.
    pub(crate) fn read(input: DeriveInput, errors: &mut Errors) -> Option<Self> {
        if !input.generics.params.is_empty() {
            errors
                .add(&input.generics, "a model can't be generic: its entity is one table with fixed columns");
            // Without its parameters, no code that names it could be right.
            return None;
        }
        let fields = match input.data {
            Data::Struct(data) => match data.fields {
                Fields::Named(fields) => fields.named,
                Fields::Unnamed(fields) => {
                    errors.add(fields, "a model needs named fields: they name its columns and relations");
                    return None;
                }
                Fields::Unit => {
                    errors.add(input.ident, "a model needs fields, and `#[key]` on at least one of them");
                    return None;
                }
            },
            Data::Enum(data) => {
                errors.add(data.enum_token, "a model is a struct with named fields; an enum can't be one");
                return None;
            }
            Data::Union(data) => {
                errors.add(data.union_token, "a model is a struct with named fields; a union can't be one");
                return None;
            }
        };
        let attr = ModelAttr::read(&input.attrs, errors);
        let fields =
            fields.into_iter().filter_map(|field| Field::read(field, &input.ident, errors)).collect();
        Some(Self { ident: input.ident, vis: input.vis, attr, fields })
    }
}

impl Field {
    pub(crate) fn read(field: syn::Field, this: &Ident, errors: &mut Errors) -> Option<Self> {
        let ident = field.ident?;
        let mut read = Self {
            name: ident.unraw().to_string(),
            ident,
            vis: field.vis,
            ty: types::without_self(&field.ty, this),
            key: None,
            attr: FieldAttr::default(),
            attr_place: None,
            relation: None,
        };
        for attr in &field.attrs {
            let path = attr.path();
            if path.is_ident("key") {
                read.key = KeyAttr::read(attr, errors);
            } else if path.is_ident("field") {
                read.attr.read(attr, errors);
                read.attr_place = path.get_ident().cloned();
            } else if let Some(kind) = Kind::of(attr) {
                let relation = RelationAttr::read(kind, attr, errors);
                if let Some(first) = &read.relation {
                    errors.add(
                        path,
                        format!(
                            "`{}` has `#[{}]` already: a field holds one relation",
                            read.name,
                            first.kind.name()
                        ),
                    );
                } else {
                    read.relation = relation;
                }
            } else if path.is_ident("index") || path.is_ident("unique") {
                let name = args::attr_name(attr);
                errors.add(
                    path,
                    format!("on a field it is `#[field({name})]`; `#[{name}(a, b)]` belongs on the struct"),
                );
            } else if path.is_ident("model") {
                errors.add(path, "`#[model]` belongs on the struct; on a field it is `#[field]`");
            }
        }
        Some(read)
    }
}
