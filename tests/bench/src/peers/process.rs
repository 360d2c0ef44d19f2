//! A contestant: its package, built, and its process, asked by lines.

use super::{OURS, Peer};
use crate::Outcome;
use crate::package::cargo;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// How many bytes the allocator keeps.
const KEPT: &str = "67108864";

/// A process that waits for what it is asked.
pub(super) struct Contestant {
    pub(super) label: &'static str,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What it answers.
pub(super) enum Reply {
    /// How long the work took, and what came of it.
    Done { time: Duration, sum: String },
    /// It doesn't do such work.
    No,
    /// It can't.
    Failed(String),
}

impl Contestant {
    /// Builds it and starts it.
    pub(super) fn start(peer: &Peer, engine: &str, url: Option<&str>) -> Outcome<Self> {
        let mut command = Command::new(build(peer)?);
        command.arg(engine).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(url) = url {
            command.env("PEER_URL", url);
        }
        // GNU's allocator keeps what an answer gave back, for all of them: otherwise whether it is given to the
        // system and asked for again, page by page, hangs by a few bytes.
        for setting in ["MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_"] {
            command.env(setting, KEPT);
        }
        let mut child = command.spawn()?;
        let input = child.stdin.take().ok_or("it is piped")?;
        let output = BufReader::new(child.stdout.take().ok_or("it is piped")?);
        Ok(Self { label: peer.label, child, input, output })
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, question: &str) -> Outcome<Reply> {
        writeln!(self.input, "{question}")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let line = line.trim_end();
        match line.split_once(' ') {
            Some(("error", why)) => Ok(Reply::Failed(why.to_owned())),
            Some((nanoseconds, sum)) => {
                let time = Duration::from_nanos(nanoseconds.parse()?);
                Ok(Reply::Done { time, sum: sum.to_owned() })
            }
            None if line == "none" => Ok(Reply::No),
            None => Err("its process ended".into()),
        }
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        // It may have ended already; nothing that it holds outlives it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds the package, and answers where its program is.
fn build(peer: &Peer) -> Outcome<PathBuf> {
    let folder = crate::workspace()?.join("tests/peers").join(peer.package);
    let target = crate::folder()?.join("peers");
    let mut build = cargo();
    build.args(["build", "--release", "--quiet", "--features", peer.features]);
    if peer.package == OURS.package {
        // Ours is compiled with the versions of this workspace.
        fs::copy(crate::workspace()?.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    } else {
        build.arg("--locked");
    }
    let output = build.current_dir(&folder).env("CARGO_TARGET_DIR", &target).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().find(|line| line.starts_with("error")).unwrap_or(&said);
        return Err(format!("it can't be built: {why}").into());
    }
    let program = format!("peer-{}{}", peer.package, std::env::consts::EXE_SUFFIX);
    Ok(target.join("release").join(program))
}
