//! Asking for and loading relations to a record of one of several models.

use super::IntoLoad;
use super::choice::Choice;
use super::crossing::Stage;
use super::explain::{Crossing, Planned};
use super::filter::{Fault, Filter, related};
use super::hands;
use super::load::{Edge, Load, Loader, RelationLoad};
use super::record_list::RecordList;
use super::with_all::{Depth, loads};
use crate::connections::SameConnection;
use crate::database::Lens;
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::model::{Fields, Holds, Model, Morph, MorphVisitor, ToMorph};
use crate::plan::CompareOp;
use crate::provider::BoxFuture;
use crate::value::Mismatch;
use std::fmt;
use std::marker::PhantomData;

impl<M: Model, E: Morph> ToMorph<M, E> {
    /// There is a related record, it is a `T` and it meets the condition.
    pub fn is<T: Model>(self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> Filter<M>
    where
        E: Holds<T>,
        T::Connection: SameConnection<M::Connection>,
    {
        related(self.first + <E as Holds<T>>::PLACE, filter(T::fields()), (CompareOp::Ge, 1))
    }

    /// There is a related record and it is a `T`.
    #[must_use]
    pub fn is_a<T: Model>(self) -> Filter<M>
    where
        E: Holds<T>,
        T::Connection: SameConnection<M::Connection>,
    {
        self.is::<T>(|_| Filter::everything())
    }

    /// There is a related record, of whatever model.
    #[must_use]
    pub fn exists(self) -> Filter<M> {
        struct Each<M, E> {
            relation: ToMorph<M, E>,
            any: Vec<Filter<M>>,
        }
        impl<M: Model, E: Morph> MorphVisitor<E> for Each<M, E> {
            fn target<T: Model>(&mut self) -> Result<()>
            where
                E: Holds<T>,
            {
                let at = self.relation.first + <E as Holds<T>>::PLACE;
                self.any.push(if M::schema().shares_connection(T::schema()) {
                    related(at, Filter::<T>::everything(), (CompareOp::Ge, 1))
                } else {
                    let expected = format!("models of the connection of `{}`", M::schema().model);
                    let mismatch = Mismatch { expected, found: format!("`{}`", T::schema().model) };
                    Filter::fault(Fault::of(&M::schema().relations[at], mismatch))
                });
                Ok(())
            }
        }
        let mut each = Each { relation: self, any: Vec::new() };
        // `Each` answers no errors.
        let _ = E::targets(&mut each);
        Filter::any(each.any)
    }

    /// To be loaded: one statement for each model that there are records of.
    #[must_use]
    pub fn load(self) -> LoadMorph<M, E> {
        self.load_deep(None)
    }

    /// To be loaded, with all relations of the records down to a depth.
    pub(super) fn load_deep(self, depth: Option<Depth<'_>>) -> LoadMorph<M, E> {
        struct Each<'a, M, E>(ToMorph<M, E>, Vec<RelationLoad>, Option<Depth<'a>>);
        impl<M: Model, E: Morph> MorphVisitor<E> for Each<'_, M, E> {
            fn target<T: Model>(&mut self) -> Result<()>
            where
                E: Holds<T>,
            {
                let edge = Edge::at::<M>(self.0.first + <E as Holds<T>>::PLACE, self.0.first);
                let with = self.2.map(loads::<T>).unwrap_or_default();
                let with = with.into_iter().map(|load| load.any).collect();
                let choice = Choice { with, ..Choice::everything() };
                self.1.push(RelationLoad { edge, choice, hands: hands::morph::<E, T>() });
                Ok(())
            }
        }
        let mut each = Each(self, Vec::new(), depth);
        // `Each` answers no errors.
        let _ = E::targets(&mut each);
        LoadMorph { relation: self, parts: each.1 }
    }

    /// To be loaded, saying how records of one of the models are: with relations of their own, or only
    /// those that meet a condition.
    ///
    /// ```
    /// use orm_core::prelude::*;
    /// # #[derive(Morph)] enum Subject { Post(Post), Video(Video) }
    /// # #[derive(Model)] struct Post { #[key] id: u64, author_id: u64, #[belongs_to] author: One<User> }
    /// # #[derive(Model)] struct Video { #[key] id: u64 }
    /// # #[derive(Model)] struct User { #[key] id: u64 }
    /// # #[derive(Model)] struct Comment { #[key] id: u64, subject_id: u64, subject_type: String, #[morph_to] subject: One<Subject> }
    /// # fn load(comments: Repository<Comment>) -> Result<(), Box<dyn std::error::Error>> {
    /// let comments = comments.query().with(|c| c.subject.of::<Post>(|p| p.with(|p| p.author))).get()?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn of<T: Model>(self, how: impl FnOnce(LoadAs<T>) -> LoadAs<T>) -> LoadMorph<M, E>
    where
        E: Holds<T>,
    {
        self.load().of(how)
    }
}

/// A relation to a record of one of several models, to be loaded.
pub struct LoadMorph<M, E> {
    relation: ToMorph<M, E>,
    parts: Vec<RelationLoad>,
}

impl<M: Model, E: Morph> LoadMorph<M, E> {
    /// Says how records of one of the models are loaded.
    #[must_use]
    pub fn of<T: Model>(mut self, how: impl FnOnce(LoadAs<T>) -> LoadAs<T>) -> Self
    where
        E: Holds<T>,
    {
        if let Some(part) = self.parts.get_mut(<E as Holds<T>>::PLACE) {
            part.choice = how(LoadAs(Choice::everything(), PhantomData)).0;
        }
        self
    }
}

/// How the records of one of several models are loaded.
#[derive(Debug)]
pub struct LoadAs<T>(Choice, PhantomData<fn() -> T>);

impl<T: Model> LoadAs<T> {
    /// Only records that meet a condition; several conditions must all be met.
    #[must_use]
    pub fn filter(mut self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> Self {
        self.0.narrow(filter(T::fields()).inner);
        self
    }

    /// Loads a relation of the records too.
    #[must_use]
    pub fn with<L: IntoLoad<T>>(mut self, load: impl FnOnce(&Fields<T>) -> L) -> Self {
        self.0.with.push(load(T::fields()).into_load().any);
        self
    }
}

impl<M, E> Clone for LoadMorph<M, E> {
    fn clone(&self) -> Self {
        Self { relation: self.relation, parts: self.parts.clone() }
    }
}

impl<M: Model, E: Morph> fmt::Debug for LoadMorph<M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load")
            .field("relation", &M::schema().relations[self.relation.first].field)
            .field("parts", &self.parts)
            .finish()
    }
}

impl<M: Model, E: Morph> From<ToMorph<M, E>> for Load<M> {
    fn from(relation: ToMorph<M, E>) -> Self {
        relation.load().into()
    }
}

impl<M: Model, E: Morph> From<LoadMorph<M, E>> for Load<M> {
    fn from(load: LoadMorph<M, E>) -> Self {
        Load::new(MorphLoad { slot: load.relation.first, parts: load.parts, clear: hands::clear::<E> })
    }
}

/// A relation to one of several models, each with what is loaded of it.
struct MorphLoad {
    slot: usize,
    parts: Vec<RelationLoad>,
    clear: fn(&mut dyn RecordList, usize, bool),
}

impl fmt::Debug for MorphLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load")
            .field("relation", &self.parts.first().map(|part| part.edge.schema.field))
            .field("parts", &self.parts)
            .finish()
    }
}

impl Loader for MorphLoad {
    fn crosses(&self) -> bool {
        self.parts.iter().any(RelationLoad::crosses)
    }

    fn check(&self) -> Result<()> {
        self.parts.iter().try_for_each(RelationLoad::check)
    }

    fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        self.parts.iter().for_each(|part| part.entities(into));
    }

    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        self.parts.iter().try_for_each(|part| part.plans(route, lens, into))
    }

    fn load<'a>(
        &'a self,
        stage: Stage,
        lens: Lens<'a>,
        parents: &'a mut dyn RecordList,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let partial = self.parts.iter().any(|part| part.choice.is_partial());
            if stage == Stage::Here {
                (self.clear)(parents, self.slot, partial);
            }
            for part in &self.parts {
                if stage == Stage::Here || part.crosses() {
                    part.fill(stage, lens, parents, partial).await?;
                }
            }
            Ok(())
        })
    }
}
