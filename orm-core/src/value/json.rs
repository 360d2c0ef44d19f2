//! JSON as a column's value: stored as canonical text, so that equal JSON is equal text.

use super::Mismatch;
use std::fmt;

/// JSON that is still to be written out as text.
#[derive(Clone, Copy)]
pub struct JsonRef<'a>(&'a (dyn JsonText + Send + Sync));

/// Something that can be written as canonical JSON: without spaces, the members of objects ordered by
/// name. Implemented for everything that is `Serialize`, with the feature `json`.
pub trait JsonText {
    /// The text.
    ///
    /// # Errors
    /// When it has no JSON form, or one that is nested deeper than could be read again.
    fn json_text(&self) -> Result<String, Mismatch>;
}

impl<'a> JsonRef<'a> {
    /// JSON that is written out when it is needed.
    #[must_use]
    pub fn new(value: &'a (dyn JsonText + Send + Sync)) -> Self {
        Self(value)
    }

    /// The canonical text.
    ///
    /// # Errors
    /// When there is none.
    pub fn text(self) -> Result<String, Mismatch> {
        self.0.json_text()
    }
}

impl PartialEq for JsonRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        matches!((self.text(), other.text()), (Ok(a), Ok(b)) if a == b)
    }
}

impl fmt::Debug for JsonRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_deref().unwrap_or("<no JSON>"))
    }
}

#[cfg(feature = "json")]
pub(crate) use with_serde_json::{DEEPEST, canonical};
#[cfg(feature = "json")]
pub use with_serde_json::{Json, JsonContent};

#[cfg(feature = "json")]
mod with_serde_json {
    use super::super::{Check, FieldType, IntoOperand, Kind, Mismatch, Value, ValueRef};
    use super::{JsonRef, JsonText};
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::Value as Tree;

    /// How deep JSON in a column may nest: what is deeper, serde_json would not read again.
    pub(crate) const DEEPEST: usize = 120;

    /// Any serde type as a column that holds JSON; what `#[field(json)]` makes of a field's type.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Json<T>(pub T);

    /// What a column of JSON can hold; implemented for every type that serde writes and reads.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` can't be kept as JSON",
        label = "serde can't write and read it",
        note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to `{Self}`; a type of another crate may have a \
                feature for it",
        note = "it must be `Send`, `Sync` and borrow nothing"
    )]
    pub trait JsonContent: Serialize + DeserializeOwned + Send + Sync + 'static {}

    #[diagnostic::do_not_recommend]
    impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> JsonContent for T {}

    impl<T: Serialize> JsonText for T {
        fn json_text(&self) -> Result<String, Mismatch> {
            let tree = serde_json::to_value(self)
                .map_err(|error| Mismatch::new(Kind::Json, format!("a value that has none: {error}")))?;
            canonical(&tree)
        }
    }

    /// The canonical text of JSON.
    pub(crate) fn canonical(tree: &Tree) -> Result<String, Mismatch> {
        let mut text = String::new();
        write(tree, &mut text, DEEPEST)?;
        Ok(text)
    }

    fn write(tree: &Tree, text: &mut String, depth: usize) -> Result<(), Mismatch> {
        let deeper = || {
            depth.checked_sub(1).ok_or_else(|| {
                Mismatch::new(Kind::Json, format!("JSON that is nested more than {DEEPEST} levels deep"))
            })
        };
        match tree {
            Tree::Array(items) => {
                let depth = deeper()?;
                text.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        text.push(',');
                    }
                    write(item, text, depth)?;
                }
                text.push(']');
            }
            Tree::Object(members) => {
                let depth = deeper()?;
                // serde_json may be built to keep the order of the input.
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                text.push('{');
                for (i, (name, value)) in members.into_iter().enumerate() {
                    if i > 0 {
                        text.push(',');
                    }
                    text.push_str(&Tree::from(name.as_str()).to_string());
                    text.push(':');
                    write(value, text, depth)?;
                }
                text.push('}');
            }
            scalar => text.push_str(&scalar.to_string()),
        }
        Ok(())
    }

    fn parse<T: DeserializeOwned>(value: ValueRef<'_>) -> Result<T, Mismatch> {
        let ValueRef::Text(text) = value else {
            return Err(Mismatch::new(Kind::Json, value.describe()));
        };
        serde_json::from_str(text).map_err(|error| {
            let name = std::any::type_name::<T>();
            let short = if name.contains('<') { name } else { name.rsplit("::").next().unwrap_or(name) };
            let shown: String = text.chars().take(40).collect();
            let dots = if shown.len() < text.len() { "…" } else { "" };
            Mismatch { expected: format!("JSON of `{short}`"), found: format!("{shown}{dots} ({error})") }
        })
    }

    impl FieldType for Tree {
        type Plain = Self;
        const KIND: Kind = Kind::Json;
        // What comes in as JSON is some JSON, but it has to be written out.
        const CHECK: Option<Check> = Some(|_| Ok(()));

        fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
            Ok(ValueRef::Json(JsonRef::new(self)))
        }

        fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
            parse(value)
        }
    }

    impl<T: JsonContent> FieldType for Json<T> {
        type Plain = Self;
        const KIND: Kind = Kind::Json;
        const CHECK: Option<Check> = Some(|value| parse::<T>(value).map(drop));

        fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
            Ok(ValueRef::Json(JsonRef::new(&self.0)))
        }

        fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
            parse(value).map(Json)
        }
    }

    fn operand(value: &impl Serialize) -> Result<Value, Mismatch> {
        value.json_text().map(|text| Value::Text(text.into()))
    }

    macro_rules! operand {
        ($operand:ty, $column:ty $(, $generic:ident)?) => {
            #[diagnostic::do_not_recommend]
            impl$(<$generic: Serialize>)? IntoOperand<$column> for $operand {
                fn into_operand(self) -> Result<Value, Mismatch> {
                    operand(&self)
                }
            }
        };
    }
    operand!(Tree, Tree);
    operand!(&Tree, Tree);
    operand!(Tree, Option<Tree>);
    operand!(&Tree, Option<Tree>);
    operand!(T, Json<T>, T);
    operand!(&T, Json<T>, T);
    operand!(&T, Option<Json<T>>, T);

    #[diagnostic::do_not_recommend]
    impl<T: Serialize> IntoOperand<Json<T>> for Json<T> {
        fn into_operand(self) -> Result<Value, Mismatch> {
            operand(&self.0)
        }
    }
    #[diagnostic::do_not_recommend]
    impl<T: Serialize> IntoOperand<Option<Json<T>>> for Json<T> {
        fn into_operand(self) -> Result<Value, Mismatch> {
            operand(&self.0)
        }
    }
}
