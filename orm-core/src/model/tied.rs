//! Related records together with what stands between them and their parent.

use super::schema::RelationSchema;
use std::any::Any;
use std::sync::Arc;

/// Records of all kinds, erased, as [the content of relations](super::Many) is.
pub(crate) type Ties = Arc<dyn Any + Send + Sync>;

/// The content of a relation, with the records in between.
pub(super) struct Tied<C> {
    pub(super) content: C,
    /// A `Vec` of the model in between, in the order of the content. Shared by clones: a model need
    /// not be `Clone`.
    pub(super) ties: Ties,
}

/// The records in between, if they are of this model.
pub(super) fn ties_of<C: Any, P: 'static>(content: &(dyn Any + Send + Sync)) -> Option<&[P]> {
    let tied = content.downcast_ref::<Tied<C>>()?;
    tied.ties.downcast_ref::<Vec<P>>().map(Vec::as_slice)
}

/// The entity between two others is not `P`, or there is none.
pub(crate) fn stands_between<P: super::Model>(relation: &RelationSchema) -> bool {
    relation.pivot.as_ref().is_some_and(|pivot| (pivot.entity)().is(P::schema()))
}
