//! Finished statements by the shape of their plan.

use std::collections::HashMap;
use std::sync::Arc;

/// Finished statements by shape, bounded: when it is full it starts anew, which costs one rendering
/// per shape in use and needs no bookkeeping on the hot path.
#[derive(Debug)]
pub struct TextCache<T> {
    entries: HashMap<Box<[u8]>, Arc<T>>,
    capacity: usize,
}

impl<T> TextCache<T> {
    /// A cache of at most `capacity` statements.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity }
    }

    /// The statement of a shape, made by `render` if it isn't known yet.
    ///
    /// # Errors
    /// Those of `render`.
    pub fn get_or_render<E>(
        &mut self,
        shape: &[u8],
        render: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(found) = self.entries.get(shape) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(render()?);
        if self.entries.len() >= self.capacity {
            self.entries.clear();
        }
        self.entries.insert(shape.into(), Arc::clone(&made));
        Ok(made)
    }
}
