//! The columns that say when a record was written.

use super::Column;
use crate::errors::Errors;
use proc_macro2::Ident;

/// Their places.
pub(crate) struct Stamps {
    pub(crate) created_at: Option<usize>,
    pub(crate) updated_at: Option<usize>,
}

impl Stamps {
    /// Finds them: those that are marked and, with `timestamps`, those that are called so.
    pub(super) fn resolve(columns: &[Column], timestamps: Option<&Ident>, errors: &mut Errors) -> Self {
        let mut find = |name: &str, mark: fn(&Column) -> Option<&Ident>| {
            let mut marked = (0..columns.len()).filter(|&at| mark(&columns[at]).is_some());
            let first = marked.next();
            for other in marked {
                errors.add(
                    mark(&columns[other]),
                    format!("one field is `{name}`: it is `{}` already", columns[first.unwrap_or(0)].name),
                );
            }
            let called = || timestamps.and_then(|_| columns.iter().position(|c| c.name == name));
            let found = first.or_else(called);
            if let (None, Some(place)) = (found, timestamps) {
                errors.add(
                    place,
                    format!(
                        "`timestamps` keeps when a record was written: add a field `{name}: Timestamp`, \
                         or mark the one that is meant with `#[field({name})]`"
                    ),
                );
            }
            found
        };
        Self {
            created_at: find("created_at", |c| c.created_at.as_ref()),
            updated_at: find("updated_at", |c| c.updated_at.as_ref()),
        }
    }

    /// Whether a column is one of them.
    pub(crate) fn has(&self, place: usize) -> bool {
        self.created_at == Some(place) || self.updated_at == Some(place)
    }
}
