//! Sequences that come piece by piece, each made when it is asked for.

use crate::provider::BoxFuture;
use futures_core::Stream;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// A sequence in blocking code: an iterator, whose every step may read from the storage.
///
/// Once it has answered `None` it goes on doing so. Dropping it ends what it read from.
pub struct Pieces<'a, T>(Box<dyn Iterator<Item = T> + Send + 'a>);

impl<'a, T: Send + 'a> Pieces<'a, T> {
    pub(super) fn new<S: Send + 'a>(state: S, mut next: impl FnMut(S) -> Option<(T, S)> + Send + 'a) -> Self {
        let mut state = Some(state);
        Self(Box::new(std::iter::from_fn(move || {
            let (piece, rest) = next(state.take()?)?;
            state = Some(rest);
            Some(piece)
        })))
    }
}

impl<T> Iterator for Pieces<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.next()
    }
}

impl<T> fmt::Debug for Pieces<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pieces")
    }
}

/// A sequence in async code: a [`Stream`].
///
/// Without a crate for streams, [`next`](Self::next) reads it:
/// `while let Some(piece) = rows.next().await { … }`. Dropping it ends what it read from.
pub struct PieceStream<'a, T>(Mutex<Box<dyn Unfold<'a, T> + 'a>>);

impl<'a, T: Send + 'a> PieceStream<'a, T> {
    pub(super) fn new<S, F, N>(state: S, next: N) -> Self
    where
        S: Send + 'a,
        F: Future<Output = Option<(T, S)>> + Send + 'a,
        N: FnMut(S) -> F + Send + 'a,
    {
        // A future needn't be `Sync`, but what holds the stream should be.
        Self(Mutex::new(Box::new(Unfolding { next, at: At::Between(Some(state)) })))
    }
}

impl<T> PieceStream<'_, T> {
    /// The next piece; `None` at the end, and ever after.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).poll(context)
    }
}

impl<T> Stream for PieceStream<'_, T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().poll(context)
    }
}

impl<T> fmt::Debug for PieceStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PieceStream")
    }
}

/// What makes the pieces, its state's type forgotten.
trait Unfold<'a, T>: Send {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<T>>;
}

struct Unfolding<'a, T, S, N> {
    next: N,
    at: At<'a, T, S>,
}

enum At<'a, T, S> {
    /// Nobody asks; `None` after the end.
    Between(Option<S>),
    /// A piece is being made.
    Making(BoxFuture<'a, Option<(T, S)>>),
}

impl<'a, T, S, F, N> Unfold<'a, T> for Unfolding<'a, T, S, N>
where
    T: Send + 'a,
    S: Send + 'a,
    F: Future<Output = Option<(T, S)>> + Send + 'a,
    N: FnMut(S) -> F + Send + 'a,
{
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        loop {
            match &mut self.at {
                At::Between(state) => match state.take() {
                    Some(state) => self.at = At::Making(Box::pin((self.next)(state))),
                    None => return Poll::Ready(None),
                },
                At::Making(piece) => {
                    let made = ready!(piece.as_mut().poll(context));
                    let (piece, rest) = match made {
                        Some((piece, rest)) => (Some(piece), Some(rest)),
                        None => (None, None),
                    };
                    self.at = At::Between(rest);
                    return Poll::Ready(piece);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Async, Blocking, Mode};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn three<D: Mode>() -> D::Rows<'static, u32> {
        D::rows(1, |n| async move { (n <= 3).then_some((n * 10, n + 1)) })
    }

    #[test]
    fn an_iterator_ends_once() {
        let mut rows = three::<Blocking>();
        assert_eq!(rows.by_ref().collect::<Vec<_>>(), [10, 20, 30]);
        assert_eq!(rows.next(), None);
    }

    #[test]
    fn a_stream_ends_once() {
        let mut rows = three::<Async>();
        let all = async {
            let mut all = Vec::new();
            for _ in 0..5 {
                all.push(rows.next().await);
            }
            all
        };
        let answer = pin!(all).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(answer, Poll::Ready(vec![Some(10), Some(20), Some(30), None, None]));
    }

    use std::future::Future;
}
