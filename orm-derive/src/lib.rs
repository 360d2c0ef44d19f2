//! `#[derive(Model)]`, which orm-core re-exports: use it through `orm_core::prelude` or
//! `orm_core::Model`.
//!
//! A derive goes through three steps, one folder each: `parse` reads what the user wrote, `model`
//! checks it and resolves the conventions, `expand` writes the code. All mistakes of a model are
//! gathered and reported together, each at the field or the attribute that has it.

mod connections;
mod embedded;
mod errors;
mod expand;
#[cfg(test)]
mod expansion;
mod field_enum;
mod model;
mod morph;
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
/// | `#[model(connection = Secret)]` | the connection that the model is bound to, a type with `#[derive(Connection)]` |
/// | `#[model(rename_all = "camelCase")]` | how fields are called in serialized input; the rules are serde's |
/// | `#[model(deny_unknown_fields)]` | unknown members of the input are an error |
/// | `#[model(timestamps)]` | the fields `created_at` and `updated_at` are kept: when a record was first and last written |
/// | `#[model(soft_delete)]` | deleted records stay stored, with the time in `deleted_at: Option<Timestamp>`, and are left out unless asked for |
/// | `#[model(serde)]` | `Serialize` and `Deserialize` by the names and forms that a save takes; relations that aren't loaded are left out |
/// | `#[model(validate)]`, `#[model(validate = path)]` | each record is checked before it is stored, by its `Validate` or by a `fn(&Self) -> Result<(), impl Display>` |
/// | `#[model(crate = path)]` | where orm-core is found, if it isn't `::orm_core` |
/// | `#[index(a, b)]`, `#[unique(a, b)]` | an index over several fields, those of embedded structs as `a.b` |
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
/// | `#[field(cast)]` | serialized input of another type is converted where it is clear what is meant: `"7"` to 7, 1 to true |
/// | `#[field(mutate = path)]` | every value on its way in goes through this `fn(T) -> T`; NULL doesn't |
/// | `#[field(decimal)]` | a `u64` above `i64::MAX` too, stored as text of 20 digits |
/// | `#[field(embed)]`, `#[field(embed = "addr_")]` | a struct that derives `Embedded`: its fields are columns, called `address_street` or `addr_street` |
/// | `#[field(hidden)]` | left out of what `#[model(serde)]` serializes |
/// | `#[field(json)]` | any serde type, stored as JSON |
/// | `#[field(created_at)]`, `#[field(updated_at)]` | as `#[model(timestamps)]`, for a field of another name |
/// | `#[field(deleted_at)]` | as `#[model(soft_delete)]`, for a field of another name |
/// | `#[field(version)]` | counts the writes of a record, from 1; a write that states an old number is refused |
/// | `#[field(scale = 2)]` | the digits of a decimal after the point |
///
/// # On relations
///
/// | attribute | meaning | arguments |
/// |---|---|---|
/// | `#[belongs_to] author: One<User>` | a column of this model holds the other's key: `author_id` | `foreign_key`, `owner_key`, `on_delete`, `rename` |
/// | `#[has_one] profile: One<Profile>` | one other record holds this one's key: `user_id` | `foreign_key`, `local_key`, `on_delete`, `rename` |
/// | `#[has_many] posts: Many<Post>` | other records hold this one's key: `user_id` | `foreign_key`, `local_key`, `on_delete`, `rename` |
/// | `#[belongs_to_many(pivot = P)] tracks: Many<Track>` | records of `P` hold both keys: `playlist_id` and `track_id` | `pivot`, `foreign_key`, `related_key`, `local_key`, `owner_key`, `on_delete`, `rename` |
/// | `#[has_many_by] nodes: Many<Node>` | a column of this model holds a list of the others' keys: `node_ids: Keys<u64>` | `keys`, `owner_key`, `rename` |
/// | `#[has_one_through(through = U)] note: One<Note>`, `#[has_many_through(through = U)] notes: Many<Note>` | records of `U` hold this one's key, others hold theirs: `U` has `country_id`, `Note` has `u_id` | `through`, `foreign_key` (of `U`), `related_key` (of the target), `local_key`, `through_key` (of `U`), `rename` |
/// | `#[morph_to] subject: One<Subject>` | columns of this model hold the key and the type of a record of one of several models: `subject_id`, `subject_type`; `Subject` is an enum with `#[derive(Morph)]` | `foreign_key`, `type_key`, `rename` |
/// | `#[morph_one(name = imageable)] image: One<Image>`, `#[morph_many(name = commentable)] comments: Many<Comment>` | other records hold this one's key and say by a type whose it is: `commentable_id`, `commentable_type` (the entity's name) | `name`, `foreign_key`, `type_key`, `type_value`, `local_key`, `on_delete`, `rename` |
/// | `#[morph_to_many(pivot = Taggable, name = taggable)] tags: Many<Tag>` | records of `Taggable` hold this one's key, with its type, and the other's: `taggable_id`, `taggable_type`, `tag_id` | `pivot`, `name`, `foreign_key`, `type_key`, `type_value`, `related_key`, `local_key`, `owner_key`, `on_delete`, `rename` |
/// | `#[morphed_by_many(pivot = Taggable, name = taggable)] posts: Many<Post>` | the other side of it | the same |
///
/// Columns are named as fields, without quotes; those of a composite key as `foreign_key = (a, b)`.
///
/// `on_delete` says what happens to the records that hold the foreign key when the one that it refers to
/// is deleted: `cascade` (they are deleted too), `set_null`, or `restrict` (the deletion is refused while
/// there are any). Either side may say it. On a relation with a pivot it is about the pivot's records.
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
    expanded(parse_macro_input!(input as DeriveInput)).into()
}

/// The code of a model, or all of its mistakes.
fn expanded(input: DeriveInput) -> proc_macro2::TokenStream {
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
}

/// Makes a struct without fields a connection: a name, as a type, that models can be bound to by
/// `#[model(connection = Secret)]`.
///
/// | attribute | meaning |
/// |---|---|
/// | `#[connection(name = "…")]` | the name; without it the struct's, in snake case |
/// | `#[connection(crate = path)]` | where orm-core is found, if it isn't `::orm_core` |
#[proc_macro_derive(Connection, attributes(connection))]
pub fn derive_connection(input: TokenStream) -> TokenStream {
    connections::connection(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct of databases a set of connections, in which each model finds its database by its
/// type.
///
/// | attribute on a field | the models that live in this database |
/// |---|---|
/// | `#[connection(default)]` | those that name no connection; exactly one field has it |
/// | `#[connection(Secret)]` | those with `#[model(connection = Secret)]` |
/// | `#[connection(default, Music)]` | both |
///
/// Fields without the attribute are left alone. On the struct, `#[connection(crate = path)]` says where
/// orm-core is found, if it isn't `::orm_core`.
#[proc_macro_derive(Connections, attributes(connection))]
pub fn derive_connections(input: TokenStream) -> TokenStream {
    connections::connections(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct embeddable: `#[field(embed)] address: Address` in a model keeps its fields in columns of
/// the model, `address_street`, reached as `u.address.street`.
///
/// Its fields take the `#[field(…)]` attributes of columns, except for `unique`, `index`, `created_at`,
/// `updated_at` and `embed`; an index is said on the model, `#[index(address.zip)]`. On the struct goes
/// `#[embedded(rename_all = "camelCase")]`, for the members of the object that serialized input has.
#[proc_macro_derive(Embedded, attributes(embedded, field, key))]
pub fn derive_embedded(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = Errors::default();
    let read = embedded::read(input, &mut errors);
    match (errors.into_tokens(), read) {
        (Some(errors), _) => errors,
        (None, Some(read)) => embedded::expand(&read),
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

/// Makes an enum without content a column's type: `#[field(default = Status::Active)] status: Status`,
/// `u.status.eq(Status::Active)`.
///
/// Stored as text, the variants' names, unless told; what isn't one of them is refused on the way in.
///
/// | attribute | meaning |
/// |---|---|
/// | `#[field_enum(rename_all = "snake_case")]` | how variants are called; the rules are serde's |
/// | `#[field_enum(rename = "…")]` on a variant | how this one is called |
/// | `#[field_enum(number)]` | stored as a number, the variant's discriminant; `#[repr(u8)]` and its like say how wide |
/// | `#[field_enum(serde)]` | implements `Serialize` and `Deserialize` in the form that is stored |
/// | `#[field_enum(crate = path)]` | where orm-core is found, if it isn't `::orm_core` |
#[proc_macro_derive(FieldEnum, attributes(field_enum))]
pub fn derive_field_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = Errors::default();
    let read = field_enum::FieldEnum::read(input, &mut errors);
    match (errors.into_tokens(), read) {
        (Some(errors), _) => errors,
        (None, Some(read)) => field_enum::expand(&read),
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
