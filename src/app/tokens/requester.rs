//! Who asks: everything that authenticates in one message must be the same principal (`sts.md` §3; `attacks.md` H20).

use std::sync::Arc;

use super::super::admission::{Admitted, admit_token, claim_of};
use super::super::error::Cause;
use super::super::login::note_failure;
use super::super::standings::Lookup;
use super::super::trust::Trust;
use super::super::{App, credentials};
use crate::identity::Standing;
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
    signed: Option<SignedMessage>,
    certificate: Option<VerifiedCertificate>,
}

/// The requester of a message. In a fixed order: certificate, token, password (`sts.md` §13).
pub(super) async fn authenticate(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    proven: Proven,
) -> Result<Requester, Cause> {
    let Proven { login, certificate, token, signed } = proven;
    let by_certificate = match &certificate {
        Some(proof) => {
            let must_be_known = login.is_none() && token.is_none();
            solution_user(app, report, proof.certificate(), must_be_known).await?
        }
        None => None,
    };
    let admitted = match token {
        Some(token) => Some(admit_token(app, trust, report, token, None).await?),
        None => None,
    };
    let by_password = match &login {
        Some(login) => Some(credentials::verify_password(app, report, login).await?.0),
        None => None,
    };
    let by_token = admitted.as_ref().map(|admitted| Arc::clone(admitted.presenter()));
    let holds_key = |admitted: &Admitted| admitted.token().assertion().is_holder_of_key();
    let by_bearer = admitted.as_ref().is_some_and(|admitted| !holds_key(admitted));
    let all = [
        (by_password, Authenticated::ByPassword),
        (by_token, if by_bearer { Authenticated::ByBearer } else { Authenticated::ByToken }),
        (by_certificate, Authenticated::BySignature),
    ];
    let mut found = all.into_iter().filter_map(|(standing, how)| Some((standing?, how)));
    let Some((standing, authenticated)) = found.next() else {
        let wanted = "a password, a certificate or a Holder-of-Key token";
        report.fail(StepId::CredentialPresent, Finding::seen("nothing").but(wanted));
        return Err(Cause::Step);
    };
    if found.any(|(other, _)| other.id != standing.id) {
        report.fail(StepId::CredentialAgreement, Finding::seen("two different principals").but("one"));
        return Err(Cause::Step);
    }
    Ok(Requester { standing, authenticated, admitted, signed, certificate })
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

    /// What the commit must claim.
    pub fn claim(&self, app: &App) -> Option<Claim> {
        self.signed.as_ref().and_then(|signed| claim_of(app, signed))
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
    let wanted = "the certificate of an active solution user, in force";
    let wrong = match &found {
        None if must_be_known => Some("a certificate that is not registered"),
        None => return Ok(None),
        Some(standing) if !standing.is_active(now) => Some("the solution user is not active"),
        Some(_) if now < certificate.not_before() || now > certificate.not_after() => Some("not in force"),
        Some(_) => None,
    };
    if let Some(seen) = wrong {
        report.fail(StepId::CredentialCertificate, Finding::seen(seen).but(wanted));
        return Err(Cause::Step);
    }
    report.pass(StepId::CredentialCertificate, Seen::Nothing);
    Ok(found)
}
