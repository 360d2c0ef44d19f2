//! How an answer is handed over: as the value, or as a future.
//!
//! All of the core is written once, as async code. A blocking caller's future is polled on the spot;
//! over an engine that answers at once that is one poll and no allocation.

use super::pieces::{PieceStream, Pieces};
use crate::provider::BoxFuture;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Blocking {}
    impl Sealed for super::Async {}
}

/// How answers are handed over: [`Blocking`] or [`Async`].
pub trait Mode: sealed::Sealed + Sized + Send + Sync + 'static {
    /// An answer: `T`, or a future of it.
    type Answer<'a, T: Send + 'a>;
    /// A sequence that comes piece by piece: an [`Iterator`], or a [`Stream`](futures_core::Stream).
    type Rows<'a, T: Send + 'a>: Send;

    /// Hands over a sequence: `next` makes one piece out of a state, and the state for the rest; `None`
    /// ends it.
    #[doc(hidden)]
    fn rows<'a, T, S, F>(state: S, next: impl FnMut(S) -> F + Send + 'a) -> Self::Rows<'a, T>
    where
        T: Send + 'a,
        S: Send + 'a,
        F: Future<Output = Option<(T, S)>> + Send + 'a;

    /// The next piece of a sequence, for code that is generic over the mode.
    fn next<'a, T: Send + 'a>(rows: &mut Self::Rows<'a, T>) -> impl Future<Output = Option<T>> + Send;

    /// Hands over what `work` comes to.
    #[doc(hidden)]
    fn answer<'a, T: Send + 'a>(work: impl Future<Output = T> + Send + 'a) -> Self::Answer<'a, T>;

    /// Hands over what is known already.
    #[doc(hidden)]
    fn now<'a, T: Send + 'a>(value: T) -> Self::Answer<'a, T>;

    /// The answer as a future, for code that is generic over the mode.
    ///
    /// ```
    /// use orm_core::{Mode, Result, database::Database, model::Model};
    /// async fn count<M: Model, D: Mode>(db: &Database<D>) -> Result<u64> {
    ///     D::settle(db.repository::<M>().query().count()).await
    /// }
    /// ```
    fn settle<'a, T: Send + 'a>(answer: Self::Answer<'a, T>) -> impl Future<Output = T> + Send + 'a;

    /// Whether a call may block the thread it is made on.
    #[doc(hidden)]
    const BLOCKING: bool;
}

/// Answers are values; a call returns when it is done.
#[derive(Debug, Clone, Copy)]
pub struct Blocking;

/// Answers are futures, which any executor can drive.
#[derive(Debug, Clone, Copy)]
pub struct Async;

impl Mode for Blocking {
    type Answer<'a, T: Send + 'a> = T;
    type Rows<'a, T: Send + 'a> = Pieces<'a, T>;
    const BLOCKING: bool = true;

    fn rows<'a, T, S, F>(state: S, mut next: impl FnMut(S) -> F + Send + 'a) -> Pieces<'a, T>
    where
        T: Send + 'a,
        S: Send + 'a,
        F: Future<Output = Option<(T, S)>> + Send + 'a,
    {
        Pieces::new(state, move |state| Self::answer(next(state)))
    }

    fn next<'a, T: Send + 'a>(rows: &mut Pieces<'a, T>) -> impl Future<Output = Option<T>> + Send {
        std::future::ready(rows.next())
    }

    #[inline]
    fn now<'a, T: Send + 'a>(value: T) -> T {
        value
    }

    fn settle<'a, T: Send + 'a>(answer: T) -> impl Future<Output = T> + Send + 'a {
        std::future::ready(answer)
    }

    #[inline]
    fn answer<'a, T: Send + 'a>(work: impl Future<Output = T> + Send + 'a) -> T {
        let mut work = pin!(work);
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => wait(work),
        }
    }
}

impl Mode for Async {
    type Answer<'a, T: Send + 'a> = BoxFuture<'a, T>;
    type Rows<'a, T: Send + 'a> = PieceStream<'a, T>;
    const BLOCKING: bool = false;

    fn rows<'a, T, S, F>(state: S, next: impl FnMut(S) -> F + Send + 'a) -> PieceStream<'a, T>
    where
        T: Send + 'a,
        S: Send + 'a,
        F: Future<Output = Option<(T, S)>> + Send + 'a,
    {
        PieceStream::new(state, next)
    }

    fn next<'a, T: Send + 'a>(rows: &mut PieceStream<'a, T>) -> impl Future<Output = Option<T>> + Send {
        rows.next()
    }

    fn now<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
        Box::pin(std::future::ready(value))
    }

    fn settle<'a, T: Send + 'a>(answer: BoxFuture<'a, T>) -> impl Future<Output = T> + Send + 'a {
        answer
    }

    fn answer<'a, T: Send + 'a>(work: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
        Box::pin(work)
    }
}

/// Parks the thread until the future is ready.
#[cold]
fn wait<F: Future>(mut work: std::pin::Pin<&mut F>) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match work.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}
