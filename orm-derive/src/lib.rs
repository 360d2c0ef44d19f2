//! `#[derive(Model)]` for orm-core, which re-exports it; see there for how it is used.
//!
//! A derive goes three steps: attributes are [parsed](parse) into plain structs, those are
//! [resolved](resolve) into a model in which every convention is applied, and that is
//! [expanded](expand). Mistakes are gathered on the way and reported together, each at the field that
//! has it.

mod errors;
mod expand;
mod names;
mod parse;
mod resolve;

use proc_macro::TokenStream;

/// Makes a struct a model: writes its schema, typed fields, draft and relations.
///
/// On the struct, `#[model(…)]`:
/// `entity = "users"` (the snake_case plural unless told), `rename_all = "camelCase"`,
/// `deny_unknown_fields`, `crate = path`; `#[index(a, b)]`, `#[unique(a, b)]`.
///
/// On fields: `#[key]`, `#[key(auto)]`, `#[key(uid)]`, `#[key(uid = path)]`; `#[field(…)]` with
/// `default = value`, `default_with = path`, `rename = "…"`, `column = "…"`, `unique`, `index`,
/// `scale = n`.
///
/// On relations (`One<T>`, `Many<T>`): `#[belongs_to]`, `#[has_one]`, `#[has_many]`,
/// `#[belongs_to_many(pivot = P)]`, with `foreign_key = column` or `(a, b)`, `local_key`, `owner_key`,
/// `related_key`, `rename = "…"`.
#[proc_macro_derive(
    Model,
    attributes(model, key, field, index, unique, belongs_to, has_one, has_many, belongs_to_many)
)]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    let mut errors = errors::Errors::default();
    let model = parse::model(&input, &mut errors).and_then(|parsed| resolve::resolve(parsed, &mut errors));
    match (model, errors.finish()) {
        (Some(model), None) => expand::model(&model).into(),
        (_, Some(error)) => error.to_compile_error().into(),
        (None, None) => TokenStream::new(),
    }
}
