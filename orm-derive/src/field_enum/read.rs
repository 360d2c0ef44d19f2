//! What the user wrote, checked.

use crate::errors::Errors;
use crate::names::{RULES, Rule, variant};
use crate::parse::args::Args;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashMap;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Variant};

/// An enum that can be a column's type.
pub(crate) struct FieldEnum {
    pub(crate) ident: Ident,
    pub(crate) krate: TokenStream,
    pub(crate) form: Form,
    pub(crate) serde: bool,
    /// The variants with their names.
    pub(crate) variants: Vec<(Ident, String)>,
}

/// How it is stored.
pub(crate) enum Form {
    Text,
    /// As a number of the kind of this name.
    Number(&'static str),
}

/// The kinds of the types that `#[repr(…)]` may name.
const KINDS: [(&str, &str); 8] = [
    ("i8", "I8"),
    ("i16", "I16"),
    ("i32", "I32"),
    ("i64", "I64"),
    ("u8", "U8"),
    ("u16", "U16"),
    ("u32", "U32"),
    ("u64", "U64"),
];

impl FieldEnum {
    /// Reads the derive's input; `None` when it is no enum that could be stored.
    pub(crate) fn read(input: DeriveInput, errors: &mut Errors) -> Option<Self> {
        let Data::Enum(data) = input.data else {
            errors.add(&input.ident, "`FieldEnum` is for enums: each variant is one value of a column");
            return None;
        };
        if !input.generics.params.is_empty() {
            errors.add(&input.generics, "a field enum can't be generic: its values are names or numbers");
        }
        if data.variants.is_empty() {
            errors.add(&input.ident, "a field enum needs at least one variant");
            return None;
        }
        let (mut number, mut serde, mut rule, mut krate) = (false, false, None, quote!(::orm_core));
        let mut kind = "I64";
        for attr in &input.attrs {
            if attr.path().is_ident("field_enum") {
                let mut args = Args::read(attr, &["number", "rename_all", "serde", "crate"], errors);
                number |= args.flag("number", errors);
                serde |= args.flag("serde", errors);
                if let Some(path) = args.path("crate", errors) {
                    krate = path.into_token_stream();
                }
                if let Some(text) = args.text("rename_all", errors) {
                    rule = RULES.iter().find(|(name, _)| *name == text.value).map(|(_, rule)| *rule);
                    if rule.is_none() {
                        let names: Vec<String> = RULES.iter().map(|(name, _)| format!("`{name}`")).collect();
                        let names = names.join(", ");
                        errors.add(text.tokens, format!("no such rule: `rename_all` knows {names}"));
                    } else if number {
                        errors.add(text.tokens, "a number has no name: leave out `rename_all`");
                    }
                }
            } else if attr.path().is_ident("repr") {
                // Whatever else it says is the compiler's.
                let _ = attr.parse_nested_meta(|meta| {
                    if let Some((_, named)) = KINDS.iter().find(|(name, _)| meta.path.is_ident(name)) {
                        kind = named;
                    }
                    Ok(())
                });
            }
        }
        let variants: Vec<(Ident, String)> =
            data.variants.into_iter().map(|variant| read_variant(variant, number, rule, errors)).collect();
        if !number {
            check_names(&variants, errors);
        }
        let form = if number { Form::Number(kind) } else { Form::Text };
        Some(Self { ident: input.ident, krate, form, serde, variants })
    }
}

fn read_variant(of: Variant, number: bool, rule: Option<Rule>, errors: &mut Errors) -> (Ident, String) {
    if !matches!(of.fields, Fields::Unit) {
        errors.add(
            &of.fields,
            "a variant of a field enum holds nothing: what has content is kept by `#[field(json)]`",
        );
    }
    let plain = of.ident.unraw().to_string();
    let mut name = rule.map_or_else(|| plain.clone(), |rule| variant(rule, &plain));
    for attr in &of.attrs {
        if !attr.path().is_ident("field_enum") {
            continue;
        }
        if let Some(text) = Args::read(attr, &["rename"], errors).text("rename", errors) {
            if number {
                errors.add(&text.tokens, "a number has no name: say which number it is, `Variant = 7`");
            }
            name = text.value;
        }
    }
    (of.ident, name)
}

fn check_names(variants: &[(Ident, String)], errors: &mut Errors) {
    let mut seen: HashMap<&str, &Ident> = HashMap::new();
    for (ident, name) in variants {
        if let Some(first) = seen.insert(name, ident) {
            errors.add(ident, format!("the name `{name}` is the variant `{first}`'s already"));
        }
    }
}
