//! The suite itself: what it says of providers that claim too much or too little, of needs and of areas;
//! and that it runs on an engine that is async by nature.

use orm_core::Result;
use orm_core::connection::ConnectionName;
use orm_core::provider::{
    AsyncConnection, AsyncDataProvider, BoxFuture, Capabilities, ChangeHubs, Connection, DataProvider,
    Threads,
};
use orm_provider_memory::Memory;
use orm_tests::tiny::Tiny;
use orm_tests::{Ending, Outcome, Suite};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A provider that claims something else than it does.
struct Liar<P> {
    provider: P,
    claims: Capabilities,
}

impl<P: DataProvider> DataProvider for Liar<P> {
    fn capabilities(&self) -> &Capabilities {
        &self.claims
    }
    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        self.provider.open(connection)
    }
}

fn names(outcomes: &[Outcome], wanted: impl Fn(&Ending) -> bool) -> Vec<&'static str> {
    let blocking = outcomes.iter().filter(|o| o.mode == "blocking" && wanted(&o.ending));
    blocking.map(|o| o.case.path()).collect()
}

fn failed(ending: &Ending) -> bool {
    matches!(ending, Ending::Failed(_))
}

#[test]
fn whoever_claims_too_much_is_found_out() {
    let claims = Capabilities::full("boaster").with_row_locks().with_sql();
    let suite = Suite::new("boaster", move || {
        Ok(Arc::new(Liar { provider: Tiny::default(), claims: claims.clone() }))
    });
    let outcomes = suite.area("claims").outcomes().unwrap();
    let found = names(&outcomes, failed);
    for (capability, _) in Capabilities::minimal("").claims() {
        let needs = |o: &&Outcome| o.case.needs.contains(&capability);
        let by = outcomes.iter().filter(needs).find(|o| found.contains(&o.case.path()));
        assert!(by.is_some(), "no case fails a provider that claims `{capability}` and lacks it");
    }
}

#[test]
fn whoever_claims_too_little_is_found_out() {
    let suite = Suite::new("modest", || {
        Ok(Arc::new(Liar { provider: Memory::new(), claims: Capabilities::minimal("modest") }))
    });
    let outcomes = suite.area("claims").outcomes().unwrap();
    assert_eq!(names(&outcomes, failed), ["claims::transactions_that_are_not_claimed_are_unsupported"]);
    let skipped = outcomes.iter().filter_map(|o| match &o.ending {
        Ending::Skipped(reason) => Some(reason.as_str()),
        _ => None,
    });
    let skipped = skipped.collect::<Vec<_>>();
    assert!(skipped.contains(&"`modest` doesn't claim `counts`"), "{skipped:?}");
}

#[test]
fn whoever_keeps_the_news_to_himself_is_told() {
    // Each database has a hub of its own, so that those who wait at one never hear of the other.
    let alone = Suite::new("alone", || {
        Ok(Arc::new(Liar { provider: Memory::new(), claims: Capabilities::full("alone").embedded() }))
    });
    let patience = std::time::Duration::from_millis(700);
    let outcomes = alone.area("watch").area("changes").patience(patience).outcomes().unwrap();
    let told = |ending: &Ending| matches!(ending, Ending::Failed(why) if why.contains("`DataProvider::change_hubs`"));
    let failed = names(&outcomes, failed);
    assert!(!failed.is_empty());
    assert_eq!(names(&outcomes, told), failed);
    assert!(!names(&outcomes, |ending| *ending == Ending::Passed).is_empty());
}

#[test]
fn every_capability_has_a_case_that_needs_it() {
    let cases = Suite::new("memory", || Ok(Arc::new(Memory::new()))).cases().unwrap();
    for (capability, _) in Capabilities::minimal("").claims() {
        let claimed = cases.iter().any(|case| case.area() == "claims" && case.needs.contains(&capability));
        assert!(claimed, "no case of the area `claims` needs `{capability}`");
    }
}

#[test]
fn areas_are_chosen_and_left_out() {
    let suite = || Suite::new("memory", || Ok(Arc::new(Memory::new())));
    let areas = |suite: Suite| {
        let cases = suite.cases().unwrap();
        let areas: BTreeSet<_> = cases.iter().map(|case| case.area()).collect();
        areas.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(areas(suite().area("query").area("load").without("load")), ["query"]);
    let all = areas(suite());
    assert_eq!(areas(suite().without("query")).len(), all.len() - 1);
    let error = suite().area("querry").cases().err().unwrap();
    assert!(error.contains("there is no area `querry`; there are: "), "{error}");
}

/// Memory on threads, as a server would be.
struct Server(Memory);

impl AsyncDataProvider for Server {
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }
    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        Box::pin(async move {
            let inner = self.0.open(connection)?;
            Ok(Arc::new(Threads::new(inner, "server", 2)) as Arc<dyn AsyncConnection>)
        })
    }
    fn change_hubs(&self) -> Option<&ChangeHubs> {
        DataProvider::change_hubs(&self.0)
    }
}

#[test]
fn an_async_provider_passes_what_the_others_pass() {
    let make = || Ok(Arc::new(Server(Memory::new())) as Arc<_>);
    for outcome in Suite::asynchronous("server", make).outcomes().unwrap() {
        let (case, mode) = (outcome.case.path(), outcome.mode);
        assert!(!failed(&outcome.ending), "{case}, {mode}: {:?}", outcome.ending);
    }
}
