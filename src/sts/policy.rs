//! The limits of what is granted (`sts.md` §5.10, `contract.md`).

use std::time::Duration;

use crate::jwt::Algorithm;

/// The token policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPolicy {
    /// How far clocks may differ, both ways.
    pub clock_tolerance: Duration,
    /// Longest life of a bearer token.
    pub max_bearer_lifetime: Duration,
    /// Longest life of a Holder-of-Key token.
    pub max_hok_lifetime: Duration,
    /// Longest life of a JSON Web Token.
    pub max_jwt_lifetime: Duration,
    /// How JSON Web Tokens are signed.
    pub jwt_algorithm: Algorithm,
    /// How often a delegatable token may be delegated.
    pub delegation_count: u32,
    /// How often a renewable token may be renewed.
    pub renew_count: u32,
    /// Tokens can be taken back with Cancel. vCenter has no such operation.
    pub cancel: bool,
    /// `OnBehalfOf` is taken as `ActAs`. vCenter does not know it.
    pub on_behalf_of: bool,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            clock_tolerance: Duration::from_mins(10),
            max_bearer_lifetime: Duration::from_hours(1),
            max_hok_lifetime: Duration::from_hours(720),
            max_jwt_lifetime: Duration::from_mins(5),
            jwt_algorithm: Algorithm::Rs256,
            delegation_count: 10,
            renew_count: 10,
            cancel: true,
            on_behalf_of: false,
        }
    }
}
