//! An open database and its connections to the engine.

use crate::error::Origin;
use crate::hubs;
use crate::options::SqliteOptions;
use crate::session::Session;
use orm_core::connection::ConnectionName;
use orm_core::provider::ChangeHubs;
use orm_core::{Error, Result};
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A connection's tables: where their names begin, and a number for it in shapes.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) name: ConnectionName,
    /// The namespace of the dialect: empty, or the connection's name.
    pub(crate) namespace: Box<str>,
    pub(crate) id: u32,
}

/// An open database.
///
/// One session writes, so that writers of this process queue here instead of in the engine. A file
/// has further sessions that read; in memory there is but the one.
pub(crate) struct Database {
    options: SqliteOptions,
    origin: Arc<Origin>,
    writer: Queue<Writer>,
    readers: Queue<Readers>,
    places: Mutex<Vec<ConnectionName>>,
    hubs: Arc<ChangeHubs>,
}

enum Writer {
    Free(Box<Session>),
    Taken,
    /// Given up after a failure; opened anew on demand.
    Gone,
}

#[derive(Default)]
struct Readers {
    #[expect(clippy::vec_box, reason = "they move to and from a lease with every call")]
    idle: Vec<Box<Session>>,
    taken: usize,
}

/// A session that is in use; it goes back when dropped, never inside of a transaction. `D` is how it holds
/// on to the database.
pub(crate) struct Lease<D: Deref<Target = Database>> {
    database: D,
    session: Option<Box<Session>>,
    writes: bool,
}

/// Something that several want.
#[derive(Default)]
struct Queue<T> {
    state: Mutex<Waited<T>>,
    freed: Condvar,
}

#[derive(Default)]
struct Waited<T> {
    value: T,
    /// How many wait: waking nobody would cost a call of the system with every read.
    waiting: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is whole between any two statements, so a panic elsewhere leaves it usable.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Queue<T> {
    fn new(value: T) -> Self {
        Self { state: Mutex::new(Waited { value, waiting: 0 }), freed: Condvar::new() }
    }

    /// Waits until it is free, or too late.
    fn wait(&self, timeout: Duration, busy: impl Fn(&T) -> bool) -> Option<MutexGuard<'_, Waited<T>>> {
        let mut guard = lock(&self.state);
        if !busy(&guard.value) {
            return Some(guard);
        }
        let start = Instant::now();
        while busy(&guard.value) {
            let left = timeout.checked_sub(start.elapsed())?;
            guard.waiting += 1;
            guard = self.freed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
            guard.waiting -= 1;
        }
        Some(guard)
    }

    /// Changes it and wakes one who waits.
    fn free(&self, change: impl FnOnce(&mut T)) {
        let mut guard = lock(&self.state);
        change(&mut guard.value);
        let waiting = guard.waiting > 0;
        drop(guard);
        if waiting {
            self.freed.notify_one();
        }
    }
}

impl Database {
    pub(crate) fn open(options: SqliteOptions) -> Result<Self> {
        let origin = Arc::new(Origin::new(&options));
        let session = Session::open(&options, &origin, true)?;
        let hubs = hubs::of(options.path.as_deref());
        Ok(Self {
            hubs,
            options,
            origin,
            writer: Queue::new(Writer::Free(Box::new(session))),
            readers: Queue::default(),
            places: Mutex::default(),
        })
    }

    pub(crate) fn hubs(&self) -> &ChangeHubs {
        &self.hubs
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.options.read_only
    }

    pub(crate) fn has_foreign_keys(&self) -> bool {
        self.options.foreign_keys
    }

    /// The tables of a connection.
    pub(crate) fn place(&self, name: &ConnectionName) -> Result<Place> {
        let default = name.as_str() == ConnectionName::DEFAULT;
        if name.as_str().ends_with('_') {
            return Err(Error::Configuration(format!(
                "SQLite puts `__` between a connection's name and an entity's, so the name `{name}` \
                 can't end with `_`"
            )));
        }
        let begins = name.as_str().get(..6).is_some_and(|start| start.eq_ignore_ascii_case("sqlite"));
        if begins && matches!(name.as_str().as_bytes().get(6), None | Some(b'_')) {
            return Err(Error::Configuration(format!(
                "SQLite keeps names for itself that begin with `sqlite_`, as the tables of a connection named \
                 `{name}` would: give it another name"
            )));
        }
        let mut places = lock(&self.places);
        let at = places.iter().position(|p| p == name).unwrap_or_else(|| {
            places.push(name.clone());
            places.len() - 1
        });
        Ok(Place {
            name: name.clone(),
            namespace: if default { "" } else { name.as_str() }.into(),
            id: u32::try_from(at).unwrap_or(u32::MAX),
        })
    }

    /// Takes the session that writes.
    fn take_writer(&self) -> Result<Box<Session>> {
        let busy = |w: &Writer| matches!(w, Writer::Taken);
        let timeout = self.options.busy_timeout;
        let Some(mut guard) = self.writer.wait(timeout, busy) else {
            return Err(self.origin.busy_here());
        };
        let taken = std::mem::replace(&mut guard.value, Writer::Taken);
        drop(guard);
        match taken {
            Writer::Free(session) => Ok(session),
            _ => match Session::open(&self.options, &self.origin, true) {
                Ok(session) => Ok(Box::new(session)),
                Err(error) => {
                    self.writer.free(|writer| *writer = Writer::Gone);
                    Err(error)
                }
            },
        }
    }

    /// Takes a session of a file that reads.
    fn take_reader(&self) -> Result<Box<Session>> {
        let most = self.options.readers;
        let busy = |r: &Readers| r.idle.is_empty() && r.taken >= most;
        let timeout = self.options.busy_timeout;
        let Some(mut guard) = self.readers.wait(timeout, busy) else {
            return Err(self.origin.busy_readers(most));
        };
        guard.value.taken += 1;
        let idle = guard.value.idle.pop();
        drop(guard);
        match idle {
            Some(session) => Ok(session),
            None => match Session::open(&self.options, &self.origin, false) {
                Ok(session) => Ok(Box::new(session)),
                Err(error) => {
                    self.readers.free(|readers| readers.taken -= 1);
                    Err(error)
                }
            },
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

impl<D: Deref<Target = Database>> Lease<D> {
    /// Takes the session that writes.
    pub(crate) fn to_write(database: D) -> Result<Self> {
        let session = Some(database.take_writer()?);
        Ok(Self { database, session, writes: true })
    }

    /// Takes a session that reads: in memory, the one there is.
    pub(crate) fn to_read(database: D) -> Result<Self> {
        if database.options.path.is_none() {
            return Self::to_write(database);
        }
        let session = Some(database.take_reader()?);
        Ok(Self { database, session, writes: false })
    }

    /// The session, for one call.
    pub(crate) fn session(&mut self) -> Result<&mut Session> {
        let session =
            self.session.as_deref_mut().ok_or(Error::TransactionClosed("its session was given back"))?;
        session.begin_call();
        Ok(session)
    }
}

impl<D: Deref<Target = Database>> Drop for Lease<D> {
    fn drop(&mut self) {
        let memory = self.database.options.path.is_none();
        // A session that can't leave its transaction is given up, but for the one in memory, with
        // which the data would go.
        let session = self.session.take().filter(|s| s.leave() || memory);
        if self.writes {
            let state = session.map_or(Writer::Gone, Writer::Free);
            self.database.writer.free(|writer| *writer = state);
        } else {
            self.database.readers.free(|readers| {
                readers.taken -= 1;
                readers.idle.extend(session);
            });
        }
    }
}
