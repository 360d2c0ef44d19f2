//! Dates and times as text of fixed width, whose order is order in time.

use orm_core::value::{Date, DateTime, Time, Timestamp, ValueRef};

/// `YYYY-MM-DD HH:MM:SS.ffffff`
const LONGEST: usize = 26;

/// A short text on the stack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShortText {
    bytes: [u8; LONGEST],
    len: usize,
}

impl ShortText {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn new() -> Self {
        Self { bytes: [b'0'; LONGEST], len: 0 }
    }

    fn digits(&mut self, number: u64, width: usize) {
        let mut rest = number;
        for place in (self.len..self.len + width).rev() {
            self.bytes[place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.len += width;
    }

    fn sign(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn date(&mut self, date: Date) {
        let (year, month, day) = date.civil();
        self.digits(u64::from(year.unsigned_abs()), 4);
        self.sign(b'-');
        self.digits(u64::from(month), 2);
        self.sign(b'-');
        self.digits(u64::from(day), 2);
    }

    fn time(&mut self, time: Time) {
        let micros = time.micros().unsigned_abs();
        let seconds = micros / 1_000_000;
        self.digits(seconds / 3600, 2);
        self.sign(b':');
        self.digits(seconds / 60 % 60, 2);
        self.sign(b':');
        self.digits(seconds % 60, 2);
        self.sign(b'.');
        self.digits(micros % 1_000_000, 6);
    }
}

/// The text of a date or time; `None` for other values and for what can't be stored.
pub(crate) fn text_of(value: ValueRef<'_>) -> Option<ShortText> {
    let mut out = ShortText::new();
    let (date, time) = match value {
        ValueRef::Date(date) if date.is_storable() => {
            out.date(date);
            return Some(out);
        }
        ValueRef::Time(time) if time.is_storable() => {
            out.time(time);
            return Some(out);
        }
        ValueRef::DateTime(at) if at.is_storable() => at.split(),
        ValueRef::Timestamp(at) if at.is_storable() => at.split(),
        _ => return None,
    };
    out.date(date);
    out.sign(b' ');
    out.time(time);
    Some(out)
}

fn number(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |n, byte| byte.is_ascii_digit().then(|| n * 10 + u32::from(byte - b'0')))
}

pub(crate) fn date(text: &[u8]) -> Option<Date> {
    match text {
        [year @ .., b'-', m1, m2, b'-', d1, d2] if year.len() == 4 => {
            Date::from_civil(i32::try_from(number(year)?).ok()?, number(&[*m1, *m2])?, number(&[*d1, *d2])?)
        }
        _ => None,
    }
}

pub(crate) fn time(text: &[u8]) -> Option<Time> {
    match text {
        [h1, h2, b':', m1, m2, b':', s1, s2, b'.', fraction @ ..] if fraction.len() == 6 => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            let seconds = number(&[*s1, *s2])?;
            let all = (i64::from(hours) * 60 + i64::from(minutes)) * 60 + i64::from(seconds);
            let fine = minutes < 60 && seconds < 60;
            Some(Time::from_micros(all * 1_000_000 + i64::from(number(fraction)?)))
                .filter(|time| fine && time.is_storable())
        }
        _ => None,
    }
}

fn date_and_time(text: &[u8]) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let clock = rest.strip_prefix(b" ")?;
    Some(i64::from(date(day)?.days()) * 86_400_000_000 + time(clock)?.micros())
}

pub(crate) fn date_time(text: &[u8]) -> Option<DateTime> {
    date_and_time(text).map(DateTime::from_micros)
}

pub(crate) fn timestamp(text: &[u8]) -> Option<Timestamp> {
    date_and_time(text).map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in [
            "0001-01-01 00:00:00.000000",
            "1969-12-31 23:59:59.999999",
            "2026-02-28 22:30:00.500000",
            "9999-12-31 23:59:59.999999",
        ] {
            let at: DateTime = text.parse().unwrap();
            let short = text_of(ValueRef::DateTime(at)).unwrap();
            assert_eq!(short.bytes(), text.as_bytes());
            assert_eq!(date_time(short.bytes()), Some(at));
            let instant = Timestamp::from_micros(at.micros());
            assert_eq!(timestamp(text.as_bytes()), Some(instant));
            let (day, clock) = at.split();
            let short = text_of(ValueRef::Date(day)).unwrap();
            assert_eq!(date(short.bytes()), Some(day));
            let short = text_of(ValueRef::Time(clock)).unwrap();
            assert_eq!(time(short.bytes()), Some(clock));
        }
        assert!(text_of(ValueRef::Timestamp(Timestamp::from_micros(i64::MIN))).is_none());
        for bad in ["", "2026-02-30", "2026-2-03", "02026-01-01", "10:00:00", "10:61:00.000000"] {
            assert!(date(bad.as_bytes()).is_none() && time(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
