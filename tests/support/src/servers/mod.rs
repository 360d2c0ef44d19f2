//! Servers for tests: one that is named by the environment, or a throw-away one that is started here.

mod faulty;
mod mysql;
mod postgres;
mod process;
mod scratch;

pub use faulty::FaultyServer;
pub use mysql::MysqlServer;
pub use postgres::PostgresServer;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Whom a server runs as: some refuse to be run by root.
fn servants(own: &str) -> Option<(u32, u32)> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if root { ids_of(own).or_else(|| ids_of("nobody")) } else { None }
}

/// A program that runs as that user, in that folder.
fn command(program: &Path, user: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some((user, group)) = user {
        std::os::unix::process::CommandExt::uid(&mut command, user);
        std::os::unix::process::CommandExt::gid(&mut command, group);
    }
    command
}

/// The folder that has all of these programs: one of `PATH`, or one of `others`, the last first.
fn folder_of(programs: &[&str], others: Vec<PathBuf>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_all = |folder: &PathBuf| programs.iter().all(|p| folder.join(p).is_file());
    std::env::split_paths(&path).chain(others.into_iter().rev()).find(has_all)
}

/// The folders `bin` of what is installed side by side in several versions, the oldest first.
fn versions(within: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(within) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// The ids of a user and its group, by `/etc/passwd`.
fn ids_of(user: &str) -> Option<(u32, u32)> {
    let all = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = all.lines().find(|line| line.split(':').next() == Some(user))?;
    let mut parts = line.split(':').skip(2);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// A port that nobody listens on.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
