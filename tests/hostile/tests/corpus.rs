//! What a fuzzer found worth keeping, one test for each target: see `docs/proof.md`.

use orm_hostile::{config, cursor, dump, json, url};
use std::fs;
use std::path::Path;

/// Calls the body of a target with each file of its corpus.
fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "{} is nearly empty", folder.display());
    for file in files {
        // Shown when it fails.
        println!("{}", file.display());
        body(&fs::read(&file).unwrap());
    }
}

#[test]
fn json_is_taken_or_refused() {
    replay("json", json);
}

#[test]
fn cursors_are_taken_or_refused() {
    replay("cursor", cursor);
}

#[test]
fn addresses_are_taken_or_refused() {
    replay("url", url);
}

#[test]
fn configurations_are_taken_or_refused() {
    replay("config", config);
}

#[test]
fn dumps_are_taken_or_refused() {
    replay("dump", dump);
}
