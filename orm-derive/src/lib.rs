//! `#[derive(Model)]`, which orm-core re-exports: use it through `orm_core::prelude` or
//! `orm_core::Model`.
//!
//! A derive goes through three steps, one folder each: `parse` reads what the user wrote, `model`
//! checks it and resolves the conventions, `expand` writes the code. All mistakes of a model are
//! gathered and reported together, each at the field or the attribute that has it.

mod errors;
mod expand;
mod model;
mod names;
mod parse;
mod projection;

use errors::Errors;
use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct with named fields a model.
///
/// # On the struct
///
/// | attribute | meaning |
/// |---|---|
/// | `#[model(entity = "users")]` | the entity's name; without it the struct's, in snake case and plural |
/// | `#[model(rename_all = "camelCase")]` | how fields are called in serialized input; the rules are serde's |
/// | `#[model(deny_unknown_fields)]` | unknown members of the input are an error |
/// | `#[model(crate = path)]` | where orm-core is found, if it isn't `::orm_core` |
/// | `#[index(a, b)]`, `#[unique(a, b)]` | an index over several fields |
///
/// # On columns
///
/// | attribute | meaning |
/// |---|---|
/// | `#[key]` | the key, or one of its fields (up to four) |
/// | `#[key(auto)]` | an integer key that the storage makes |
/// | `#[key(uid)]`, `#[key(uid = path)]` | a key that is made here: a UUID of version 7, or what the function returns |
/// | `#[field(default = value)]` | what a new record has that doesn't state the column |
/// | `#[field(default_with = path)]` | the same, by a function without arguments |
/// | `#[field(rename = "…")]` | the name in serialized input |
/// | `#[field(column = "…")]` | the name in a table |
/// | `#[field(index)]`, `#[field(unique)]` | an index over this column |
/// | `#[field(scale = 2)]` | the digits of a decimal after the point |
///
/// # On relations
///
/// | attribute | meaning | arguments |
/// |---|---|---|
/// | `#[belongs_to] author: One<User>` | a column of this model holds the other's key: `author_id` | `foreign_key`, `owner_key`, `rename` |
/// | `#[has_one] profile: One<Profile>` | one other record holds this one's key: `user_id` | `foreign_key`, `local_key`, `rename` |
/// | `#[has_many] posts: Many<Post>` | other records hold this one's key: `user_id` | `foreign_key`, `local_key`, `rename` |
/// | `#[belongs_to_many(pivot = P)] tracks: Many<Track>` | records of `P` hold both keys: `playlist_id` and `track_id` | `pivot`, `foreign_key`, `related_key`, `local_key`, `owner_key`, `rename` |
///
/// Columns are named as fields, without quotes; those of a composite key as `foreign_key = (a, b)`.
///
/// # What is generated
///
/// The implementation of `Model`; `draft()` on the struct; the types behind `Fields<M>` and
/// `Draft<M>`. Column accessors and builder methods are as visible as their fields. Builder methods
/// are called as the fields; where a relation is given by keys instead of records, as the field with
/// `_key` (to one) or `_keys` (to many), unless a field has that name.
#[proc_macro_derive(
    Model,
    attributes(model, key, field, index, unique, belongs_to, has_one, has_many, belongs_to_many)
)]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = Errors::default();
    let model =
        parse::Input::read(input, &mut errors).and_then(|input| model::Model::resolve(input, &mut errors));
    match (errors.into_tokens(), model) {
        (Some(mut errors), Some(model)) => {
            errors.extend(expand::stub(&model));
            errors
        }
        (Some(errors), None) => errors,
        (None, Some(model)) => expand::model(&model),
        (None, None) => proc_macro2::TokenStream::new(),
    }
    .into()
}

/// Makes a struct with named fields a projection: what a query reads instead of its model, by
/// `select_as`.
///
/// `#[projection(User)]` names the model, with `crate = path` if orm-core isn't `::orm_core`. Each field
/// is the model's column of the same name, of the same type.
#[proc_macro_derive(Projection, attributes(projection))]
pub fn derive_projection(input: TokenStream) -> TokenStream {
    projection::expand(&parse_macro_input!(input as DeriveInput)).into()
}
