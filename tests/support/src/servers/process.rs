//! The process of a throw-away server.

use super::command;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to begin answering.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a server that was killed may take, before it is started once more.
const RESTARTING: Duration = Duration::from_secs(5);

/// Waits for a server and then removes its files. It also ends the server, by the signal that is named,
/// when nobody holds the other end of its input any more, however the test came to its end.
const KEEPER: &str = r#"
exec 3<&0
dir=$1; signal=$2; shift 2
"$@" >"$dir/log" 2>&1 </dev/null &
server=$!
(read _ <&3; kill -"$signal" $server 2>/dev/null) &
wait $server
rm -rf "$dir"
"#;

/// The same for a server that is killed and started again, as the lines of its input say.
const RESTARTER: &str = r#"
exec 3<&0
dir=$1; signal=$2; shift 2
"$@" >>"$dir/log" 2>&1 </dev/null 3<&- &
server=$!
while read -r word <&3; do
    case $word in
    kill) kill -KILL $server; wait $server ;;
    start) "$@" >>"$dir/log" 2>&1 </dev/null 3<&- & server=$! ;;
    esac
done
kill -"$signal" $server
wait $server
rm -rf "$dir"
"#;

/// What is particular to a server that is started here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Plain,
    Encrypted,
    Restartable,
}

/// A server that runs in a folder of its own. It ends, and the folder is removed, when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    keeper: Child,
    folder: PathBuf,
}

impl Process {
    /// Starts a program in its folder. `signal` is what it is ended by.
    pub(super) fn start(
        sort: Sort,
        folder: &Path,
        user: Option<(u32, u32)>,
        signal: &str,
        program: &Path,
        arguments: impl FnOnce(&mut Command),
    ) -> io::Result<Self> {
        let keeper = if sort == Sort::Restartable { RESTARTER } else { KEEPER };
        let mut command = command(Path::new("/bin/sh"), user, folder);
        command.args(["-c", keeper, "keeper"]).arg(folder).arg(signal).arg(program);
        arguments(&mut command);
        Ok(Self { keeper: command.stdin(Stdio::piped()).spawn()?, folder: folder.to_owned() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until somebody could connect.
    pub(super) fn wait(&mut self, connect: impl Fn() -> orm_core::Result<()>) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let error = match connect() {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            if self.keeper.try_wait().map_or(true, |ended| ended.is_some()) {
                return Err(format!("it ended: {log}"));
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("it doesn't answer: {error}\n{log}"));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends a restartable server at once.
    pub(super) fn kill(&self) {
        self.tell("kill");
    }

    /// Starts it again, and waits until somebody could connect.
    pub(super) fn restart(&self, connect: impl Fn() -> orm_core::Result<()>) {
        loop {
            self.tell("start");
            let start = Instant::now();
            while start.elapsed() < RESTARTING {
                if connect().is_ok() {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
            }
            // What the killed one left may have been in its way.
            self.tell("kill");
        }
    }

    fn tell(&self, word: &str) {
        let mut input = self.keeper.stdin.as_ref().expect("only a server that runs is told anything");
        input.write_all(format!("{word}\n").as_bytes()).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // This ends it; see `KEEPER`.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Makes a certificate of `localhost` and 127.0.0.1, and its key.
pub(super) fn certify(folder: &Path, user: Option<(u32, u32)>) -> io::Result<()> {
    let output = command(Path::new("openssl"), user, folder)
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-keyout", "key", "-out", "certificate", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Tries three times: the port may be taken by somebody else before the server has it.
pub(super) fn thrice<T>(mut start: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    start().or_else(|_| start()).or_else(|_| start())
}
