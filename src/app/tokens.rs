//! Issuing tokens (`sts.md` §2.5, §3): authenticate, decide, mint, and commit what was issued with its audit row.

use std::sync::Arc;

use serde_json::json;

use super::admission::{append_once, claim_of, replayed};
use super::audit::{Action, accepted, note, refuse};
use super::error::{Cause, Failure, Refused};
use super::login::{MOST_ATTEMPTS, note_failure, unavailable};
use super::standings::{Epoch, Lookup};
use super::trust::{Trust, judged};
use super::{App, Peer, credentials};
use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::entropy::uuid;
use crate::identity::Standing;
use crate::soap::Envelope;
use crate::store::{Append, Appended, Issued};
use crate::sts::{Authenticated, Grant, MessageSignature, Minted, decide, mint};
use crate::verifier::{Class, Door, Finding, Proven, Report, Seen, SignedMessage, StepId};
use crate::wstrust::request::{check_action, soap_action_of};
use crate::wstrust::{IssueRequest, KeyType};

/// A token, and what the answer says about it.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The assertion.
    pub assertion: String,
    /// `@Context` of the request.
    pub context: Option<String>,
    /// First moment.
    pub not_before: Moment,
    /// The moment it is over.
    pub not_on_or_after: Moment,
    /// Its confirmation.
    pub key_type: KeyType,
    /// It may be delegated.
    pub delegatable: bool,
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
}

/// Issue.
///
/// # Errors
/// [`Refused`].
pub async fn issue(
    app: &App,
    envelope: &Envelope,
    soap_action: &str,
    peer: &Peer,
) -> Result<IssuedToken, Refused> {
    let (_, judgement) = match judged(app, envelope, Door::Sts).await {
        Ok(judged) => judged,
        Err(failure) => return Err(unavailable(app, Action::Issue, "", &failure, peer).await),
    };
    let mut report = judgement.report;
    let Some(proven) = judgement.proven else {
        return Err(refuse(app, Action::Issue, "", report, Cause::Step, peer).await);
    };
    let claimed = proven.login.as_ref().map(|login| login.user_name.clone()).unwrap_or_default();
    let issued = match read_request(envelope, &proven, soap_action) {
        Ok(request) => attempt(app, &mut report, &proven, &request, peer).await,
        Err(error) => {
            report.fail(StepId::RequestShape, Finding::seen(error.to_string()));
            Err(Cause::Request(error))
        }
    };
    match issued {
        Ok(issued) => Ok(issued),
        Err(cause) => Err(refuse(app, Action::Issue, &claimed, report, cause, peer).await),
    }
}

/// A path that names another domain than ours.
pub async fn unknown_tenant(app: &App, tenant: &str, peer: &Peer) {
    let mut report = Report::new("sts", app.now());
    let seen: String = tenant.chars().take(256).collect();
    report.fail(StepId::RequestTenant, Finding::seen(seen).but(app.settings.domain.as_str().to_owned()));
    refuse(app, Action::Issue, "", report, Cause::Step, peer).await;
}

/// A signed request is read from the bytes whose digest held, an unsigned one from the envelope.
fn read_request(
    envelope: &Envelope,
    proven: &Proven,
    soap_action: &str,
) -> Result<IssueRequest, crate::wstrust::RequestError> {
    check_action(soap_action)?;
    check_action(soap_action_of(envelope))?;
    IssueRequest::read(proven.signed.as_ref().map_or_else(|| envelope.body(), SignedMessage::body))
}

async fn attempt(
    app: &App,
    report: &mut Report,
    proven: &Proven,
    request: &IssueRequest,
    peer: &Peer,
) -> Result<IssuedToken, Cause> {
    for _ in 0..MOST_ATTEMPTS {
        let trust = app.trust.current(app).await.map_err(|failure| note_failure(report, &failure))?;
        // Standings are read at this epoch or a newer one: the commit notices either way.
        let epoch = trust.epoch;
        let (standing, authenticated) = authenticate(app, report, proven).await?;
        let signature = proven.signed.as_ref().zip(proven.certificate.as_ref());
        let signature = signature.map(|(signed, proof)| MessageSignature::new(signed, proof.certificate()));
        let (grant, minted) = grant(app, report, &trust, request, signature, authenticated, &standing)?;
        if commit(app, report, proven, epoch, &trust, &standing, (&grant, &minted), peer).await? {
            return Ok(answer(request, &grant, minted));
        }
    }
    Err(note_failure(report, &Failure::Unsettled))
}

/// Everything that authenticates must be the same principal (`sts.md` §3; `attacks.md` H20).
async fn authenticate(
    app: &App,
    report: &mut Report,
    proven: &Proven,
) -> Result<(Arc<Standing>, Authenticated), Cause> {
    if proven.token.is_some() {
        report.fail(
            StepId::CredentialPresent,
            Finding::seen("a token").but("a password or a certificate").class(Class::Unsupported),
        );
        return Err(Cause::Step);
    }
    let by_certificate = match &proven.certificate {
        Some(proof) => solution_user(app, report, proof.certificate(), proven.login.is_none()).await?,
        None => None,
    };
    let by_password = match &proven.login {
        Some(login) => Some(credentials::verify_password(app, report, login).await?.0),
        None => None,
    };
    match (by_password, by_certificate) {
        (Some(user), Some(solution)) if user.id != solution.id => {
            let finding = Finding::seen("two different principals").but("one");
            report.fail(StepId::CredentialAgreement, finding);
            Err(Cause::Step)
        }
        (Some(user), _) => Ok((user, Authenticated::ByPassword)),
        (None, Some(solution)) => Ok((solution, Authenticated::BySignature)),
        (None, None) => {
            report
                .fail(StepId::CredentialPresent, Finding::seen("nothing").but("a password or a certificate"));
            Err(Cause::Step)
        }
    }
}

/// The solution user of a proven certificate. One that is not registered is only a key when a password authenticates.
async fn solution_user(
    app: &App,
    report: &mut Report,
    certificate: &crate::pki::Certificate,
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

fn grant(
    app: &App,
    report: &mut Report,
    trust: &Trust,
    request: &IssueRequest,
    signature: Option<MessageSignature<'_>>,
    authenticated: Authenticated,
    standing: &Standing,
) -> Result<(Grant, Minted), Cause> {
    let signer = trust.signer.as_ref().ok_or_else(|| note_failure(report, &Failure::NoSigner))?;
    let decided =
        decide(request, signature, authenticated, signer.certificate(), &app.settings.tokens, app.now());
    let grant = decided.map_err(|refusal| {
        report.fail(refusal.step(), Finding::seen(refusal.to_string()));
        Cause::Decision(refusal)
    })?;
    let id = uuid(&*app.entropy).map_err(|error| note_failure(report, &error.into()))?;
    let settings = &app.settings;
    let minted = mint(&grant, standing, &settings.domain, &settings.issuer, signer, format!("_{id}"));
    let minted = minted.map_err(|error| {
        report.fail(StepId::ServiceAvailable, Finding::seen(error.to_string()));
        Cause::Unavailable
    })?;
    Ok((grant, minted))
}

/// One commit: the claim on a signed request, the token, the audit row. False when the directory changed meanwhile.
#[expect(clippy::too_many_arguments, reason = "the one place where request, decision and token meet")]
async fn commit(
    app: &App,
    report: &mut Report,
    proven: &Proven,
    epoch: Epoch,
    trust: &Trust,
    standing: &Standing,
    (grant, minted): (&Grant, &Minted),
    peer: &Peer,
) -> Result<bool, Cause> {
    let confirmation = if grant.confirmation.is_some() { "holder-of-key" } else { "bearer" };
    let detail = json!({
        "token_id": minted.id, "confirmation": confirmation,
        "not_on_or_after": grant.not_on_or_after.millis_text().as_str(),
    });
    let append = Append {
        expects: Some(epoch),
        claim: proven.signed.as_ref().and_then(|signed| claim_of(app, signed)),
        issued: Some(Issued {
            id: minted.id.clone(),
            subject_id: Some(standing.id.clone()),
            upn: minted.subject.clone(),
            confirmation: confirmation.to_owned(),
            issued_at: grant.issue_instant,
            not_before: grant.not_before,
            not_on_or_after: grant.not_on_or_after,
            signer_sha256: trust.signer.as_ref().map(|s| s.certificate().fingerprint()).unwrap_or_default(),
            trace: peer.trace.clone(),
        }),
        audit: vec![accepted(app, Action::Issue, &minted.subject, &detail, peer)],
        ..Append::default()
    };
    match append_once(app, append, peer).await.map_err(|failure| note_failure(report, &failure))? {
        Appended::Committed => {
            note(Action::Issue, &minted.subject, peer);
            metrics::counter!("vcsso_tokens_issued_total").increment(1);
            Ok(true)
        }
        Appended::Stale(newer) => {
            app.standings.saw(newer);
            Ok(false)
        }
        // A limit is only asked for with a session.
        Appended::Replayed | Appended::SessionLimit { .. } => Err(replayed(report)),
    }
}

fn answer(request: &IssueRequest, grant: &Grant, minted: Minted) -> IssuedToken {
    IssuedToken {
        assertion: minted.assertion,
        context: request.context.clone(),
        not_before: grant.not_before,
        not_on_or_after: grant.not_on_or_after,
        key_type: if grant.confirmation.is_some() { KeyType::PublicKey } else { KeyType::Bearer },
        delegatable: grant.proxy_count > 0,
        algorithm: grant.algorithm,
    }
}
