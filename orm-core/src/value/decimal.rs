//! Exact decimals: 64 bits of units and a scale.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The largest number of units: 18 digits.
const MAX_UNITS: i64 = 999_999_999_999_999_999;
/// The largest scale.
const MAX_SCALE: u8 = 18;

/// An exact decimal of at most 18 digits: `units × 10⁻ˢᶜᵃˡᵉ`.
///
/// Usable as a field type without any further crate. Equality and order are those of the numbers:
/// `1.0` equals `1.00`.
///
/// ```
/// use orm_core::value::Decimal;
/// let price: Decimal = "0.99".parse()?;
/// assert_eq!(price, Decimal::new(990, 3));
/// assert_eq!((price * 3).to_string(), "2.97");
/// # Ok::<(), orm_core::value::DecimalError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Decimal {
    units: i64,
    scale: u8,
}

/// Why a text or number is no storable decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// The text is not of the form `-12.34`.
    #[error("not a decimal number")]
    Syntax,
    /// More than 18 digits.
    #[error("a decimal has at most 18 digits")]
    TooLong,
    /// Digits would be lost.
    #[error("more digits after the point than the {0} the column keeps; digits are never rounded away")]
    TooFine(u8),
}

impl Decimal {
    /// Zero.
    pub const ZERO: Decimal = Decimal { units: 0, scale: 0 };

    /// `units × 10⁻ˢᶜᵃˡᵉ`. A scale above 18 is taken as 18.
    #[must_use]
    pub const fn new(units: i64, scale: u8) -> Self {
        let scale = if scale > MAX_SCALE { MAX_SCALE } else { scale };
        Self { units, scale }
    }

    /// The number of `10⁻ˢᶜᵃˡᵉ` this is.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.units
    }

    /// The number of digits after the point.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The same number with `scale` digits after the point.
    ///
    /// # Errors
    /// When non-zero digits would be cut off, or there would be more than 18 digits.
    pub fn rescale(self, scale: u8) -> Result<Self, DecimalError> {
        if scale == self.scale {
            return if self.units.abs_diff(0) <= MAX_UNITS as u64 {
                Ok(self)
            } else {
                Err(DecimalError::TooLong)
            };
        }
        let units = i128::from(self.units);
        let units = if scale > self.scale {
            units * power(scale.min(MAX_SCALE) - self.scale)
        } else {
            let divisor = power(self.scale - scale);
            if units % divisor != 0 {
                return Err(DecimalError::TooFine(scale));
            }
            units / divisor
        };
        Self::from_wide(units, scale)
    }

    /// The same number with no trailing zeros after the point.
    #[must_use]
    pub fn normalize(self) -> Self {
        let mut out = self;
        while out.scale > 0 && out.units % 10 == 0 {
            out.units /= 10;
            out.scale -= 1;
        }
        out
    }

    /// The nearest float; for display and statistics, not for money.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.units as f64 / power(self.scale) as f64
    }

    /// The shortest decimal that reads back as this float, as JSON numbers are written.
    ///
    /// # Errors
    /// When the float is not finite or has more than 18 digits.
    pub fn from_f64(float: f64) -> Result<Self, DecimalError> {
        if !float.is_finite() {
            return Err(DecimalError::Syntax);
        }
        format!("{float}").parse()
    }

    /// The sum, if it fits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::from_wide(self.wide(scale) + other.wide(scale), scale).ok()
    }

    /// The product, if it fits.
    #[must_use]
    pub fn checked_mul(self, factor: i64) -> Option<Self> {
        Self::from_wide(i128::from(self.units) * i128::from(factor), self.scale).ok()
    }

    fn wide(self, scale: u8) -> i128 {
        i128::from(self.units) * power(scale - self.scale)
    }

    fn from_wide(units: i128, scale: u8) -> Result<Self, DecimalError> {
        if scale > MAX_SCALE || units.abs() > i128::from(MAX_UNITS) {
            return Err(DecimalError::TooLong);
        }
        Ok(Self { units: units as i64, scale })
    }
}

fn power(scale: u8) -> i128 {
    10_i128.pow(u32::from(scale))
}

impl std::ops::Add for Decimal {
    type Output = Decimal;
    /// The sum; saturates at 18 digits (use [`Decimal::checked_add`] to notice).
    fn add(self, other: Self) -> Self {
        let most = if self < Decimal::ZERO { -MAX_UNITS } else { MAX_UNITS };
        self.checked_add(other).unwrap_or(Decimal::new(most, self.scale.max(other.scale)))
    }
}

impl std::ops::Mul<i64> for Decimal {
    type Output = Decimal;
    /// The product; saturates at 18 digits (use [`Decimal::checked_mul`] to notice).
    fn mul(self, factor: i64) -> Self {
        let negative = (self.units < 0) != (factor < 0);
        let most = if negative { -MAX_UNITS } else { MAX_UNITS };
        self.checked_mul(factor).unwrap_or(Decimal::new(most, self.scale))
    }
}

impl std::iter::Sum for Decimal {
    fn sum<I: Iterator<Item = Decimal>>(iter: I) -> Self {
        iter.fold(Decimal::ZERO, |a, b| a + b)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Decimal {}
impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.units.cmp(&other.units);
        }
        let scale = self.scale.max(other.scale);
        self.wide(scale).cmp(&other.wide(scale))
    }
}
impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let plain = self.normalize();
        plain.units.hash(state);
        plain.scale.hash(state);
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0width$}", self.units.unsigned_abs(), width = usize::from(self.scale) + 1);
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(self.scale));
        let text = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
        f.pad_integral(self.units >= 0, "", &text)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let (mut units, mut scale, mut point, mut any) = (0_i128, 0_u8, false, false);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    any = true;
                    units = units * 10 + i128::from(byte - b'0');
                    if point {
                        scale = scale.checked_add(1).ok_or(DecimalError::TooLong)?;
                    }
                    if units > i128::from(i64::MAX) || scale > 40 {
                        return Err(DecimalError::TooLong);
                    }
                }
                b'.' if !point && any => point = true,
                _ => return Err(DecimalError::Syntax),
            }
        }
        if !any || (point && scale == 0) {
            return Err(DecimalError::Syntax);
        }
        while scale > MAX_SCALE && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Self::from_wide(if negative { -units } else { units }, scale)
    }
}

impl serde::Serialize for Decimal {
    /// Writes the exact text.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Decimal {
    /// Reads text, an integer or a float (by its shortest form).
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Decimal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number or its text")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Decimal, E> {
                Decimal::new(n, 0).rescale(0).map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Decimal, E> {
                self.visit_i64(i64::try_from(n).map_err(|_| E::custom(DecimalError::TooLong))?)
            }
            fn visit_f64<E: serde::de::Error>(self, x: f64) -> Result<Decimal, E> {
                Decimal::from_f64(x).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        for text in ["0", "-1", "0.99", "-12.340", "999999999999999999", "0.000000000000000001"] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
        for text in ["", "-", ".5", "5.", "1e3", "1.2.3", "٣", "1000000000000000000000"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
        assert_eq!(Decimal::from_f64(0.1).unwrap().to_string(), "0.1");
        assert!(Decimal::from_f64(f64::NAN).is_err());
    }

    #[test]
    fn is_equal_across_scales_and_never_rounds() {
        let one: Decimal = "1.00".parse().unwrap();
        assert_eq!(one, Decimal::new(1, 0));
        assert_eq!(one.rescale(0).unwrap().scale(), 0);
        assert_eq!("1.01".parse::<Decimal>().unwrap().rescale(1), Err(DecimalError::TooFine(1)));
        assert_eq!(Decimal::new(MAX_UNITS, 0).rescale(1), Err(DecimalError::TooLong));
        assert!(Decimal::new(i64::MIN, 0).rescale(0).is_err());
    }
}
