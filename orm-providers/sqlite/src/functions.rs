//! Functions that SQLite lacks, or has with another meaning.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

/// How `orm_add` says that a sum leaves its column's range; the column's place follows.
pub(crate) const OVERFLOW: &str = "orm_add overflow ";

/// Makes the functions known to a connection.
pub(crate) fn register(engine: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    engine.create_scalar_function("orm_like", 2, flags, |c| matches(c, false))?;
    engine.create_scalar_function("orm_ilike", 2, flags, |c| matches(c, true))?;
    engine.create_scalar_function("orm_ends_with", 2, flags, ends_with)?;
    engine.create_scalar_function("orm_add", 5, flags, add)?;
    engine.create_scalar_function("orm_add_float", 4, flags, add_float)?;
    engine.create_aggregate_function("orm_sum", 4, flags, Sum)
}

/// `(value, lowest, highest, place)`: the sum of whole numbers, which alone has to fit.
struct Sum;

#[derive(Default)]
struct Total {
    sum: i128,
    values: u64,
    low: i64,
    high: i64,
    place: i64,
}

impl Aggregate<Total, Option<i64>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        let ValueRef::Integer(value) = context.get_raw(0) else {
            return Ok(());
        };
        if total.values == 0 {
            (total.low, total.high, total.place) = (context.get(1)?, context.get(2)?, context.get(3)?);
        }
        total.sum += i128::from(value);
        total.values += 1;
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> Result<Option<i64>> {
        let Some(total) = total.filter(|total| total.values > 0) else {
            return Ok(None);
        };
        match i64::try_from(total.sum) {
            Ok(sum) if total.low <= sum && sum <= total.high => Ok(Some(sum)),
            _ => Err(overflow(total.place)),
        }
    }
}

fn matches(context: &Context<'_>, fold: bool) -> Result<Option<bool>> {
    match (context.get_raw(0), context.get_raw(1)) {
        (ValueRef::Text(text), ValueRef::Text(pattern)) => Ok(Some(like(pattern, text, fold))),
        _ => Ok(None),
    }
}

/// A function of its own, because the engine's `substr` and `length` stop at a NUL.
fn ends_with(context: &Context<'_>) -> Result<Option<bool>> {
    match (context.get_raw(0), context.get_raw(1)) {
        (ValueRef::Text(text), ValueRef::Text(end)) => Ok(Some(text.ends_with(end))),
        _ => Ok(None),
    }
}

fn overflow(column: i64) -> Error {
    Error::UserFunctionError(format!("{OVERFLOW}{column}").into())
}

/// `(value, number, lowest, highest, column)`
fn add(context: &Context<'_>) -> Result<Option<i64>> {
    let (Some(value), Some(number)) = (context.get::<Option<i64>>(0)?, context.get(1)?) else {
        return Ok(None);
    };
    let number: i64 = number;
    let (low, high): (i64, i64) = (context.get(2)?, context.get(3)?);
    match value.checked_add(number) {
        Some(sum) if low <= sum && sum <= high => Ok(Some(sum)),
        _ => Err(overflow(context.get(4)?)),
    }
}

/// `(value, number, whether single precision, column)`
fn add_float(context: &Context<'_>) -> Result<Option<f64>> {
    let (Some(value), Some(number)) = (context.get::<Option<f64>>(0)?, context.get(1)?) else {
        return Ok(None);
    };
    let number: f64 = number;
    let mut sum = value + number;
    if context.get::<bool>(2)? {
        sum = f64::from(sum as f32);
    }
    if sum.is_finite() { Ok(Some(sum)) } else { Err(overflow(context.get(3)?)) }
}

/// The length of the character that begins with this byte of UTF-8.
fn width(lead: u8) -> usize {
    match lead {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// Whether `text` matches: `%` is any run, `_` one character, `\` takes the next as it is (itself
/// at the end). `fold` takes the ASCII letters' cases as one.
///
/// Goes by bytes, stepping over whole characters only where the pattern asks for one; after a
/// mismatch it goes back to the last `%` alone, so the time is at most the product of the lengths.
pub(crate) fn like(pattern: &[u8], text: &[u8], fold: bool) -> bool {
    let same = |a: u8, b: u8| a == b || (fold && a.eq_ignore_ascii_case(&b));
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some(b'%') => {
                p += 1;
                retry = Some((p, t));
                continue;
            }
            None if t == text.len() => return true,
            None => None,
            Some(b'_') => text.get(t).map(|&lead| (1, width(lead))),
            Some(b'\\') => {
                let taken = pattern.get(p + 1);
                let literal = *taken.unwrap_or(&b'\\');
                let used = 1 + usize::from(taken.is_some());
                text.get(t).filter(|&&b| same(b, literal)).map(|_| (used, 1))
            }
            Some(&literal) => text.get(t).filter(|&&b| same(b, literal)).map(|_| (1, 1)),
        };
        match (step, retry) {
            (Some((pattern_step, text_step)), _) => {
                p += pattern_step;
                t = (t + text_step).min(text.len());
            }
            (None, Some((after, from))) if from < text.len() => {
                let next = (from + width(text[from])).min(text.len());
                retry = Some((after, next));
                (p, t) = (after, next);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_takes_wildcards_and_escapes() {
        let cases: &[(&str, &str, bool)] = &[
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("_", "", false),
            ("_", "ä", true),
            ("__", "ä", false),
            ("a%c", "abbc", true),
            ("a%c", "abbd", false),
            ("%a%b%", "xxaxxbxx", true),
            ("%ab", "aab", true),
            ("%aab", "aaab", true),
            (r"100\%", "100%", true),
            (r"100\%", "1000", false),
            (r"a\_b", "a_b", true),
            (r"a\_b", "axb", false),
            (r"a\", r"a\", true),
            (r"\\", r"\", true),
            (r"\ä", "ä", true),
            ("A", "a", false),
            ("a\0b%", "a\0bc", true),
            ("%_", "日本", true),
            ("日_", "日本", true),
        ];
        for (pattern, text, expected) in cases {
            let found = like(pattern.as_bytes(), text.as_bytes(), false);
            assert_eq!(found, *expected, "{pattern:?} on {text:?}");
        }
        assert!(like("aDa%".as_bytes(), "AdA Lovelace".as_bytes(), true));
        assert!(!like("Ä".as_bytes(), "ä".as_bytes(), true));
    }
}
