//! The arguments of an attribute: `name` and `name = value`, with known names.

use crate::errors::Errors;
use crate::names::nearest;
use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Lit, Meta, Path, Token};

/// One argument.
pub(crate) struct Arg {
    pub(crate) name: Ident,
    value: Option<Expr>,
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(ungrouped(input.parse()?))
        } else {
            None
        };
        Ok(Self { name, value })
    }
}

/// What a `macro_rules!` hands on as a fragment (`$name:literal`) comes in an invisible group.
fn ungrouped(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

/// The arguments of one attribute.
pub(crate) struct Args(Vec<Arg>);

impl Args {
    /// Reads the arguments of `#[attr(…)]`; a bare `#[attr]` has none. Unknown names are mistakes.
    pub(crate) fn read(attr: &Attribute, known: &[&str], errors: &mut Errors) -> Self {
        let parsed = match &attr.meta {
            Meta::Path(_) => return Self(Vec::new()),
            Meta::List(list) => list.parse_args_with(Punctuated::<Arg, Token![,]>::parse_terminated),
            Meta::NameValue(pair) => {
                Err(syn::Error::new_spanned(pair, format!("write it as `#[{}(…)]`", attr_name(attr))))
            }
        };
        let mut args: Vec<Arg> = Vec::new();
        match parsed {
            Err(error) => errors.add_error(error),
            Ok(parsed) => {
                for arg in parsed {
                    let name = arg.name.to_string();
                    if !known.contains(&name.as_str()) {
                        errors.add(&arg.name, unknown(&name, &attr_name(attr), known));
                    } else if args.iter().any(|a| a.name == arg.name) {
                        errors.add(&arg.name, format!("`{name}` is said twice"));
                    } else {
                        args.push(arg);
                    }
                }
            }
        }
        Self(args)
    }

    /// Takes the argument of this name.
    pub(crate) fn take(&mut self, name: &str) -> Option<Arg> {
        let at = self.0.iter().position(|a| a.name == name)?;
        Some(self.0.swap_remove(at))
    }

    /// Whether a flag (an argument without a value) is there.
    pub(crate) fn flag(&mut self, name: &str, errors: &mut Errors) -> bool {
        self.flag_at(name, errors).is_some()
    }

    /// Where a flag is.
    pub(crate) fn flag_at(&mut self, name: &str, errors: &mut Errors) -> Option<Ident> {
        let arg = self.take(name)?;
        if let Some(value) = &arg.value {
            errors.add(value, format!("`{name}` takes no value: write `{name}` alone"));
        }
        Some(arg.name)
    }

    /// A text: `name = "…"`.
    pub(crate) fn text(&mut self, name: &str, errors: &mut Errors) -> Option<Text> {
        let arg = self.take(name)?;
        let value = arg.value(errors, "\"…\"")?;
        match value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) if !text.value().is_empty() => {
                Some(Text { value: text.value(), tokens: text })
            }
            other => {
                errors.add(other, format!("`{name}` takes a text that isn't empty: `{name} = \"…\"`"));
                None
            }
        }
    }

    /// A path to a function or a module: `name = path::to::it`.
    pub(crate) fn path(&mut self, name: &str, errors: &mut Errors) -> Option<Path> {
        let arg = self.take(name)?;
        match arg.value(errors, "path::to::it")? {
            Expr::Path(path) if path.qself.is_none() => Some(path.path),
            other => {
                errors.add(other, format!("`{name}` takes a path: `{name} = path::to::it`"));
                None
            }
        }
    }

    /// One name without quotes: `name = author_id`.
    pub(crate) fn ident(&mut self, name: &str, errors: &mut Errors) -> Option<Ident> {
        let arg = self.take(name)?;
        let value = arg.value(errors, "a_name")?;
        let ident = as_ident(&value);
        if ident.is_none() {
            errors.add(&value, format!("`{name}` takes one name without quotes: `{name} = a`"));
        }
        ident
    }

    /// One field or several: `name = author_id`, `name = (a, b)`.
    pub(crate) fn fields(&mut self, name: &str, errors: &mut Errors) -> Option<Vec<Ident>> {
        let arg = self.take(name)?;
        let value = arg.value(errors, "a_field")?;
        let parts: Vec<&Expr> = match &value {
            Expr::Tuple(tuple) => tuple.elems.iter().collect(),
            Expr::Paren(paren) => vec![&paren.expr],
            one => vec![one],
        };
        let idents: Option<Vec<Ident>> = parts.iter().map(|e| as_ident(e)).collect();
        match idents {
            Some(idents) if !idents.is_empty() => Some(idents),
            _ => {
                errors.add(
                    &value,
                    format!(
                        "`{name}` takes a field's name without quotes, or several in parentheses: \
                         `{name} = a` or `{name} = (a, b)`"
                    ),
                );
                None
            }
        }
    }
}

impl Arg {
    /// The value, whatever expression it is.
    pub(crate) fn value(self, errors: &mut Errors, example: &str) -> Option<Expr> {
        if self.value.is_none() {
            errors.add(&self.name, format!("`{0}` needs a value: `{0} = {example}`", self.name));
        }
        self.value
    }

    /// The value, if there is one.
    pub(crate) fn optional_value(self) -> Option<Expr> {
        self.value
    }
}

/// A text with the tokens that it came from.
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) tokens: syn::LitStr,
}

/// The attribute's name.
pub(crate) fn attr_name(attr: &Attribute) -> String {
    attr.path().get_ident().map(ToString::to_string).unwrap_or_default()
}

fn as_ident(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident().cloned(),
        _ => None,
    }
}

fn unknown(name: &str, attr: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return format!("`#[{attr}]` takes no arguments");
    }
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
    format!("`#[{attr}]` has no `{name}`{hint} (it has {})", list.join(", "))
}
