//! Every row of the table of semantics names the tests that hold it, and they are there.

use orm_tests::cases;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const TABLE: &str = include_str!("../../docs/semantics.md");
const LIST: &str = "## Which tests hold it";

/// The topics of all tables, in order.
fn topics(table: &str) -> Vec<&str> {
    let rows =
        table.lines().filter_map(|line| line.strip_prefix("| ")).filter_map(|row| row.split(" | ").next());
    rows.filter(|topic| *topic != "Topic").collect()
}

/// The list of tests, by topic: `- Topic: `area::case`, …`; a line that is indented goes on.
fn tests(list: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut topic = "";
    for line in list.lines() {
        let named = match line.strip_prefix("- ").and_then(|item| item.split_once(": `")) {
            Some((of, _)) => {
                topic = of;
                &line[2 + of.len() + 1..]
            }
            None if line.starts_with("  ") => line,
            None => continue,
        };
        // What stands between every other pair of backticks.
        all.entry(topic).or_default().extend(named.split('`').skip(1).step_by(2));
    }
    all
}

/// Whether a test is there: a case of the suite, or a function of a file.
fn is_there(test: &str, suite: &BTreeSet<&str>) -> bool {
    let Some((file, function)) = test.rsplit_once(".rs::") else { return suite.contains(test) };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(format!("{file}.rs"));
    std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("#[test]\nfn {function}(")))
}

#[test]
fn every_row_has_its_tests() {
    let (table, list) = TABLE.split_once(LIST).expect("the list follows the tables");
    let (topics, tests) = (topics(table), tests(list));
    let cases = cases::all();
    let suite: BTreeSet<&str> = cases.iter().map(|case| case.path()).collect();
    let mut faults = Vec::new();
    for topic in &topics {
        if tests.get(topic).is_none_or(Vec::is_empty) {
            faults.push(format!("no test is named for `{topic}`"));
        }
    }
    for (topic, named) in &tests {
        if !topics.contains(topic) {
            faults.push(format!("there is no row `{topic}`"));
        }
        let gone = named.iter().filter(|test| !is_there(test, &suite));
        faults.extend(gone.map(|test| format!("`{topic}` names `{test}`, which isn't there")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(topics.len() > 60, "{} rows", topics.len());
}

#[test]
fn all_rows_have_all_columns() {
    let (table, _) = TABLE.split_once(LIST).expect("the list follows the tables");
    let cells = |line: &str| line.matches(" | ").count();
    let mut columns = 0;
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        if line.starts_with("| Topic | The rule |") {
            columns = cells(line);
        }
        assert_eq!(cells(line), columns, "{line}");
    }
    assert!(columns >= 4, "topic, rule, and three providers");
}

#[test]
fn what_is_missing_is_noticed() {
    let of = tests("- A row: `query::texts`, `query::gone`,\n  `tests/tests/semantics.rs::nothing`\n");
    assert_eq!(of["A row"], ["query::texts", "query::gone", "tests/tests/semantics.rs::nothing"]);
    let suite = BTreeSet::from(["query::texts"]);
    let there: Vec<bool> = of["A row"].iter().map(|test| is_there(test, &suite)).collect();
    assert_eq!(there, [true, false, false]);
    assert!(is_there("tests/tests/semantics.rs::what_is_missing_is_noticed", &suite));
}
