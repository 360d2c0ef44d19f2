//! Where commits on one connection of one storage are told, and who listens.

use super::changes::ChangeSet;
use crate::connection::ConnectionName;
use crate::model::schema::EntitySchema;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

/// What is called with the changes of each commit.
pub(crate) type Callback = Arc<dyn Fn(&ChangeSet) + Send + Sync>;

/// How many sets wait for a slow subscriber before the oldest are dropped.
const WAITING_SETS: usize = 1_024;
/// How many keys the sets that wait may hold together.
const WAITING_KEYS: usize = 1_000_000;

/// Where the databases on one storage tell each other what they commit, so that whoever listens to
/// one hears of all.
///
/// A provider keeps one for its storage, shared by its clones, and answers it from
/// [`DataProvider::change_hubs`](crate::provider::DataProvider::change_hubs).
#[derive(Default)]
pub struct ChangeHubs(Mutex<BTreeMap<ConnectionName, Weak<Hub>>>);

impl ChangeHubs {
    /// The hub of a connection.
    pub(crate) fn of(&self, connection: &ConnectionName) -> Arc<Hub> {
        let mut hubs = lock(&self.0);
        if let Some(hub) = hubs.get(connection).and_then(Weak::upgrade) {
            return hub;
        }
        hubs.retain(|_, hub| hub.strong_count() > 0);
        let hub = Arc::new(Hub::default());
        hubs.insert(connection.clone(), Arc::downgrade(&hub));
        hub
    }
}

impl fmt::Debug for ChangeHubs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(lock(&self.0).keys()).finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code of others runs under these locks, and what they guard is whole at every step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Those who listen to one connection of one storage.
#[derive(Default)]
pub(crate) struct Hub {
    /// How many listen at all, and how many of them want to know keys: asked with every write.
    heard: AtomicUsize,
    wanting: AtomicUsize,
    listeners: Mutex<Listeners>,
}

#[derive(Default)]
struct Listeners {
    last: u64,
    /// How many databases are open, and can have something to tell.
    databases: usize,
    all: Vec<(u64, Listener)>,
}

#[derive(Clone)]
enum Listener {
    Callback(Callback),
    Queue(Arc<Waiting<Queue>>),
    Bell(Arc<[&'static EntitySchema]>, Arc<Waiting<bool>>),
}

/// Something that one waits for.
#[derive(Default)]
struct Waiting<T>(Mutex<State<T>>);

#[derive(Default)]
struct State<T> {
    value: T,
    /// Nothing will come any more.
    ended: bool,
    waker: Option<Waker>,
}

#[derive(Default)]
struct Queue {
    sets: VecDeque<ChangeSet>,
    keys: usize,
    missed: u64,
}

impl<T> Waiting<T> {
    fn change(&self, change: impl FnOnce(&mut State<T>)) {
        let mut state = lock(&self.0);
        change(&mut state);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until `take` finds something; `None` when nothing will come any more.
    async fn next<R>(&self, mut take: impl FnMut(&mut T) -> Option<R>) -> Option<R> {
        poll_fn(|context| {
            let mut state = lock(&self.0);
            if let Some(found) = take(&mut state.value) {
                return Poll::Ready(Some(found));
            }
            if state.ended {
                return Poll::Ready(None);
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Queue {
    fn push(&mut self, set: &ChangeSet) {
        self.keys += set.len();
        self.sets.push_back(set.clone());
        while self.sets.len() > WAITING_SETS || (self.keys > WAITING_KEYS && self.sets.len() > 1) {
            if let Some(oldest) = self.sets.pop_front() {
                self.keys -= oldest.len();
                self.missed += 1;
            }
        }
    }

    fn pop(&mut self) -> Option<ChangeSet> {
        let set = self.sets.pop_front()?;
        self.keys -= set.len();
        Some(set.after(std::mem::take(&mut self.missed)))
    }
}

impl Hub {
    /// Whether anybody listens.
    #[inline]
    pub(crate) fn is_heard(&self) -> bool {
        self.heard.load(Ordering::SeqCst) > 0
    }

    /// Whether anybody wants to know the keys of what changed.
    #[inline]
    pub(crate) fn wants_keys(&self) -> bool {
        self.wanting.load(Ordering::SeqCst) > 0
    }

    /// Tells a commit: of these entities, and what it changed if that is known.
    pub(super) fn publish(&self, entities: &[&'static EntitySchema], set: Option<ChangeSet>) {
        let mut callbacks = Vec::new();
        for (_, listener) in &lock(&self.listeners).all {
            match (listener, &set) {
                (Listener::Callback(callback), Some(_)) => callbacks.push(Arc::clone(callback)),
                (Listener::Queue(queue), Some(set)) => queue.change(|state| state.value.push(set)),
                // By name: another model may stand for the same entity in another database.
                (Listener::Bell(of, bell), _)
                    if entities.iter().any(|e| of.iter().any(|o| o.name == e.name)) =>
                {
                    bell.change(|state| state.value = true);
                }
                _ => {}
            }
        }
        let Some(set) = set else { return };
        for callback in callbacks {
            // What is committed is committed: whoever panics here has told the panic hook.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(&set)));
        }
    }

    fn listen(self: &Arc<Self>, listener: Listener) -> Place {
        let wants_keys = !matches!(listener, Listener::Bell(..));
        let mut listeners = lock(&self.listeners);
        listeners.last += 1;
        let id = listeners.last;
        listeners.all.push((id, listener));
        drop(listeners);
        self.wanting.fetch_add(usize::from(wants_keys), Ordering::SeqCst);
        self.heard.fetch_add(1, Ordering::SeqCst);
        Place { hub: Arc::downgrade(self), id: Some(id), wants_keys }
    }

    /// Calls back after each commit that changes something.
    pub(crate) fn call(self: &Arc<Self>, callback: Callback) -> Subscription {
        Subscription { place: self.listen(Listener::Callback(callback)) }
    }

    pub(crate) fn subscribe(self: &Arc<Self>) -> Inbox {
        let queue = Arc::<Waiting<Queue>>::default();
        Inbox { _place: self.listen(Listener::Queue(Arc::clone(&queue))), queue }
    }

    fn ring(self: &Arc<Self>, bell: &Arc<Waiting<bool>>, of: Vec<&'static EntitySchema>) -> Place {
        self.listen(Listener::Bell(of.into(), Arc::clone(bell)))
    }
}

/// A database that is open on a hub. When the last one is closed, waiting ends.
pub(crate) struct OpenHub(Arc<Hub>);

impl OpenHub {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        lock(&hub.listeners).databases += 1;
        Self(hub)
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.0
    }
}

impl Drop for OpenHub {
    fn drop(&mut self) {
        let mut listeners = lock(&self.0.listeners);
        listeners.databases -= 1;
        if listeners.databases == 0 {
            for (_, listener) in &listeners.all {
                match listener {
                    Listener::Callback(_) => {}
                    Listener::Queue(queue) => queue.change(|state| state.ended = true),
                    Listener::Bell(_, bell) => bell.change(|state| state.ended = true),
                }
            }
        }
    }
}

/// A listener's place in its hub, given up when dropped.
struct Place {
    hub: Weak<Hub>,
    id: Option<u64>,
    wants_keys: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        let (Some(id), Some(hub)) = (self.id, self.hub.upgrade()) else { return };
        hub.heard.fetch_sub(1, Ordering::SeqCst);
        hub.wanting.fetch_sub(usize::from(self.wants_keys), Ordering::SeqCst);
        let mut listeners = lock(&hub.listeners);
        let gone = listeners.all.iter().position(|(of, _)| *of == id).map(|at| listeners.all.remove(at));
        drop(listeners);
        // A callback may own things whose end is anybody's guess.
        drop(gone);
    }
}

/// A callback's place: [`Database::on_change`](crate::database::Database::on_change) calls it back until
/// this is dropped.
#[must_use = "dropping it ends the subscription; `.keep()` leaves it on for as long as there is a database"]
pub struct Subscription {
    place: Place,
}

impl Subscription {
    /// Leaves the subscription on for as long as there is a database on the connection.
    pub fn keep(mut self) {
        self.place.id = None;
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

/// Where change sets wait for a subscriber.
pub(crate) struct Inbox {
    queue: Arc<Waiting<Queue>>,
    _place: Place,
}

impl Inbox {
    /// The next set; `None` when there is no database any more that could have one.
    pub(crate) async fn next(&self) -> Option<ChangeSet> {
        self.queue.next(Queue::pop).await
    }
}

/// Waits for commits to some entities, be they told at one hub or at several.
#[derive(Default)]
pub(crate) struct Watcher {
    bell: Arc<Waiting<bool>>,
    places: Vec<Place>,
}

impl Watcher {
    /// Waits for commits to these entities too.
    pub(crate) fn watch(&mut self, hub: &Arc<Hub>, entities: Vec<&'static EntitySchema>) {
        if !entities.is_empty() {
            self.places.push(hub.ring(&self.bell, entities));
        }
    }

    /// Waits until there was a commit since the last call; `false` when there is no database any more.
    pub(crate) async fn rung(&self) -> bool {
        self.bell.next(|rung| std::mem::take(rung).then_some(())).await.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::news::{Entry, What};
    use super::*;
    use crate::Mode;
    use crate::events::ChangeKind;
    use crate::value::{KeyValues, Value};

    static THINGS: EntitySchema =
        EntitySchema { name: "things", model: "Thing", key: &[0], ..EntitySchema::BASE };

    fn set(n: i64) -> Option<ChangeSet> {
        let what = What::Keys(ChangeKind::Inserted, vec![KeyValues::one(Value::Int(n))]);
        ChangeSet::of_log(vec![Entry { entity: &THINGS, what }])
    }

    fn next(inbox: &Inbox) -> Option<ChangeSet> {
        crate::Blocking::answer(inbox.next())
    }

    #[test]
    fn a_slow_subscriber_loses_the_oldest_and_is_told() {
        let hub = Arc::<Hub>::default();
        let open = OpenHub::new(Arc::clone(&hub));
        let inbox = hub.subscribe();
        for n in 0..WAITING_SETS as i64 + 5 {
            hub.publish(&[&THINGS], set(n));
        }
        let first = next(&inbox).unwrap();
        assert_eq!(first.missed(), 5);
        assert_eq!(first.changes().next().unwrap().key, &KeyValues::one(Value::Int(5)));
        assert_eq!(next(&inbox).unwrap().missed(), 0);
        drop(open);
        assert_eq!(std::iter::from_fn(|| next(&inbox)).count(), WAITING_SETS - 2);
        assert!(next(&inbox).is_none());
    }

    #[test]
    fn places_are_given_up() {
        let hub = Arc::<Hub>::default();
        let mut watcher = Watcher::default();
        watcher.watch(&hub, vec![&THINGS]);
        assert!(hub.is_heard() && !hub.wants_keys());
        let calls = hub.call(Arc::new(|_| {}));
        assert!(hub.wants_keys());
        drop(calls);
        assert!(hub.is_heard() && !hub.wants_keys());
        drop(watcher);
        assert!(!hub.is_heard());
        assert!(lock(&hub.listeners).all.is_empty());
    }
}
