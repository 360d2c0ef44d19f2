//! Locks that a read takes.

/// That the records which a read puts out are not changed by others before the transaction ends.
///
/// A provider that locks lets others wait, or does not let them begin. One that lets them go on must notice
/// at the latest when it commits, and answer [`Error::Serialization`](crate::Error::Serialization) to one of
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Lock {
    /// Whom it keeps away.
    pub strength: LockStrength,
    /// What to do about records that others have locked.
    pub wait: LockWait,
}

/// Whom a [`Lock`] keeps away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LockStrength {
    /// Everybody who changes or locks the records.
    Update,
    /// Everybody who changes them; others may lock them likewise.
    Share,
}

/// What a [`Lock`] does about records that others have locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LockWait {
    /// Wait, as long as the engine is set to.
    Wait,
    /// Leave them out; only asked of those who claim
    /// [`row_locks`](crate::provider::Capabilities::row_locks).
    Skip,
    /// [`Error::Locked`](crate::Error::Locked) at once; only asked of those who claim
    /// [`row_locks`](crate::provider::Capabilities::row_locks).
    Fail,
}

impl Lock {
    /// As for a change, waiting for others.
    #[must_use]
    pub const fn update() -> Self {
        Self { strength: LockStrength::Update, wait: LockWait::Wait }
    }

    /// Against changes, waiting for others.
    #[must_use]
    pub const fn share() -> Self {
        Self { strength: LockStrength::Share, wait: LockWait::Wait }
    }
}
