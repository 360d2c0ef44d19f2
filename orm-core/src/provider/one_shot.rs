//! A future that another thread completes, once. Needs no runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The end that answers. Dropping it without an answer completes the future with `None`.
pub(super) struct Sender<T>(Arc<Mutex<Slot<T>>>);

/// The end that waits for the answer.
pub(super) struct Receiver<T>(Arc<Mutex<Slot<T>>>);

struct Slot<T> {
    answer: Option<T>,
    waker: Option<Waker>,
    sender_gone: bool,
    receiver_gone: bool,
}

pub(super) fn one_shot<T>() -> (Sender<T>, Receiver<T>) {
    let slot =
        Arc::new(Mutex::new(Slot { answer: None, waker: None, sender_gone: false, receiver_gone: false }));
    (Sender(Arc::clone(&slot)), Receiver(slot))
}

/// No foreign code runs under the lock, so a poisoned one has broken nothing.
fn lock<T>(slot: &Mutex<Slot<T>>) -> MutexGuard<'_, Slot<T>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Sender<T> {
    /// Whether nobody waits any more.
    pub(super) fn is_unwanted(&self) -> bool {
        lock(&self.0).receiver_gone
    }

    /// Answers; gives the answer back when nobody waits any more.
    pub(super) fn send(self, answer: T) -> Result<(), T> {
        let mut slot = lock(&self.0);
        if slot.receiver_gone {
            return Err(answer);
        }
        slot.answer = Some(answer);
        // The waker is woken by the drop of `self`, when the lock is free.
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let waker = {
            let mut slot = lock(&self.0);
            slot.sender_gone = true;
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut slot = lock(&self.0);
        if let Some(answer) = slot.answer.take() {
            return Poll::Ready(Some(answer));
        }
        if slot.sender_gone {
            return Poll::Ready(None);
        }
        let old = slot.waker.replace(context.waker().clone());
        drop(slot);
        drop(old);
        Poll::Pending
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let (answer, waker) = {
            let mut slot = lock(&self.0);
            slot.receiver_gone = true;
            (slot.answer.take(), slot.waker.take())
        };
        drop((answer, waker));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    #[test]
    fn an_answer_arrives_before_or_after_the_first_poll() {
        let mut context = Context::from_waker(Waker::noop());
        let (sender, receiver) = one_shot();
        assert!(sender.send(1).is_ok());
        assert_eq!(pin!(receiver).poll(&mut context), Poll::Ready(Some(1)));

        let (sender, receiver) = one_shot();
        let mut receiver = pin!(receiver);
        assert_eq!(receiver.as_mut().poll(&mut context), Poll::Pending);
        assert!(sender.send(2).is_ok());
        assert_eq!(receiver.poll(&mut context), Poll::Ready(Some(2)));
    }

    #[test]
    fn each_end_notices_that_the_other_is_gone() {
        let (sender, receiver) = one_shot();
        assert!(!sender.is_unwanted());
        drop(receiver);
        assert!(sender.is_unwanted());
        assert_eq!(sender.send(3), Err(3));

        let (sender, receiver) = one_shot::<u8>();
        drop(sender);
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(pin!(receiver).poll(&mut context), Poll::Ready(None));
    }

    #[test]
    fn a_waiting_thread_is_woken() {
        let (sender, receiver) = one_shot();
        let waiting = std::thread::spawn(move || <crate::Blocking as crate::Mode>::answer(receiver));
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert!(sender.send("there").is_ok());
        assert_eq!(waiting.join().ok().flatten(), Some("there"));
    }
}
