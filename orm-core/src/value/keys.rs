//! Lists of keys in one column, stored as JSON text: `[1,2,3]`, `["a","b"]`.

use super::{FieldType, IntoOperand, Kind, Mismatch, Value, ValueRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::Deref;

/// A column that holds the keys of other records, for a `#[has_many_by]` relation.
///
/// The keys are integers, texts or UUIDs. The column is text: a JSON array.
///
/// ```
/// use orm_core::prelude::*;
/// #[derive(Model)]
/// struct Cluster {
///     #[key]
///     id: u64,
///     node_ids: Keys<u64>,
///     #[has_many_by(keys = node_ids)]
///     nodes: Many<Node>,
/// }
/// # #[derive(Model)] struct Node { #[key] id: u64 }
/// let keys = Keys::from([3_u64, 1]);
/// assert_eq!(*keys, [3, 1]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys<K> {
    list: Vec<K>,
    /// What is stored, or why it can't be.
    text: Result<String, Mismatch>,
}

impl<K: FieldType> Keys<K> {
    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::from(Vec::new())
    }

    /// The keys themselves.
    #[must_use]
    pub fn into_vec(self) -> Vec<K> {
        self.list
    }
}

impl<K: FieldType> Default for Keys<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Deref for Keys<K> {
    type Target = [K];

    fn deref(&self) -> &[K] {
        &self.list
    }
}

impl<K: FieldType> From<Vec<K>> for Keys<K> {
    fn from(list: Vec<K>) -> Self {
        let mut text = Ok(Writer::new());
        for key in &list {
            text = text.and_then(|text: Writer| text.with(key.to_value()?));
        }
        Self { list, text: text.map(Writer::end) }
    }
}

impl<K: FieldType, const N: usize> From<[K; N]> for Keys<K> {
    fn from(list: [K; N]) -> Self {
        Self::from(Vec::from(list))
    }
}

impl<K: FieldType> FromIterator<K> for Keys<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        Self::from(keys.into_iter().collect::<Vec<K>>())
    }
}

impl<'a, K> IntoIterator for &'a Keys<K> {
    type Item = &'a K;
    type IntoIter = std::slice::Iter<'a, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl<K: Serialize> Serialize for Keys<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl<'de, K: FieldType + Deserialize<'de>> Deserialize<'de> for Keys<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

impl<K: FieldType<Plain = K>> FieldType for Keys<K> {
    type Plain = Self;
    const KIND: Kind = Kind::Text;
    const LIST: Option<Kind> = Some(K::KIND);

    fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
        self.text.as_deref().map(ValueRef::Text).map_err(Clone::clone)
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let ValueRef::Text(text) = value else {
            return Err(Mismatch { expected: "a list of keys".into(), found: value.describe() });
        };
        list(text, K::KIND).iter().map(|key| K::from_value(key.as_ref())).collect()
    }
}

/// What reads as a list of keys may be given to such a column.
macro_rules! operands {
    ($([$($generics:tt)*] $operand:ty),* $(,)?) => { $(
        #[diagnostic::do_not_recommend]
        impl<K: FieldType<Plain = K>, $($generics)*> IntoOperand<Keys<K>> for $operand {
            fn into_operand(self) -> Result<Value, Mismatch> {
                let mut text = Writer::new();
                for key in self {
                    text = text.with(key.into_operand()?.as_ref())?;
                }
                Ok(Value::Text(text.end().into()))
            }
        }
        #[diagnostic::do_not_recommend]
        impl<K: FieldType<Plain = K>, $($generics)*> IntoOperand<Option<Keys<K>>> for $operand {
            fn into_operand(self) -> Result<Value, Mismatch> {
                IntoOperand::<Keys<K>>::into_operand(self)
            }
        }
    )* };
}
operands!([S: IntoOperand<K>] Vec<S>, [S: IntoOperand<K>, const N: usize] [S; N]);

#[diagnostic::do_not_recommend]
impl<K: FieldType<Plain = K>> IntoOperand<Keys<K>> for Keys<K> {
    fn into_operand(self) -> Result<Value, Mismatch> {
        self.to_value().map(ValueRef::to_value)
    }
}

#[diagnostic::do_not_recommend]
impl<K: FieldType<Plain = K>> IntoOperand<Option<Keys<K>>> for Keys<K> {
    fn into_operand(self) -> Result<Value, Mismatch> {
        self.to_value().map(ValueRef::to_value)
    }
}

/// Writes a list of keys.
#[derive(Debug)]
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn new() -> Self {
        Self("[".to_owned())
    }

    /// With one more key.
    ///
    /// # Errors
    /// When it is none that a list can hold.
    pub(crate) fn with(mut self, key: ValueRef<'_>) -> Result<Self, Mismatch> {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        put(&mut self.0, key)?;
        Ok(self)
    }

    /// With a place for a key that is not known yet.
    pub(crate) fn with_blank(mut self) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(BLANK);
        self
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push(']');
        self.0
    }
}

/// What stands for a key that is not known yet.
const BLANK: &str = "null";

/// The text of a list with other keys, or blanks, at some places.
pub(crate) fn with_items(text: &str, keys: &HashMap<u32, Value>) -> Option<String> {
    let items = items(text)?;
    let mut out = "[".to_owned();
    for (at, raw) in (0..).zip(items) {
        if at > 0 {
            out.push(',');
        }
        match keys.get(&at) {
            None => out.push_str(raw),
            Some(Value::Null) => out.push_str(BLANK),
            Some(key) => put(&mut out, key.as_ref()).ok()?,
        }
    }
    out.push(']');
    Some(out)
}

fn put(out: &mut String, key: ValueRef<'_>) -> Result<(), Mismatch> {
    // Writing to a text doesn't fail.
    let _ = match key {
        ValueRef::Int(n) => write!(out, "{n}"),
        ValueRef::Text(text) => {
            out.push('"');
            for c in text.chars() {
                let _ = match c {
                    '"' | '\\' => write!(out, "\\{c}"),
                    c if u32::from(c) < 0x20 => write!(out, "\\u{:04x}", u32::from(c)),
                    c => write!(out, "{c}"),
                };
            }
            out.push('"');
            Ok(())
        }
        ValueRef::Uuid(bytes) => {
            out.push('"');
            for (i, byte) in bytes.iter().enumerate() {
                let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
                let _ = write!(out, "{dash}{byte:02x}");
            }
            out.push('"');
            Ok(())
        }
        other => {
            return Err(Mismatch {
                expected: "a key that a list can hold: an integer, a text or a UUID".into(),
                found: other.describe(),
            });
        }
    };
    Ok(())
}

/// All that a stored list holds, as values of a column of `kind`.
pub(crate) fn list(text: &str, kind: Kind) -> Vec<Value> {
    items(text).unwrap_or_default().into_iter().filter_map(|raw| decode(raw, kind)).collect()
}

/// The keys of a stored list, each once and in the order of the list, as values of a column of `kind`.
/// What is no such key is left out: it refers to nothing.
#[must_use]
pub fn read(text: &str, kind: Kind) -> Vec<Value> {
    let Some(items) = items(text) else { return Vec::new() };
    let mut seen = HashSet::with_capacity(items.len());
    // One key has one form, so that equal forms are equal keys.
    items.into_iter().filter(|raw| seen.insert(*raw)).filter_map(|raw| decode(raw, kind)).collect()
}

/// Whether a text is a list of such keys, written as it is stored.
pub(crate) fn is_list(text: &str, kind: Kind) -> bool {
    let Some(items) = items(text) else { return false };
    let mut written = Ok(Writer::new());
    for raw in items {
        let Some(key) = decode(raw, kind) else { return false };
        written = written.and_then(|list: Writer| list.with(key.as_ref()));
    }
    written.is_ok_and(|list| list.end() == text)
}

fn decode(raw: &str, kind: Kind) -> Option<Value> {
    let value = match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
        None => Value::Int(raw.parse().ok()?),
        Some(text) => {
            let text = unescaped(text)?;
            match kind {
                Kind::Uuid => Value::Uuid(crate::normalize::parse_uuid(&text)?),
                _ => Value::Text(text.into()),
            }
        }
    };
    kind.fit(value.as_ref()).ok().map(ValueRef::to_value)
}

/// The items of a list, as they are written.
fn items(text: &str) -> Option<Vec<&str>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut items = Vec::new();
    let (mut start, mut in_text, mut escaped) = (0, false, false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            ',' if !in_text => {
                items.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = inner[start..].trim();
    if !(items.is_empty() && last.is_empty()) {
        items.push(last);
    }
    Some(items)
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'u' => {
                let digits: String = chars.by_ref().take(4).collect();
                if digits.len() < 4 {
                    return None;
                }
                out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            plain => out.push(plain),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let keys = Keys::from(["a".to_owned(), "\"b\\".to_owned(), "c,[d]\n\u{1}".to_owned()]);
        let text = keys.to_value().unwrap().to_value();
        assert_eq!(Keys::<String>::from_value(text.as_ref()).unwrap(), keys);
        let keys = Keys::from([3_i64, -1, 3]);
        assert_eq!(keys.to_value().unwrap(), ValueRef::Text("[3,-1,3]"));
        assert_eq!(read("[3,-1,3]", Kind::I64), [Value::Int(3), Value::Int(-1)]);
        assert_eq!(Keys::<u8>::new().to_value().unwrap(), ValueRef::Text("[]"));
    }

    #[test]
    fn what_is_no_key_is_left_out() {
        assert_eq!(read("[1,null,300,\"x\"]", Kind::U8), [Value::Int(1)]);
        for broken in ["", "[", "]", "1,2", "[\"a]", "{}", "[\"\\u12\"]", "[,]"] {
            assert_eq!(read(broken, Kind::Text), [] as [Value; 0], "{broken}");
        }
    }

    #[test]
    fn a_blank_gets_its_key() {
        let text = Writer::new().with(ValueRef::Int(5)).unwrap().with_blank().end();
        assert_eq!(text, "[5,null]");
        let full = with_items(&text, &HashMap::from([(1, Value::Int(9))])).unwrap();
        assert_eq!(full, "[5,9]");
        assert_eq!(with_items(&full, &HashMap::from([(1, Value::Null)])).unwrap(), text);
    }

    #[test]
    fn a_key_that_no_list_holds_is_an_error() {
        assert!(Keys::from([u64::MAX]).to_value().is_err());
        assert!(Keys::from([true]).to_value().is_err());
    }
}
