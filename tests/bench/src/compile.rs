//! `cargo check` of many models, against the same structs with serde's two derives.
//!
//! What they depend on is checked before anything is timed.

use crate::package::Package;
use crate::report::{Report, Unit, Work};
use crate::timing::in_turns;
use crate::{Form, Outcome};
use std::fmt::Write as _;

const CHECK: &[&str] = &["check", "--offline", "--quiet"];

/// Models of eight columns and two relations each: one to the next model, one back.
pub(crate) fn source(models: usize, ours: bool) -> Result<String, std::fmt::Error> {
    let derive = match ours {
        true => "Model, Debug, Clone",
        false => "Serialize, Deserialize, Debug, Clone",
    };
    let mut out = String::new();
    for i in 0..models {
        let (next, last) = ((i + 1) % models, (i + models - 1) % models);
        let (key, one, many, relation) = match ours {
            true => ("#[key] ", format!("One<Model{next}>"), format!("Many<Model{last}>"), true),
            false => ("", format!("Option<Box<Model{next}>>"), format!("Vec<Model{last}>"), false),
        };
        let (to_next, to_last) = match relation {
            true => ("#[belongs_to(foreign_key = next_id)] ", "#[has_many(foreign_key = next_id)] "),
            false => ("", ""),
        };
        write!(
            out,
            "\n#[derive({derive})]\npub struct Model{i} {{\n    {key}pub id: u64,\n    pub name: String,\n    \
             pub email: Option<String>,\n    pub age: i32,\n    pub score: f64,\n    pub active: bool,\n    \
             pub data: Vec<u8>,\n    pub next_id: Option<u64>,\n    {to_next}pub next: {one},\n    \
             {to_last}pub others: {many},\n}}\n"
        )?;
    }
    Ok(out)
}

/// What a package needs to derive models.
pub(crate) fn core_by_path() -> Outcome<String> {
    let core = crate::workspace()?.join("orm-core");
    Ok(format!("orm-core = {{ path = {core:?}, default-features = false }}"))
}

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let models = form.pick(100, 20);
    let library = |header: &str, ours| -> Outcome<String> {
        Ok(format!("//! Structs that are made to be checked.\n\n{header}\n{}", source(models, ours)?))
    };
    let ours = Package::library("models", &core_by_path()?, library("use orm_core::prelude::*;", true)?)?;
    let theirs = Package::library(
        "structs",
        "serde = { version = \"1\", features = [\"derive\"] }",
        library("use serde::{Deserialize, Serialize};", false)?,
    )?;
    let rounds = form.pick(7, 3);
    let work = |what: &str, unit: Unit, bar: f64| Work {
        group: "compile",
        work: format!("`cargo check` of {models} models, {what}"),
        against: "serde's `Serialize` and `Deserialize`",
        unit,
        bar: Some(bar),
    };
    for (what, incremental) in [("from nothing", false), ("touched, incremental", true)] {
        let medians = in_turns(
            rounds,
            |round| ours.time(CHECK, round, incremental),
            |round| theirs.time(CHECK, round, incremental),
        )?;
        report.times(work(what, Unit::Seconds, 3.0), &medians, 1);
    }
    if let (Some(ours), Some(theirs)) = (ours.memory(CHECK)?, theirs.memory(CHECK)?) {
        report.numbers(work("peak memory", Unit::Mebibytes, 2.0), ours, theirs);
    }
    Ok(())
}
