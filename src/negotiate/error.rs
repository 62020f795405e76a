//! Why an exchange ended. For the operator: outside, all of these are one refusal.

use super::binding::BindingError;
use super::der::DerError;
use super::kerberos::KerberosError;
use super::ntlm::NtlmError;
use super::{MAX_AGE, MAX_TOKEN};

/// Why an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NegotiateError {
    /// An empty token.
    #[error("an empty token")]
    Empty,
    /// A token that is too long.
    #[error("a token of {0} bytes, at most {MAX_TOKEN} are read")]
    TooLong(usize),
    /// A token for an exchange that has succeeded or failed.
    #[error("the exchange has ended")]
    Ended,
    /// The client took too long.
    #[error("the exchange is older than {} s", MAX_AGE.as_secs())]
    Expired,
    /// The first token is of no known kind.
    #[error("a first token that begins with {0:#04x}, neither SPNEGO nor Kerberos nor NTLM")]
    UnknownToken(u8),
    /// The first token is framed for another mechanism.
    #[error("a first token of mechanism {0}, neither SPNEGO nor Kerberos")]
    UnknownMechanism(String),
    /// A raw token of a mechanism that is switched off.
    #[error("{0} is not accepted here")]
    NotAccepted(&'static str),
    /// Nothing that the client offers is accepted here.
    #[error("none of the mechanisms {offered:?} is accepted here")]
    NoCommonMechanism {
        /// Their object identifiers, hexadecimal.
        offered: Vec<String>,
    },
    /// The client gave up.
    #[error("the client rejected the negotiation")]
    RejectedByClient,
    /// A `NegTokenResp` without the token that comes now.
    #[error("a negotiation token without a mechanism's token")]
    NoToken,
    /// The client's list of mechanisms is not signed, and must be: somebody may have shortened it.
    #[error("the list of mechanisms is not signed")]
    NoMechListMic,
    /// The signature of the client's list of mechanisms does not hold.
    #[error("the signature of the list of mechanisms does not hold")]
    MechListMic,
    /// See [`DerError`].
    #[error(transparent)]
    Der(#[from] DerError),
    /// See [`KerberosError`].
    #[error(transparent)]
    Kerberos(#[from] KerberosError),
    /// See [`NtlmError`].
    #[error(transparent)]
    Ntlm(#[from] NtlmError),
    /// A fault of this program, kept inside.
    #[error("the token made this program fail")]
    Panicked,
}

impl NegotiateError {
    /// The channel binding that did not hold, in whichever mechanism.
    #[must_use]
    pub const fn binding(&self) -> Option<BindingError> {
        match self {
            Self::Kerberos(KerberosError::Binding(error)) | Self::Ntlm(NtlmError::Binding(error)) => {
                Some(*error)
            }
            _ => None,
        }
    }
}
