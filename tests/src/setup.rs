//! What a case gets.

use crate::raw::Raw;
use orm_core::connection::ConnectionName;
use orm_core::database::{Builder, Database, IntoProvider, Open};
use orm_core::provider::{
    AsyncDataProvider, Capabilities, Counted, DataProvider, Fault, Faults, On, Statements,
};
use orm_core::{Mode, Result};
use std::sync::Arc;

/// How a case ends: whatever error it meets fails it.
pub type TestResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Makes a provider with no data in it.
pub type MakeProvider = fn() -> Result<Arc<dyn DataProvider>>;

/// A provider of either kind, whose statements are counted and whose calls may be let fail.
#[derive(Clone)]
#[allow(clippy::type_complexity, reason = "wrappers around wrappers, named nowhere else")]
pub enum Engine {
    /// Its calls block.
    Blocking(Counted<Faults<Arc<dyn DataProvider>>>),
    /// Its calls are async.
    Async(Counted<Faults<Arc<dyn AsyncDataProvider>>>),
}

/// Calls the same on a provider of either kind.
macro_rules! either {
    ($engine:expr, $counted:ident => $call:expr) => {
        match $engine {
            Engine::Blocking($counted) => $call,
            Engine::Async($counted) => $call,
        }
    };
}

impl Engine {
    pub(crate) fn blocking(provider: Arc<dyn DataProvider>) -> Self {
        Self::Blocking(Counted::new(Faults::new(provider)))
    }

    pub(crate) fn asynchronous(provider: Arc<dyn AsyncDataProvider>) -> Self {
        Self::Async(Counted::new(Faults::new(provider)))
    }

    /// What it claims.
    pub fn capabilities(&self) -> &Capabilities {
        match self {
            Self::Blocking(provider) => DataProvider::capabilities(provider),
            Self::Async(provider) => AsyncDataProvider::capabilities(provider),
        }
    }

    /// How many statements there were since the last reset.
    pub fn statements(&self) -> Statements {
        either!(self, counted => counted.statements())
    }

    /// Counts from zero again.
    pub fn reset(&self) {
        either!(self, counted => counted.reset());
    }
}

/// Marks [`Engine`] among the providers that a database takes.
#[derive(Debug)]
pub struct EitherEngine;

impl IntoProvider<EitherEngine> for Engine {
    fn into_provider(self) -> Box<dyn Open> {
        either!(self, counted => counted.into_provider())
    }
}

/// Makes a provider of either kind, with no data in it.
pub(crate) type Make = Arc<dyn Fn() -> Result<Engine> + Send + Sync>;

/// A provider with no data in it.
#[derive(Clone)]
pub struct Setup {
    /// The provider.
    pub provider: Engine,
    make: Make,
}

impl Setup {
    pub(crate) fn new(make: &Make) -> Result<Self> {
        Ok(Self { provider: make()?, make: Arc::clone(make) })
    }

    /// Another provider of the same kind, with no data in it.
    ///
    /// # Errors
    /// Those of the provider.
    pub fn another(&self) -> Result<Self> {
        Self::new(&self.make)
    }

    /// The beginning of a database on the provider.
    pub fn builder<D: Mode>(&self) -> Builder<D> {
        Database::builder().provider(self.provider.clone())
    }

    /// A database on the provider's connection `main`.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn database<D: Mode>(&self) -> Result<Database<D>> {
        D::settle(self.builder::<D>().connection("main").start()).await
    }

    /// The number of statements since the last call.
    pub fn statements(&self) -> u64 {
        let total = self.provider.statements().total();
        self.provider.reset();
        total
    }

    /// What the provider claims.
    pub fn capabilities(&self) -> &Capabilities {
        self.provider.capabilities()
    }

    /// The connection `main` as the provider opens it: nothing is filled in by the core.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn raw(&self) -> Result<Raw> {
        let name = ConnectionName::new("main")?;
        Ok(match &self.provider {
            Engine::Blocking(provider) => Raw::Blocking(DataProvider::open(provider, &name)?),
            Engine::Async(provider) => Raw::Async(AsyncDataProvider::open(provider, &name).await?),
        })
    }

    /// Lets calls that reach the provider fail.
    pub fn inject(&self, fault: Fault) {
        either!(&self.provider, counted => counted.provider().inject(fault));
    }

    /// The calls that reached the provider since the last [`clear_faults`](Self::clear_faults).
    pub fn calls(&self) -> Vec<On> {
        either!(&self.provider, counted => counted.provider().calls())
    }

    /// Those of them that were let fail.
    pub fn fired(&self) -> Vec<On> {
        either!(&self.provider, counted => counted.provider().fired())
    }

    /// Forgets faults that wait, and what happened.
    pub fn clear_faults(&self) {
        either!(&self.provider, counted => counted.provider().clear());
    }
}

/// One behaviour, in both modes.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its area and name.
    pub name: &'static str,
    /// What the provider must claim of [`Capabilities::claims`] for the case to make sense.
    pub needs: &'static [&'static str],
    /// What the provider must not claim for the case to make sense.
    pub lacks: &'static [&'static str],
    /// Runs it in blocking mode.
    pub blocking: fn(Setup) -> TestResult,
    /// Runs it in async mode.
    pub asynchronous: fn(Setup) -> TestResult,
}

impl Case {
    /// The area: the name of the module in `cases`.
    pub fn area(&self) -> &'static str {
        self.path().split("::").next().unwrap_or_default()
    }

    /// The area and the name: `query::filters_by_text`.
    pub fn path(&self) -> &'static str {
        self.name.trim_start_matches("orm_tests::cases::")
    }
}

/// Lists the cases of a module. What only makes sense on a provider that claims something says so:
/// `rolls_back_by_itself needs(transactions)`, or `says_that_it_cannot lacks(transactions)`; the names
/// are those of the fields of [`Capabilities`](orm_core::provider::Capabilities).
#[macro_export]
macro_rules! cases {
    ($($case:ident $(needs($($need:ident),+ $(,)?))? $(lacks($($lack:ident),+ $(,)?))?),* $(,)?) => {
        /// The cases of this area.
        pub fn cases() -> Vec<$crate::Case> {
            vec![$($crate::Case {
                name: concat!(module_path!(), "::", stringify!($case)),
                needs: &[$($(stringify!($need)),+)?],
                lacks: &[$($(stringify!($lack)),+)?],
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
