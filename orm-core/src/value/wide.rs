//! Unsigned integers of 64 bits in decimal form: as text of 20 digits, which orders as they do.

use super::{Check, FieldType, IntoOperand, Kind, Mismatch, Value, ValueRef};
use std::fmt::Write;

/// How many digits `u64::MAX` has.
const DIGITS: usize = 20;

/// A `u64` with its whole range, as a column; what `#[field(decimal)]` makes of a `u64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Wide(pub u64);

/// The text that is stored.
pub(super) fn digits(n: u64) -> String {
    let mut text = String::with_capacity(DIGITS);
    // Writing into a string doesn't fail.
    let _ = write!(text, "{n:020}");
    text
}

/// The number whose text this is.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let plain = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// What a column of [`Kind::Wide`] stores of a value that is a number and isn't text yet.
pub(super) fn written(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Wide(n) => Some(digits(n)),
        ValueRef::Int(n) => u64::try_from(n).ok().map(digits),
        _ => None,
    }
}

impl FieldType for Wide {
    type Plain = Self;
    const KIND: Kind = Kind::Wide;
    // Numbers have to be written out on their way in.
    const CHECK: Option<Check> = Some(|_| Ok(()));

    fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
        Ok(ValueRef::Wide(self.0))
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let number = match value {
            ValueRef::Wide(n) => Some(n),
            ValueRef::Text(text) => parse(text),
            _ => None,
        };
        number.map(Wide).ok_or_else(|| Mismatch::new(Kind::Wide, value.describe()))
    }
}

macro_rules! operands {
    ($($type:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<Wide> for $type {
            fn into_operand(self) -> Result<Value, Mismatch> {
                match u64::try_from(self) {
                    Ok(n) => Ok(Value::Text(digits(n).into())),
                    Err(_) => Err(Mismatch::new(Kind::Wide, format!("integer {self}"))),
                }
            }
        }
        #[diagnostic::do_not_recommend]
        impl IntoOperand<Option<Wide>> for $type {
            fn into_operand(self) -> Result<Value, Mismatch> {
                IntoOperand::<Wide>::into_operand(self)
            }
        }
    )* };
}
operands!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! own {
    ($($type:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<$type> for Wide {
            fn into_operand(self) -> Result<Value, Mismatch> {
                IntoOperand::<Wide>::into_operand(self.0)
            }
        }
    )* };
}
own!(Wide, Option<Wide>);
