//! Who asks: everything that authenticates in one message must be the same principal (`sts.md` §3; `attacks.md` H20).

use std::sync::Arc;

use super::super::admission::{Admitted, admit_token, claim_of};
use super::super::error::Cause;
use super::super::login::note_failure;
use super::super::negotiation::{self, Challenge, Negotiated};
use super::super::standings::Lookup;
use super::super::trust::Trust;
use super::super::{App, credentials, methods};
use super::Call;
use super::exchange::{Leg, forget};
use crate::identity::{Method, Standing};
use crate::pki::Certificate;
use crate::saml::Confirmation;
use crate::store::Claim;
use crate::sts::{Authenticated, MessageSignature};
use crate::verifier::{Finding, Proven, Report, Seen, SignedMessage, StepId, VerifiedCertificate};

/// Who asks, and by what that is known.
pub(super) struct Requester {
    /// The principal: of a delegated token its last delegate.
    pub standing: Arc<Standing>,
    /// How it authenticated.
    pub authenticated: Authenticated,
    /// The token it presented.
    pub admitted: Option<Admitted>,
    /// What it proved by Kerberos or NTLM.
    pub negotiated: Option<Box<negotiation::Proven>>,
    signed: Option<SignedMessage>,
    certificate: Option<VerifiedCertificate>,
}

/// What comes of a message's credentials.
pub(super) enum Authentication {
    /// It is known who asks.
    Known(Box<Requester>),
    /// The client must go on with its exchange first.
    Challenge(Challenge),
}

/// The requester of a message. In a fixed order: certificate, token, password, exchange (`sts.md` §13).
pub(super) async fn authenticate(
    call: &Call<'_>,
    trust: &Trust,
    report: &mut Report,
    proven: Proven,
    leg: Option<(Leg<'_>, Option<Box<negotiation::Proven>>)>,
    who: &mut String,
) -> Result<Authentication, Cause> {
    let app = call.app;
    let Proven { login, certificate, token, signed } = proven;
    let by_certificate = match &certificate {
        Some(proof) => {
            let must_be_known = login.is_none() && token.is_none() && leg.is_none();
            solution_user(app, report, proof.certificate(), must_be_known).await?
        }
        None => None,
    };
    if by_certificate.is_some() {
        methods::allow(app, report, Method::Certificate).await?;
    }
    if token.is_some() {
        methods::allow(app, report, Method::Token).await?;
    }
    let admitted = match token {
        Some(token) => Some(admit_token(app, trust, report, token, None).await?),
        None => None,
    };
    let by_password = match &login {
        Some(login) => Some(credentials::verify_password(app, report, login, call.peer).await?.0),
        None => None,
    };
    let mut challenge = None;
    let mut negotiated = None;
    let is_errand = leg.as_ref().is_some_and(|(leg, _)| leg.is_errand());
    if let Some((leg, earlier)) = leg {
        match leg.take(report, earlier, who).await? {
            Negotiated::Challenge(next) => challenge = Some(next),
            Negotiated::Proven(proven) => negotiated = Some(proven),
        }
    }
    let by_exchange = negotiated.as_ref().map(|proven| Arc::clone(proven.standing()));
    let by_token = admitted.as_ref().map(|admitted| Arc::clone(admitted.presenter()));
    let holds_key = |admitted: &Admitted| admitted.token().assertion().is_holder_of_key();
    let by_bearer = admitted.as_ref().is_some_and(|admitted| !holds_key(admitted));
    let all = [
        (by_password, Authenticated::ByPassword),
        (by_exchange, Authenticated::ByNegotiation),
        (by_token, if by_bearer { Authenticated::ByBearer } else { Authenticated::ByToken }),
        (by_certificate, Authenticated::BySignature),
    ];
    let mut found = all.into_iter().filter_map(|(standing, how)| Some((standing?, how)));
    let first = found.next();
    match (challenge, &first) {
        // What is complete beats what is not, where the message says what it asks for.
        (Some(challenge), Some(_)) if !is_errand => forget(call, &challenge),
        (Some(challenge), _) => return Ok(Authentication::Challenge(challenge)),
        (None, _) => {}
    }
    let Some((standing, authenticated)) = first else {
        let wanted = "a password, a certificate, a Holder-of-Key token, or Kerberos or NTLM";
        report.fail(StepId::CredentialPresent, Finding::seen("nothing").but(wanted));
        return Err(Cause::Step);
    };
    if found.any(|(other, _)| other.id != standing.id) {
        report.fail(StepId::CredentialAgreement, Finding::seen("two different principals").but("one"));
        return Err(Cause::Step);
    }
    let known = Requester { standing, authenticated, admitted, negotiated, signed, certificate };
    Ok(Authentication::Known(Box::new(known)))
}

impl Requester {
    /// The signature of the message, and the certificate whose key made it.
    pub fn signature(&self) -> Option<MessageSignature<'_>> {
        let certificate = match &self.certificate {
            Some(proof) => proof.certificate(),
            None => match &self.admitted.as_ref()?.token().assertion().subject.confirmation {
                Confirmation::HolderOfKey { certificate } => certificate,
                Confirmation::Bearer { .. } => return None,
            },
        };
        Some(MessageSignature::new(self.signed.as_ref()?, certificate))
    }

    /// It acts for somebody already.
    pub fn is_delegate(&self) -> bool {
        self.admitted.as_ref().is_some_and(|admitted| !admitted.delegates().is_empty())
    }

    /// What the commit must claim. A proof stands in what is signed: who has claimed it has claimed the message.
    pub fn claim(&self, trust: &Trust) -> Option<Claim> {
        if let Some(negotiated) = &self.negotiated {
            return Some(negotiated.claim());
        }
        self.signed.as_ref().and_then(|signed| claim_of(&trust.policies, signed))
    }
}

/// The solution user of a proven certificate. One that is not registered is only a key when something else authenticates.
async fn solution_user(
    app: &App,
    report: &mut Report,
    certificate: &Certificate,
    must_be_known: bool,
) -> Result<Option<Arc<Standing>>, Cause> {
    let now = app.now();
    let lookup = Lookup::Certificate(certificate.fingerprint());
    let found = app.standings.find_active(app, lookup, now).await;
    let found = found.map_err(|failure| note_failure(report, &failure))?.map(|(standing, _)| standing);
    let wrong = match &found {
        None if must_be_known => Some("a certificate that is not registered"),
        None => return Ok(None),
        Some(standing) if !standing.is_active(now) => Some("the solution user is not active"),
        Some(_) if now < certificate.not_before() || now > certificate.not_after() => Some("not in force"),
        Some(_) => None,
    };
    if let Some(wrong) = wrong {
        let (from, until) = (certificate.not_before(), certificate.not_after());
        let shown = format!("{:.256}, SHA-256 {}", certificate.subject(), certificate.fingerprint());
        let wanted = "the certificate of an active solution user, in force";
        let seen = format!("{wrong}: {shown}, in force [{from}; {until}]");
        report.fail(StepId::CredentialCertificate, Finding::seen(seen).but(wanted));
        return Err(Cause::Step);
    }
    report.pass(StepId::CredentialCertificate, Seen::Nothing);
    Ok(found)
}
