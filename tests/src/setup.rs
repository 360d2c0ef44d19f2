//! What a case gets, and how all cases are run.

use crate::cases;
use libtest_mimic::{Arguments, Failed, Trial};
use orm_core::Mode;
use orm_core::database::{Builder, Database};
use orm_core::provider::{Counted, DataProvider};
use std::process::ExitCode;
use std::sync::Arc;

/// How a case ends: whatever error it meets fails it.
pub type TestResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Makes a provider with no data in it.
pub type MakeProvider = fn() -> orm_core::Result<Arc<dyn DataProvider>>;

/// A provider with no data in it, whose statements are counted.
#[derive(Clone)]
pub struct Setup {
    /// The provider.
    pub provider: Counted<Arc<dyn DataProvider>>,
    make: MakeProvider,
}

impl Setup {
    fn new(make: MakeProvider) -> orm_core::Result<Self> {
        Ok(Self { provider: Counted::new(make()?), make })
    }

    /// Another provider of the same kind, with no data in it.
    ///
    /// # Errors
    /// Those of the provider.
    pub fn another(&self) -> orm_core::Result<Self> {
        Self::new(self.make)
    }

    /// The beginning of a database on the provider.
    pub fn builder<D: Mode>(&self) -> Builder<D> {
        Database::builder().provider(self.provider.clone())
    }

    /// A database on the provider's connection `main`.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn database<D: Mode>(&self) -> orm_core::Result<Database<D>> {
        D::settle(self.builder::<D>().connection("main").start()).await
    }

    /// The number of statements since the last call.
    pub fn statements(&self) -> u64 {
        let total = self.provider.statements().total();
        self.provider.reset();
        total
    }
}

/// One behaviour, in both modes.
pub struct Case {
    /// Its area and name.
    pub name: &'static str,
    /// Runs it in blocking mode.
    pub blocking: fn(Setup) -> TestResult,
    /// Runs it in async mode.
    pub asynchronous: fn(Setup) -> TestResult,
}

/// Lists the cases of a module.
#[macro_export]
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        /// The cases of this area.
        pub fn cases() -> Vec<$crate::Case> {
            vec![$($crate::Case {
                name: concat!(module_path!(), "::", stringify!($case)),
                blocking: |setup| $crate::executor::block_on($case::<orm_core::Blocking>(setup)),
                asynchronous: |setup| $crate::executor::block_on($case::<orm_core::Async>(setup)),
            }),*]
        }
    };
}

/// Takes the answer of a call in either mode.
#[macro_export]
macro_rules! go {
    ($mode:ident, $call:expr) => {
        <$mode as orm_core::Mode>::settle($call).await
    };
}

/// Runs the whole suite on a provider, as a test program with the usual arguments.
pub fn conformance(provider: &str, make: MakeProvider) -> ExitCode {
    let mut trials = Vec::new();
    for case in cases::all() {
        let name = case.name.trim_start_matches("orm_tests::cases::");
        for (mode, run) in [("blocking", case.blocking), ("async", case.asynchronous)] {
            trials.push(Trial::test(format!("{provider}::{mode}::{name}"), move || {
                let setup = Setup::new(make).map_err(Failed::from)?;
                run(setup).map_err(|error| Failed::from(error.to_string()))
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
