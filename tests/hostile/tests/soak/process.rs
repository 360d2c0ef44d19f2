//! What this process has.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The memory of this process in KiB; 0 where the system doesn't say.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// How many files of a folder this process has open; 0 where the system doesn't say.
pub(crate) fn open_files(folder: &Path) -> usize {
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return 0 };
    let files = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    files.filter(|file| file.starts_with(folder)).count()
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(10), "not so after ten seconds: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
