//! How a transaction is to be.

/// How much of what others do at the same time a transaction may notice. Levels grow: each gives all
/// that those before it give, and a provider may always give more than is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// Each statement sees what is committed when it begins, so two reads may differ. Without a
    /// [locking read](crate::query::Query::for_update), what was read may be changed by another before it
    /// is written.
    ReadCommitted,
    /// All reads see the state at the beginning, and nobody else's change is written over: a record that
    /// another changed since is [`Error::Serialization`](crate::Error::Serialization). Two transactions
    /// that read the same and write different records may both commit.
    #[default]
    #[doc(alias = "RepeatableRead")]
    Snapshot,
    /// As if transactions ran one after the other. What could not have come about like that is
    /// [`Error::Serialization`](crate::Error::Serialization) for one of them. It holds among transactions
    /// that all ask for it.
    Serializable,
}

/// How a transaction is to be.
///
/// ```
/// use orm_core::provider::{Isolation, TxOptions};
/// let audit = TxOptions::new().serializable().read_only().retries(20);
/// assert_eq!(audit.isolation, Isolation::Serializable);
/// assert!(audit.read_only);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TxOptions {
    /// Nothing will be written: one snapshot for several reads.
    pub read_only: bool,
    /// What it may notice of others.
    pub isolation: Isolation,
    /// How often its body is tried again after a conflict; `None` is what the database says. Of no
    /// interest to providers.
    pub retries: Option<u32>,
}

impl TxOptions {
    /// For reads and writes, on a snapshot.
    #[must_use]
    pub const fn new() -> Self {
        Self { read_only: false, isolation: Isolation::Snapshot, retries: None }
    }

    /// One snapshot for several reads.
    #[must_use]
    pub const fn snapshot() -> Self {
        Self::new().read_only()
    }

    /// Writes in it are refused: [`Error::ReadOnly`](crate::Error::ReadOnly). Engines spare such a
    /// transaction much of their work.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// What it may notice of others, at most.
    #[must_use]
    pub const fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// [`Isolation::ReadCommitted`].
    #[must_use]
    pub const fn read_committed(self) -> Self {
        self.isolation(Isolation::ReadCommitted)
    }

    /// [`Isolation::Serializable`].
    #[must_use]
    pub const fn serializable(self) -> Self {
        self.isolation(Isolation::Serializable)
    }

    /// How often its body is tried again after a conflict, whatever the database says. A guard from
    /// `begin_with` is never tried again.
    #[must_use]
    pub const fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }
}
