//! The spine's works, each against code that a careful person would write by hand for that one work.
//!
//! `cargo bench -p orm-tests --bench spine` runs all of them; `-- --quick` runs a short form with
//! smaller data, `-- memory json` only these groups (`memory`, `json`, `sqlite`, `compile`).
//!
//! How to read it: both sides of a row run in one process on the same data, in turns (ours, theirs,
//! ours, theirs …), after one round that isn't counted. *ours* and *theirs* are the medians of the
//! rounds, *ratio* is ours divided by theirs, *bar* is the ratio that shouldn't be exceeded; `MISSED`
//! says that it was. Times depend on the computer, ratios much less: only ratios are worth a
//! comparison between two runs. What a work makes is dropped after its time is taken, except for
//! records that are found one by one. Before anything is timed, both sides must give the same answer.
//!
//! The table is written to `target/bench/results.json`, too: a list of objects `{ group, work,
//! against, ours, theirs, unit, ratio, bar }`; `bar` is null in rows that only inform.

mod compile;
mod json;
mod memory;
mod report;
mod sqlite;
mod timing;

use report::Report;
use std::error::Error;
use std::path::PathBuf;

/// What any part of the bench may end with.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What to run, and in which form.
struct Form {
    quick: bool,
    groups: Vec<String>,
}

impl Form {
    fn from_args() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;
        let mut form = Self { quick: false, groups: Vec::new() };
        let mut args = lexopt::Parser::from_env();
        while let Some(arg) = args.next()? {
            match arg {
                Long("quick") => form.quick = true,
                // Given by `cargo bench`.
                Long("bench") => {}
                Value(group) => form.groups.push(group.string()?),
                other => return Err(other.unexpected()),
            }
        }
        Ok(form)
    }

    fn wants(&self, group: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|g| g == group)
    }

    /// One of two values, by the form.
    fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// The workspace's folder.
fn workspace() -> Outcome<PathBuf> {
    let package = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| "run it by `cargo bench`")?;
    Ok(PathBuf::from(package).parent().ok_or("the package is in a workspace")?.to_path_buf())
}

/// The folder of what the bench writes.
fn folder() -> Outcome<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder = target.map_or_else(|| workspace().map(|w| w.join("target")), Ok)?.join("bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// One group of works.
type Group = fn(&Form, &mut Report) -> Outcome;

fn main() -> Outcome {
    let form = Form::from_args()?;
    let groups: [(&str, Group); 4] =
        [("memory", memory::run), ("json", json::run), ("sqlite", sqlite::run), ("compile", compile::run)];
    if let Some(unknown) = form.groups.iter().find(|g| groups.iter().all(|(name, _)| name != g)) {
        return Err(format!("there is no group `{unknown}`").into());
    }
    let mut report = Report::begin();
    for (name, run) in groups {
        if form.wants(name) {
            run(&form, &mut report)?;
        }
    }
    report.finish(&folder()?.join("results.json"))
}
