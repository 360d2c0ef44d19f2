//! The code that is generated for typical models, kept as text: a change of the derive shows what it
//! does to its users.
//!
//! `tests/expansion/<name>.rs` is a model, `<name>.expanded.rs` what comes of it.
//! `UPDATE_EXPECT=1 cargo test -p orm-derive` writes the latter anew; read the difference.

use expect_test::expect_file;

/// The models of a file, each followed by what the derive makes of it.
fn expanded(source: &str) -> String {
    let mut file = syn::parse_file(source).expect("the models are Rust");
    let mut items = Vec::new();
    for item in std::mem::take(&mut file.items) {
        if let syn::Item::Struct(model) = item {
            let tokens = crate::expanded(syn::DeriveInput::from(model));
            items.extend(syn::parse2::<syn::File>(tokens).expect("what is generated is Rust").items);
        }
    }
    file.items = items;
    prettyplease::unparse(&file)
}

macro_rules! snapshots {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let source = include_str!(concat!("../tests/expansion/", stringify!($name), ".rs"));
                expect_file![concat!("../tests/expansion/", stringify!($name), ".expanded.rs")]
                    .assert_eq(&expanded(source));
            }
        )*
    };
}

snapshots![plain, connection, composite_key, relations, many_to_many, attributes, looked_after, names];
