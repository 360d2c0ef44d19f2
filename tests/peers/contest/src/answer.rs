//! Checksums of what contestants answer.

use std::hash::{DefaultHasher, Hash, Hasher};

/// What a contestant answers: records, and what was loaded along with them.
pub trait Answer {
    /// Adds it to the sum, as something that belongs to the record with this hash (0: to none), and
    /// answers its own hash.
    fn add(&self, under: u64, sum: &mut Sum) -> u64;
}

/// The hashes of all records so far. The order in which they came makes no difference, but which
/// belongs to which does.
#[derive(Debug)]
pub struct Sum {
    keys: bool,
    records: Vec<u64>,
}

impl Sum {
    /// Of an answer; without keys if they were made by the engine, which counts on.
    pub fn of(answer: &impl Answer, keys: bool) -> Self {
        let mut sum = Self { keys, records: Vec::new() };
        answer.add(0, &mut sum);
        sum
    }

    /// Adds a user.
    pub fn user(&mut self, under: u64, id: i32, name: &str, hair_color: Option<&str>) -> u64 {
        self.record(under, [id, 0], ("user", name, hair_color))
    }

    /// Adds a post.
    pub fn post(&mut self, under: u64, id: i32, user_id: i32, title: &str, body: Option<&str>) -> u64 {
        self.record(under, [id, user_id], ("post", title, body))
    }

    /// Adds a comment.
    pub fn comment(&mut self, under: u64, id: i32, post_id: i32, text: &str) -> u64 {
        self.record(under, [id, post_id], ("comment", text))
    }

    fn record(&mut self, under: u64, keys: [i32; 2], values: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        (under, self.keys.then_some(keys), values).hash(&mut hasher);
        let hash = hasher.finish();
        self.records.push(hash);
        hash
    }

    /// How many records there were, and the hash of them all.
    #[must_use]
    pub fn total(mut self) -> (usize, u64) {
        self.records.sort_unstable();
        let mut hasher = DefaultHasher::new();
        self.records.hash(&mut hasher);
        (self.records.len(), hasher.finish())
    }
}

impl<T: Answer> Answer for Vec<T> {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        self.iter().for_each(|one| {
            one.add(under, sum);
        });
        under
    }
}

impl<T: Answer> Answer for Option<T> {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        self.as_ref().map_or(under, |one| one.add(under, sum))
    }
}

/// A record and what belongs to it.
impl<A: Answer, B: Answer> Answer for (A, B) {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        let hash = self.0.add(under, sum);
        self.1.add(hash, sum);
        hash
    }
}
