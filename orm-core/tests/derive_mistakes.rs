//! Each mistake in a model is told at its place, with what to do.

use std::process::Command;

/// The compiler whose words the expected texts quote around ours.
const WORDED_BY: &str = "rustc 1.95.";

#[test]
fn mistakes_are_told() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(WORDED_BY) {
        println!("skipped: the texts are those of {WORDED_BY}*, this is {}", version.trim());
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    // These texts depend on features: they list the types that can be columns.
    if cfg!(feature = "uuid") {
        cases.compile_fail("tests/ui/features/uid_with_uuid.rs");
        println!("skipped: the cases for a core without the feature `uuid`");
    } else {
        cases.compile_fail("tests/ui/features/uid_without_uuid.rs");
        println!("skipped: the cases for a core with the feature `uuid`");
    }
    if cfg!(any(feature = "uuid", feature = "chrono", feature = "rust_decimal")) {
        println!("skipped: column_type.rs, whose text lists the types of a core without features");
    } else {
        cases.compile_fail("tests/ui/features/column_type.rs");
    }
}
