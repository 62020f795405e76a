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
    /// `Login` of the SSO administration service.
    SsoAdmin,
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
    /// Whether the assertion may be a bearer one.
    pub bearer: Bearer,
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

/// Where a bearer token is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// Nowhere.
    No,
    /// One of another house, which cannot know what its user would sign with here (`sts.md` §3.3, §6.2).
    External,
    /// Every one. A signature beside it proves nothing more.
    Any,
}

impl Demands {
    const fn sts(token: Presented, bearer: Bearer) -> Self {
        Self { name: "sts", timestamp: true, token, bearer, request_first: true }
    }

    /// Where a token opens a session. A signature beside a bearer token is diagnosis (`decisions.md` §4).
    const fn login(name: &'static str) -> Self {
        let (token, bearer) = (Presented::InHeader, Bearer::Any);
        Self { name, timestamp: false, token, bearer, request_first: false }
    }
}

impl Door {
    /// The table.
    #[must_use]
    pub const fn demands(self) -> Demands {
        match self {
            Self::Sts => Demands::sts(Presented::InHeaderIfAny, Bearer::External),
            Self::StsRenew => Demands::sts(Presented::InBody(Embedded::RenewTarget), Bearer::No),
            Self::StsValidate => Demands::sts(Presented::None(Embedded::ValidateTarget), Bearer::No),
            Self::StsCancel => Demands::sts(Presented::InBody(Embedded::CancelTarget), Bearer::Any),
            Self::Sdk => Demands::login("sdk"),
            Self::SsoAdmin => Demands::login("sso-admin"),
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

/// The same for a vAPI call: every client gives it up twenty minutes after it was made (`clients.md` §6.3).
pub const LONGEST_CALL: Duration = Duration::from_mins(20);
