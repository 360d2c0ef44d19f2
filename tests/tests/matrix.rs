//! `docs/support.md`, which says what each provider does, is written by what the suite ran.
//!
//! It names areas, not cases, so that a new case changes nothing unless some provider skips it.
//! `BLESS=1 cargo test -p orm-tests --test matrix` writes it anew.

use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::tiny::Tiny;
use orm_tests::{Ending, Outcome, Suite};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::{env, fs};

fn suite() -> Suite {
    Suite::new("memory", || Ok(Arc::new(Memory::new())))
        .and(Suite::new("sqlite", || Ok(Arc::new(Sqlite::memory()?))))
        .and(Suite::new("tiny", || Ok(Arc::new(Tiny::default()))))
}

/// What the first line of an area's file says it is about.
fn about(area: &str) -> String {
    let file = format!("{}/src/cases/{area}.rs", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let sentence: String = lines.by_ref().take_while(|line| !line.trim().is_empty()).collect();
    sentence.trim().trim_end_matches('.').to_owned()
}

/// The rows of a table, aligned as they come.
fn row(out: &mut String, cells: impl IntoIterator<Item = String>) {
    for cell in cells {
        let _ = write!(out, "| {cell} ");
    }
    out.push_str("|\n");
}

fn capabilities(out: &mut String, suite: &Suite) {
    let claimed = suite.capabilities().unwrap();
    let names: Vec<&str> = claimed[0].1.claims().map(|(name, _)| name).collect();
    row(out, std::iter::once("Capability".to_owned()).chain(claimed.iter().map(|(p, _)| p.clone())));
    row(out, vec!["---".to_owned(); claimed.len() + 1]);
    for name in names {
        let word = |claims: bool| if claims { "native" } else { "by the core" };
        let cells = claimed.iter().map(|(_, all)| {
            let (_, claims) = all.claims().find(|(n, _)| *n == name).unwrap();
            word(claims).to_owned()
        });
        row(out, std::iter::once(format!("`{name}`")).chain(cells));
    }
}

/// One line for each area, one column for each provider and mode; notes for what was skipped.
fn areas(out: &mut String, outcomes: &[Outcome]) {
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for outcome in outcomes {
        let column = (outcome.provider.as_str(), outcome.mode);
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let area_names: BTreeSet<&str> = outcomes.iter().map(|o| o.case.area()).collect();
    let heads = columns.iter().map(|(provider, mode)| format!("{provider}, {mode}"));
    row(out, ["Area".to_owned(), "What it is about".to_owned()].into_iter().chain(heads));
    row(out, vec!["---".to_owned(); columns.len() + 2]);
    let mut notes: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for area in area_names {
        let cells = columns.iter().map(|&(provider, mode)| {
            let of = outcomes
                .iter()
                .filter(|o| (o.case.area(), o.provider.as_str(), o.mode) == (area, provider, mode));
            let (mut passed, mut skipped) = (0, 0);
            for outcome in of {
                match &outcome.ending {
                    Ending::Passed => passed += 1,
                    Ending::Skipped(reason) => {
                        skipped += 1;
                        let name = outcome.case.path().rsplit("::").next().unwrap_or_default();
                        notes.entry((area, &outcome.provider, reason)).or_default().insert(name);
                    }
                    Ending::Failed(_) => {}
                }
            }
            match (passed, skipped) {
                (_, 0) => "✓",
                (0, _) => "–",
                _ => "✓, in part",
            }
            .to_owned()
        });
        let cells: Vec<_> = cells.collect();
        row(out, [format!("`{area}`"), about(area)].into_iter().chain(cells));
    }
    if !notes.is_empty() {
        out.push_str("\nWhat is not asked of a provider, and why:\n\n");
    }
    for ((area, provider, reason), cases) in notes {
        let cases: Vec<_> = cases.into_iter().map(|case| format!("`{case}`")).collect();
        let _ = writeln!(out, "- `{area}` on {provider}: {reason}. This concerns {}.", cases.join(", "));
    }
}

#[test]
fn the_support_matrix_is_what_the_suite_ran() {
    let claims = suite();
    let outcomes = suite().outcomes().unwrap();
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|o| match &o.ending {
            Ending::Failed(why) => Some(format!("{} {} {}: {why}", o.provider, o.mode, o.case.path())),
            _ => None,
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));

    let mut out = String::from(
        "# Support\n\n\
         Written by the conformance suite: `BLESS=1 cargo test -p orm-tests --test matrix`. What each behaviour\n\
         means is in [Semantics](semantics.md).\n\n\
         *tiny* is the least provider that can be: it scans and applies, and shows what the core does for others.\n\n\
         ## What the providers do by themselves\n\n\
         *native*: the provider claims it, and the area `claims` has seen it do it without the core. *by the core*:\n\
         the core fills it in, at the cost of a scan.\n\n",
    );
    capabilities(&mut out, &claims);
    out.push_str(
        "\n## What works\n\n\
         ✓: every case of the area passes. –: no case of it makes sense for the provider.\n\n",
    );
    areas(&mut out, &outcomes);

    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/support.md");
    if env::var_os("BLESS").is_some() {
        fs::write(file, out).unwrap();
        return;
    }
    let kept = fs::read_to_string(file).unwrap_or_default();
    assert!(kept == out, "docs/support.md is not what the suite ran; BLESS=1 writes it anew:\n{out}");
}
