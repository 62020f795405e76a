//! The Security Token Service's judgement: what may be granted to whom ([`decide`]), and the token that says so
//! ([`mint()`]). Pure; reads the verifier's proofs and the standing of the requester, remembers nothing.

pub mod advice;
mod confirmation;
mod delegation;
pub mod exchange;
mod lifetime;
pub mod mint;
mod policy;
mod refusal;
mod renewal;

pub use delegation::NewDelegate;
pub use lifetime::Cut;
pub use mint::{Minted, mint};
pub use policy::TokenPolicy;
pub use refusal::{Period, Refusal};

use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::pki::Certificate;
use crate::saml::Assertion;
use crate::saml::names::{KERBEROS_CLASS, PASSWORD_CLASS, PREVIOUS_SESSION_CLASS, SIGNATURE_CLASS};
use crate::saml::write::Special;
use crate::verifier::SignedMessage;
use crate::wstrust::IssueRequest;

/// How the requester authenticated: the class that the token will name (`sts.md` §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticated {
    /// By password.
    ByPassword,
    /// By a signature with a registered certificate.
    BySignature,
    /// By an earlier token and its key.
    ByToken,
    /// By Kerberos or NTLM.
    ByNegotiation,
    /// By a bearer token of another issuer.
    ByBearer,
}

/// A request with everything about it that is proven.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// What is asked for.
    pub request: &'a IssueRequest,
    /// The signature of the message, if there is one.
    pub signature: Option<MessageSignature<'a>>,
    /// How the requester authenticated.
    pub authenticated: Authenticated,
    /// The token that the new one is made from.
    pub template: Option<Template<'a>>,
    /// Who is to act for the subject.
    pub delegate: Option<NewDelegate<'a>>,
    /// The subject is another issuer's: nobody ever acts for it.
    pub external: bool,
}

/// An earlier token: the one in the header, the one acted as, or the one to be renewed (`sts.md` §5.7).
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// What it says.
    pub token: &'a Assertion,
    /// The requester is its subject, and nobody stands between.
    pub owned: bool,
    /// It is renewed: the new one takes its place.
    pub renewed: bool,
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
    /// What ended it before the wanted moment.
    pub cut_by: Option<Cut>,
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
    /// What only some tokens say.
    pub special: Special,
}

/// Decides on a request whose requester is authenticated and may act. In the order of `VMware`'s server (`sts.md` §2.3):
/// the confirmation, the counters, and the period last.
///
/// # Errors
/// [`Refusal`].
pub fn decide(
    case: &Case<'_>,
    signer: &Certificate,
    policy: &TokenPolicy,
    now: Moment,
) -> Result<Grant, Refusal> {
    let (now, request) = (now.to_millis(), case.request);
    let confirmation = confirmation::of(case)?.cloned();
    let (proxy_count, delegates) = delegation::continued(case, policy, now)?;
    let renew_count = renewal::count(case, policy)?;
    let bounds = lifetime::Bounds { confirmation: confirmation.as_ref(), template: case.cap(), signer };
    let period = lifetime::grant(request.lifetime, &bounds, policy, now)?;
    let wanted = request.signature_algorithm.as_deref().and_then(SignatureAlgorithm::from_uri);
    let (audiences, recipient) = case.audience();
    Ok(Grant {
        not_before: period.start,
        not_on_or_after: period.end,
        cut_by: period.cut_by,
        issue_instant: now,
        confirmation,
        proxy_count,
        renew_count,
        algorithm: wanted.unwrap_or(SignatureAlgorithm::RSA_SHA256),
        authenticated: case.authenticated,
        special: Special {
            delegates,
            audiences,
            recipient,
            advice: advice::granted(case),
            claims: request.claims.clone(),
            email: None,
        },
    })
}

impl<'a> Case<'a> {
    /// Without any earlier token.
    #[must_use]
    pub const fn plain(
        request: &'a IssueRequest,
        signature: Option<MessageSignature<'a>>,
        authenticated: Authenticated,
    ) -> Self {
        Self { request, signature, authenticated, template: None, delegate: None, external: false }
    }

    /// The token that is renewed.
    fn renewed(&self) -> Option<&'a Assertion> {
        self.template.filter(|template| template.renewed).map(|template| template.token)
    }

    /// Whoever is not the owner gets nothing that outlives the owner's token, but may renew what it has.
    fn cap(&self) -> Option<Moment> {
        let template = self.template.filter(|template| !template.owned && !template.renewed);
        template.map(|template| template.token.conditions.not_on_or_after)
    }

    /// For whom the token is: as asked, or as the renewed token says.
    fn audience(&self) -> (Vec<String>, Option<String>) {
        match self.renewed() {
            Some(token) => (token.conditions.audiences.concat(), None),
            None => (self.request.participants.audiences(), self.request.participants.recipient()),
        }
    }
}

impl Authenticated {
    const fn class(self) -> &'static str {
        match self {
            Self::ByPassword => PASSWORD_CLASS,
            Self::BySignature => SIGNATURE_CLASS,
            Self::ByToken | Self::ByBearer => PREVIOUS_SESSION_CLASS,
            Self::ByNegotiation => KERBEROS_CLASS,
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::saml::names::UPN;
    use crate::saml::{Conditions, Confirmation, Delegate, Subject};

    pub(super) fn request() -> IssueRequest {
        IssueRequest::default()
    }

    pub(super) fn case(request: &IssueRequest) -> Case<'_> {
        Case::plain(request, None, Authenticated::ByToken)
    }

    pub(super) fn template(token: &Assertion, owned: bool, renewed: bool) -> Template<'_> {
        Template { token, owned, renewed }
    }

    pub(super) fn token(proxy_count: Option<u32>, renew_count: Option<u32>, chain: &[&str]) -> Assertion {
        let now = Moment::EPOCH;
        let named = |name: &&str| Delegate { name: (*name).to_owned(), instant: now };
        Assertion {
            id: "_1".into(),
            issue_instant: now,
            issuer: "https://vc.example/websso/SAML2/Metadata/vsphere.local".into(),
            subject: Subject {
                name: "alice@VSPHERE.LOCAL".into(),
                format: Cow::Borrowed(UPN),
                presenter: chain.last().map(|name| (*name).to_owned()),
                confirmation: Confirmation::Bearer { not_on_or_after: None, recipient: None },
            },
            conditions: Conditions {
                not_before: now,
                not_on_or_after: now,
                audiences: Vec::new(),
                proxy_count,
                renew_count,
                delegates: chain.iter().map(named).collect(),
                one_time_use: false,
            },
            advice: Vec::new(),
            authn_statements: Vec::new(),
            attributes: Vec::new(),
        }
    }
}
