//! The Security Token Service's judgement: what may be granted to whom ([`decide`]), and the token that says so
//! ([`mint()`]). Pure; reads the verifier's proofs and the standing of the requester, remembers nothing.

mod confirmation;
mod lifetime;
pub mod mint;
mod policy;

pub use mint::{Minted, mint};
pub use policy::TokenPolicy;

use std::time::Duration;

use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::pki::Certificate;
use crate::saml::names::{PASSWORD_CLASS, SIGNATURE_CLASS};
use crate::verifier::{SignedMessage, StepId};
use crate::wstrust::IssueRequest;

/// How the requester authenticated: the class that the token will name (`sts.md` §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticated {
    /// By password.
    ByPassword,
    /// By a signature with a registered certificate.
    BySignature,
}

/// The message signature, as far as a decision needs it.
#[derive(Clone, Copy, Debug)]
pub struct MessageSignature<'a> {
    /// `Id` of the signature, empty when it has none.
    pub id: &'a str,
    /// The certificate whose key made it.
    pub certificate: &'a Certificate,
}

/// What is granted.
#[derive(Clone, Debug)]
pub struct Grant {
    /// First moment of the token.
    pub not_before: Moment,
    /// The moment it is over.
    pub not_on_or_after: Moment,
    /// When it is issued.
    pub issue_instant: Moment,
    /// The certificate it confirms; none = bearer.
    pub confirmation: Option<Certificate>,
    /// How often it may be delegated.
    pub proxy_count: u32,
    /// How often it may be renewed.
    pub renew_count: u32,
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// How the subject authenticated.
    pub authenticated: Authenticated,
}

/// Why nothing is granted. Each carries what the fault's text needs (`sts.md` §5.6, §6.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `UseKey` names no signature of this message.
    #[error("SignatureId from UseKey doesn't match signature from the SecurityHeader")]
    UseKey,
    /// A Holder-of-Key token was asked for and nothing is signed.
    #[error("Cannot find certificate to use.")]
    NoCertificate,
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

/// Decides on a request whose requester is authenticated and may act.
///
/// # Errors
/// [`Refusal`].
pub fn decide(
    request: &IssueRequest,
    signature: Option<MessageSignature<'_>>,
    authenticated: Authenticated,
    signer: &Certificate,
    policy: &TokenPolicy,
    now: Moment,
) -> Result<Grant, Refusal> {
    let now = now.to_millis();
    let confirmation = confirmation::choose(request, signature)?.cloned();
    let (not_before, not_on_or_after) =
        lifetime::grant(request.lifetime, confirmation.as_ref(), signer, policy, now)?;
    let renewable = request.renewable.unwrap_or(true);
    let wanted = request.signature_algorithm.as_deref().and_then(SignatureAlgorithm::from_uri);
    Ok(Grant {
        not_before,
        not_on_or_after,
        issue_instant: now,
        confirmation,
        proxy_count: if request.delegatable { policy.delegation_count } else { 0 },
        renew_count: if renewable { policy.renew_count } else { 0 },
        algorithm: wanted.unwrap_or(SignatureAlgorithm::RSA_SHA256),
        authenticated,
    })
}

impl Refusal {
    /// The step of the report it belongs to.
    #[must_use]
    pub const fn step(&self) -> StepId {
        match self {
            Self::UseKey | Self::NoCertificate => StepId::RequestConfirmation,
            Self::Signer { .. } | Self::Start { .. } | Self::Empty { .. } => StepId::RequestLifetime,
        }
    }
}

impl Authenticated {
    const fn class(self) -> &'static str {
        match self {
            Self::ByPassword => PASSWORD_CLASS,
            Self::BySignature => SIGNATURE_CLASS,
        }
    }
}

impl<'a> MessageSignature<'a> {
    /// Of a signed message and the certificate that was proven with it.
    #[must_use]
    pub fn new(signed: &'a SignedMessage, certificate: &'a Certificate) -> Self {
        Self { id: signed.id(), certificate }
    }
}
