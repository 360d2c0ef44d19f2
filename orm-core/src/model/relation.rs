//! The fields that hold related records.

use super::schema::RelationSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A relation was read that isn't loaded, or only in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLoaded {
    place: Option<(&'static str, &'static str)>,
    partial: bool,
}

impl fmt::Display for NotLoaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.place, self.partial) {
            (Some((model, field)), false) => write!(
                f,
                "`{model}.{field}` is not loaded: add `.with(|m| m.{field})` to the query"
            ),
            (None, false) => f.write_str(
                "the relation is not loaded: this value was not read from a repository; query it with `.with(…)`",
            ),
            (_, true) => f.write_str(
                "the relation is loaded in part (a filter, a limit, or input from outside): \
                 read it with `get_partial()`, or load all of it with a plain `.with(…)`",
            ),
        }
    }
}

impl std::error::Error for NotLoaded {}

/// What is known of a relation.
#[derive(Clone)]
enum State<C> {
    NotLoaded(Option<&'static RelationSchema>),
    Partial(C),
    Loaded(C),
}

impl<C> State<C> {
    fn not_loaded(relation: Option<&'static RelationSchema>) -> NotLoaded {
        NotLoaded { place: relation.map(|r| (r.model, r.field)), partial: false }
    }

    fn get(&self) -> Result<&C, NotLoaded> {
        match self {
            State::Loaded(content) => Ok(content),
            State::Partial(_) => Err(NotLoaded { place: None, partial: true }),
            State::NotLoaded(relation) => Err(Self::not_loaded(*relation)),
        }
    }

    fn get_partial(&self) -> Result<&C, NotLoaded> {
        match self {
            State::Loaded(content) | State::Partial(content) => Ok(content),
            State::NotLoaded(relation) => Err(Self::not_loaded(*relation)),
        }
    }

    fn take(&mut self) -> Option<C> {
        match std::mem::replace(self, State::NotLoaded(None)) {
            State::Loaded(content) | State::Partial(content) => Some(content),
            State::NotLoaded(relation) => {
                *self = State::NotLoaded(relation);
                None
            }
        }
    }
}

impl<C: fmt::Debug> fmt::Debug for State<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::NotLoaded(_) => f.write_str("(not loaded)"),
            State::Partial(content) => write!(f, "(partial) ").and_then(|()| content.fmt(f)),
            State::Loaded(content) => content.fmt(f),
        }
    }
}

impl<C: PartialEq> PartialEq for State<C> {
    /// Not loaded equals not loaded; otherwise state and content are compared.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (State::NotLoaded(_), State::NotLoaded(_)) => true,
            (State::Partial(a), State::Partial(b)) | (State::Loaded(a), State::Loaded(b)) => a == b,
            _ => false,
        }
    }
}

macro_rules! relation {
    ($(#[$doc:meta])* $name:ident, $content:ty) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name<T>(State<$content>);

        impl<T> $name<T> {
            /// Not loaded, remembering which relation it is.
            #[doc(hidden)]
            #[must_use]
            pub const fn unloaded(relation: &'static RelationSchema) -> Self {
                Self(State::NotLoaded(Some(relation)))
            }

            /// Not loaded: a save leaves the relation alone.
            #[must_use]
            pub const fn not_loaded() -> Self {
                Self(State::NotLoaded(None))
            }

            #[doc(hidden)]
            pub fn fill(&mut self, content: $content, partial: bool) {
                self.0 = if partial { State::Partial(content) } else { State::Loaded(content) };
            }

            #[doc(hidden)]
            pub fn take_content(&mut self) -> Option<$content> {
                self.0.take()
            }

            /// Whether all of the relation is here.
            #[must_use]
            pub const fn is_loaded(&self) -> bool {
                matches!(self.0, State::Loaded(_))
            }

            /// Whether only a part of the relation is here: it was loaded with a filter or a limit,
            /// or came from outside.
            #[must_use]
            pub const fn is_partial(&self) -> bool {
                matches!(self.0, State::Partial(_))
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

        impl<T: PartialEq> PartialEq for $name<T> {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
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
    One, Option<Box<T>>);
relation!(
    /// A relation to any number of records, held by the field of a `has_many` or `belongs_to_many`.
    ///
    /// It is *not loaded*, *partial* or *loaded*; there is no way to mistake the first for "empty".
    ///
    /// ```
    /// use orm_core::model::Many;
    /// let nothing_known: Many<u8> = Many::default();
    /// assert!(nothing_known.get().is_err());
    /// assert_eq!(Many::from(vec![1, 2]).get()?.len(), 2);
    /// # Ok::<(), orm_core::model::NotLoaded>(())
    /// ```
    Many, Vec<T>);

impl<T> One<T> {
    /// The record, or `None` where it is known that there is none.
    ///
    /// # Errors
    /// [`NotLoaded`] unless the relation is loaded; it names the `.with(…)` that is missing.
    pub fn get(&self) -> Result<Option<&T>, NotLoaded> {
        Ok(self.0.get()?.as_deref())
    }

    /// As [`get`](Self::get), also for what was loaded in part or came from outside.
    ///
    /// # Errors
    /// [`NotLoaded`] when nothing is known.
    pub fn get_partial(&self) -> Result<Option<&T>, NotLoaded> {
        Ok(self.0.get_partial()?.as_deref())
    }

    /// The record itself, loaded in whole or in part.
    ///
    /// # Errors
    /// [`NotLoaded`] when nothing is known.
    pub fn into_inner(mut self) -> Result<Option<T>, NotLoaded> {
        self.0.get_partial()?;
        Ok(self.0.take().flatten().map(|b| *b))
    }
}

impl<T> Many<T> {
    /// The records.
    ///
    /// # Errors
    /// [`NotLoaded`] unless the relation is loaded; it names the `.with(…)` that is missing.
    pub fn get(&self) -> Result<&[T], NotLoaded> {
        Ok(self.0.get()?)
    }

    /// As [`get`](Self::get), also for what was loaded in part or came from outside.
    ///
    /// # Errors
    /// [`NotLoaded`] when nothing is known.
    pub fn get_partial(&self) -> Result<&[T], NotLoaded> {
        Ok(self.0.get_partial()?)
    }

    /// The records themselves, loaded in whole or in part.
    ///
    /// # Errors
    /// [`NotLoaded`] when nothing is known.
    pub fn into_inner(mut self) -> Result<Vec<T>, NotLoaded> {
        self.0.get_partial()?;
        Ok(self.0.take().unwrap_or_default())
    }
}

impl<T> From<T> for One<T> {
    fn from(record: T) -> Self {
        Self(State::Loaded(Some(Box::new(record))))
    }
}

impl<T> From<Vec<T>> for Many<T> {
    fn from(records: Vec<T>) -> Self {
        Self(State::Loaded(records))
    }
}

impl<T, const N: usize> From<[T; N]> for Many<T> {
    fn from(records: [T; N]) -> Self {
        Self(State::Loaded(records.into()))
    }
}

impl<T> FromIterator<T> for Many<T> {
    fn from_iter<I: IntoIterator<Item = T>>(records: I) -> Self {
        Self(State::Loaded(records.into_iter().collect()))
    }
}

impl<T: fmt::Debug> fmt::Debug for One<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Many<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Serialize> Serialize for One<T> {
    /// The record or null; what isn't loaded is null unless the field says
    /// `#[serde(skip_serializing_if = "One::is_not_loaded")]`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.get_partial().ok().and_then(Option::as_deref).serialize(serializer)
    }
}

impl<T: Serialize> Serialize for Many<T> {
    /// The list; what isn't loaded is null unless the field says
    /// `#[serde(skip_serializing_if = "Many::is_not_loaded")]`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.get_partial().ok().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for One<T> {
    /// A record is partial knowledge; null is none at all.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<T>::deserialize(deserializer)? {
            Some(record) => Self(State::Partial(Some(Box::new(record)))),
            None => Self::not_loaded(),
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    /// A list is partial knowledge; null is none at all.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<Vec<T>>::deserialize(deserializer)? {
            Some(records) => Self(State::Partial(records)),
            None => Self::not_loaded(),
        })
    }
}
