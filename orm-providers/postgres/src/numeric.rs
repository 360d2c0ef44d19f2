//! Decimals in the engine's binary form: groups of four digits, with the place of the first.

use bytes::{BufMut, BytesMut};
use orm_core::value::Decimal;
use std::fmt::Write as _;

const NEGATIVE: u16 = 0x4000;

/// Writes a decimal.
pub(crate) fn write(decimal: Decimal, out: &mut BytesMut) {
    let scale = u32::from(decimal.scale());
    // A group never spans the point.
    let padding = (4 - scale % 4) % 4;
    let mut rest = u128::from(decimal.units().unsigned_abs()) * 10_u128.pow(padding);
    let mut groups = [0_i16; 12];
    let mut count = 0;
    while rest > 0 {
        groups[count] = (rest % 10_000) as i16;
        rest /= 10_000;
        count += 1;
    }
    let after_point = ((scale + padding) / 4) as i16;
    let zeros = groups[..count].iter().take_while(|g| **g == 0).count();
    out.put_i16((count - zeros) as i16);
    out.put_i16(if count == 0 { 0 } else { count as i16 - after_point - 1 });
    out.put_u16(if decimal.units() < 0 { NEGATIVE } else { 0 });
    out.put_u16(decimal.scale().into());
    for group in groups[zeros..count].iter().rev() {
        out.put_i16(*group);
    }
}

/// Reads a decimal in units of `scale`; `None` where it is none of 64 bits: NaN, infinite, too large or
/// too fine.
pub(crate) fn read(bytes: &[u8], scale: u8) -> Option<i64> {
    let (words, _) = bytes.as_chunks::<2>();
    let [count, weight, sign, _scale, groups @ ..] = words else {
        return None;
    };
    if groups.len() != usize::try_from(i16::from_be_bytes(*count)).ok()? {
        return None;
    }
    let mut units = 0_i128;
    for group in groups {
        units = units.checked_mul(10_000)?.checked_add(i16::from_be_bytes(*group).into())?;
    }
    if units != 0 {
        let power = (i32::from(i16::from_be_bytes(*weight)) + 1 - groups.len() as i32) * 4 + i32::from(scale);
        let factor = 10_i128.checked_pow(power.unsigned_abs())?;
        units = match power {
            0.. => units.checked_mul(factor)?,
            _ if units % factor == 0 => units / factor,
            _ => return None,
        };
    }
    match u16::from_be_bytes(*sign) {
        0 => i64::try_from(units).ok(),
        NEGATIVE => i64::try_from(-units).ok(),
        _ => None,
    }
}

/// How many digits behind the point a number is told with.
pub(crate) fn scale(bytes: &[u8]) -> u8 {
    match *bytes {
        [_, _, _, _, _, _, high, low, ..] => u8::try_from(u16::from_be_bytes([high, low])).unwrap_or(u8::MAX),
        _ => 0,
    }
}

/// Reads a number of any length as the nearest float; `None` where it is none: NaN, infinite.
pub(crate) fn float(bytes: &[u8]) -> Option<f64> {
    let (words, _) = bytes.as_chunks::<2>();
    let [count, weight, sign, _scale, groups @ ..] = words else {
        return None;
    };
    if groups.len() != usize::try_from(i16::from_be_bytes(*count)).ok()? {
        return None;
    }
    let mut digits = String::with_capacity(groups.len() * 4 + 12);
    match u16::from_be_bytes(*sign) {
        0 => {}
        NEGATIVE => digits.push('-'),
        _ => return None,
    }
    digits.push('0');
    for group in groups {
        let _ = write!(digits, "{:04}", i16::from_be_bytes(*group));
    }
    let _ = write!(digits, "e{}", (i32::from(i16::from_be_bytes(*weight)) + 1 - groups.len() as i32) * 4);
    digits.parse().ok().filter(|x: &f64| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let ends = [0, 1, 9_999, 10_000, 10_001, 99_990_000, 123_456_789, 999_999_999_999_999_999];
        for units in ends.into_iter().flat_map(|n| [n, -n]) {
            for scale in 0..=18 {
                let mut out = BytesMut::new();
                write(Decimal::new(units, scale), &mut out);
                assert_eq!(read(&out, scale), Some(units), "{units} of scale {scale}");
                if scale < 18 && units.abs() < 1_000_000_000 {
                    assert_eq!(read(&out, scale + 1), Some(units * 10));
                }
            }
        }
        let mut out = BytesMut::new();
        write(Decimal::new(i64::MIN, 0), &mut out);
        assert_eq!(read(&out, 0), Some(i64::MIN));
    }

    #[test]
    fn as_floats() {
        for (units, scale, expected) in [
            (0, 0, 0.0),
            (1, 1, 0.1),
            (-15, 1, -1.5),
            (123_456_789, 4, 12_345.678_9),
            (i64::MAX, 0, i64::MAX as f64),
            (-3, 18, -3e-18),
        ] {
            let mut out = BytesMut::new();
            write(Decimal::new(units, scale), &mut out);
            assert_eq!(float(&out), Some(expected));
            assert_eq!(super::scale(&out), scale);
        }
        // 1 × 10000^30, and NaN.
        assert_eq!(float(&[0, 1, 0, 30, 0, 0, 0, 0, 0, 1]), Some(1e120));
        assert_eq!(float(&[0, 0, 0, 0, 0xC0, 0, 0, 0]), None);
        assert_eq!(float(&[0, 1]), None);
    }

    #[test]
    fn what_is_no_decimal_of_64_bits() {
        // 1 × 10000^30, NaN, cut off, and 0.0001 with two digits after the point.
        for bytes in [
            &[0, 1, 0, 30, 0, 0, 0, 0, 0, 1][..],
            &[0, 0, 0, 0, 0xC0, 0, 0, 0],
            &[0, 2, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0, 1],
            &[0, 1, 0xFF, 0xFF, 0, 0, 0, 4, 0, 1],
        ] {
            assert_eq!(read(bytes, 2), None, "{bytes:?}");
        }
    }
}
