//! How much memory records take, each side in a process of its own.

use crate::report::{Report, Unit, Work};
use crate::users::{User, filled};
use crate::{Form, Outcome};
use std::collections::HashMap;
use std::hint::black_box;
use std::process::Command;

/// The argument by which this program is one of those processes.
pub(crate) const CHILD: &str = "footprint-of";

/// What every record's text becomes: longer than it was for some, shorter for others.
fn renamed(id: u64) -> String {
    format!("{} {id}", ["Al", "A much longer name than before"][(id % 2) as usize])
}

/// Fills one side, and says the most memory that it took.
pub(crate) fn child(side: &str, size: u64, updated: bool) -> Outcome {
    match side {
        "ours" => {
            let users = filled(&(0..size).collect::<Vec<_>>())?;
            if updated {
                for id in 0..size {
                    users.save(User { name: renamed(id), ..User::number(id) })?;
                }
            }
            assert_eq!(users.count()?, size);
        }
        _ => {
            let mut map: HashMap<u64, User> = (0..size).map(|id| (id, User::number(id))).collect();
            if updated {
                for id in 0..size {
                    if let Some(user) = map.get_mut(&id) {
                        user.name = renamed(id);
                    }
                }
            }
            assert_eq!(black_box(&map).len() as u64, size);
        }
    }
    println!("{}", peak().ok_or("this system doesn't say")?);
    Ok(())
}

/// The most memory of this process so far, in KiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    if peak().is_none() {
        println!("skipped: how much memory a process takes isn't known here");
        return Ok(());
    }
    let size: u64 = form.pick(1_000_000, 100_000);
    let measured = |side: &str, updated: bool| -> Outcome<f64> {
        let output = Command::new(std::env::current_exe()?)
            .args([CHILD, side, &size.to_string(), if updated { "updated" } else { "new" }])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().parse::<f64>()? / 1024.0)
    };
    for (work, updated, bar) in [
        (format!("{size} users"), false, 0.6),
        (format!("{size} users after as many updates of a text"), true, 0.75),
    ] {
        let work = Work {
            group: "footprint",
            work: format!("peak memory of {work}"),
            against: "`HashMap<u64, User>`",
            unit: Unit::Mebibytes,
            bar: Some(bar),
        };
        report.numbers(work, measured("ours", updated)?, measured("theirs", updated)?);
    }
    Ok(())
}
