//! Comparisons of whole columns, in loops that compilers turn into vector instructions.

use crate::store::bits::{Mask, WORDS};
use crate::store::column::Data;
use orm_core::plan::CompareOp;

/// One bit for each cell that `holds`. Bytes first, then bits: comparing into bytes vectorizes.
#[inline(always)]
pub(super) fn mask<T: Copy>(cells: &[T], holds: impl Fn(T) -> bool) -> Mask {
    let mut mask = Mask::NONE;
    for (word, cells) in mask.0.iter_mut().zip(cells.chunks(64)).take(WORDS) {
        let mut bytes = [0_u8; 64];
        if let Ok(cells) = <&[T; 64]>::try_from(cells) {
            for (byte, cell) in bytes.iter_mut().zip(cells) {
                *byte = u8::from(holds(*cell));
            }
        } else {
            for (byte, cell) in bytes.iter_mut().zip(cells) {
                *byte = u8::from(holds(*cell));
            }
        }
        let (eights, _) = bytes.as_chunks::<8>();
        for (i, eight) in eights.iter().enumerate() {
            // Eight bytes of 0 or 1 become the eight bits at the top of the product.
            let packed = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            *word |= packed << (8 * i);
        }
    }
    mask
}

/// The number of cells that `holds`.
#[inline(always)]
fn number<T: Copy>(cells: &[T], holds: impl Fn(T) -> bool) -> usize {
    // A chunk has fewer cells than 32 bits count, and as many of them are added at once as possible.
    cells.iter().map(|cell| u32::from(holds(*cell))).sum::<u32>() as usize
}

/// What `$of` makes of the integers between two bounds, inclusive; `$none` where there can't be any.
macro_rules! between {
    ($data:expr, $low:expr, $high:expr, $of:ident, $none:expr) => {{
        let (low, high): (i64, i64) = ($low, $high);
        macro_rules! narrow {
            ($cells:expr, $type:ty) => {{
                // Bounds outside of the type's range bound nothing, or leave nothing.
                if low > high || low > <$type>::MAX as i64 || high < <$type>::MIN as i64 {
                    return $none;
                }
                let low = low.max(<$type>::MIN as i64) as $type;
                let high = high.min(<$type>::MAX as i64) as $type;
                if low == high {
                    $of($cells, |x| x == low)
                } else if high == <$type>::MAX {
                    $of($cells, |x| x >= low)
                } else if low == <$type>::MIN {
                    $of($cells, |x| x <= high)
                } else {
                    $of($cells, |x| (x >= low) & (x <= high))
                }
            }};
        }
        match $data {
            Data::I8(cells) => narrow!(cells, i8),
            Data::I16(cells) => narrow!(cells, i16),
            Data::I32(cells) => narrow!(cells, i32),
            Data::I64(cells) => narrow!(cells, i64),
            _ => $none,
        }
    }};
}

/// The integers between two bounds, inclusive.
pub(super) fn range(data: &Data, low: i64, high: i64) -> Mask {
    between!(data, low, high, mask, Mask::NONE)
}

/// How many integers are between two bounds, inclusive: without a bit for each of them, it takes half of
/// the time.
pub(super) fn count(data: &Data, low: i64, high: i64) -> usize {
    between!(data, low, high, number, 0)
}

/// The floats that compare so.
pub(super) fn float(data: &Data, op: CompareOp, value: f64) -> Mask {
    macro_rules! each {
        ($cells:expr, $wide:expr) => {
            match op {
                CompareOp::Eq => mask($cells, |x| $wide(x) == value),
                CompareOp::Ne => mask($cells, |x| $wide(x) != value),
                CompareOp::Lt => mask($cells, |x| $wide(x) < value),
                CompareOp::Le => mask($cells, |x| $wide(x) <= value),
                CompareOp::Gt => mask($cells, |x| $wide(x) > value),
                CompareOp::Ge => mask($cells, |x| $wide(x) >= value),
            }
        };
    }
    match data {
        Data::F32(cells) => each!(cells, f64::from),
        Data::F64(cells) => each!(cells, |x: f64| x),
        _ => Mask::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_beyond_the_type() {
        let data = Data::I8((-100..100).collect());
        let bounds = [(300, 400), (-400, 300), (1, 0), (98, i64::MAX), (-98, -98), (i64::MIN, -99), (-3, 3)];
        for ((low, high), number) in bounds.into_iter().zip([0, 200, 0, 2, 1, 2, 7]) {
            assert_eq!((range(&data, low, high).count(), count(&data, low, high)), (number, number));
        }
        assert_eq!(range(&data, -3, 3).ones().collect::<Vec<_>>(), (97..104).collect::<Vec<_>>());
    }
}
