//! What the user wrote, checked and with its conventions resolved: what the expansion is made from.

mod between;
mod columns;
mod embeds;
mod indexes;
mod key;
mod marks;
mod morph;
mod relations;
mod stamps;

pub(crate) use columns::{Column, Form, Wrapper};
pub(crate) use embeds::Embed;
pub(crate) use indexes::{Index, Place};
pub(crate) use key::Key;
pub(crate) use marks::Marks;
pub(crate) use morph::MorphTo;
pub(crate) use relations::{GuardValue, Names, Pivot, Relation, There};
pub(crate) use stamps::Stamps;

use crate::errors::Errors;
use crate::names::{Rule, nearest, plural, snake};
use crate::parse::{Input, Kind, types};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Type, Visibility};

/// A model.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// The path of orm-core.
    pub(crate) krate: TokenStream,
    pub(crate) entity: String,
    pub(crate) deny_unknown_fields: bool,
    /// The connection that it is bound to, as a type.
    pub(crate) connection: Option<syn::Path>,
    pub(crate) serde: bool,
    pub(crate) validate: Option<crate::parse::Validate>,
    pub(crate) columns: Vec<Column>,
    pub(crate) embeds: Vec<Embed>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) morphs: Vec<MorphTo>,
    pub(crate) key: Key,
    pub(crate) indexes: Vec<Index>,
    pub(crate) marks: Marks,
    pub(crate) stamps: Stamps,
    /// The names of the generated types.
    pub(crate) fields_ident: Ident,
    pub(crate) draft_ident: Ident,
}

impl Model {
    /// The path of orm-core, as if it stood at `span`.
    pub(crate) fn core_at(&self, span: Span) -> TokenStream {
        crate::expand::core_at(&self.krate, span)
    }

    /// Columns alone, as an embedded struct has them.
    pub(crate) fn of_columns(
        ident: Ident,
        vis: Visibility,
        krate: TokenStream,
        columns: Vec<Column>,
    ) -> Self {
        Self {
            name: ident.unraw().to_string(),
            fields_ident: ident.clone(),
            draft_ident: ident.clone(),
            ident,
            vis,
            krate,
            entity: String::new(),
            deny_unknown_fields: false,
            connection: None,
            serde: false,
            validate: None,
            columns,
            embeds: Vec::new(),
            relations: Vec::new(),
            morphs: Vec::new(),
            key: Key { fields: Vec::new(), source: crate::parse::Source::Given },
            indexes: Vec::new(),
            marks: Marks { deleted_at: None, version: None },
            stamps: Stamps { created_at: None, updated_at: None },
        }
    }

    /// Checks the input. Mistakes go to `errors`; `None` where nothing could be made of it.
    pub(crate) fn resolve(input: Input, errors: &mut Errors) -> Option<Self> {
        let name = input.ident.unraw().to_string();
        let fields_ident = free_ident(&input, &format!("{name}Fields"));
        let draft_ident = free_ident(&input, &format!("{name}Draft"));
        let rule = input.attr.rename_all;
        let krate = match &input.attr.krate {
            Some(path) => path.into_token_stream(),
            None => quote!(::orm_core),
        };
        let mut columns = Vec::new();
        let mut keys = Vec::new();
        let mut related = Vec::new();
        let mut embeds = Vec::new();
        for field in input.fields {
            match types::slot(&field.ty) {
                types::Slot::Column if field.attr.embed.is_some() => {
                    embeds.extend(embeds::resolve(field, rule, errors));
                }
                types::Slot::Column => {
                    if let Some((column, key)) = columns::resolve(field, rule, &krate, errors) {
                        keys.extend(key.map(|key| (columns.len(), key)));
                        columns.push(column);
                    }
                }
                slot => related.extend(relations::take(field, slot, rule, errors)),
            }
        }
        columns::check_names(&columns, &related, &embeds, errors);
        let marks = marks::resolve(&name, &columns, input.attr.soft_delete.as_ref(), errors);
        let stamps = Stamps::resolve(&columns, input.attr.timestamps.as_ref(), errors);
        let key = key::resolve(&input.ident, &columns, keys, errors);
        let mut relations = Vec::new();
        let mut morphs = Vec::new();
        for found in related {
            let owner = relations::Owner { name: &name, columns: &columns, key: &key.fields };
            if found.attr.kind == Kind::MorphTo {
                morphs.extend(morph::resolve(found, &owner, errors));
            } else {
                relations.extend(relations::resolve(found, &owner, errors));
            }
        }
        let indexes =
            indexes::resolve(&name, &columns, &embeds, &key, &relations, &input.attr.indexes, errors);
        Some(Self {
            entity: match input.attr.entity {
                Some(entity) => entity.value,
                None => plural(&snake(&name)),
            },
            krate,
            deny_unknown_fields: input.attr.deny_unknown_fields,
            connection: input.attr.connection,
            serde: input.attr.serde,
            validate: input.attr.validate,
            ident: input.ident,
            vis: input.vis,
            name,
            columns,
            embeds,
            relations,
            morphs,
            key,
            indexes,
            marks,
            stamps,
            fields_ident,
            draft_ident,
        })
    }
}

/// A field as a column.
pub(crate) fn column(
    field: crate::parse::Field,
    rule: Option<Rule>,
    krate: &TokenStream,
    errors: &mut Errors,
) -> Option<Column> {
    columns::resolve(field, rule, krate, errors).map(|(column, _)| column)
}

/// The name in serialized input.
fn member(name: &str, rule: Option<Rule>) -> String {
    rule.map_or_else(|| name.to_owned(), |rule| rule.apply(name))
}

/// The place of the column that a struct's attribute names; none is a mistake at that name.
fn local_column(columns: &[Column], model: &str, ident: &Ident, errors: &mut Errors) -> Option<usize> {
    let name = ident.unraw().to_string();
    let at = columns.iter().position(|c| c.name == name);
    if at.is_none() {
        let hint = match nearest(&name, columns.iter().map(|c| c.name.as_str())) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::new(),
        };
        errors.add(ident, no_column(columns, model, &name) + &hint);
    }
    at
}

/// "`Post` has no column `auther_id`", with what it has.
fn no_column(columns: &[Column], model: &str, name: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    let list: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    format!("`{model}` has no column `{name}`: it has {}", list.join(", "))
}

/// `wanted`, unless one of the fields' types is called so: generated types must not shadow it.
fn free_ident(input: &Input, wanted: &str) -> Ident {
    fn mentions(tokens: TokenStream, wanted: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == wanted,
            TokenTree::Group(group) => mentions(group.stream(), wanted),
            _ => false,
        })
    }
    let taken = |ty: &Type| mentions(ty.to_token_stream(), wanted);
    if input.fields.iter().any(|f| taken(&f.ty)) {
        free_ident(input, &format!("{wanted}_"))
    } else {
        Ident::new(wanted, crate::expand::at(input.ident.span()))
    }
}
