//! Each mistake in a model is told at its place, with what to do.

#[test]
fn mistakes_are_told() {
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
