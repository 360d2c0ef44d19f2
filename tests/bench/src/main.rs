//! What is measured, each work against code that a careful person would write by hand for that one
//! work, or against the engine's own driver.
//!
//! `cargo bench -p orm-bench` runs all of it; `-- --quick` runs a short form with smaller data,
//! `-- find json` only these groups (`find`, `scan`, `json`, `growth`, `threads`, `footprint`, `sqlite`,
//! `postgres`, `compile`, `build`). `-- peers` sets ours beside other ORMs; it builds them from the
//! registry first, so it runs only when it is named.
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

mod blog;
mod build;
mod compile;
mod find;
mod footprint;
mod growth;
mod json;
mod package;
mod peers;
mod report;
mod scan;
mod sql;
mod threads;
mod timing;
mod users;

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
        (self.groups.is_empty() && group != WHEN_NAMED) || self.groups.iter().any(|g| g == group)
    }

    /// One of two values, by the form.
    fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// The workspace's folder.
fn workspace() -> Outcome<PathBuf> {
    let package = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| "run it by `cargo bench`")?;
    let folder = PathBuf::from(package).ancestors().nth(2).map(PathBuf::from);
    folder.ok_or_else(|| "the package is in a workspace".into())
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

/// The group that isn't part of all.
const WHEN_NAMED: &str = "peers";

const GROUPS: [(&str, Group); 11] = [
    ("find", find::run),
    ("scan", scan::run),
    ("json", json::run),
    ("growth", growth::run),
    ("threads", threads::run),
    ("footprint", footprint::run),
    ("sqlite", sql::sqlite),
    ("postgres", sql::postgres),
    ("compile", compile::run),
    ("build", build::run),
    (WHEN_NAMED, peers::run),
];

fn main() -> Outcome {
    let form = Form::from_args()?;
    if let [child, side, size, state] = form.groups.as_slice()
        && child == footprint::CHILD
    {
        return footprint::child(side, size.parse()?, state == "updated");
    }
    if let Some(unknown) = form.groups.iter().find(|g| GROUPS.iter().all(|(name, _)| name != g)) {
        return Err(format!("there is no group `{unknown}`").into());
    }
    let mut report = Report::begin();
    for (name, run) in GROUPS {
        if form.wants(name) {
            run(&form, &mut report)?;
        }
    }
    if form.groups.is_empty() {
        println!("skipped: the peers, which are built and measured only by `-- {WHEN_NAMED}`");
    }
    report.finish(&folder()?.join("results.json"))
}
