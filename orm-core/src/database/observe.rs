//! What is told of the statements of a database; see the feature `tracing`.

use super::Builder;
use crate::engine::Mode;
use std::time::Duration;

impl<D: Mode> Builder<D> {
    /// Warns of every statement that takes this long: an event of the level `WARN` with the target `orm`,
    /// which says the connection, the entity, the operation, the statement, how many rows there were and
    /// how long it took. Needs the feature `tracing`.
    ///
    /// Whether this is set or not, all that reaches the storage has a span of the level `DEBUG` with the same
    /// target and fields.
    pub fn slow_statements(mut self, from: Duration) -> Self {
        self.watch.slow = Some(from);
        self
    }

    /// Tells the values of statements too, of spans and warnings: what is compared with, and what is
    /// written. Fields that are hidden (`#[field(hidden)]`) stay so, and what is bound to SQL of one's
    /// own is never told, since nobody knows what of it is a secret. Needs the feature `tracing`.
    pub fn log_values(mut self, values: bool) -> Self {
        self.watch.values = values;
        self
    }
}
