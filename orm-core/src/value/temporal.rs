//! Dates and times as plain numbers, with their ISO 8601 text.
//!
//! These are the forms in which dates travel and are stored. Models use the types of a calendar
//! crate (feature `chrono`) or, where no arithmetic is needed, these.

use std::fmt;
use std::str::FromStr;

const DAY: i64 = 86_400_000_000;

/// Why a text is no date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct TemporalError(&'static str);

macro_rules! temporal {
    ($(#[$doc:meta])* $name:ident($inner:ty), $make:ident, $get:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name($inner);

        impl $name {
            #[doc = concat!("From ", $what, ".")]
            #[must_use]
            pub const fn $make(number: $inner) -> Self {
                Self(number)
            }
            #[doc = concat!("As ", $what, ".")]
            #[must_use]
            pub const fn $get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

temporal!(
    /// A day of the proleptic Gregorian calendar. Storable from `0001-01-01` to `9999-12-31`.
    Date(i32), from_days, days, "the number of days since 1970-01-01");
temporal!(
    /// A time of day with microseconds.
    Time(i64), from_micros, micros, "the number of microseconds since midnight");
temporal!(
    /// A date and time without a time zone, with microseconds.
    DateTime(i64), from_micros, micros, "the number of microseconds since 1970-01-01T00:00:00 of the same, unnamed zone");
temporal!(
    /// An instant in time, with microseconds; written and read in UTC.
    Timestamp(i64), from_micros, micros, "the number of microseconds since 1970-01-01T00:00:00Z");

impl Date {
    /// The first storable day, `0001-01-01`.
    pub const MIN: Date = Date(-719_162);
    /// The last storable day, `9999-12-31`.
    pub const MAX: Date = Date(2_932_896);

    /// The day of a year, a month (1–12) and a day of the month; `None` if there is none such
    /// between [`Date::MIN`] and [`Date::MAX`].
    #[must_use]
    pub fn from_civil(year: i32, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            _ => return None,
        };
        if !(1..=9999).contains(&year) || !(1..=length).contains(&day) {
            return None;
        }
        // Years begin in March, so that the leap day is the last; an era is 400 years.
        let shifted = i64::from(year) - i64::from(month <= 2);
        let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
        let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        Some(Self(days as i32))
    }

    /// Year, month (1–12) and day of the month.
    #[must_use]
    pub fn civil(self) -> (i32, u32, u32) {
        let days = i64::from(self.0) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        ((era * 400 + year + i64::from(month <= 2)) as i32, month as u32, day as u32)
    }

    /// Whether this day can be stored.
    #[must_use]
    pub fn is_storable(self) -> bool {
        (Self::MIN..=Self::MAX).contains(&self)
    }
}

impl Time {
    /// Whether this is a time of one day.
    #[must_use]
    pub fn is_storable(self) -> bool {
        (0..DAY).contains(&self.0)
    }
}

fn split(micros: i64) -> (Date, Time) {
    (Date(micros.div_euclid(DAY) as i32), Time(micros.rem_euclid(DAY)))
}

impl DateTime {
    /// The day and the time of day.
    #[must_use]
    pub fn split(self) -> (Date, Time) {
        split(self.0)
    }
    /// Whether the day can be stored.
    #[must_use]
    pub fn is_storable(self) -> bool {
        self.split().0.is_storable()
    }
}

impl Timestamp {
    /// The first storable instant, `0001-01-01T00:00:00Z`.
    pub const MIN: Timestamp = Timestamp(Date::MIN.0 as i64 * DAY);
    /// The last storable instant, `9999-12-31T23:59:59.999999Z`.
    pub const MAX: Timestamp = Timestamp((Date::MAX.0 as i64 + 1) * DAY - 1);

    /// The day and the time of day in UTC.
    #[must_use]
    pub fn split(self) -> (Date, Time) {
        split(self.0)
    }
    /// Whether the day can be stored.
    #[must_use]
    pub fn is_storable(self) -> bool {
        self.split().0.is_storable()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros != 0 { write!(f, ".{micros:06}") } else { Ok(()) }
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = self.split();
        write!(f, "{date}T{time}")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = self.split();
        write!(f, "{date}T{time}Z")
    }
}

/// `n` ASCII digits at the start, and the rest.
fn digits(text: &str, n: usize) -> Option<(i64, &str)> {
    let head = text.get(..n)?;
    if !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((head.parse().ok()?, &text[n..]))
}

fn parse_date(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    Some((Date::from_civil(year as i32, month as u32, day as u32)?, rest))
}

fn parse_time(text: &str) -> Option<(Time, &str)> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, mut rest) = digits(rest.strip_prefix(':')?, 2)?;
    let mut second = 0;
    if let Some(more) = rest.strip_prefix(':') {
        (second, rest) = digits(more, 2)?;
    }
    let mut micros = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        // Finer than a microsecond can't be kept; only zeros may be cut.
        if length == 0 || fraction[..length].bytes().skip(6).any(|b| b != b'0') {
            return None;
        }
        for i in 0..6 {
            micros = micros * 10 + i64::from(fraction.as_bytes()[..length].get(i).map_or(0, |b| b - b'0'));
        }
        rest = &fraction[length..];
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((Time(((hour * 60 + minute) * 60 + second) * 1_000_000 + micros), rest))
}

fn parse_date_time(text: &str) -> Option<(i64, &str)> {
    let (date, rest) = parse_date(text)?;
    if rest.is_empty() {
        return Some((i64::from(date.0) * DAY, rest));
    }
    let (time, rest) = parse_time(rest.strip_prefix(['T', 't', ' '])?)?;
    Some((i64::from(date.0) * DAY + time.0, rest))
}

/// Minutes east of UTC.
fn parse_zone(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, rest) = digits(text.strip_prefix(['+', '-'])?, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':').unwrap_or(rest), 2)?;
    (rest.is_empty() && hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

impl FromStr for Date {
    type Err = TemporalError;
    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, TemporalError> {
        match parse_date(text) {
            Some((date, "")) => Ok(date),
            _ => Err(TemporalError("a date (YYYY-MM-DD)")),
        }
    }
}

impl FromStr for Time {
    type Err = TemporalError;
    /// Reads `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`.
    fn from_str(text: &str) -> Result<Self, TemporalError> {
        match parse_time(text) {
            Some((time, "")) => Ok(time),
            _ => Err(TemporalError("a time (HH:MM:SS)")),
        }
    }
}

impl FromStr for DateTime {
    type Err = TemporalError;
    /// Reads `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS.ffffff`, with `T` or a space.
    fn from_str(text: &str) -> Result<Self, TemporalError> {
        match parse_date_time(text) {
            Some((micros, "")) => Ok(Self(micros)),
            _ => Err(TemporalError("a date and time (YYYY-MM-DDTHH:MM:SS)")),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TemporalError;
    /// Reads `YYYY-MM-DDTHH:MM:SS.ffffff` with a zone: `Z`, `+02:00`, `-0530`.
    fn from_str(text: &str) -> Result<Self, TemporalError> {
        let error = TemporalError("an instant with its zone (YYYY-MM-DDTHH:MM:SSZ)");
        let (micros, rest) = parse_date_time(text).ok_or(error)?;
        let east = parse_zone(rest).ok_or(error)?;
        let instant = Self(micros - east * 60_000_000);
        if instant.is_storable() { Ok(instant) } else { Err(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_there_and_back() {
        let mut previous = None;
        for days in Date::MIN.0..=Date::MAX.0 {
            let (year, month, day) = Date(days).civil();
            assert_eq!(Date::from_civil(year, month, day), Some(Date(days)));
            assert!(previous < Some((year, month, day)));
            previous = Some((year, month, day));
        }
        assert_eq!(Date(0).to_string(), "1970-01-01");
        assert_eq!(Date::MIN.to_string(), "0001-01-01");
        assert_eq!(Date::MAX.to_string(), "9999-12-31");
    }

    #[test]
    fn reads_iso_text_and_nothing_else() {
        let at: Timestamp = "2026-02-28T23:30:00.5+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-02-28T22:30:00.500000Z");
        assert_eq!(
            "1999-12-31 24:00:00".parse::<DateTime>(),
            Err(TemporalError("a date and time (YYYY-MM-DDTHH:MM:SS)"))
        );
        for bad in [
            "",
            "2026",
            "2026-02-29",
            "2026-2-1",
            "x026-02-01",
            "2026-02-01T",
            "2026-02-01T10:00:00Z",
            "٢٠٢٦-02-01",
        ] {
            assert!(bad.parse::<DateTime>().is_err(), "{bad}");
        }
        assert!("10:00:00.0000001".parse::<Time>().is_err());
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert!(end.is_storable());
            assert_eq!(end.to_string().parse(), Ok(end));
        }
        assert!(
            !Timestamp(Timestamp::MAX.0 + 1).is_storable() && !Timestamp(Timestamp::MIN.0 - 1).is_storable()
        );
        assert_eq!("10:00".parse::<Time>().unwrap().to_string(), "10:00:00");
    }
}
