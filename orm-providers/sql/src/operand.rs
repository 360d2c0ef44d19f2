//! Operands of conditions, brought to the form in which columns are stored.

use orm_core::plan::CompareOp;
use orm_core::value::{Decimal, Kind, Value, ValueRef};

/// A comparison in terms of what the column stores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand<'a> {
    /// Compare with this.
    Compare(CompareOp, ValueRef<'a>),
    /// False for all values, unknown for NULL.
    Never,
    /// True for all values, unknown for NULL.
    Always,
}

/// Brings a comparison to the form of a column of `kind`.
///
/// Decimals are stored in units of the column's scale. An operand that lies between two units is
/// rounded down, and the comparison adjusted so that it stays exact.
#[must_use]
pub fn operand(kind: Kind, op: CompareOp, value: &Value) -> Operand<'_> {
    match (kind, value) {
        (Kind::Decimal(scale), Value::Decimal(d)) => decimal(scale, op, *d),
        (Kind::Decimal(scale), Value::Int(n)) => decimal(scale, op, Decimal::new(*n, 0)),
        (Kind::F32 | Kind::F64, Value::Int(n)) => Operand::Compare(op, ValueRef::Float(*n as f64)),
        _ => Operand::Compare(op, value.as_ref()),
    }
}

fn decimal(scale: u8, op: CompareOp, value: Decimal) -> Operand<'static> {
    let units = i128::from(value.units());
    let (floor, exact) = if scale >= value.scale() {
        (units * power(scale - value.scale()), true)
    } else {
        let divisor = power(value.scale() - scale);
        (units.div_euclid(divisor), units % divisor == 0)
    };
    let bound = |n: i64| ValueRef::Decimal(Decimal::new(n, scale));
    if let (Ok(n), true) = (i64::try_from(floor), exact) {
        return Operand::Compare(op, bound(n));
    }
    // Stored units have at most 18 digits, so beyond 64 bits the ends serve as well as the number.
    let n = floor.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
    match op {
        CompareOp::Eq => Operand::Never,
        CompareOp::Ne => Operand::Always,
        CompareOp::Lt | CompareOp::Le => Operand::Compare(CompareOp::Le, bound(n)),
        CompareOp::Gt | CompareOp::Ge => Operand::Compare(CompareOp::Gt, bound(n)),
    }
}

fn power(scale: u8) -> i128 {
    10_i128.pow(u32::from(scale.min(36)))
}

/// The least text that is greater than every text that starts with `prefix`; `None` if there is none
/// (the prefix is empty or of nothing but the last code point).
#[must_use]
pub fn prefix_end(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // `char`'s own steps leave out the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// The smallest and the largest value of a column of whole numbers or decimals in units; `None` for
/// kinds that nothing can be added to as integers.
#[must_use]
pub fn sum_range(kind: Kind) -> Option<(i64, i64)> {
    const UNITS: i64 = 999_999_999_999_999_999;
    match kind {
        Kind::Decimal(_) => Some((-UNITS, UNITS)),
        other => other.integer_range(),
    }
}
