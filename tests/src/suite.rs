//! How cases are chosen and run.

use crate::setup::{Case, Engine, Make, MakeProvider, Setup};
use crate::{cases, matrix};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use orm_core::Result;
use orm_core::provider::{AsyncDataProvider, Capabilities, DataProvider};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// The conformance suite on one provider or several, whole or in part, in both modes.
///
/// A program without a harness of its own (`harness = false`) runs it; it takes the usual arguments of
/// a test program. All cases are compiled in this library, so that such a program costs no more than
/// its link, and one for each provider is enough: `cargo test --test memory -- query` runs one area.
///
/// ```no_run
/// use orm_tests::Suite;
/// use std::sync::Arc;
///
/// fn main() -> std::process::ExitCode {
///     Suite::new("memory", || Ok(Arc::new(orm_provider_memory::Memory::new())))
///         .area("query")
///         .area("load")
///         .run()
/// }
/// ```
///
/// A case that [needs](Case::needs) what the provider doesn't [claim](Capabilities::claims) is reported
/// as ignored, with the reason. Whether what is claimed is done, and done by the provider itself, is
/// what the area `claims` is about.
#[must_use = "a suite does nothing until it is run"]
pub struct Suite {
    providers: Vec<(String, Make)>,
    areas: BTreeSet<String>,
    left_out: BTreeSet<String>,
    /// Cases that make no sense as a provider is set up: the provider's name, the case, and why.
    except: Vec<[String; 3]>,
    /// The providers whose results are recorded, and where.
    recorded: Option<(Vec<String>, PathBuf)>,
    patience: Duration,
    within: Within,
}

/// Calls what it is given.
type Within = Arc<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    Passed,
    /// It was not run, for this reason.
    Skipped(String),
    /// With this error.
    Failed(String),
}

/// How a case ended on a provider in one of the modes.
#[derive(Clone)]
pub struct Outcome {
    /// The provider.
    pub provider: String,
    /// `blocking` or `async`.
    pub mode: &'static str,
    /// The case.
    pub case: Case,
    /// How it ended.
    pub ending: Ending,
}

impl Suite {
    /// The whole suite on a blocking provider; `make` is asked for one with no data in it, for each
    /// case again.
    pub fn new(name: &str, make: impl Fn() -> Result<Arc<dyn DataProvider>> + Send + Sync + 'static) -> Self {
        let make: Make = Arc::new(move || make().map(Engine::blocking));
        Self::on(name, make)
    }

    /// The whole suite on a provider that is async by nature.
    pub fn asynchronous(
        name: &str,
        make: impl Fn() -> Result<Arc<dyn AsyncDataProvider>> + Send + Sync + 'static,
    ) -> Self {
        let make: Make = Arc::new(move || make().map(Engine::asynchronous));
        Self::on(name, make)
    }

    fn on(name: &str, make: Make) -> Self {
        Self {
            providers: vec![(name.to_owned(), make)],
            areas: BTreeSet::new(),
            left_out: BTreeSet::new(),
            except: Vec::new(),
            recorded: None,
            patience: PATIENCE,
            within: Arc::new(|case| case()),
        }
    }

    /// Runs on the providers of another suite too.
    pub fn and(mut self, other: Suite) -> Self {
        self.providers.extend(other.providers);
        self.except.extend(other.except);
        self
    }

    /// Leaves out a case that makes no sense as the providers named so far are set up; it is reported as
    /// ignored, for this reason.
    pub fn except(mut self, case: &str, reason: &str) -> Self {
        let of = |(name, _): &(String, Make)| [name.clone(), case.to_owned(), reason.to_owned()];
        self.except.extend(self.providers.iter().map(of));
        self
    }

    /// How a case ends that is left out.
    fn excepted(&self, provider: &str, case: &Case) -> Option<Ending> {
        let of = |[name, path, _]: &&[String; 3]| name == provider && path == case.path();
        self.except.iter().find(of).map(|[_, _, reason]| Ending::Skipped(reason.clone()))
    }

    /// Runs this area and no others, but for those that are named so too. Areas are the modules of
    /// [`cases`](mod@cases).
    pub fn area(mut self, area: &str) -> Self {
        self.areas.insert(area.to_owned());
        self
    }

    /// Leaves an area out.
    pub fn without(mut self, area: &str) -> Self {
        self.left_out.insert(area.to_owned());
        self
    }

    /// Keeps a table of what works in a Markdown file, with columns for the providers named so far: a whole
    /// run fails where the file says something else of them, and writes it if `BLESS` is in the environment.
    /// What the file says of other providers stays.
    pub fn recorded_in(mut self, file: impl Into<PathBuf>) -> Self {
        let providers = self.providers.iter().map(|(name, _)| name.clone()).collect();
        self.recorded = Some((providers, file.into()));
        self
    }

    /// How long a case may take, unless told 120 seconds: one that waits for news that never comes fails then,
    /// and the others go on.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Calls each case by this function, on the case's own thread: for providers that heed where they are
    /// called, such as inside of a runtime.
    pub fn within(mut self, within: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static) -> Self {
        self.within = Arc::new(within);
        self
    }

    /// The cases that were chosen.
    ///
    /// # Errors
    /// Says which areas there are when one is named that isn't.
    pub fn cases(&self) -> Result<Vec<Case>, String> {
        let mut all = cases::all();
        let known: BTreeSet<&str> = all.iter().map(Case::area).collect();
        if let Some(unknown) = self.areas.union(&self.left_out).find(|a| !known.contains(a.as_str())) {
            let known: Vec<_> = known.into_iter().collect();
            return Err(format!("there is no area `{unknown}`; there are: {}", known.join(", ")));
        }
        all.retain(|case| {
            let area = case.area();
            (self.areas.is_empty() || self.areas.contains(area)) && !self.left_out.contains(area)
        });
        Ok(all)
    }

    /// Runs it as a test program.
    pub fn run(self) -> ExitCode {
        let cases = match self.cases() {
            Ok(cases) => cases,
            Err(message) => {
                eprintln!("error: {message}");
                return ExitCode::from(2);
            }
        };
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        let mut trials = Vec::new();
        for (provider, make) in &self.providers {
            for case in &cases {
                for mode in MODES {
                    let (case, make, patience) = (*case, Arc::clone(make), self.patience);
                    let within = Arc::clone(&self.within);
                    let name = format!("{provider}::{mode}::{}", case.path());
                    let excepted = self.excepted(provider, &case);
                    let (outcomes, provider) = (Arc::clone(&outcomes), provider.clone());
                    trials.push(Trial::ignorable_test(name, move || {
                        let ending = excepted.unwrap_or_else(|| ran(case, mode, &make, patience, &within));
                        let outcome = Outcome { provider, mode, case, ending: ending.clone() };
                        outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                        match ending {
                            Ending::Passed => Ok(Completion::Completed),
                            Ending::Skipped(reason) => Ok(Completion::ignored_with(reason)),
                            Ending::Failed(message) => Err(Failed::from(message)),
                        }
                    }));
                }
            }
        }
        let arguments = Arguments::from_args();
        let ended = libtest_mimic::run(&arguments, trials);
        let whole = arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.list;
        if whole && !ended.has_failed() && self.areas.is_empty() && self.left_out.is_empty() {
            let outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(message) = self.record(&outcomes) {
                eprintln!("error: {message}");
                return ExitCode::FAILURE;
            }
        }
        ended.exit_code()
    }

    /// Holds the outcomes against the file they are recorded in.
    fn record(&self, outcomes: &[Outcome]) -> Result<(), String> {
        let Some((providers, file)) = &self.recorded else { return Ok(()) };
        let of_them = |name: &str| providers.iter().any(|provider| provider == name);
        let mut claims = self.capabilities().map_err(|error| error.to_string())?;
        claims.retain(|(name, _)| of_them(name));
        let outcomes: Vec<_> =
            outcomes.iter().filter(|outcome| of_them(&outcome.provider)).cloned().collect();
        matrix::check(file, &claims, &outcomes)
    }

    /// Runs it and tells how each case ended, for reports. A panic ends a case and goes on to no other.
    ///
    /// # Errors
    /// As [`cases`](Self::cases).
    pub fn outcomes(self) -> Result<Vec<Outcome>, String> {
        let cases = self.cases()?;
        let mut outcomes = Vec::new();
        for (provider, make) in &self.providers {
            for case in &cases {
                for mode in MODES {
                    let run = AssertUnwindSafe(|| match self.excepted(provider, case) {
                        Some(ending) => ending,
                        None => ran(*case, mode, make, self.patience, &self.within),
                    });
                    let ending =
                        catch_unwind(run).unwrap_or_else(|_| Ending::Failed("it panicked".to_owned()));
                    outcomes.push(Outcome { provider: provider.clone(), mode, case: *case, ending });
                }
            }
        }
        Ok(outcomes)
    }

    /// What each of the providers claims.
    ///
    /// # Errors
    /// Those of making a provider.
    pub fn capabilities(&self) -> Result<Vec<(String, Capabilities)>> {
        let of = |(name, make): &(String, Make)| Ok((name.clone(), make()?.capabilities().clone()));
        self.providers.iter().map(of).collect()
    }
}

/// How long a case may take. Those of a slow server on a busy machine take some seconds.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) const MODES: [&str; 2] = ["blocking", "async"];

fn ran(case: Case, mode: &'static str, make: &Make, patience: Duration, within: &Within) -> Ending {
    let setup = match Setup::new(make) {
        Ok(setup) => setup,
        Err(error) => return Ending::Failed(format!("the provider could not be made: {error}")),
    };
    if let Err(ending) = needs_are_met(&case, setup.capabilities()) {
        return ending;
    }
    let run = if mode == "blocking" { case.blocking } else { case.asynchronous };
    let (ended, end) = mpsc::channel();
    let within = Arc::clone(within);
    let thread = std::thread::Builder::new().name(format!("{mode}::{}", case.path())).spawn(move || {
        let (mut setup, mut ending) = (Some(setup), Ending::Failed("it wasn't called".to_owned()));
        let mut call = || {
            let Some(setup) = setup.take() else { return };
            ending = match run(setup) {
                Ok(()) => Ending::Passed,
                Err(error) => Ending::Failed(error.to_string()),
            };
        };
        let ran = catch_unwind(AssertUnwindSafe(|| within(&mut call)));
        let ran = ran.map(|()| ending);
        // Nobody waits any more for what took too long.
        let _ = ended.send(ran);
    });
    if let Err(error) = thread {
        return Ending::Failed(format!("no thread for the case: {error}"));
    }
    match end.recv_timeout(patience) {
        Ok(Ok(ending)) => ending,
        Ok(Err(panic)) => resume_unwind(panic),
        // The thread can't be ended; it waits on, and nobody minds.
        Err(_) => Ending::Failed(format!(
            "it isn't done after {patience:?}. A case that waits for changes waits forever if the databases of \
             one connection don't share their news: see `DataProvider::change_hubs`"
        )),
    }
}

/// Whether the provider claims what the case needs, and doesn't what the case is about the lack of.
fn needs_are_met(case: &Case, claimed: &Capabilities) -> Result<(), Ending> {
    let mut reasons = Vec::new();
    for (wanted, list) in [(true, case.needs), (false, case.lacks)] {
        for need in list {
            match claimed.claims().find(|(name, _)| name == need) {
                Some((_, claims)) if claims == wanted => {}
                Some((_, false)) => reasons.push(format!("`{}` doesn't claim `{need}`", claimed.name)),
                Some((_, true)) => reasons.push(format!("`{}` claims `{need}`", claimed.name)),
                None => {
                    return Err(Ending::Failed(format!("`{need}` is no capability that could be claimed")));
                }
            }
        }
    }
    if reasons.is_empty() { Ok(()) } else { Err(Ending::Skipped(reasons.join("; "))) }
}

/// Runs the whole suite on a provider, as a test program with the usual arguments.
pub fn conformance(provider: &str, make: MakeProvider) -> ExitCode {
    Suite::new(provider, make).run()
}
