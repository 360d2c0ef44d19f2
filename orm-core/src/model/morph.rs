//! Relations to a record of one of several models.

use super::Model;
use super::schema::{EntitySchema, Guard, RelationKind, RelationSchema, Side};
use crate::value::Kind;
use std::fmt;
use std::marker::PhantomData;

/// A record of one of several models: what a `#[morph_to]` field holds. Implemented by
/// `#[derive(Morph)]` for an enum with a variant for each model.
///
/// ```
/// use orm_core::prelude::*;
///
/// #[derive(Morph)]
/// enum Subject {
///     Post(Post),
///     #[morph(value = "film")]
///     Video(Video),
/// }
///
/// #[derive(Model)]
/// struct Comment {
///     #[key]
///     id: u64,
///     subject_id: u64,
///     subject_type: String,      // "posts" or "film"
///     #[morph_to]
///     subject: One<Subject>,
/// }
/// # #[derive(Model)] struct Post { #[key] id: u64 }
/// # #[derive(Model)] struct Video { #[key] id: u64 }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no choice of models",
    label = "expected an enum with a variant for each model",
    note = "`#[morph_to]` fields are `One<E>` of an enum with `#[derive(Morph)]`, as in \
            `enum E {{ Post(Post), Video(Video) }}`"
)]
pub trait Morph: Sized + Send + Sync + 'static {
    /// The models, in the order of the variants.
    #[doc(hidden)]
    const TARGETS: &'static [MorphTarget];

    /// Shows each model to a visitor, in the order of the variants.
    ///
    /// # Errors
    /// Those of the visitor.
    #[doc(hidden)]
    fn targets<V: MorphVisitor<Self>>(visitor: &mut V) -> crate::Result<()>;
}

/// A choice of models of which `T` is one. Implemented by `#[derive(Morph)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no `{T}`",
    label = "`{T}` is none of its models",
    note = "add a variant to `{Self}`: `{T}({T})`"
)]
pub trait Holds<T>: Morph {
    /// The place of the variant.
    #[doc(hidden)]
    const PLACE: usize;

    /// The variant of a record.
    fn of(record: T) -> Self;

    /// The record, if it is a `T`.
    fn get(&self) -> Option<&T>;

    /// The record itself.
    ///
    /// # Errors
    /// The value, if it holds a record of another model.
    fn into_record(self) -> Result<T, Self>;
}

/// Goes through the models of a choice.
#[doc(hidden)]
pub trait MorphVisitor<E: Morph> {
    /// One of the models.
    ///
    /// # Errors
    /// As the visitor sees fit; they end the visit.
    fn target<T: Model>(&mut self) -> crate::Result<()>
    where
        E: Holds<T>;
}

/// One of the models of a choice, for checks at compile time.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct MorphTarget {
    /// The model's schema.
    pub schema: fn() -> &'static EntitySchema,
    /// The model's name.
    pub model: &'static str,
    /// What stands for it in the column of the type.
    pub value: &'static str,
    /// The model's columns.
    pub columns: &'static [(&'static str, Kind)],
    /// The places of its key.
    pub key: &'static [usize],
}

/// A `#[morph_to]` field, of which the schema has a relation for each model.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct MorphField {
    /// What its relations have in common.
    pub relation: RelationSchema,
    /// The column of the type.
    pub type_column: usize,
    /// The models.
    pub targets: &'static [MorphTarget],
}

/// The relations of a model: the ordinary ones, then those of its morphs, one for each model.
#[doc(hidden)]
#[must_use]
pub const fn with_morphs<const N: usize>(
    ordinary: &[RelationSchema],
    morphs: &[MorphField],
) -> [RelationSchema; N] {
    let mut all = [RelationSchema::BASE; N];
    let mut at = 0;
    while at < ordinary.len() {
        all[at] = ordinary[at];
        at += 1;
    }
    let mut i = 0;
    while i < morphs.len() {
        let field = &morphs[i];
        let mut j = 0;
        while j < field.targets.len() {
            let target = &field.targets[j];
            all[at] = RelationSchema {
                kind: RelationKind::BelongsTo,
                target: target.schema,
                to: target.key,
                guard: Some(Guard { on: Side::Own, column: field.type_column, value: target.value }),
                ..field.relation
            };
            at += 1;
            j += 1;
        }
        i += 1;
    }
    all
}

/// A relation of `M` to a record of one of the models of `E`, as a field of
/// [`Fields<M>`](super::Fields).
pub struct ToMorph<M, E> {
    /// The place of the first model's relation.
    pub(crate) first: usize,
    _of: PhantomData<fn() -> (M, E)>,
}

impl<M, E> ToMorph<M, E> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(first: usize) -> Self {
        Self { first, _of: PhantomData }
    }
}

impl<M, E> Clone for ToMorph<M, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, E> Copy for ToMorph<M, E> {}

impl<M, E> fmt::Debug for ToMorph<M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToMorph({})", self.first)
    }
}
