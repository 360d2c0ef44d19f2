//! Typed columns and relations.

use super::{Many, One};
use std::marker::PhantomData;

/// A column of type `T` of the model `M`, as a field of [`Fields<M>`](super::Fields).
pub struct Column<M, T> {
    pub(crate) index: usize,
    _of: PhantomData<fn() -> (M, T)>,
}

/// A relation of `M` to at most one `T`, as a field of [`Fields<M>`](super::Fields).
pub struct ToOne<M, T> {
    pub(crate) index: usize,
    pub(crate) slot: fn(&mut M) -> &mut One<T>,
}

/// A relation of `M` to many `T`, as a field of [`Fields<M>`](super::Fields).
pub struct ToMany<M, T> {
    pub(crate) index: usize,
    pub(crate) slot: fn(&mut M) -> &mut Many<T>,
}

impl<M, T> Column<M, T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(index: usize) -> Self {
        Self { index, _of: PhantomData }
    }
}

impl<M, T> ToOne<M, T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(index: usize, slot: fn(&mut M) -> &mut One<T>) -> Self {
        Self { index, slot }
    }
}

impl<M, T> ToMany<M, T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(index: usize, slot: fn(&mut M) -> &mut Many<T>) -> Self {
        Self { index, slot }
    }
}

macro_rules! copy {
    ($($name:ident),*) => { $(
        impl<M, T> Clone for $name<M, T> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<M, T> Copy for $name<M, T> {}
        impl<M, T> std::fmt::Debug for $name<M, T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.index)
            }
        }
    )* };
}
copy!(Column, ToOne, ToMany);
