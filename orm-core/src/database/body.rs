//! The bodies of transactions.

use crate::engine::{Async, Blocking};
use crate::error::Error;
use std::future::Future;

/// What the closure of a [`transaction`](super::Database::transaction) answers: a `Result`, or in
/// async code a future of one.
#[diagnostic::on_unimplemented(
    message = "the body of a transaction must answer a `Result`",
    label = "this is no body of a transaction",
    note = "blocking: `db.transaction(|tx| {{ …; Ok(x) }})`",
    note = "async: `db.transaction(async |tx| {{ …; Ok(x) }}).await`, where what is held across an `.await` is `Send`; \
            an `async move` block that uses captured values clones them inside"
)]
pub trait Body<D, R, E = Error>: Send {
    /// The result, sooner or later.
    #[doc(hidden)]
    fn finish(self) -> impl Future<Output = Result<R, E>> + Send;
}

impl<R: Send, E: Send> Body<Blocking, R, E> for Result<R, E> {
    fn finish(self) -> impl Future<Output = Result<R, E>> + Send {
        std::future::ready(self)
    }
}

impl<R, E, F: Future<Output = Result<R, E>> + Send> Body<Async, R, E> for F {
    fn finish(self) -> impl Future<Output = Result<R, E>> + Send {
        self
    }
}
