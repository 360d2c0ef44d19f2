//! Who watches the calls: `tracing`, where its feature is on, or nobody.

#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "tracing")]
mod values;

#[cfg(not(feature = "tracing"))]
pub(crate) use nobody::Watch;
#[cfg(feature = "tracing")]
pub(crate) use spans::Watch;

#[cfg(not(feature = "tracing"))]
mod nobody {
    use crate::connection::ConnectionName;
    use crate::error::Result;
    use crate::model::schema::EntitySchema;
    use crate::plan::{Select, WriteBatch};
    use crate::provider::SqlStatement;
    use crate::value::KeyValues;
    use std::future::Future;

    /// Nobody watches.
    #[derive(Clone, Default)]
    pub(crate) struct Watch;

    /// A call that nobody watches.
    pub(crate) struct Seen;

    impl Watch {
        pub(crate) fn named(&self, _: &ConnectionName) -> Self {
            self.clone()
        }

        #[inline]
        pub(crate) fn is_on(&self) -> bool {
            false
        }

        #[inline]
        pub(crate) fn select(&self, _: &Select) -> Seen {
            Seen
        }

        #[inline]
        pub(crate) fn find(&self, _: &EntitySchema, _: &KeyValues) -> Seen {
            Seen
        }

        #[inline]
        pub(crate) fn sql(&self, _: &SqlStatement) -> Seen {
            Seen
        }

        #[inline]
        pub(crate) fn apply(&self, _: &WriteBatch) -> Seen {
            Seen
        }

        #[inline]
        pub(crate) fn step(&self, _: &'static str) -> Seen {
            Seen
        }
    }

    impl Seen {
        #[inline]
        pub(crate) fn around<F: Future>(&self, work: F) -> F {
            work
        }

        #[inline]
        pub(crate) fn end<T>(self, _: &Result<T>, _: impl FnOnce(&T) -> u64) {}
    }
}
