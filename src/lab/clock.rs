//! The running program's clock: the system's, corrected by what the database says (`decisions.md` §2).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use crate::clock::{Clock, Moment};

/// The system clock and an offset.
#[derive(Debug, Default)]
pub struct LabClock {
    offset_micros: AtomicI64,
}

impl LabClock {
    /// Corrects the clock so that all replicas of one database agree; says how far it was moved, in microseconds.
    pub fn agree_with(&self, database: Moment, measured_at: Moment) -> i64 {
        let offset = database.micros() - measured_at.micros() + self.offset_micros.load(Ordering::Relaxed);
        offset - self.offset_micros.swap(offset, Ordering::Relaxed)
    }

    /// How far the system clock is off, in microseconds.
    #[must_use]
    pub fn offset_micros(&self) -> i64 {
        self.offset_micros.load(Ordering::Relaxed)
    }
}

impl Clock for LabClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Moment::from_micros(micros.saturating_add(self.offset_micros()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_follows_the_database() {
        let clock = LabClock::default();
        assert_eq!(clock.agree_with(Moment::from_micros(5_000), Moment::from_micros(2_000)), 3_000);
        assert_eq!(clock.offset_micros(), 3_000);
        assert_eq!(clock.agree_with(Moment::from_micros(5_000), Moment::from_micros(5_000)), 0);
    }
}
