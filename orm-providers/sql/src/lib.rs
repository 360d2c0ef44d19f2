//! What the SQL providers share: plans become statement texts and binds, for a [`Dialect`].
//!
//! The hot path never formats: [`shape`] walks a plan once, writes what determines the text into a
//! compact key and gathers the values as borrowed [`Bind`]s; a [`TextCache`] knows the text of that
//! shape, and only a miss is rendered by [`Renderer`]. Both walk in the same order, so that the
//! n-th bind belongs to the n-th placeholder.
//!
//! Identifiers come from static schemas and are always quoted; values only ever bind.
#![forbid(unsafe_code)]

mod cache;
pub mod ddl;
mod dialect;
mod operand;
pub mod output;
pub mod raw;
mod render;
pub mod rows;
pub mod schema;
pub mod shape;
mod shown;

pub use cache::TextCache;
pub use dialect::Dialect;
pub use operand::{Operand, operand, prefix_end, sum_range};
pub use render::Renderer;
pub use shape::Bind;
pub use shown::shown;

#[cfg(test)]
mod own_tests;
#[cfg(test)]
mod raw_tests;
#[cfg(test)]
mod tests;
