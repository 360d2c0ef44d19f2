//! Names of connections.

use std::fmt;
use std::sync::Arc;

/// What comes between a connection's name and its instance's.
const INSTANCE: &str = "__";

/// The name of a connection: which of a provider's data is meant.
///
/// Letters, digits and `_`, starting with a letter, at most 48 characters, so that every engine can
/// make it part of a table's, a schema's or a database's name.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionName(Arc<str>);

impl ConnectionName {
    /// The name that is used where none is given: `default`.
    pub const DEFAULT: &'static str = "default";

    /// Takes a name.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] when the name is not of the form above.
    pub fn new(name: &str) -> crate::Result<Self> {
        let fine = name.len() <= 48
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
        if fine {
            Ok(Self(name.into()))
        } else {
            Err(crate::Error::Configuration(format!(
                "`{}` is no name for a connection: use ASCII letters, digits and `_`, \
                 starting with a letter, at most 48 characters",
                name.escape_debug()
            )))
        }
    }

    /// The name of one of several instances of this connection, for example a tenant's:
    /// `secret__tenant_7`. Models that are bound to the connection may live in any of its instances.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] when there is an instance in the name already, or the instance's
    /// name isn't of letters, digits and `_`, or when both are longer than a name can be.
    pub fn instance(&self, name: &str) -> crate::Result<Self> {
        let whole = Self::new(&format!("{self}{INSTANCE}{name}"))?;
        let plain = !name.is_empty() && !name.contains(INSTANCE) && !name.starts_with('_');
        if plain && !self.0.contains(INSTANCE) && !self.0.ends_with('_') {
            return Ok(whole);
        }
        Err(crate::Error::Configuration(format!(
            "connection `{self}` can't have an instance `{}`: `{INSTANCE}` comes once in a name, between the \
             connection's and the instance's",
            name.escape_debug()
        )))
    }

    /// The connection's name without that of the instance: `secret` for `secret__tenant_7`.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.split_once(INSTANCE).map_or(&*self.0, |(base, _)| base)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}
