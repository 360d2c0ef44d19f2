//! What enums as columns share.

use crate::value::{Mismatch, ValueRef};

/// The values that an enum is stored as.
#[derive(Debug)]
pub enum EnumValues {
    /// Names.
    Names(&'static [&'static str]),
    /// Numbers, with the variants' names for messages.
    Numbers(&'static [(i64, &'static str)]),
}

impl EnumValues {
    /// Checks that a value is one of them.
    ///
    /// # Errors
    /// When it isn't, with a list of those that are.
    pub fn check(&self, value: ValueRef<'_>) -> Result<(), Mismatch> {
        let known = match (self, value) {
            (Self::Names(names), ValueRef::Text(text)) => names.contains(&text),
            (Self::Numbers(numbers), ValueRef::Int(n)) => numbers.iter().any(|(number, _)| *number == n),
            _ => false,
        };
        if known { Ok(()) } else { Err(self.mismatch(value)) }
    }

    /// That a value isn't one of them.
    #[must_use]
    #[cold]
    pub fn mismatch(&self, value: ValueRef<'_>) -> Mismatch {
        let known: Vec<String> = match self {
            Self::Names(names) => names.iter().map(|name| format!("\"{name}\"")).collect(),
            Self::Numbers(numbers) => {
                numbers.iter().map(|(number, name)| format!("{number} ({name})")).collect()
            }
        };
        Mismatch { expected: format!("one of {}", known.join(", ")), found: value.describe() }
    }
}
