//! `cargo check` of many models, against the same structs with serde's two derives.
//!
//! Both are packages of their own, written to `target/bench/compile/`; what they depend on is checked
//! before anything is timed.

use crate::report::{Report, Unit, Work};
use crate::timing::{in_turns, tried};
use crate::{Form, Outcome};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A package that is checked again and again.
struct Package {
    folder: PathBuf,
    target: PathBuf,
    source: String,
}

impl Package {
    fn write(name: &str, dependencies: &str, source: String) -> Outcome<Self> {
        let all = crate::folder()?.join("compile");
        let folder = all.join(name);
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependencies}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::copy(crate::workspace()?.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let package = Self { folder, target: all.join("target"), source };
        package.touch(0)?;
        Ok(package)
    }

    /// Makes the source another one, in its last line.
    fn touch(&self, round: usize) -> std::io::Result<()> {
        fs::write(self.folder.join("src/lib.rs"), format!("{}// {round}\n", self.source))
    }

    fn check(&self, mut command: Command, incremental: bool) -> Outcome<String> {
        let output = command
            .args(["check", "--offline", "--quiet"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(said) } else { Err(said.into()) }
    }

    fn time(&self, round: usize, incremental: bool) -> Outcome<Duration> {
        self.touch(round)?;
        tried(|| self.check(cargo(), incremental))
    }

    /// The most memory that a process of the check had, in MiB, where there is a program that says it.
    fn memory(&self) -> Outcome<Option<f64>> {
        let program = Path::new("/usr/bin/time");
        if !program.exists() {
            return Ok(None);
        }
        self.touch(usize::MAX)?;
        let mut command = Command::new(program);
        command.args(["-f", "%M"]).arg(cargo().get_program());
        let said = self.check(command, false)?;
        Ok(said.lines().last().and_then(|kib| kib.trim().parse::<f64>().ok()).map(|kib| kib / 1024.0))
    }
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Models of eight columns and two relations each: one to the next model, one back.
fn source(models: usize, ours: bool) -> Result<String, std::fmt::Error> {
    let (header, derive) = match ours {
        true => ("use orm_core::prelude::*;", "Model, Debug, Clone"),
        false => ("use serde::{Deserialize, Serialize};", "Serialize, Deserialize, Debug, Clone"),
    };
    let mut out = format!("//! Structs that are made to be checked.\n\n{header}\n");
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

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let models = form.pick(100, 20);
    let core = crate::workspace()?.join("orm-core");
    let ours = Package::write(
        "models",
        &format!("orm-core = {{ path = {core:?}, default-features = false }}"),
        source(models, true)?,
    )?;
    let theirs = Package::write(
        "structs",
        "serde = { version = \"1\", features = [\"derive\"] }",
        source(models, false)?,
    )?;
    let rounds = form.pick(7, 3);
    let work = |what: &str| Work {
        group: "compile",
        work: format!("`cargo check` of {models} models, {what}"),
        against: "serde's `Serialize` and `Deserialize`",
        unit: Unit::Seconds,
        bar: Some(3.0),
    };
    for (what, incremental) in [("from nothing", false), ("touched, incremental", true)] {
        let medians =
            in_turns(rounds, |round| ours.time(round, incremental), |round| theirs.time(round, incremental))?;
        report.times(work(what), &medians, 1);
    }
    if let (Some(ours), Some(theirs)) = (ours.memory()?, theirs.memory()?) {
        report.numbers(Work { unit: Unit::Mebibytes, bar: None, ..work("peak memory") }, ours, theirs);
    }
    Ok(())
}
