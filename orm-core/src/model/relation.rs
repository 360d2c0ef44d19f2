//! The fields that hold related records.

use super::schema::RelationSchema;
use super::tied::{Tied, Ties, ties_of};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A relation was read that isn't loaded, or only in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLoaded {
    place: Option<(&'static str, &'static str)>,
    lacks: Lacks,
}

/// What is lacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacks {
    /// The relation isn't loaded.
    All,
    /// Only a part of it is.
    Rest,
    /// Its records aren't counted.
    Count,
    /// What stands between the two isn't loaded; the model that does, where it is known.
    Between(Option<&'static str>),
    /// Another model stands between the two than was asked for; none, where it is known that none does.
    OtherBetween(Option<&'static str>),
}

impl fmt::Display for NotLoaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.place, self.lacks) {
            (Some((model, field)), Lacks::Between(Some(between))) => write!(
                f,
                "the `{between}` records of `{model}.{field}` are not loaded: add \
                 `.with(|m| m.{field}.with_pivot::<{between}>())` to the query"
            ),
            (_, Lacks::Between(_)) => f.write_str(
                "the records in between are not loaded: say `.with_pivot::<…>()` in the load of the relation, \
                 and ask for those of the same model",
            ),
            (place, Lacks::OtherBetween(between)) => {
                match place {
                    Some((model, field)) => write!(f, "`{model}.{field}`")?,
                    None => f.write_str("the relation")?,
                }
                match between {
                    Some(between) => {
                        write!(f, " has `{between}` in between: ask for them by `.pivots::<{between}>()`")
                    }
                    None => f.write_str(" has no model in between, so there is nothing to ask it for"),
                }
            }
            (Some((model, field)), Lacks::Count) => write!(
                f,
                "`{model}.{field}` is not counted: add `.with_count(|m| m.{field})` to the query, or load all \
                 of it by `.with(|m| m.{field})`"
            ),
            (None, Lacks::Count) => f.write_str(
                "the relation is not counted: this value was not read from a repository; query it with \
                 `.with_count(…)`",
            ),
            (Some((model, field)), Lacks::All) => write!(
                f,
                "`{model}.{field}` is not loaded: add `.with(|m| m.{field})` to the query"
            ),
            (None, Lacks::All) => f.write_str(
                "the relation is not loaded: this value was not read from a repository; query it with `.with(…)`",
            ),
            (place, Lacks::Rest) => {
                match place {
                    Some((model, field)) => write!(f, "`{model}.{field}`")?,
                    None => f.write_str("the relation")?,
                }
                f.write_str(
                    " is loaded in part (a filter, a limit, or input from outside): read it with \
                     `get_partial()`, or load all of it with a plain `.with(…)`",
                )
            }
        }
    }
}

impl std::error::Error for NotLoaded {}

/// What is known of a relation.
///
/// The content is erased: a model that owned the types of its relations would contain every model
/// that can be reached from it. Then the compiler walks through all of them for each question like
/// "is it `Send`?", and gives up ("overflow") where a hundred models are related in one chain.
enum State {
    NotLoaded(Option<&'static RelationSchema>),
    Partial(Option<&'static RelationSchema>, Content),
    Loaded(Option<&'static RelationSchema>, Content),
}

/// A record (`T`) or records (`Vec<T>`); `None` where there are none.
type Content = Option<Box<dyn Any + Send + Sync>>;

impl State {
    /// What is known now; a relation remembers which one it is, to name it in an error.
    fn known(relation: Option<&'static RelationSchema>, content: Content, partial: bool) -> Self {
        if partial { State::Partial(relation, content) } else { State::Loaded(relation, content) }
    }

    fn relation(&self) -> Option<&'static RelationSchema> {
        match self {
            State::NotLoaded(relation) | State::Partial(relation, _) | State::Loaded(relation, _) => {
                *relation
            }
        }
    }

    fn not_loaded(relation: Option<&'static RelationSchema>) -> NotLoaded {
        NotLoaded { place: relation.map(|r| (r.model, r.field)), lacks: Lacks::All }
    }

    fn get(&self) -> Result<&Content, NotLoaded> {
        match self {
            State::Partial(relation, _) => {
                Err(NotLoaded { lacks: Lacks::Rest, ..Self::not_loaded(*relation) })
            }
            _ => self.get_partial(),
        }
    }

    fn get_partial(&self) -> Result<&Content, NotLoaded> {
        match self {
            State::Loaded(_, content) | State::Partial(_, content) => Ok(content),
            State::NotLoaded(relation) => Err(Self::not_loaded(*relation)),
        }
    }

    fn take(&mut self) -> Option<Content> {
        match std::mem::replace(self, State::NotLoaded(None)) {
            State::Loaded(relation, content) | State::Partial(relation, content) => {
                *self = State::NotLoaded(relation);
                Some(content)
            }
            State::NotLoaded(relation) => {
                *self = State::NotLoaded(relation);
                None
            }
        }
    }

    /// The same state with a copy of the content, which is a `C`.
    fn copy<C: Any + Clone + Send + Sync>(&self) -> Self {
        let copy = |content: &Content| -> Content {
            let known = content.as_deref()?;
            if let Some(Tied { content, ties }) = known.downcast_ref::<Tied<C>>() {
                return Some(Box::new(Tied { content: content.clone(), ties: Arc::clone(ties) }));
            }
            known.downcast_ref::<C>().map(|c| Box::new(c.clone()) as _)
        };
        match self {
            State::NotLoaded(relation) => State::NotLoaded(*relation),
            State::Partial(relation, content) => State::Partial(*relation, copy(content)),
            State::Loaded(relation, content) => State::Loaded(*relation, copy(content)),
        }
    }

    /// Not loaded equals not loaded; otherwise state and content are compared.
    fn same<C: Any + PartialEq>(&self, other: &Self) -> bool {
        match (self, other) {
            (State::NotLoaded(_), State::NotLoaded(_)) => true,
            (State::Partial(_, a), State::Partial(_, b)) | (State::Loaded(_, a), State::Loaded(_, b)) => {
                content_of::<C>(a) == content_of::<C>(b)
            }
            _ => false,
        }
    }

    fn show(&self, content: &dyn fmt::Debug, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::NotLoaded(_) => f.write_str("(not loaded)"),
            State::Partial(..) => write!(f, "(partial) ").and_then(|()| content.fmt(f)),
            State::Loaded(..) => content.fmt(f),
        }
    }
}

/// The content by its type, which the field's type says.
fn content_of<C: Any>(content: &Content) -> Option<&C> {
    let content = content.as_deref()?;
    content.downcast_ref().or_else(|| content.downcast_ref::<Tied<C>>().map(|tied| &tied.content))
}

/// How many related records there are, where that was asked: one more than the number, or 0.
#[derive(Debug, Clone, Copy)]
struct Counted(u64);

macro_rules! relation {
    ($(#[$doc:meta])* $name:ident, $content:ty, $more:ty = $nothing:expr) => {
        $(#[$doc])*
        pub struct $name<T>(State, $more, PhantomData<fn() -> T>);

        impl<T> $name<T> {
            /// Not loaded, remembering which relation it is.
            #[doc(hidden)]
            #[must_use]
            pub const fn unloaded(relation: &'static RelationSchema) -> Self {
                Self(State::NotLoaded(Some(relation)), $nothing, PhantomData)
            }

            /// Not loaded: a save leaves the relation alone.
            #[must_use]
            pub const fn not_loaded() -> Self {
                Self(State::NotLoaded(None), $nothing, PhantomData)
            }

            /// Whether all of the relation is here.
            #[must_use]
            pub const fn is_loaded(&self) -> bool {
                matches!(self.0, State::Loaded(..))
            }

            /// Whether only a part of the relation is here: it was loaded with a filter or a limit,
            /// or came from outside.
            #[must_use]
            pub const fn is_partial(&self) -> bool {
                matches!(self.0, State::Partial(..))
            }

            /// Whether what is known was read from the storage, and is as it was read: content can only be
            /// replaced, and what is put in its place comes from elsewhere.
            pub(crate) const fn was_read(&self) -> bool {
                matches!(self.0, State::Loaded(Some(_), _) | State::Partial(Some(_), _))
            }

            /// Whether nothing is known of the relation; for `#[serde(skip_serializing_if = "…")]`.
            #[must_use]
            pub const fn is_not_loaded(&self) -> bool {
                matches!(self.0, State::NotLoaded(_))
            }
        }

        impl<T> Default for $name<T> {
            fn default() -> Self {
                Self::not_loaded()
            }
        }

        impl<T: Clone + Send + Sync + 'static> Clone for $name<T> {
            fn clone(&self) -> Self {
                Self(self.0.copy::<$content>(), self.1, PhantomData)
            }
        }

        impl<T: PartialEq + 'static> PartialEq for $name<T> {
            fn eq(&self, other: &Self) -> bool {
                self.0.same::<$content>(&other.0)
            }
        }
    };
}

relation!(
    /// A relation to at most one record, held by the field of a `belongs_to` or `has_one`.
    ///
    /// It is *not loaded*, *partial* or *loaded*; there is no way to mistake the first for "none".
    ///
    /// ```
    /// use orm_core::model::One;
    /// let nothing_known: One<String> = One::default();
    /// assert!(nothing_known.get().is_err());
    /// let there = One::from("Ada".to_owned());
    /// assert_eq!(there.get()?.unwrap(), "Ada");
    /// # Ok::<(), orm_core::model::NotLoaded>(())
    /// ```
    One, T, () = ());
relation!(
    /// A relation to any number of records, held by the field of a `has_many` or `belongs_to_many`.
    ///
    /// It is *not loaded*, *partial* or *loaded*; there is no way to mistake the first for "empty".
    /// Apart from that its records may be [counted](Many::count); a count is neither compared nor
    /// serialized.
    ///
    /// ```
    /// use orm_core::model::Many;
    /// let nothing_known: Many<u8> = Many::default();
    /// assert!(nothing_known.get().is_err());
    /// assert_eq!(Many::from(vec![1, 2]).get()?.len(), 2);
    /// # Ok::<(), orm_core::model::NotLoaded>(())
    /// ```
    Many, Vec<T>, Counted = Counted(0));

impl<T: 'static> One<T> {
    /// The record, or `None` where it is known that there is none.
    ///
    /// # Errors
    /// [`NotLoaded`] unless the relation is loaded; it names the `.with(…)` that is missing.
    pub fn get(&self) -> Result<Option<&T>, NotLoaded> {
        Ok(content_of(self.0.get()?))
    }

    /// As [`get`](Self::get), also for what was loaded in part or came from outside.
    ///
    /// # Errors
    /// [`NotLoaded`] when nothing is known.
    pub fn get_partial(&self) -> Result<Option<&T>, NotLoaded> {
        Ok(content_of(self.0.get_partial()?))
    }

    /// The record itself, loaded in whole or in part.
    ///
    /// # Errors
    /// [`NotLoaded`] when nothing is known.
    pub fn into_inner(mut self) -> Result<Option<T>, NotLoaded> {
        self.0.get_partial()?;
        Ok(self.take_content().flatten().map(|b| *b))
    }

    #[doc(hidden)]
    pub fn take_content(&mut self) -> Option<Option<Box<T>>> {
        let content = self.0.take()?;
        Some(content.and_then(|c| c.downcast().ok()))
    }
}

impl<T: Send + Sync + 'static> One<T> {
    #[doc(hidden)]
    pub fn fill(&mut self, content: Option<Box<T>>, partial: bool) {
        self.0 = State::known(self.0.relation(), content.map(|c| c as _), partial);
    }

    fn known(record: T, partial: bool) -> Self {
        Self(State::known(None, Some(Box::new(record)), partial), (), PhantomData)
    }
}

impl<T: 'static> Many<T> {
    /// The records.
    ///
    /// # Errors
    /// [`NotLoaded`] unless the relation is loaded; it names the `.with(…)` that is missing.
    pub fn get(&self) -> Result<&[T], NotLoaded> {
        Ok(Self::records(self.0.get()?))
    }

    /// As [`get`](Self::get), also for what was loaded in part or came from outside.
    ///
    /// # Errors
    /// [`NotLoaded`] when nothing is known.
    pub fn get_partial(&self) -> Result<&[T], NotLoaded> {
        Ok(Self::records(self.0.get_partial()?))
    }

    /// How many records there are: as the query counted them by `.with_count(…)`, or all that are
    /// loaded.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, #[has_many] posts: Many<Post> }
    /// # #[derive(Model)] struct Post { #[key] id: u64, user_id: u64 }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// for user in users.query().with_count(|u| u.posts).get()? {
    ///     println!("{} wrote {} posts", user.id, user.posts.count()?);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`NotLoaded`] when neither is known; it names the `.with_count(…)` that is missing.
    pub fn count(&self) -> Result<u64, NotLoaded> {
        if let Some(count) = self.1.0.checked_sub(1) {
            return Ok(count);
        }
        match self.get() {
            Ok(records) => Ok(records.len() as u64),
            Err(other) => Err(NotLoaded { lacks: Lacks::Count, ..other }),
        }
    }

    #[doc(hidden)]
    pub fn set_count(&mut self, count: u64) {
        self.1 = Counted(count.saturating_add(1));
    }

    fn records(content: &Content) -> &[T] {
        content_of::<Vec<T>>(content).map_or(&[], Vec::as_slice)
    }

    /// What stands between the parent and each of the records, in their order: the records of the
    /// pivot, or of the model that a relation leads through. Loaded by `.with(|u| u.roles.with_pivot::<P>())`.
    ///
    /// # Errors
    /// [`NotLoaded`] unless they were loaded and are of model `P`; it names the model that stands in
    /// between, or the `.with_pivot::<…>()` that is missing.
    pub fn pivots<P: 'static>(&self) -> Result<&[P], NotLoaded> {
        let content = self.0.get_partial()?;
        let relation = self.0.relation();
        let lacking = |lacks| NotLoaded { lacks, ..State::not_loaded(relation) };
        let between = relation.map(|relation| relation.pivot.as_ref().map(|pivot| (pivot.entity)()));
        if let Some(between) = between
            && between.is_none_or(|between| (between.type_id)() != TypeId::of::<P>())
        {
            return Err(lacking(Lacks::OtherBetween(between.map(|between| between.model))));
        }
        match content {
            None => Ok(&[]),
            Some(content) => ties_of::<Vec<T>, P>(&**content)
                .ok_or_else(|| lacking(Lacks::Between(between.flatten().map(|between| between.model)))),
        }
    }

    /// The records themselves, loaded in whole or in part.
    ///
    /// # Errors
    /// [`NotLoaded`] when nothing is known.
    pub fn into_inner(mut self) -> Result<Vec<T>, NotLoaded> {
        self.0.get_partial()?;
        Ok(self.take_content().unwrap_or_default())
    }

    #[doc(hidden)]
    pub fn take_content(&mut self) -> Option<Vec<T>> {
        let content = self.0.take()?;
        Some(match content.map(|c| c.downcast::<Vec<T>>()) {
            None => Vec::new(),
            Some(Ok(records)) => *records,
            Some(Err(other)) => other.downcast::<Tied<Vec<T>>>().map_or_else(|_| Vec::new(), |t| t.content),
        })
    }
}

impl<T: Send + Sync + 'static> Many<T> {
    #[doc(hidden)]
    pub fn fill(&mut self, content: Vec<T>, partial: bool) {
        self.0 = State::known(self.0.relation(), Self::content(content), partial);
    }

    /// What stands in between, if it was loaded.
    pub(crate) fn ties(&self) -> Option<Ties> {
        let content = self.0.get_partial().ok()?.as_deref()?;
        content.downcast_ref::<Tied<Vec<T>>>().map(|tied| Arc::clone(&tied.ties))
    }

    /// As [`fill`](Self::fill), with what stands in between.
    pub(crate) fn fill_tied(&mut self, content: Vec<T>, ties: Ties, partial: bool) {
        let content = (!content.is_empty()).then(|| Box::new(Tied { content, ties }) as _);
        self.0 = State::known(self.0.relation(), content, partial);
    }

    fn known(records: Vec<T>, partial: bool) -> Self {
        Self(State::known(None, Self::content(records), partial), Counted(0), PhantomData)
    }

    /// No records need no allocation.
    fn content(records: Vec<T>) -> Content {
        (!records.is_empty()).then(|| Box::new(records) as _)
    }
}

impl<T: Send + Sync + 'static> From<T> for One<T> {
    fn from(record: T) -> Self {
        Self::known(record, false)
    }
}

impl<T: Send + Sync + 'static> From<Vec<T>> for Many<T> {
    fn from(records: Vec<T>) -> Self {
        Self::known(records, false)
    }
}

impl<T: Send + Sync + 'static, const N: usize> From<[T; N]> for Many<T> {
    fn from(records: [T; N]) -> Self {
        Self::known(records.into(), false)
    }
}

impl<T: Send + Sync + 'static> FromIterator<T> for Many<T> {
    fn from_iter<I: IntoIterator<Item = T>>(records: I) -> Self {
        Self::known(records.into_iter().collect(), false)
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for One<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(&self.get_partial().unwrap_or(None), f)
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Many<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(&self.get_partial().unwrap_or(&[]), f)
    }
}

impl<T: Serialize + 'static> Serialize for One<T> {
    /// The record or null; what isn't loaded is null unless the field says
    /// `#[serde(skip_serializing_if = "One::is_not_loaded")]`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get_partial().unwrap_or(None).serialize(serializer)
    }
}

impl<T: Serialize + 'static> Serialize for Many<T> {
    /// The list; what isn't loaded is null unless the field says
    /// `#[serde(skip_serializing_if = "Many::is_not_loaded")]`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get_partial().ok().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Send + Sync + 'static> Deserialize<'de> for One<T> {
    /// A record is partial knowledge; null is none at all.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<T>::deserialize(deserializer)? {
            Some(record) => Self::known(record, true),
            None => Self::not_loaded(),
        })
    }
}

impl<'de, T: Deserialize<'de> + Send + Sync + 'static> Deserialize<'de> for Many<T> {
    /// A list is partial knowledge; null is none at all.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<Vec<T>>::deserialize(deserializer)? {
            Some(records) => Self::known(records, true),
            None => Self::not_loaded(),
        })
    }
}
