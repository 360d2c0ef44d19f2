//! One place for the news of a file, however often this process opens it.

use orm_core::provider::ChangeHubs;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

static OF_FILES: Mutex<BTreeMap<PathBuf, Weak<ChangeHubs>>> = Mutex::new(BTreeMap::new());

/// The hubs of a file that exists, or new ones for a database in memory.
pub(crate) fn of(path: Option<&Path>) -> Arc<ChangeHubs> {
    // A file that can't be found by its full name has its own: then only its handles hear each other.
    let Some(path) = path.and_then(|path| path.canonicalize().ok()) else { return Arc::default() };
    let mut files = OF_FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(hubs) = files.get(&path).and_then(Weak::upgrade) {
        return hubs;
    }
    files.retain(|_, hubs| hubs.strong_count() > 0);
    let hubs = Arc::default();
    files.insert(path, Arc::downgrade(&hubs));
    hubs
}
