//! What the tests of faults need of a server, whichever engine it is.

use orm_core::Result;
use orm_core::provider::AsyncDataProvider;
use std::sync::Arc;

/// A server that is treated badly.
pub trait FaultyServer: Sized + Send + Sync + 'static {
    /// What a request to commit has in it, as it goes over the line.
    const COMMIT: &'static [u8];

    /// Whether the driver reads from a connection also while nobody waits for an answer, and so notices
    /// its end.
    const READS_BY_ITSELF: bool;

    /// The server of all tests of this process; `None`, and said so, where there is none.
    fn shared() -> Option<&'static Self>;

    /// A throw-away server that loses nothing of what it has acknowledged when it is
    /// [killed](Self::kill).
    ///
    /// # Errors
    /// Why there is none, for people.
    fn restartable() -> Result<Self, String>;

    /// Where it listens: `127.0.0.1:5432`.
    fn address(&self) -> String;

    /// A provider that sees nobody else's data, and of which the server knows this name. It connects to
    /// `address`, where somebody may stand in between, unencrypted.
    ///
    /// # Errors
    /// Those of the settings.
    fn provider_at(&self, address: &str, name: &str, pool: usize) -> Result<Arc<dyn AsyncDataProvider>>;

    /// How many connections of the provider of this name are inside of a transaction while nothing is
    /// asked of them.
    fn open_transactions(&self, name: &str) -> u64;

    /// How many connections of the provider of this name the server knows.
    fn connections(&self, name: &str) -> u64;

    /// Ends a throw-away server at once, in the midst of whatever it does.
    fn kill(&self);

    /// Starts it again, and waits until it answers.
    fn restart(&self);
}
