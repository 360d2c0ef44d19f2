//! Random operations on all providers at once, and on a model in plain Rust: whatever one answers, all
//! must answer. What differs is reduced to the shortest list that shows it.
//!
//! The long form, ten minutes of seeds that nobody tried before on all providers at once:
//! `ORM_SECONDS=600 cargo test -p orm-tests --test differential -- together --nocapture`.
//! `ORM_SEEDS` says how many seeds there are, `ORM_ROUNDS` how many operations each has, and `ORM_SEED=0x…`
//! runs the one seed that a failure named.

mod body;
mod buggy;
mod generate;
mod ops;
mod oracle;
mod run;
mod shrink;

use buggy::{Bug, Buggy};
use generate::Random;
use ops::Op;
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::servers::{MysqlServer, PostgresServer};
use orm_tests::tiny::Tiny;
use run::{Providers, difference, on};
use std::env;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

fn all_embedded() -> Vec<(&'static str, Database)> {
    vec![on("memory", Memory::new()), on("sqlite", Sqlite::memory().unwrap()), on("tiny", Tiny::default())]
}

fn memory_and_postgres() -> Vec<(&'static str, Database)> {
    let postgres = postgres().map(|server| server.scratch().unwrap());
    [on("memory", Memory::new())].into_iter().chain(postgres.map(|p| on("postgres", p))).collect()
}

/// The server, which ends with the process.
fn postgres() -> Option<&'static PostgresServer> {
    static SERVER: OnceLock<Option<PostgresServer>> = OnceLock::new();
    let found = || match PostgresServer::find() {
        Ok(server) => Some(server),
        Err(why) => {
            eprintln!("skipped: PostgreSQL among the providers, because there is {why}");
            None
        }
    };
    SERVER.get_or_init(found).as_ref()
}

fn memory_and_mariadb() -> Vec<(&'static str, Database)> {
    let mariadb = mariadb().map(|server| server.scratch().unwrap());
    [on("memory", Memory::new())].into_iter().chain(mariadb.map(|p| on("mariadb", p))).collect()
}

/// The other server, which ends with the process.
fn mariadb() -> Option<&'static MysqlServer> {
    static SERVER: OnceLock<Option<MysqlServer>> = OnceLock::new();
    let found = || match MysqlServer::find() {
        Ok(server) => Some(server),
        Err(why) => {
            eprintln!("skipped: MariaDB among the providers, because there is {why}");
            None
        }
    };
    SERVER.get_or_init(found).as_ref()
}

fn all_together() -> Vec<(&'static str, Database)> {
    let servers = memory_and_postgres().into_iter().chain(memory_and_mariadb());
    all_embedded().into_iter().chain(servers.filter(|(name, _)| *name != "memory")).collect()
}

/// The shortest list of operations that shows a difference, if the seed leads to any.
fn found(seed: u64, rounds: usize, providers: Providers) -> Option<(Vec<Op>, String)> {
    let ops = Random(seed).ops(rounds);
    let first = difference(&ops, providers)?;
    let ops = shrink::shrink(ops[..=first.at].to_vec(), |ops| difference(ops, providers).is_some());
    let last = difference(&ops, providers).unwrap_or(first);
    Some((ops, last.what))
}

fn code(ops: &[Op]) -> String {
    ops.iter().map(|op| format!("    {}\n", format!("{op:#}").replace('\n', "\n    "))).collect()
}

/// A number from the environment, decimal or after `0x`.
fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    Some(parsed.unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

/// Seeds from one on: neighbours have nothing in common.
fn seeds_from(first: u64) -> impl Iterator<Item = u64> {
    (first..).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn answer_the_same(providers: Providers, seed: u64) {
    let rounds = number("ORM_ROUNDS").unwrap_or(120) as usize;
    if let Some((ops, what)) = found(seed, rounds, providers) {
        panic!("ORM_SEED={seed:#x} ORM_ROUNDS={rounds}: the last of these differs\n\n{}\n{what}", code(&ops));
    }
}

/// Runs so many seeds, unless the environment says otherwise.
fn all_answer_the_same(providers: Providers, seeds: u64) {
    match number("ORM_SEED") {
        Some(seed) => answer_the_same(providers, seed),
        None => {
            let seeds = number("ORM_SEEDS").unwrap_or(seeds) as usize;
            seeds_from(1).take(seeds).for_each(|seed| answer_the_same(providers, seed));
        }
    }
}

/// Runs new seeds for so long.
fn all_answer_the_same_for(providers: Providers, seconds: u64) {
    let (start, now) = (Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH));
    let mut count = 0;
    for seed in seeds_from(now.map_or(1, |time| time.as_millis() as u64)) {
        println!("ORM_SEED={seed:#x}");
        answer_the_same(providers, seed);
        count += 1;
        if start.elapsed().as_secs() >= seconds {
            break;
        }
    }
    println!("{count} seeds, all alike");
}

#[test]
fn all_providers_answer_the_same() {
    all_answer_the_same(all_embedded, 40);
}

#[test]
fn all_answer_the_same_together() {
    match number("ORM_SECONDS") {
        Some(seconds) => all_answer_the_same_for(all_together, seconds),
        None => all_answer_the_same(all_together, 3),
    }
}

#[test]
fn postgres_answers_as_memory_does() {
    if postgres().is_some() {
        all_answer_the_same(memory_and_postgres, 15);
    }
}

#[test]
fn mariadb_answers_as_memory_does() {
    if mariadb().is_some() {
        all_answer_the_same(memory_and_mariadb, 15);
    }
}

fn buggy(bug: Bug) -> (&'static str, Database) {
    on("buggy", Buggy(Memory::new(), bug))
}

fn with_a_bug() -> Vec<(&'static str, Database)> {
    vec![on("memory", Memory::new()), buggy(Bug::Contains)]
}

fn nothing_but_a_bug() -> Vec<(&'static str, Database)> {
    vec![buggy(Bug::Contains)]
}

fn with_a_bug_in_savepoints() -> Vec<(&'static str, Database)> {
    vec![on("memory", Memory::new()), buggy(Bug::Savepoint)]
}

fn nothing_but_a_bug_in_savepoints() -> Vec<(&'static str, Database)> {
    vec![buggy(Bug::Savepoint)]
}

/// The code that shows a bug is as short as this, and has this in it.
fn is_found_and_shown(providers: Providers, longest: usize, shows: &str) {
    let mut shown = 0;
    for seed in seeds_from(1).take(10) {
        let Some((ops, what)) = found(seed, 120, providers) else { continue };
        let code = code(&ops);
        assert!(ops.len() <= longest, "{code}\n{what}");
        assert!(code.contains(shows), "{code}");
        assert!(code.len() < 500, "{code}");
        shown += 1;
    }
    assert!(shown >= 5, "only {shown} of ten seeds find it");
}

#[test]
fn a_bug_is_found_and_shown_by_a_short_list() {
    // Something is saved; something is asked.
    is_found_and_shown(with_a_bug, 3, ".contains(");
    is_found_and_shown(nothing_but_a_bug, 3, ".contains(");
}

#[test]
fn a_bug_in_savepoints_is_found_and_shown_by_a_short_list() {
    // A transaction with a savepoint in it.
    is_found_and_shown(with_a_bug_in_savepoints, 3, "tx.transaction(");
    is_found_and_shown(nothing_but_a_bug_in_savepoints, 3, "tx.transaction(");
}
