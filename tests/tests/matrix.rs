//! `docs/support.md`, which says what each provider does, is written by what the suite ran.
//!
//! It names areas, not cases, so that a new case changes nothing unless some provider skips it.
//! `BLESS=1 cargo test -p orm-tests --test matrix` writes it anew. Where there is no server to run it on,
//! what was recorded of it stays.

use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::servers::{MysqlServer, PostgresServer};
use orm_tests::tiny::Tiny;
use orm_tests::{Ending, Outcome, Suite};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::sync::{Arc, OnceLock};
use std::{env, fs};

/// All providers, in the order of their columns; those that need a server may be missing.
const PROVIDERS: [&str; 5] = ["memory", "sqlite", "postgres", "mariadb", "tiny"];

fn suite() -> Suite {
    static POSTGRES: OnceLock<Option<Arc<PostgresServer>>> = OnceLock::new();
    static MARIADB: OnceLock<Option<Arc<MysqlServer>>> = OnceLock::new();
    let missing = |why: String| eprintln!("left as it was recorded, because there is {why}");
    let postgres = POSTGRES.get_or_init(|| PostgresServer::find().map(Arc::new).map_err(missing).ok());
    let mariadb = MARIADB.get_or_init(|| MysqlServer::find().map(Arc::new).map_err(missing).ok());
    let mut suite = Suite::new("memory", || Ok(Arc::new(Memory::new())))
        .and(Suite::new("sqlite", || Ok(Arc::new(Sqlite::memory()?))));
    if let Some(server) = postgres {
        suite = suite.and(Suite::asynchronous("postgres", || server.scratch()));
    }
    if let Some(server) = mariadb {
        suite = suite.and(Suite::asynchronous("mariadb", || server.scratch()));
    }
    suite.and(Suite::new("tiny", || Ok(Arc::new(Tiny::default()))))
}

/// What a file says of providers that can't be run here.
struct Recorded {
    /// By a row's first cell and a column's head.
    cells: HashMap<(String, String), String>,
    notes: Vec<String>,
}

impl Recorded {
    fn of(file: &str) -> Self {
        let (mut cells, mut heads): (_, Vec<String>) = (HashMap::new(), Vec::new());
        for line in file.lines() {
            let Some(line) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
                heads.clear();
                continue;
            };
            let row: Vec<String> = line.split(" | ").map(str::to_owned).collect();
            if heads.is_empty() {
                heads = row;
                continue;
            }
            for (head, cell) in heads.iter().zip(&row) {
                cells.insert((row[0].clone(), head.clone()), cell.clone());
            }
        }
        let notes = file.lines().filter(|line| line.starts_with("- `")).map(str::to_owned).collect();
        Self { cells, notes }
    }

    fn cell(&self, row: &str, column: &str) -> String {
        self.cells.get(&(row.to_owned(), column.to_owned())).cloned().unwrap_or_else(|| "?".to_owned())
    }
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

fn capabilities(out: &mut String, suite: &Suite, recorded: &Recorded) {
    let claimed = suite.capabilities().unwrap();
    let names: Vec<&str> = claimed[0].1.claims().map(|(name, _)| name).collect();
    row(out, std::iter::once("Capability").chain(PROVIDERS).map(str::to_owned));
    row(out, vec!["---".to_owned(); PROVIDERS.len() + 1]);
    for name in names {
        let head = format!("`{name}`");
        let cells = PROVIDERS.iter().map(|&provider| {
            let Some((_, all)) = claimed.iter().find(|(p, _)| p == provider) else {
                return recorded.cell(&head, provider);
            };
            let (_, claims) = all.claims().find(|(n, _)| *n == name).unwrap();
            match (claims, name) {
                (true, _) => "native",
                // Nobody can fill in for these.
                (false, "row_locks" | "sql") => "no",
                (false, _) => "by the core",
            }
            .to_owned()
        });
        row(out, std::iter::once(head.clone()).chain(cells));
    }
}

/// One line for each area, one column for each provider and mode; notes for what was skipped.
fn areas(out: &mut String, outcomes: &[Outcome], recorded: &Recorded) {
    let columns: Vec<(&str, &str)> =
        PROVIDERS.iter().flat_map(|&provider| [(provider, "blocking"), (provider, "async")]).collect();
    let area_names: BTreeSet<&str> = outcomes.iter().map(|o| o.case.area()).collect();
    let heads = columns.iter().map(|(provider, mode)| format!("{provider}, {mode}"));
    row(out, ["Area".to_owned(), "What it is about".to_owned()].into_iter().chain(heads));
    row(out, vec!["---".to_owned(); columns.len() + 2]);
    let mut notes: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for area in area_names {
        let head = format!("`{area}`");
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
                (0, 0) => recorded.cell(&head, &format!("{provider}, {mode}")),
                (_, 0) => "✓".to_owned(),
                (0, _) => "–".to_owned(),
                _ => "✓, in part".to_owned(),
            }
        });
        let cells: Vec<_> = cells.collect();
        row(out, [head.clone(), about(area)].into_iter().chain(cells));
    }
    let was_run = |provider: &str| outcomes.iter().any(|outcome| outcome.provider == provider);
    let mut lines: Vec<String> = Vec::new();
    for ((area, provider, reason), cases) in notes {
        let cases: Vec<_> = cases.into_iter().map(|case| format!("`{case}`")).collect();
        lines.push(format!("- `{area}` on {provider}: {reason}. This concerns {}.", cases.join(", ")));
    }
    for provider in PROVIDERS.iter().filter(|provider| !was_run(provider)) {
        let of_it = format!("` on {provider}: ");
        lines.extend(recorded.notes.iter().filter(|note| note.contains(&of_it)).cloned());
    }
    lines.sort();
    if !lines.is_empty() {
        out.push_str("\nWhat is not asked of a provider, and why:\n\n");
    }
    for line in lines {
        let _ = writeln!(out, "{line}");
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

    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/support.md");
    let kept = fs::read_to_string(file).unwrap_or_default();
    let recorded = Recorded::of(&kept);
    let mut out = String::from(
        "# Support\n\n\
         Written by the conformance suite: `BLESS=1 cargo test -p orm-tests --test matrix`. What each behaviour\n\
         means is in [Semantics](semantics.md).\n\n\
         *tiny* is the least provider that can be: it scans and applies, and shows what the core does for others.\n\n\
         ## What the providers do by themselves\n\n\
         *native*: the provider claims it, and the area `claims` has seen it do it without the core. *by the core*:\n\
         the core fills it in, at the cost of a scan. *no*: nobody can fill it in, and it is refused.\n\n",
    );
    capabilities(&mut out, &claims, &recorded);
    out.push_str(
        "\n## What works\n\n\
         ✓: every case of the area passes. –: no case of it makes sense for the provider.\n\n",
    );
    areas(&mut out, &outcomes, &recorded);

    if env::var_os("BLESS").is_some() {
        fs::write(file, out).unwrap();
        return;
    }
    assert!(kept == out, "docs/support.md is not what the suite ran; BLESS=1 writes it anew:\n{out}");
}
