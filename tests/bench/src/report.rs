//! The table, printed row by row, and its form in JSON.

use crate::Outcome;
use crate::timing::Medians;
use serde::Serialize;
use std::path::Path;

/// What a row's numbers are.
#[derive(Clone, Copy, Serialize)]
pub(crate) enum Unit {
    #[serde(rename = "ns")]
    Nanoseconds,
    #[serde(rename = "µs")]
    Microseconds,
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "MiB")]
    Mebibytes,
    /// How many times as much.
    #[serde(rename = "×")]
    Times,
    #[serde(rename = "crates")]
    Crates,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::Microseconds => "µs",
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Mebibytes => "MiB",
            Unit::Times => "×",
            Unit::Crates => "crates",
        }
    }

    fn per_second(self) -> f64 {
        match self {
            Unit::Nanoseconds => 1e9,
            Unit::Microseconds => 1e6,
            Unit::Milliseconds => 1e3,
            Unit::Seconds | Unit::Mebibytes | Unit::Times | Unit::Crates => 1.0,
        }
    }
}

/// What is measured, and against what.
#[derive(Clone, Serialize)]
pub(crate) struct Work {
    pub(crate) group: &'static str,
    pub(crate) work: String,
    pub(crate) against: &'static str,
    pub(crate) unit: Unit,
    pub(crate) bar: Option<f64>,
}

#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    work: Work,
    ours: f64,
    theirs: f64,
    ratio: f64,
}

/// The rows so far.
pub(crate) struct Report {
    lines: Vec<Line>,
}

impl Report {
    /// Prints the table's head.
    pub(crate) fn begin() -> Self {
        println!("| group | work | against | ours | theirs | ratio | bar | |");
        println!("|---|---|---|---:|---:|---:|---:|---|");
        Self { lines: Vec::new() }
    }

    /// A row of times, each of which is for so many operations.
    pub(crate) fn times(&mut self, work: Work, medians: &Medians, operations: usize) {
        let scale = work.unit.per_second() / operations as f64;
        let (ours, theirs) = (medians.ours.as_secs_f64() * scale, medians.theirs.as_secs_f64() * scale);
        self.line(Line { work, ours, theirs, ratio: medians.ratio() });
    }

    /// A row of any two numbers.
    pub(crate) fn numbers(&mut self, work: Work, ours: f64, theirs: f64) {
        self.line(Line { work, ours, theirs, ratio: ours / theirs });
    }

    fn line(&mut self, line: Line) {
        let Line { work: Work { group, work, against, unit, bar }, ours, theirs, ratio } = &line;
        let unit = unit.name();
        let missed = if bar.is_some_and(|bar| *ratio > bar) { "MISSED" } else { "" };
        let bar = bar.map_or_else(String::new, |bar| format!("≤ {bar}"));
        println!(
            "| {group} | {work} | {against} | {} {unit} | {} {unit} | {ratio:.2} | {bar} | {missed} |",
            short(*ours),
            short(*theirs),
        );
        self.lines.push(line);
    }

    /// Writes the JSON form.
    pub(crate) fn finish(self, path: &Path) -> Outcome {
        std::fs::write(path, serde_json::to_string_pretty(&self.lines)? + "\n")?;
        let missed = self.lines.iter().filter(|l| l.work.bar.is_some_and(|bar| l.ratio > bar)).count();
        let bars = self.lines.iter().filter(|l| l.work.bar.is_some()).count();
        println!("\n{} of {bars} bars are kept.", bars - missed);
        Ok(())
    }
}

/// Three digits, or all before the point.
fn short(number: f64) -> String {
    match number {
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}
