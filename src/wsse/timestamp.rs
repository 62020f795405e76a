//! `wsu:Timestamp` (WSS 1.1.1 §10): both times, once each, in order, in UTC.

use crate::clock::{Moment, TimeSyntax};
use crate::xml::names::WSU;
use crate::xml::{Cursor, Element, Unexpected};

/// A period a message claims for itself: `[created, expires)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// First moment.
    pub created: Moment,
    /// The moment it is over.
    pub expires: Moment,
}

/// Why a timestamp cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// Not exactly `Created, Expires`.
    #[error(transparent)]
    Shape(#[from] Unexpected),
    /// An attribute that does not belong there.
    #[error("the attribute {0} does not belong on a Timestamp")]
    Attribute(String),
    /// A time that is none.
    #[error(transparent)]
    Time(#[from] TimeSyntax),
    /// `Created` is not before `Expires`.
    #[error("Invalid request lifetime [{}; {})", .0.created, .0.expires)]
    Order(Timestamp),
}

impl Timestamp {
    /// Reads the element.
    ///
    /// # Errors
    /// [`TimestampError`].
    pub fn read(element: Element<'_>) -> Result<Self, TimestampError> {
        if let Some(attribute) = element.attributes().find(|a| !(a.namespace == WSU && a.local == "Id")) {
            return Err(TimestampError::Attribute(attribute.qualified.chars().take(64).collect()));
        }
        let mut parts = Cursor::over(element)?;
        let created = time(parts.required(WSU, "Created")?)?;
        let expires = time(parts.required(WSU, "Expires")?)?;
        parts.end()?;
        let timestamp = Self { created, expires };
        if created < expires { Ok(timestamp) } else { Err(TimestampError::Order(timestamp)) }
    }
}

fn time(element: Element<'_>) -> Result<Moment, TimestampError> {
    if let Some(attribute) = element.attributes().next() {
        return Err(TimestampError::Attribute(attribute.qualified.chars().take(64).collect()));
    }
    Ok(Moment::parse(element.text().unwrap_or_default().trim())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn read(inner: &str) -> Result<Timestamp, TimestampError> {
        let text = format!("<u:Timestamp xmlns:u='{WSU}' u:Id='_t'>{inner}</u:Timestamp>");
        Timestamp::read(Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap().root())
    }

    fn period(created: &str, expires: &str) -> Result<Timestamp, TimestampError> {
        read(&format!("<u:Created>{created}</u:Created><u:Expires>{expires}</u:Expires>"))
    }

    /// sts.md §10: 115.
    #[test]
    fn both_times_are_read_with_and_without_fraction() {
        let timestamp = period("2026-11-24T08:00:00Z", "2026-11-24T08:01:00.987Z").unwrap();
        assert_eq!(timestamp.created, Moment::parse("2026-11-24T08:00:00.000Z").unwrap());
        assert_eq!(timestamp.expires, Moment::parse("2026-11-24T08:01:00.987Z").unwrap());
    }

    #[test]
    fn a_time_that_is_missing_doubled_misplaced_or_wrong_is_refused() {
        let (c, e) =
            ("<u:Created>2026-11-24T08:00:00Z</u:Created>", "<u:Expires>2026-11-24T08:01:00Z</u:Expires>");
        assert!(read(&format!("{c}{e}")).is_ok());
        for inner in [
            String::new(),
            c.into(),
            e.into(),
            format!("{e}{c}"),
            format!("{c}{c}{e}"),
            format!("{c}{e}{e}"),
            format!("{c}{e}<x/>"),
            format!("x{c}{e}"),
            c.replace("<u:Created", "<u:Created ValueType='x'") + e,
            c.replace("2026", "2569-11") + e,
        ] {
            assert!(read(&inner).is_err(), "{inner}");
        }
    }

    /// sts.md §10: 115.
    #[test]
    fn created_must_lie_before_expires() {
        assert!(matches!(
            period("2026-11-24T08:01:00Z", "2026-11-24T08:01:00Z"),
            Err(TimestampError::Order(_))
        ));
        assert!(period("2026-11-24T08:01:00.000Z", "2026-11-24T08:01:00.001Z").is_ok());
    }
}
