//! Tokens: their limits and who signs them; and the certificates of directories.

use super::Method;
use crate::vim::values::arguments::{Arguments, Problem};

/// Of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigurationCall {
    /// The certificates whose signature on a token is believed.
    TrustedCertificates,
    /// The chains of this house's own keys.
    KnownChains,
    /// The certificates of other issuers.
    IssuersCertificates,
    /// A limit.
    Get(Limit),
    /// The same from now on.
    Set(Limit, i64),
}

/// The limits of tokens: counts, and times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// How far clocks may differ.
    ClockTolerance,
    /// How often a token can be delegated.
    DelegationCount,
    /// How often it can be renewed.
    RenewCount,
    /// How long a bearer token lives at most.
    BearerLifetime,
    /// How long a Holder-of-Key token does.
    HokLifetime,
}

/// Of the certificates of directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateCall {
    /// All.
    All,
    /// The one with a fingerprint.
    Find(String),
    /// One more, as it was written.
    Add(String),
    /// The one with a fingerprint goes.
    Delete(String),
}

type Read = Result<Method, Problem>;

#[expect(clippy::unnecessary_wraps, reason = "it stands among those that can fail")]
pub(super) const fn get(limit: Limit) -> Read {
    Ok(Method::Configuration(ConfigurationCall::Get(limit)))
}

pub(super) fn set_long(limit: Limit, name: &'static str, arguments: &Arguments<'_>) -> Read {
    let value = super::super::policy::long(arguments, name)?;
    Ok(Method::Configuration(ConfigurationCall::Set(limit, value)))
}

pub(super) fn set_int(limit: Limit, name: &'static str, arguments: &Arguments<'_>) -> Read {
    let value = arguments.required_integer(name)?;
    Ok(Method::Configuration(ConfigurationCall::Set(limit, value.into())))
}
