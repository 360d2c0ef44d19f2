//! `#[derive(Model)]`, which orm-core re-exports: use it through `orm_core::prelude` or
//! `orm_core::Model`.
//!
//! A derive goes through three steps, one folder each: `parse` reads what the user wrote, `model`
//! checks it and resolves the conventions, `expand` writes the code. All mistakes of a model are
//! gathered and reported together, each at the field or the attribute that has it.

mod errors;
mod expand;
mod model;
mod morph;
mod names;
mod parse;

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
/// | `#[has_many_by] nodes: Many<Node>` | a column of this model holds a list of the others' keys: `node_ids: Keys<u64>` | `keys`, `owner_key`, `rename` |
/// | `#[has_one_through(through = U)] note: One<Note>`, `#[has_many_through(through = U)] notes: Many<Note>` | records of `U` hold this one's key, others hold theirs: `U` has `country_id`, `Note` has `u_id` | `through`, `foreign_key` (of `U`), `related_key` (of the target), `local_key`, `through_key` (of `U`), `rename` |
/// | `#[morph_to] subject: One<Subject>` | columns of this model hold the key and the type of a record of one of several models: `subject_id`, `subject_type`; `Subject` is an enum with `#[derive(Morph)]` | `foreign_key`, `type_key`, `rename` |
/// | `#[morph_one(name = imageable)] image: One<Image>`, `#[morph_many(name = commentable)] comments: Many<Comment>` | other records hold this one's key and say by a type whose it is: `commentable_id`, `commentable_type` (the entity's name) | `name`, `foreign_key`, `type_key`, `type_value`, `local_key`, `rename` |
/// | `#[morph_to_many(pivot = Taggable, name = taggable)] tags: Many<Tag>` | records of `Taggable` hold this one's key, with its type, and the other's: `taggable_id`, `taggable_type`, `tag_id` | `pivot`, `name`, `foreign_key`, `type_key`, `type_value`, `related_key`, `local_key`, `owner_key`, `rename` |
/// | `#[morphed_by_many(pivot = Taggable, name = taggable)] posts: Many<Post>` | the other side of it | the same |
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
    attributes(
        model,
        key,
        field,
        index,
        unique,
        belongs_to,
        has_one,
        has_many,
        belongs_to_many,
        has_one_through,
        has_many_through,
        morph_one,
        morph_many,
        morph_to_many,
        morphed_by_many,
        has_many_by,
        morph_to
    )
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

/// Makes an enum a choice of models, for `#[morph_to]` fields: it has a variant for each,
/// `enum Subject { Post(Post), Video(Video) }`.
///
/// | attribute | meaning |
/// |---|---|
/// | `#[morph(value = "film")]` on a variant | what stands for the model in the column of the type; without it the name of its entity |
/// | `#[morph(crate = path)]` on the enum | where orm-core is found, if it isn't `::orm_core` |
#[proc_macro_derive(Morph, attributes(morph))]
pub fn derive_morph(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = Errors::default();
    let code = morph::expand(input, &mut errors);
    errors.into_tokens().unwrap_or(code).into()
}
