//! Every wrapper hands on every method of the contract. A method that has a default compiles without
//! being handed on, and would be lost beneath the wrapper; so the sources are compared.

/// The names of the functions of the block that begins at the first line with all of `heads`.
fn functions(source: &str, heads: &[&str]) -> Vec<String> {
    let mut lines = source.lines().skip_while(|line| !heads.iter().all(|head| line.contains(head)));
    let Some(first) = lines.next() else { return Vec::new() };
    let indent = first.len() - first.trim_start().len();
    let end = format!("{}}}", " ".repeat(indent));
    let inside = lines.take_while(|line| *line != end);
    let own =
        inside.filter_map(|line| line.strip_prefix(" ".repeat(indent + 4).as_str())?.strip_prefix("fn "));
    own.filter_map(|line| line.split(['(', '<']).next()).map(str::to_owned).collect()
}

const CONTRACT: &str = include_str!("contract.rs");
const ASYNCHRONOUS: &str = include_str!("asynchronous.rs");

fn method_names(of: &str) -> Vec<String> {
    let source = if of.starts_with("Async") { ASYNCHRONOUS } else { CONTRACT };
    let methods = functions(source, &[&format!("pub trait {of}: ")]);
    assert!(!methods.is_empty(), "`{of}` is not found");
    methods
}

#[test]
fn wrappers_hand_on_every_method_of_the_contract() {
    let observed = include_str!("observed.rs");
    let wrappers: [(&str, &str, &[&str]); 6] = [
        ("observed.rs", observed, &["Connection", "Transaction", "AsyncConnection", "AsyncTransaction"]),
        ("observed.rs, the macro", observed, &["DataProvider", "AsyncDataProvider"]),
        ("guarded.rs", include_str!("guarded.rs"), &["AsyncConnection", "AsyncTransaction"]),
        ("fallback/completed.rs", include_str!("fallback/completed.rs"), &["Connection", "Transaction"]),
        ("threads.rs", include_str!("threads.rs"), &["AsyncConnection", "AsyncTransaction"]),
        ("contract.rs, for `Arc`", CONTRACT, &["DataProvider"]),
    ];
    let mut lost = Vec::new();
    for (name, source, traits) in wrappers {
        for of in traits {
            // In a macro the traits are named by their paths.
            let head = if name.ends_with("macro") { format!("::{of} for ") } else { format!(" {of} for ") };
            let handed_on = functions(source, &["impl", &head]);
            assert!(!handed_on.is_empty(), "{name} has no `impl {of}`");
            let missing = method_names(of).into_iter().filter(|method| !handed_on.contains(method));
            lost.extend(missing.map(|method| format!("{name}: `{of}::{method}`")));
        }
    }
    assert!(lost.is_empty(), "not handed on:\n{}", lost.join("\n"));
}

#[test]
fn arcs_of_async_providers_hand_on_too() {
    let handed_on = functions(ASYNCHRONOUS, &["impl", " AsyncDataProvider for Arc<P>"]);
    assert_eq!(handed_on, method_names("AsyncDataProvider"));
}
