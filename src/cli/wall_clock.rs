//! The clock on the wall, for commands that run outside the service.

use std::time::{Duration, SystemTime};

use crate::clock::{Clock, Moment};

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "the one place of the command line that reads the clock")]
    fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Moment::EPOCH.plus(since)
    }
}
