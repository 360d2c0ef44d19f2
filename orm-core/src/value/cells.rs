//! Columns of cells in memory: what a save is gathered in and what a list of keys travels as.

use super::{Class, Kind, ValueRef};

/// One cell of a record that may be incomplete.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing was said about this column.
    Absent,
    /// The column was given, maybe as [`ValueRef::Null`].
    Given(ValueRef<'a>),
}

/// The cells of one column, one variant per [`Class`], without nulls of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Integers, bools, dates, times, decimals in units: see [`ValueRef::as_raw_int`].
    Int(Vec<i64>),
    /// Floats.
    Float(Vec<f64>),
    /// Texts as ranges (start, length) of one packed buffer.
    Text(Vec<(u32, u32)>, String),
    /// Byte strings as ranges (start, length) of one packed buffer.
    Bytes(Vec<(u32, u32)>, Vec<u8>),
    /// UUIDs.
    Uuid(Vec<[u8; 16]>),
}

impl Cells {
    /// No cells, for columns of `kind`.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        match kind.class() {
            Class::Int => Cells::Int(Vec::new()),
            Class::Float => Cells::Float(Vec::new()),
            Class::Text => Cells::Text(Vec::new(), String::new()),
            Class::Bytes => Cells::Bytes(Vec::new(), Vec::new()),
            Class::Uuid => Cells::Uuid(Vec::new()),
        }
    }

    /// Makes room for about so many cells more.
    pub(crate) fn reserve(&mut self, cells: usize) {
        // Texts are of whatever length: of most of them, this is enough for the better part.
        const EACH: usize = 16;
        match self {
            Cells::Int(v) => v.reserve_exact(cells),
            Cells::Float(v) => v.reserve_exact(cells),
            Cells::Text(v, buffer) => {
                v.reserve_exact(cells);
                buffer.reserve_exact(cells * EACH);
            }
            Cells::Bytes(v, buffer) => {
                v.reserve_exact(cells);
                buffer.reserve_exact(cells * EACH);
            }
            Cells::Uuid(v) => v.reserve_exact(cells),
        }
    }

    /// The number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Cells::Int(v) => v.len(),
            Cells::Float(v) => v.len(),
            Cells::Text(v, _) | Cells::Bytes(v, _) => v.len(),
            Cells::Uuid(v) => v.len(),
        }
    }

    /// Whether there are no cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends zeros, empty texts and so on until there are `len` cells.
    pub fn pad(&mut self, len: usize) {
        if self.len() >= len {
            return;
        }
        match self {
            Cells::Int(v) => v.resize(len, 0),
            Cells::Float(v) => v.resize(len, 0.0),
            Cells::Text(v, _) | Cells::Bytes(v, _) => v.resize(len, (0, 0)),
            Cells::Uuid(v) => v.resize(len, [0; 16]),
        }
    }

    /// Writes a value that [fits](Kind::fit) the column into cell `at`, padding up to it. NULL and
    /// values of another class are left out: the caller keeps the nulls and has checked the kind.
    /// `false` when a packed buffer would outgrow 4 GiB.
    #[must_use]
    #[inline]
    pub fn put(&mut self, at: usize, value: ValueRef<'_>) -> bool {
        // Mostly, cells are filled one after the other.
        match (&mut *self, value) {
            (Cells::Int(v), ValueRef::Int(n)) if v.len() == at => {
                v.push(n);
                true
            }
            (Cells::Text(v, buffer), ValueRef::Text(text)) if v.len() == at => {
                let (Ok(start), Ok(len)) = (u32::try_from(buffer.len()), u32::try_from(text.len())) else {
                    return false;
                };
                buffer.push_str(text);
                v.push((start, len));
                true
            }
            _ => self.put_any(at, value),
        }
    }

    fn put_any(&mut self, at: usize, value: ValueRef<'_>) -> bool {
        self.pad(at + 1);
        match (self, value) {
            (Cells::Float(v), ValueRef::Float(x)) => v[at] = x,
            (Cells::Text(v, buffer), ValueRef::Text(text)) => {
                let (Ok(start), Ok(len)) = (u32::try_from(buffer.len()), u32::try_from(text.len())) else {
                    return false;
                };
                buffer.push_str(text);
                v[at] = (start, len);
            }
            (Cells::Bytes(v, buffer), ValueRef::Bytes(bytes)) => {
                let (Ok(start), Ok(len)) = (u32::try_from(buffer.len()), u32::try_from(bytes.len())) else {
                    return false;
                };
                buffer.extend_from_slice(bytes);
                v[at] = (start, len);
            }
            (Cells::Uuid(v), ValueRef::Uuid(uuid)) => v[at] = uuid,
            (Cells::Int(v), value) => {
                if let Some(raw) = value.as_raw_int() {
                    v[at] = raw;
                }
            }
            _ => {}
        }
        true
    }

    /// Cell `at` as a value of `kind`; the class's zero beyond the end.
    #[must_use]
    #[inline]
    pub fn get(&self, at: usize, kind: Kind) -> ValueRef<'_> {
        let range = |&(start, len): &(u32, u32)| start as usize..start as usize + len as usize;
        match self {
            Cells::Int(v) => kind.int_value(v.get(at).copied().unwrap_or(0)),
            Cells::Float(v) => ValueRef::Float(v.get(at).copied().unwrap_or(0.0)),
            Cells::Text(v, buffer) => {
                ValueRef::Text(v.get(at).and_then(|r| buffer.get(range(r))).unwrap_or(""))
            }
            Cells::Bytes(v, buffer) => {
                ValueRef::Bytes(v.get(at).and_then(|r| buffer.get(range(r))).unwrap_or(&[]))
            }
            Cells::Uuid(v) => ValueRef::Uuid(v.get(at).copied().unwrap_or([0; 16])),
        }
    }
}

/// A list of values of one kind, none of them NULL: the operand of `in`, or one column of keys.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueList {
    kind: Kind,
    cells: Cells,
}

impl ValueList {
    /// An empty list.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind, cells: Cells::new(kind) }
    }

    /// The kind of the values.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The values in columnar form, for drivers that bind whole arrays.
    #[must_use]
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Appends a value; NULL and values that don't fit the kind are left out (they equal nothing).
    /// Answers whether it was taken.
    pub fn push(&mut self, value: ValueRef<'_>) -> bool {
        match self.kind.fit(value) {
            Ok(ValueRef::Null) | Err(_) => false,
            Ok(value) => self.cells.put(self.cells.len(), value),
        }
    }

    /// Value `at`; the kind's zero beyond the end.
    #[must_use]
    #[inline]
    pub fn get(&self, at: usize) -> ValueRef<'_> {
        self.cells.get(at, self.kind)
    }

    /// All values.
    pub fn iter(&self) -> impl Iterator<Item = ValueRef<'_>> {
        (0..self.len()).map(|i| self.get(i))
    }
}
