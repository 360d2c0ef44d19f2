//! The cells of one column in one chunk, in the narrowest form their kind allows.

use super::bits::Mask;
use super::packed::Packed;
use crate::hash::Seed;
use orm_core::value::{Cells, Class, Kind, ValueRef};
use std::cmp::Ordering;

/// Typed cells.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Text(Packed<String>),
    Bytes(Packed<Vec<u8>>),
    Uuid(Vec<[u8; 16]>),
}

/// The cells of one column. What stands in a NULL cell is unspecified.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) kind: Kind,
    /// Whether the kind is one of plain integers.
    number: bool,
    pub(crate) data: Data,
    /// Only where there are any: most cells are never NULL, and a reader has less to fetch.
    nulls: Option<Box<Mask>>,
}

/// Runs the same code over whatever vector of numbers a column has, or `$other`.
macro_rules! each_vec {
    ($data:expr, $v:ident => $body:expr, $packed:ident => $other:expr) => {
        match $data {
            Data::I8($v) => $body,
            Data::I16($v) => $body,
            Data::I32($v) => $body,
            Data::I64($v) => $body,
            Data::F32($v) => $body,
            Data::F64($v) => $body,
            Data::Uuid($v) => $body,
            Data::Text($packed) => $other,
            Data::Bytes($packed) => $other,
        }
    };
}

/// Writes `value` to cell `at`, which may be the one after the last.
#[inline]
fn place<T: Copy>(cells: &mut Vec<T>, at: usize, value: T) {
    match cells.get_mut(at) {
        Some(cell) => *cell = value,
        None => cells.push(value),
    }
}

impl Column {
    pub(crate) fn new(kind: Kind) -> Self {
        let data = match kind {
            Kind::Bool | Kind::I8 => Data::I8(Vec::new()),
            Kind::I16 | Kind::U8 => Data::I16(Vec::new()),
            Kind::I32 | Kind::U16 | Kind::Date => Data::I32(Vec::new()),
            Kind::F32 => Data::F32(Vec::new()),
            _ => match kind.class() {
                Class::Int => Data::I64(Vec::new()),
                Class::Float => Data::F64(Vec::new()),
                Class::Text => Data::Text(Packed::default()),
                Class::Bytes => Data::Bytes(Packed::default()),
                Class::Uuid => Data::Uuid(Vec::new()),
            },
        };
        Self { kind, number: kind.integer_range().is_some(), data, nulls: None }
    }

    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        each_vec!(&self.data, v => v.len(), packed => packed.len())
    }

    /// Makes room for as many cells more.
    pub(crate) fn reserve(&mut self, rows: usize) {
        each_vec!(&mut self.data, v => v.reserve(rows), packed => packed.reserve(rows));
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        for at in len..self.len() {
            self.set_null(at, false);
        }
        each_vec!(&mut self.data, v => v.truncate(len), packed => packed.truncate(len));
    }

    #[inline]
    pub(crate) fn is_null(&self, at: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.get(at))
    }

    /// Whether any cell is NULL.
    #[inline]
    pub(crate) fn has_nulls(&self) -> bool {
        self.nulls.is_some()
    }

    /// Which cells are NULL.
    pub(crate) fn nulls(&self) -> Mask {
        self.nulls.as_deref().copied().unwrap_or(Mask::NONE)
    }

    fn set_null(&mut self, at: usize, null: bool) {
        match &mut self.nulls {
            None if null => self.nulls.insert(Box::new(Mask::NONE)).put(at, true),
            None => {}
            Some(nulls) => {
                nulls.put(at, null);
                if !null && nulls.is_empty() {
                    self.nulls = None;
                }
            }
        }
    }

    /// Whether the cells are integers, or what is held as such.
    pub(crate) fn holds_integers(&self) -> bool {
        matches!(self.data, Data::I8(_) | Data::I16(_) | Data::I32(_) | Data::I64(_))
    }

    /// The cell as the 64 bits of an integer class; `None` for NULL and other classes.
    #[inline]
    pub(crate) fn raw_int(&self, at: usize) -> Option<i64> {
        if self.is_null(at) {
            return None;
        }
        match &self.data {
            Data::I64(v) => v.get(at).copied(),
            Data::I32(v) => v.get(at).map(|x| i64::from(*x)),
            Data::I16(v) => v.get(at).map(|x| i64::from(*x)),
            Data::I8(v) => v.get(at).map(|x| i64::from(*x)),
            _ => None,
        }
    }

    /// Whether the cell is this integer.
    #[inline]
    pub(crate) fn is_int(&self, at: usize, raw: i64) -> bool {
        match &self.data {
            Data::I64(v) if self.nulls.is_none() => v.get(at) == Some(&raw),
            _ => self.raw_int(at) == Some(raw),
        }
    }

    /// The cell; NULL beyond the end.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> ValueRef<'_> {
        let mut value = ValueRef::Null;
        self.read(at, &mut value);
        value
    }

    /// Puts the cell, NULL beyond the end, where it is wanted: to hand it over would be to copy it, which
    /// costs more than the rest.
    #[inline(always)]
    pub(crate) fn read<'c>(&'c self, at: usize, into: &mut ValueRef<'c>) {
        macro_rules! cell {
            ($cells:expr, $make:expr) => {
                match $cells.get(at) {
                    Some(cell) => $make(cell),
                    None => ValueRef::Null,
                }
            };
        }
        macro_rules! integer {
            ($cells:expr) => {
                match $cells.get(at) {
                    Some(cell) => i64::from(*cell),
                    None => {
                        *into = ValueRef::Null;
                        return;
                    }
                }
            };
        }
        if self.is_null(at) {
            *into = ValueRef::Null;
            return;
        }
        let raw = match &self.data {
            Data::I64(v) => integer!(v),
            Data::I32(v) => integer!(v),
            Data::I16(v) => integer!(v),
            Data::I8(v) => integer!(v),
            Data::Text(packed) => return *into = cell!(packed, ValueRef::Text),
            Data::F32(v) => return *into = cell!(v, |x: &f32| ValueRef::Float(f64::from(*x))),
            Data::F64(v) => return *into = cell!(v, |x: &f64| ValueRef::Float(*x)),
            Data::Bytes(packed) => return *into = cell!(packed, ValueRef::Bytes),
            Data::Uuid(v) => return *into = cell!(v, |x: &[u8; 16]| ValueRef::Uuid(*x)),
        };
        // Most are plain numbers, and a comparison costs less than a choice among all kinds.
        if self.number {
            *into = ValueRef::Int(raw);
        } else {
            self.read_other(raw, into);
        }
    }

    #[inline(never)]
    fn read_other(&self, raw: i64, into: &mut ValueRef<'_>) {
        *into = self.kind.int_value(raw);
    }

    /// Looks at the cell, and at what it leads to: see [`Chunk::glance`](super::chunk::Chunk::glance).
    #[inline]
    pub(crate) fn glance(&self, at: usize) -> usize {
        match &self.data {
            Data::I8(v) => v.get(at).map_or(0, |x| *x as usize),
            Data::I16(v) => v.get(at).map_or(0, |x| *x as usize),
            Data::I32(v) => v.get(at).map_or(0, |x| *x as usize),
            Data::I64(v) => v.get(at).map_or(0, |x| *x as usize),
            Data::F32(v) => v.get(at).map_or(0, |x| x.to_bits() as usize),
            Data::F64(v) => v.get(at).map_or(0, |x| x.to_bits() as usize),
            Data::Uuid(v) => v.get(at).map_or(0, |x| usize::from(x[0])),
            Data::Text(packed) => packed.glance(at),
            Data::Bytes(packed) => packed.glance(at),
        }
    }

    /// Writes a value of the column's kind to cell `at`, which may be the one after the last.
    /// `false` when packed text outgrows its buffer.
    #[must_use]
    pub(crate) fn put(&mut self, at: usize, value: ValueRef<'_>) -> bool {
        if value.is_null() {
            self.clear(at);
            self.set_null(at, true);
            return true;
        }
        match (&mut self.data, value) {
            (Data::Text(packed), ValueRef::Text(text)) => {
                if !packed.put(at, text) {
                    return false;
                }
            }
            (Data::Bytes(packed), ValueRef::Bytes(bytes)) => {
                if !packed.put(at, bytes) {
                    return false;
                }
            }
            (Data::Uuid(v), ValueRef::Uuid(uuid)) => place(v, at, uuid),
            (Data::F32(v), ValueRef::Float(x)) => place(v, at, x as f32),
            (Data::F64(v), ValueRef::Float(x)) => place(v, at, x),
            (data, value) => match (data, value.as_raw_int()) {
                (Data::I8(v), Some(raw)) => place(v, at, raw as i8),
                (Data::I16(v), Some(raw)) => place(v, at, raw as i16),
                (Data::I32(v), Some(raw)) => place(v, at, raw as i32),
                (Data::I64(v), Some(raw)) => place(v, at, raw),
                // Values were fitted to the column before, so no other pair meets.
                _ => self.clear(at),
            },
        }
        self.set_null(at, false);
        true
    }

    /// Puts a zero into cell `at`, not NULL, giving up what it held.
    pub(crate) fn clear(&mut self, at: usize) {
        match &mut self.data {
            Data::I8(v) => place(v, at, 0),
            Data::I16(v) => place(v, at, 0),
            Data::I32(v) => place(v, at, 0),
            Data::I64(v) => place(v, at, 0),
            Data::F32(v) => place(v, at, 0.0),
            Data::F64(v) => place(v, at, 0.0),
            Data::Uuid(v) => place(v, at, [0; 16]),
            Data::Text(packed) => packed.clear(at),
            Data::Bytes(packed) => packed.clear(at),
        }
        self.set_null(at, false);
    }

    /// Appends whole cells, `from` up to but without `to`, all of which have a value. `false`
    /// where the cells are of another class or packed text outgrows its buffer.
    #[must_use]
    pub(crate) fn extend(&mut self, cells: &Cells, from: usize, to: usize) -> bool {
        fn part<T>(cells: &[T], from: usize, to: usize) -> &[T] {
            cells.get(from..to).unwrap_or(&[])
        }
        match (&mut self.data, cells) {
            (Data::I64(v), Cells::Int(c)) => v.extend_from_slice(part(c, from, to)),
            (Data::I32(v), Cells::Int(c)) => v.extend(part(c, from, to).iter().map(|x| *x as i32)),
            (Data::I16(v), Cells::Int(c)) => v.extend(part(c, from, to).iter().map(|x| *x as i16)),
            (Data::I8(v), Cells::Int(c)) => v.extend(part(c, from, to).iter().map(|x| *x as i8)),
            (Data::F64(v), Cells::Float(c)) => v.extend_from_slice(part(c, from, to)),
            (Data::F32(v), Cells::Float(c)) => {
                v.extend(part(c, from, to).iter().map(|x| *x as f32));
            }
            (Data::Uuid(v), Cells::Uuid(c)) => v.extend_from_slice(part(c, from, to)),
            (Data::Text(packed), Cells::Text(spans, buffer)) => {
                return packed.extend(part(spans, from, to), buffer);
            }
            (Data::Bytes(packed), Cells::Bytes(spans, buffer)) => {
                return packed.extend(part(spans, from, to), buffer);
            }
            _ => return false,
        }
        true
    }

    /// The hash of the cell; `None` for NULL.
    #[inline]
    pub(crate) fn hash(&self, at: usize, seed: Seed) -> Option<u64> {
        if self.is_null(at) {
            return None;
        }
        match &self.data {
            Data::I64(v) => v.get(at).map(|x| seed.int(*x)),
            Data::I32(v) => v.get(at).map(|x| seed.int(i64::from(*x))),
            Data::Text(packed) => Some(seed.bytes(packed.bytes(at))),
            Data::Bytes(packed) => Some(seed.bytes(packed.bytes(at))),
            _ => seed.value(self.get(at)),
        }
    }

    /// Whether the cell equals a value in the form of the column; NULL equals nothing.
    #[inline]
    pub(crate) fn equals(&self, at: usize, value: ValueRef<'_>) -> bool {
        if let Some(raw) = self.raw_int(at) {
            return value.as_raw_int() == Some(raw);
        }
        match (self.get(at), value) {
            (ValueRef::Text(a), ValueRef::Text(b)) => a == b,
            (ValueRef::Bytes(a), ValueRef::Bytes(b)) => a == b,
            (ValueRef::Uuid(a), ValueRef::Uuid(b)) => a == b,
            (ValueRef::Float(a), ValueRef::Float(b)) => a == b,
            _ => false,
        }
    }

    /// Whether writing the value would change nothing.
    pub(crate) fn holds(&self, at: usize, value: ValueRef<'_>) -> bool {
        match (self.get(at), value) {
            (ValueRef::Null, ValueRef::Null) => true,
            // Negative zero equals zero and is another value all the same.
            (ValueRef::Float(a), ValueRef::Float(b)) => a.to_bits() == b.to_bits(),
            _ => self.equals(at, value),
        }
    }

    /// Compares two cells of the same column, both with a value.
    pub(crate) fn compare(&self, at: usize, other: &Column, other_at: usize) -> Ordering {
        match (self.raw_int(at), other.raw_int(other_at)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => self.get(at).sort_order(other.get(other_at)),
        }
    }

    /// The bytes that packed text takes; nothing for other columns.
    #[cfg(test)]
    pub(crate) fn footprint(&self) -> usize {
        match &self.data {
            Data::Text(packed) => packed.footprint(),
            Data::Bytes(packed) => packed.footprint(),
            _ => 0,
        }
    }
}
