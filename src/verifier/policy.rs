//! What each door demands of a message, in one table; and what the operator may set.

use std::time::Duration;

/// Where a message arrived. An assertion's verdict is the same at every door; what else it needs is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The Security Token Service.
    Sts,
    /// `LoginByToken` on `/sdk`.
    Sdk,
}

/// What a door demands.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    /// Its name in reports.
    pub name: &'static str,
    /// A Timestamp even without signature. pyVmomi's bearer `LoginByToken` has none (`decisions.md` §3).
    pub timestamp: bool,
    /// An assertion.
    pub assertion: bool,
    /// The assertion may be a bearer one. At the STS it may not (`sts.md` §3.3).
    pub bearer: bool,
}

impl Door {
    /// The table.
    #[must_use]
    pub const fn demands(self) -> Demands {
        match self {
            Self::Sts => Demands { name: "sts", timestamp: true, assertion: false, bearer: false },
            Self::Sdk => Demands { name: "sdk", timestamp: false, assertion: true, bearer: true },
        }
    }
}

/// The verifier's settings.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How far clocks may differ, both ways (`decisions.md` §1).
    pub tolerance: Duration,
    /// The names under which this service may be addressed by a token's audience; none = nobody can say.
    pub audiences: Option<Vec<String>>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { tolerance: Duration::from_mins(10), audiences: None }
    }
}

/// A Timestamp counts for so long after `Created`, whatever its `Expires` says: replay records must end (`attacks.md` H10).
pub const LONGEST_TIMESTAMP: Duration = Duration::from_mins(10);
