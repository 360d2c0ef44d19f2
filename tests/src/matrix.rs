//! The support matrix: a file that says what each provider does, written by what the suite ran on it.
//!
//! It names areas, not cases, so that a new case changes nothing unless some provider skips it. A run knows
//! its own providers only: what is written of others stays as it was recorded.

use crate::cases;
use crate::setup::Case;
use crate::suite::{Ending, MODES, Outcome};
use orm_core::provider::Capabilities;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

/// What stands above the tables.
const INTRODUCTION: &str = "\
# Support

Written by the conformance suite, each provider's columns by a run on it, such as
`BLESS=1 cargo test -p orm-tests --test sqlite`. What each behaviour means is in [Semantics](semantics.md).

*tiny* is the least provider that can be: it scans and applies, and shows what the core does for others.

## What the providers do by themselves

*native*: the provider claims it, and the area `claims` has seen it do it without the core. *by the core*:
the core fills it in, at the cost of a scan. *no*: nobody can fill it in, and it is refused.

";

/// What stands between them.
const ABOVE_AREAS: &str = "
## What works

✓: every case of the area passes. –: no case of it makes sense for the provider.

";

/// Capabilities that nobody can fill in.
const BY_NOBODY: [&str; 2] = ["row_locks", "sql"];

/// Checks that the file says of these providers what was run; `BLESS` in the environment writes it.
///
/// # Errors
/// Says what differs, or that the file can't be read or written.
pub(crate) fn check(
    file: &Path,
    claims: &[(String, Capabilities)],
    outcomes: &[Outcome],
) -> Result<(), String> {
    let of_file = |error: io::Error| format!("{}: {error}", file.display());
    let kept = match fs::read_to_string(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(of_file(error)),
        read => read.unwrap_or_default(),
    };
    let matrix = Matrix { recorded: Recorded::of(&kept), claims, outcomes };
    let written = matrix.written();
    if written == kept {
        return Ok(());
    }
    if env::var_os("BLESS").is_some() {
        return fs::write(file, written).map_err(of_file);
    }
    let differs =
        written.lines().zip(kept.lines().chain(std::iter::repeat(""))).find(|(now, then)| now != then);
    let (now, then) = differs.unwrap_or(("", "more lines than there should be"));
    Err(format!(
        "{} is not what the suite ran; `BLESS=1` in the environment writes it anew. The first line that differs:\n\
         recorded: {then}\n     run: {now}",
        file.display()
    ))
}

/// What a file says.
#[derive(Default)]
struct Recorded {
    /// In the order of their columns.
    providers: Vec<String>,
    /// By a row's first cell and a column's head.
    cells: HashMap<(String, String), String>,
    notes: Vec<String>,
}

impl Recorded {
    fn of(file: &str) -> Self {
        let mut recorded = Self::default();
        let mut heads: Vec<String> = Vec::new();
        for line in file.lines() {
            if line.starts_with("- `") {
                recorded.notes.push(line.to_owned());
            }
            let Some(line) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
                heads.clear();
                continue;
            };
            let row: Vec<String> = line.split(" | ").map(str::to_owned).collect();
            if heads.is_empty() {
                if row[0] == "Capability" {
                    recorded.providers = row[1..].to_vec();
                }
                heads = row;
                continue;
            }
            for (head, cell) in heads.iter().zip(&row) {
                recorded.cells.insert((row[0].clone(), head.clone()), cell.clone());
            }
        }
        recorded
    }

    fn cell(&self, row: &str, column: &str) -> String {
        self.cells.get(&(row.to_owned(), column.to_owned())).cloned().unwrap_or_else(|| "?".to_owned())
    }
}

/// What was recorded, and what was run since.
struct Matrix<'a> {
    recorded: Recorded,
    claims: &'a [(String, Capabilities)],
    outcomes: &'a [Outcome],
}

impl Matrix<'_> {
    fn written(&self) -> String {
        let mut out = String::from(INTRODUCTION);
        self.capabilities(&mut out);
        out.push_str(ABOVE_AREAS);
        self.areas(&mut out);
        out
    }

    /// All providers, in the order of their columns.
    fn providers(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.recorded.providers.iter().map(String::as_str).collect();
        for (name, _) in self.claims {
            if !all.contains(&name.as_str()) {
                all.push(name);
            }
        }
        all
    }

    fn capabilities(&self, out: &mut String) {
        let providers = self.providers();
        row(out, std::iter::once("Capability").chain(providers.iter().copied()).map(str::to_owned));
        row(out, vec!["---".to_owned(); providers.len() + 1]);
        for (name, _) in Capabilities::minimal("").claims() {
            let head = format!("`{name}`");
            let cells = providers.iter().map(|&provider| {
                let Some((_, all)) = self.claims.iter().find(|(p, _)| p == provider) else {
                    return self.recorded.cell(&head, provider);
                };
                let cell = match all.claims().any(|claim| claim == (name, true)) {
                    true => "native",
                    false if BY_NOBODY.contains(&name) => "no",
                    false => "by the core",
                };
                cell.to_owned()
            });
            row(out, std::iter::once(head.clone()).chain(cells));
        }
    }

    /// One line for each area, one column for each provider and mode; notes for what was skipped.
    fn areas(&self, out: &mut String) {
        let providers = self.providers();
        let columns: Vec<(&str, &str)> =
            providers.iter().flat_map(|&provider| MODES.map(|mode| (provider, mode))).collect();
        let heads = columns.iter().map(|(provider, mode)| format!("{provider}, {mode}"));
        row(out, ["Area".to_owned(), "What it is about".to_owned()].into_iter().chain(heads));
        row(out, vec!["---".to_owned(); columns.len() + 2]);
        let areas: BTreeSet<&str> = cases::all().iter().map(Case::area).collect();
        for area in areas {
            let head = format!("`{area}`");
            let cells = columns.iter().map(|&(provider, mode)| {
                let column = || self.recorded.cell(&head, &format!("{provider}, {mode}"));
                self.ended(area, provider, mode).map_or_else(column, str::to_owned)
            });
            let cells: Vec<_> = cells.collect();
            row(out, [head.clone(), about(area)].into_iter().chain(cells));
        }
        let notes = self.notes();
        if !notes.is_empty() {
            out.push_str("\nWhat is not asked of a provider, and why:\n\n");
        }
        for note in notes {
            let _ = writeln!(out, "{note}");
        }
    }

    /// How an area ended, if it was run.
    fn ended(&self, area: &str, provider: &str, mode: &str) -> Option<&'static str> {
        let wanted = (area, provider, mode);
        let of = self.outcomes.iter().filter(|o| (o.case.area(), o.provider.as_str(), o.mode) == wanted);
        let (mut passed, mut skipped) = (0, 0);
        for outcome in of {
            match &outcome.ending {
                Ending::Passed => passed += 1,
                Ending::Skipped(_) => skipped += 1,
                Ending::Failed(_) => {}
            }
        }
        match (passed, skipped) {
            (0, 0) => None,
            (_, 0) => Some("✓"),
            (0, _) => Some("–"),
            _ => Some("✓, in part"),
        }
    }

    /// Which cases were skipped, by area, provider and reason.
    fn notes(&self) -> BTreeSet<String> {
        let mut skipped: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
        for outcome in self.outcomes {
            if let Ending::Skipped(reason) = &outcome.ending {
                let name = outcome.case.path().rsplit("::").next().unwrap_or_default();
                let key = (outcome.case.area(), outcome.provider.as_str(), reason.as_str());
                skipped.entry(key).or_default().insert(name);
            }
        }
        let written = skipped.into_iter().map(|((area, provider, reason), cases)| {
            let cases: Vec<_> = cases.into_iter().map(|case| format!("`{case}`")).collect();
            format!("- `{area}` on {provider}: {reason}. This concerns {}.", cases.join(", "))
        });
        let was_run = |note: &str| self.claims.iter().any(|(p, _)| note.contains(&format!("` on {p}: ")));
        let of_others = self.recorded.notes.iter().filter(|note| !was_run(note)).cloned();
        written.chain(of_others).collect()
    }
}

/// What the first lines of an area's file say it is about.
fn about(area: &str) -> String {
    let file = format!("{}/src/cases/{area}.rs", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let sentence: String = lines.take_while(|line| !line.trim().is_empty()).collect();
    sentence.trim().trim_end_matches('.').to_owned()
}

fn row(out: &mut String, cells: impl IntoIterator<Item = String>) {
    for cell in cells {
        let _ = write!(out, "| {cell} ");
    }
    out.push_str("|\n");
}
