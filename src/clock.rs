//! Time as the house knows it: microseconds since 1970 in UTC, read from an injected [`Clock`].
//!
//! Nothing here reads the wall clock: the running program's clock is `lab::clock`, tests hold a [`Frozen`] one.
//! Parsing is the strict UTC profile of RFC 3339 that SAML and WS-Security use (`attacks.md` §2.4, A28).

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::{Date, Month, OffsetDateTime};

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

/// Where the time comes from. One per process, injected everywhere.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Moment;
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug)]
pub struct Frozen(AtomicI64);

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UTC time of the form YYYY-MM-DDThh:mm:ss[.fraction]Z")]
pub struct TimeSyntax;

impl Moment {
    /// The beginning of the era, for fields that have no time yet.
    pub const EPOCH: Self = Self(0);
    /// Later than every time that can be written.
    pub const FAR_FUTURE: Self = Self(i64::MAX);

    /// A moment from microseconds since 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// This moment and `span` more; saturates at the end of time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(span)))
    }

    /// This moment less `span`; saturates at the beginning of time.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(span)))
    }

    /// The span from `earlier` to this moment, zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This moment with everything below the millisecond cut off: what tokens can say.
    #[must_use]
    pub const fn to_millis(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1_000))
    }

    /// Reads `YYYY-MM-DDThh:mm:ss[.f{1,9}]Z`, years 1970 to 9999, no leap second, no offset.
    ///
    /// # Errors
    /// [`TimeSyntax`] when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, TimeSyntax> {
        let bytes = text.as_bytes();
        let body = bytes.strip_suffix(b"Z").ok_or(TimeSyntax)?;
        let (whole, fraction) = match body.split_at_checked(19).ok_or(TimeSyntax)? {
            (whole, []) => (whole, 0),
            (whole, [b'.', digits @ ..]) if (1..=9).contains(&digits.len()) => {
                (whole, micros_fraction(digits)?)
            }
            _ => return Err(TimeSyntax),
        };
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] = whole
        else {
            return Err(TimeSyntax);
        };
        let year = number(&[*y1, *y2, *y3, *y4])?;
        let month = Month::try_from(u8::try_from(number(&[*m1, *m2])?).map_err(|_| TimeSyntax)?)
            .map_err(|_| TimeSyntax)?;
        let day = u8::try_from(number(&[*d1, *d2])?).map_err(|_| TimeSyntax)?;
        let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?);
        if year < 1970 || hour > 23 || minute > 59 || second > 59 {
            return Err(TimeSyntax);
        }
        let date = Date::from_calendar_date(year, month, day).map_err(|_| TimeSyntax)?;
        let days = i64::from(date.to_julian_day() - JULIAN_DAY_OF_EPOCH);
        let seconds = ((days * 24 + i64::from(hour)) * 60 + i64::from(minute)) * 60 + i64::from(second);
        Ok(Self(seconds * MICROS_PER_SECOND + fraction))
    }

    /// `YYYY-MM-DDThh:mm:ss.mmmZ`, the only form every STS client reads (`clients.md` §0.3-2).
    #[must_use]
    pub fn millis_text(self) -> TimeText {
        TimeText::new(self, 3)
    }

    /// `YYYY-MM-DDThh:mm:ss.uuuuuuZ`, what vim25 answers carry.
    #[must_use]
    pub fn micros_text(self) -> TimeText {
        TimeText::new(self, 6)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.millis_text().as_str())
    }
}

impl Frozen {
    /// A clock that says `at`.
    #[must_use]
    pub const fn new(at: Moment) -> Self {
        Self(AtomicI64::new(at.0))
    }

    /// Makes the clock say `at` from now on.
    pub fn set(&self, at: Moment) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(micros_of(span), Ordering::SeqCst);
    }
}

impl Clock for Frozen {
    fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::SeqCst))
    }
}

/// A written time, on the stack.
#[derive(Clone, Copy)]
pub struct TimeText {
    bytes: [u8; 27],
    length: usize,
}

impl TimeText {
    fn new(at: Moment, digits: usize) -> Self {
        let seconds = at.seconds().clamp(0, LAST_SECOND);
        let at_utc = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let fraction = at.0.rem_euclid(MICROS_PER_SECOND);
        let mut text = Self { bytes: [0; 27], length: 0 };
        text.put(i64::from(at_utc.year()), 4, b'-');
        text.put(i64::from(u8::from(at_utc.month())), 2, b'-');
        text.put(i64::from(at_utc.day()), 2, b'T');
        text.put(i64::from(at_utc.hour()), 2, b':');
        text.put(i64::from(at_utc.minute()), 2, b':');
        text.put(i64::from(at_utc.second()), 2, b'.');
        text.put(if digits == 3 { fraction / 1_000 } else { fraction }, digits, b'Z');
        text
    }

    fn put(&mut self, mut value: i64, digits: usize, end: u8) {
        let field = self.bytes.get_mut(self.length..self.length + digits + 1).unwrap_or_default();
        let [figures @ .., last] = field else { return };
        for figure in figures.iter_mut().rev() {
            *figure = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
        *last = end;
        self.length += digits + 1;
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

fn micros_of(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

fn number(digits: &[u8]) -> Result<i32, TimeSyntax> {
    digits.iter().try_fold(0, |sum, digit| match digit {
        b'0'..=b'9' => Ok(sum * 10 + i32::from(digit - b'0')),
        _ => Err(TimeSyntax),
    })
}

fn micros_fraction(digits: &[u8]) -> Result<i64, TimeSyntax> {
    number(digits)?;
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Ok(padded.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

const MICROS_PER_SECOND: i64 = 1_000_000;
/// The Julian day number of 1970-01-01.
const JULIAN_DAY_OF_EPOCH: i32 = 2_440_588;
/// 9999-12-31T23:59:59Z, the last second with a four-digit year.
const LAST_SECOND: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for micros in [0, 1_000, 951_782_400_000_000, 1_795_507_199_999_000, LAST_SECOND * MICROS_PER_SECOND]
        {
            let at = Moment::from_micros(micros);
            assert_eq!(Moment::parse(at.millis_text().as_str()), Ok(at));
            assert_eq!(Moment::parse(at.micros_text().as_str()), Ok(at));
        }
    }

    #[test]
    fn a_time_is_written_with_exactly_three_digits() {
        let at = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        assert_eq!(at.millis_text().as_str(), "2026-11-24T08:00:00.000Z");
        assert_eq!(at.micros_text().as_str(), "2026-11-24T08:00:00.000000Z");
    }

    #[test]
    fn fractions_of_one_to_nine_digits_are_read() {
        let base = Moment::parse("2026-11-24T08:00:00Z").unwrap().micros();
        for (text, micros) in [(".9", 900_000), (".987", 987_000), (".123456789", 123_456)] {
            assert_eq!(
                Moment::parse(&format!("2026-11-24T08:00:00{text}Z")).unwrap().micros() - base,
                micros
            );
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "Z",
            "2026-11-24",
            "2026-11-24T08:00:00",
            "2026-11-24T08:00:00+00:00",
            "2026-11-24T08:00:00+14:00",
            "2026-11-24T24:00:00Z",
            "2026-11-24T08:00:60Z",
            "2026-02-29T08:00:00Z",
            "2026-13-01T08:00:00Z",
            "10000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-11-24T08:00:00.Z",
            "2026-11-24T08:00:00.1234567890Z",
            "2569-11-24T08:00:00,5Z",
            " 2026-11-24T08:00:00Z",
            "2026-11-24t08:00:00Z",
        ] {
            assert_eq!(Moment::parse(text), Err(TimeSyntax), "{text}");
        }
    }
}
