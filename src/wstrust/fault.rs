//! The fault codes of WS-Trust and WS-Security that `VMware`'s server uses, with their default texts (`sts.md` §2.6).

use crate::soap::Fault;
use crate::xml::names::{WSSE, WST};

/// A fault code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// `wst:InvalidRequest`.
    InvalidRequest,
    /// `wst:FailedAuthentication`.
    FailedAuthentication,
    /// `wst:RequestFailed`.
    RequestFailed,
    /// `wst:InvalidTimeRange`.
    InvalidTimeRange,
    /// `wst:UnableToRenew`.
    UnableToRenew,
    /// `wsse:InvalidSecurity`.
    InvalidSecurity,
    /// `wsse:InvalidSecurityToken`.
    InvalidSecurityToken,
    /// `wsse:UnsupportedSecurityToken`.
    UnsupportedSecurityToken,
    /// `wsse:SecurityTokenUnavailable`.
    SecurityTokenUnavailable,
    /// `wsse:FailedCheck`.
    FailedCheck,
    /// `wsse:MessageExpired`.
    MessageExpired,
}

impl FaultCode {
    /// The fault with this code's default text.
    #[must_use]
    pub fn fault(self) -> Fault {
        self.with(self.parts().2)
    }

    /// The fault with a text of its own.
    #[must_use]
    pub fn with(self, text: impl Into<String>) -> Fault {
        let (namespace, code, _) = self.parts();
        Fault { code_namespace: Some(namespace), code, text: text.into(), detail: None }
    }

    const fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (WST, "InvalidRequest", "The request was invalid or malformed."),
            Self::FailedAuthentication => (WST, "FailedAuthentication", "Invalid credentials"),
            Self::RequestFailed => (WST, "RequestFailed", "The specified request failed."),
            Self::InvalidTimeRange => {
                (WST, "InvalidTimeRange", "The requested time range is invalid or unsupported.")
            }
            Self::UnableToRenew => (WST, "UnableToRenew", "The requested renewal failed."),
            Self::InvalidSecurity => {
                (WSSE, "InvalidSecurity", "An error was discovered processing the <wsse:Security> header.")
            }
            Self::InvalidSecurityToken => {
                (WSSE, "InvalidSecurityToken", "An invalid security token was provided")
            }
            Self::UnsupportedSecurityToken => {
                (WSSE, "UnsupportedSecurityToken", "An unsupported token was provided")
            }
            Self::SecurityTokenUnavailable => {
                (WSSE, "SecurityTokenUnavailable", "Referenced security token could not be retrieved")
            }
            Self::FailedCheck => (WSSE, "FailedCheck", "The signature or decryption was invalid"),
            Self::MessageExpired => (WSSE, "MessageExpired", "The message has expired"),
        }
    }
}
