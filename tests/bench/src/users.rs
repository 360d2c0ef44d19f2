//! The users that most works on memory are about.

use crate::Outcome;
use orm_core::prelude::*;
use orm_provider_memory::Memory;

#[derive(Model, Debug, Clone, PartialEq)]
pub(crate) struct User {
    #[key]
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) age: i32,
}

impl User {
    /// The user of this key, always the same.
    pub(crate) fn number(id: u64) -> Self {
        Self {
            id,
            name: format!("User number {id}"),
            email: format!("user{id}@example.org"),
            age: (id * 7919 % 90) as i32,
        }
    }
}

/// How many a statement of the filling takes.
const PART: usize = 50_000;

/// A repository with users of these keys, stored in this order.
pub(crate) fn filled(keys: &[u64]) -> Outcome<Repository<User>> {
    let db = Database::builder().provider(Memory::new()).connection("entities").start()?;
    let users = db.repository::<User>();
    for part in keys.chunks(PART) {
        users.insert_many(part.iter().map(|&id| User::number(id)))?;
    }
    Ok(users)
}

/// Numbers that look like chance and are always the same for one seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed))
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// The keys below `size`, in an order that looks like none.
pub(crate) fn shuffled(size: u64, seed: u64) -> Vec<u64> {
    let mut keys: Vec<u64> = (0..size).collect();
    let mut chance = Chance::new(seed);
    for i in (1..keys.len()).rev() {
        keys.swap(i, chance.below(i as u64 + 1) as usize);
    }
    keys
}
