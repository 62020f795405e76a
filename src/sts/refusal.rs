//! Why nothing is granted, with what the fault's text needs.

use std::time::Duration;

use crate::clock::Moment;
use crate::verifier::StepId;

/// Why nothing is granted. Each carries what the fault's text needs (`sts.md` §5.6, §6.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `UseKey` names no signature of this message.
    #[error("SignatureId from UseKey doesn't match signature from the SecurityHeader")]
    UseKey,
    /// A Holder-of-Key token was asked for and nothing is signed.
    #[error("Cannot find certificate to use.")]
    NoCertificate,
    /// `UseKey` names a key, `DelegateTo` another.
    #[error("Request cannot be satisfied - both UseKey and DelegateTo are present")]
    UseKeyOfDelegate,
    /// Whoever acts for somebody shows it by a key.
    #[error("Cannot issue delegated bearer token")]
    DelegatedBearer,
    /// Who shows a bearer token shows no key.
    #[error("Cannot issue Hok token authenticating by bearer token.")]
    HolderOfKeyByBearer,
    /// Nor does it act through another's.
    #[error("Cannot issue delegated token authenticating by bearer token.")]
    DelegatedByBearer,
    /// Nobody acts for the subject of another issuer, and it for nobody.
    #[error("Delegation is not supported for externally issued tokens.")]
    External,
    /// `ActAs` and `DelegateTo` in one request.
    #[error("The issue request is ambiguous - both 'RST::DelegateTo' and 'RST::ActAs' are present!")]
    Ambiguous,
    /// Who acts as somebody must sign.
    #[error("ActAs requests must be signed!")]
    ActAsUnsigned,
    /// Who acts for somebody already cannot act as somebody else.
    #[error("'ActAs' requester cannot be a delegate!")]
    ActAsByDelegate,
    /// The requester is no direct member of `ActAsUsers`.
    #[error("Access not authorized!")]
    NotActAsUser,
    /// The delegate is unknown, not active, no solution user, or part of the chain already.
    #[error("Invalid delegate")]
    Delegate,
    /// The earlier token may not be delegated any further.
    #[error("Cannot continue delegation chain")]
    ChainEnded,
    /// A JSON Web Token has no place for a chain of delegates.
    #[error("a token that somebody presents for another is not exchanged")]
    ExchangedByDelegate,
    /// The token was renewed as often as it may be.
    #[error("Unable to renew non-renewable token")]
    NotRenewable,
    /// The signing certificate is not in force.
    #[error("the signing certificate is in force [{from}; {until}], not at {now}")]
    Signer {
        /// The wanted period.
        wanted: Period,
        /// Now.
        now: Moment,
        /// Its first moment.
        from: Moment,
        /// Its last moment.
        until: Moment,
    },
    /// The wanted beginning is too far from now.
    #[error("the wanted start {start} is more than {} s from {now}", .tolerance.as_secs())]
    Start {
        /// The wanted period.
        wanted: Period,
        /// The wanted beginning.
        start: Moment,
        /// Now.
        now: Moment,
        /// What was allowed.
        tolerance: Duration,
    },
    /// After every cap nothing is left.
    #[error("EndTime: {end} is not after startTime: {start}")]
    Empty {
        /// The beginning.
        start: Moment,
        /// The end that is left.
        end: Moment,
    },
}

/// A period as asked for: either end may be open.
pub type Period = (Option<Moment>, Option<Moment>);

impl Refusal {
    /// What would have been granted, where the text does not say it.
    #[must_use]
    pub const fn wanted(&self) -> &'static str {
        match self {
            Self::NotActAsUser => "a direct member of the group ActAsUsers",
            Self::Delegate => "an active solution user that is not part of the chain",
            Self::ChainEnded => "a token that may be delegated once more: Delegatable=true when it is issued",
            Self::NotRenewable => "a token that may be renewed once more: wst:Renewing when it is issued",
            Self::NoCertificate => "a message signature, or KeyType Bearer",
            Self::UseKey => "UseKey/@Sig as the Id of the message signature",
            _ => "",
        }
    }

    /// The step of the report it belongs to.
    #[must_use]
    pub const fn step(&self) -> StepId {
        match self {
            Self::UseKey
            | Self::NoCertificate
            | Self::UseKeyOfDelegate
            | Self::DelegatedBearer
            | Self::HolderOfKeyByBearer
            | Self::DelegatedByBearer => StepId::RequestConfirmation,
            Self::Ambiguous
            | Self::ActAsUnsigned
            | Self::ActAsByDelegate
            | Self::NotActAsUser
            | Self::Delegate
            | Self::External
            | Self::ExchangedByDelegate
            | Self::ChainEnded => StepId::RequestDelegation,
            Self::NotRenewable => StepId::RequestRenewal,
            Self::Signer { .. } | Self::Start { .. } | Self::Empty { .. } => StepId::RequestLifetime,
        }
    }
}
