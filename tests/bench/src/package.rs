//! Packages that are written to `target/bench/compile/`, to be compiled again and again.

use crate::Outcome;
use crate::timing::tried;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A package by itself.
pub(crate) struct Package {
    folder: PathBuf,
    target: PathBuf,
    source: String,
    file: &'static str,
}

impl Package {
    /// A library. It is compiled with the versions of this workspace.
    pub(crate) fn library(name: &str, dependencies: &str, source: String) -> Outcome<Self> {
        let package = Self::write(name, dependencies, source, "src/lib.rs")?;
        fs::copy(crate::workspace()?.join("Cargo.lock"), package.folder.join("Cargo.lock"))?;
        Ok(package)
    }

    /// A program.
    pub(crate) fn program(name: &str, dependencies: &str, source: String) -> Outcome<Self> {
        Self::write(name, dependencies, source, "src/main.rs")
    }

    fn write(name: &str, dependencies: &str, source: String, file: &'static str) -> Outcome<Self> {
        let all = crate::folder()?.join("compile");
        let folder = all.join(name);
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependencies}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        let package = Self { folder, target: all.join("target"), source, file };
        package.touch(0)?;
        Ok(package)
    }

    /// With a target folder of its own, where nothing is compiled yet.
    pub(crate) fn alone(mut self) -> Outcome<Self> {
        self.target = self.folder.join("target");
        match fs::remove_dir_all(&self.target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(self),
        }
    }

    /// Makes the source another one, in its last line.
    fn touch(&self, round: usize) -> std::io::Result<()> {
        fs::write(self.folder.join(self.file), format!("{}// {round}\n", self.source))
    }

    /// Runs cargo on it, and answers what it said.
    pub(crate) fn run(&self, mut command: Command, args: &[&str], incremental: bool) -> Outcome<String> {
        let output = command
            .args(args)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(said) } else { Err(said.into()) }
    }

    /// How long this takes after the source was touched.
    pub(crate) fn time(&self, args: &[&str], round: usize, incremental: bool) -> Outcome<Duration> {
        self.touch(round)?;
        tried(|| self.run(cargo(), args, incremental))
    }

    /// The most memory that a process of it had, in MiB, where there is a program that says it.
    pub(crate) fn memory(&self, args: &[&str]) -> Outcome<Option<f64>> {
        let program = Path::new("/usr/bin/time");
        if !program.exists() {
            return Ok(None);
        }
        self.touch(usize::MAX)?;
        let mut command = Command::new(program);
        command.args(["-f", "%M"]).arg(cargo().get_program());
        let said = self.run(command, args, false)?;
        Ok(said.lines().last().and_then(|kib| kib.trim().parse::<f64>().ok()).map(|kib| kib / 1024.0))
    }

    /// The size of the program, in bytes.
    pub(crate) fn size(&self, profile: &str) -> Outcome<u64> {
        let name = self.folder.file_name().ok_or("a package has a name")?;
        Ok(fs::metadata(self.target.join(profile).join(name))?.len())
    }
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
