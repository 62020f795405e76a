//! What each door demands of a message, in one table; and what the operator may set.

use std::time::Duration;

use super::embedded::Embedded;

/// Where a message arrived. An assertion's verdict is the same at every door; what else it needs is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Issue at the Security Token Service.
    Sts,
    /// Renew at the Security Token Service: the token that is renewed is the credential.
    StsRenew,
    /// Validate at the Security Token Service: nobody needs to authenticate.
    StsValidate,
    /// Cancel at the Security Token Service: whoever may present a token may take it back.
    StsCancel,
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
    /// The token that is presented.
    pub token: Presented,
    /// The assertion may be a bearer one. At the STS it may not authenticate (`sts.md` §3.3).
    pub bearer: bool,
    /// In a signed Body the request stands first, with nothing before it (`sts.md` §4.3).
    pub request_first: bool,
}

/// Where the token stands that the sender presents as its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// In the security header.
    InHeader,
    /// In the security header, or there is none.
    InHeaderIfAny,
    /// In the body.
    InBody(Embedded),
    /// The sender presents none; one stands in the body to be looked at.
    None(Embedded),
}

impl Demands {
    const fn sts(token: Presented, bearer: bool) -> Self {
        Self { name: "sts", timestamp: true, token, bearer, request_first: true }
    }
}

impl Door {
    /// The table.
    #[must_use]
    pub const fn demands(self) -> Demands {
        match self {
            Self::Sts => Demands::sts(Presented::InHeaderIfAny, false),
            Self::StsRenew => Demands::sts(Presented::InBody(Embedded::RenewTarget), false),
            Self::StsValidate => Demands::sts(Presented::None(Embedded::ValidateTarget), false),
            Self::StsCancel => Demands::sts(Presented::InBody(Embedded::CancelTarget), true),
            Self::Sdk => Demands {
                name: "sdk",
                timestamp: false,
                token: Presented::InHeader,
                bearer: true,
                request_first: false,
            },
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
