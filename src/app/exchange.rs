//! A token is exchanged for one of another kind (RFC 8693): its proof, admission, decision, and one commit of what was
//! issued with its audit row.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::admission::{admit_json_token, admit_token, replayed};
use super::audit::{Action, accepted, note, refuse};
use super::error::{Cause, Failure, Refused};
use super::login::{MOST_ATTEMPTS, note_failure, unavailable};
use super::trust::{Trust, judged_exchanged, judged_json};
use super::{App, Caller, Peer, methods};
use crate::clock::Moment;
use crate::entropy::uuid;
use crate::identity::{Method, Standing};
use crate::jwt::{
    ActorToken, ExchangeError, ExchangeRequest, SubjectType, TokenClass, TokenType, assertion_of,
};
use crate::saml::Confirmation;
use crate::store::{Append, Appended, Issued};
use crate::sts::exchange::{ExchangeCase, ExchangeGrant, exchange as decide, mint_json};
use crate::sts::mint;
use crate::verifier::{Finding, Report, Seen, StepId, VerifiedJsonToken, VerifiedToken};

/// What was issued.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// The token; an assertion in base64.
    pub token: String,
    /// What it is.
    pub kind: TokenType,
    /// How long it is good, in whole seconds.
    pub seconds: u64,
    /// The scope that was asked for.
    pub scope: Option<String>,
}

/// Exchanges. A Holder-of-Key token counts if it opened the session of `caller`: there its key was shown.
///
/// # Errors
/// [`Refused`].
pub async fn exchange(
    app: &App,
    request: Result<ExchangeRequest, ExchangeError>,
    caller: &Caller,
    peer: &Peer,
) -> Result<Exchanged, Refused> {
    let request = match request {
        Ok(request) => request,
        Err(error) => return Err(unreadable(app, &error, peer).await),
    };
    let action = Action::Exchange;
    for _ in 0..MOST_ATTEMPTS {
        let (trust, mut report, shown) = match judged(app, &request, caller).await {
            Ok(judged) => judged,
            Err(failure) => return Err(unavailable(app, action, "", &failure, peer).await),
        };
        let principal = report.about().subject.clone().unwrap_or_default();
        let Some(shown) = shown else {
            return Err(refuse(app, action, &principal, report, Cause::Step, peer).await);
        };
        match attempt(app, &trust, &mut report, &request, shown, caller, peer).await {
            Ok(Some(exchanged)) => return Ok(exchanged),
            // Keys or people changed between judgement and commit: judge again.
            Ok(None) => {}
            Err(cause) => match app.standings.has_moved(app, trust.epoch).await {
                // A refusal has no commit that would turn it away.
                Ok(true) => {}
                Ok(false) | Err(_) => {
                    return Err(refuse(app, action, &principal, report, cause, peer).await);
                }
            },
        }
    }
    Err(unavailable(app, action, "", &Failure::Unsettled, peer).await)
}

async fn unreadable(app: &App, error: &ExchangeError, peer: &Peer) -> Refused {
    let mut report = Report::new(DOOR, app.now());
    let step = match error {
        ExchangeError::Scope(_) => StepId::ExchangeScope,
        ExchangeError::Syntax
        | ExchangeError::Twice
        | ExchangeError::Query
        | ExchangeError::ContentType(_)
        | ExchangeError::Missing(_)
        | ExchangeError::Unsupported(..)
        | ExchangeError::Name(_) => StepId::ExchangeRequest,
    };
    report.fail(step, Finding::seen(error.to_string()));
    refuse(app, Action::Exchange, "", report, Cause::Step, peer).await
}

/// The proof of the subject's token.
enum Shown {
    Saml(Box<VerifiedToken>),
    Json(VerifiedJsonToken),
}

async fn judged(
    app: &App,
    request: &ExchangeRequest,
    caller: &Caller,
) -> Result<(Arc<Trust>, Report, Option<Shown>), Failure> {
    let token = request.subject.expose();
    if request.subject_type == SubjectType::AccessToken {
        let (trust, judgement) = judged_json(app, DOOR, token).await?;
        return Ok((trust, judgement.report, judgement.proven.map(Shown::Json)));
    }
    let Some(token) = assertion_of(token) else {
        let mut report = Report::new(DOOR, app.now());
        report.fail(StepId::ExchangeSubject, Finding::seen("no base64").but("an assertion in base64"));
        return Ok((app.trust.current(app).await?, report, None));
    };
    let opened_with = caller.session().and_then(|caller| caller.session.token_id.as_deref());
    let (trust, judgement) = judged_exchanged(app, &token, opened_with).await?;
    let token = judgement.proven.and_then(|proven| proven.token);
    Ok((trust, judgement.report, token.map(|token| Shown::Saml(Box::new(token)))))
}

/// Nothing when the directory changed meanwhile.
async fn attempt(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    request: &ExchangeRequest,
    shown: Shown,
    caller: &Caller,
    peer: &Peer,
) -> Result<Option<Exchanged>, Cause> {
    methods::allow(app, report, Method::Token).await?;
    let subject = match shown {
        Shown::Saml(token) => Subject::of_assertion(app, trust, report, *token, caller).await?,
        Shown::Json(token) => Subject::of_json(app, trust, report, token).await?,
    };
    if let Some(actor) = &request.actor {
        is_the_subject(app, trust, report, actor, &subject.standing).await?;
    }
    let work = work(app, trust, report, request, &subject)?;
    let committed = commit(app, trust, report, &subject, &work, peer).await?;
    Ok(committed.then_some(work.exchanged))
}

/// Whom the new token is about, and until when at most.
struct Subject {
    standing: Arc<Standing>,
    token_id: String,
    ends: Moment,
    is_delegated: bool,
}

impl Subject {
    async fn of_assertion(
        app: &App,
        trust: &Trust,
        report: &mut Report,
        token: VerifiedToken,
        caller: &Caller,
    ) -> Result<Self, Cause> {
        let admitted = admit_token(app, trust, report, token, None).await?;
        let (claims, standing) = (admitted.token().assertion(), Arc::clone(admitted.standing()));
        let end = claims.conditions.not_on_or_after;
        let ends = match claims.subject.confirmation {
            Confirmation::Bearer { not_on_or_after, .. } => not_on_or_after.map_or(end, |over| over.min(end)),
            // Two issuers may have given one name to two tokens.
            Confirmation::HolderOfKey { .. }
                if caller.session().is_none_or(|caller| caller.session.subject_id != standing.id) =>
            {
                let finding = Finding::seen("the session of somebody else").but("the subject's own");
                report.fail(StepId::PossessionSignature, finding);
                return Err(Cause::Step);
            }
            Confirmation::HolderOfKey { .. } => end,
        };
        let is_delegated = !admitted.delegates().is_empty();
        Ok(Self { standing, token_id: claims.id.clone(), ends, is_delegated })
    }

    async fn of_json(
        app: &App,
        trust: &Trust,
        report: &mut Report,
        token: VerifiedJsonToken,
    ) -> Result<Self, Cause> {
        let admitted = admit_json_token(app, trust, report, token).await?;
        let claims = admitted.token().claims();
        let standing = Arc::clone(admitted.standing());
        Ok(Self { standing, token_id: claims.id.clone(), ends: claims.expires, is_delegated: false })
    }
}

/// Nobody acts for another by an exchange: an actor is the subject once more, as clients of a federation send it.
async fn is_the_subject(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    actor: &ActorToken,
    subject: &Standing,
) -> Result<(), Cause> {
    let class = match actor.kind {
        TokenType::IdToken => TokenClass::IdToken,
        TokenType::AccessToken | TokenType::Saml2 => TokenClass::AccessToken,
    };
    let judgement = trust.judge_json(app, DOOR, actor.token.expose(), class);
    let mut part = judgement.report;
    if let Some(token) = judgement.proven {
        match admit_json_token(app, trust, &mut part, token).await {
            Ok(admitted) if admitted.standing().id == subject.id => {
                part.pass(StepId::CredentialAgreement, Seen::Nothing);
            }
            Ok(_) => {
                let finding = Finding::seen("somebody else").but("the subject itself");
                part.fail(StepId::CredentialAgreement, finding);
            }
            Err(Cause::Step) => {}
            Err(cause) => return Err(cause),
        }
    }
    report.absorb(StepId::ExchangeActor, part);
    if report.refusal().is_some() { Err(Cause::Step) } else { Ok(()) }
}

/// What is to be written down, and answered.
struct Work {
    id: String,
    upn: String,
    audiences: Vec<String>,
    issued_at: Moment,
    ends: Moment,
    exchanged: Exchanged,
}

fn work(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    request: &ExchangeRequest,
    subject: &Subject,
) -> Result<Work, Cause> {
    let (settings, now) = (&app.settings, app.now());
    let signer = trust.signer.as_ref().ok_or_else(|| note_failure(report, &Failure::NoSigner))?;
    let case = ExchangeCase {
        request,
        ends: subject.ends,
        is_delegated: subject.is_delegated,
        audience: &settings.issuer,
    };
    let grant = decide(&case, signer, &trust.policies.token, now).map_err(|refusal| {
        report.fail(refusal.step(), Finding::seen(refusal.to_string()));
        Cause::Decision(refusal)
    })?;
    let id = uuid(&*app.entropy).map_err(|error| note_failure(report, &error.into()))?;
    let mut unwritable = |error: crate::sts::mint::MintError| {
        report.fail(StepId::ServiceAvailable, Finding::seen(error.to_string()));
        Cause::Unavailable
    };
    let (domain, standing) = (&settings.domain, &subject.standing);
    let kind = request.requested;
    let seconds = |start: Moment, end: Moment| end.since(start).as_secs();
    Ok(match grant {
        ExchangeGrant::Json(grant) => {
            let minted = mint_json(&grant, standing, domain, &settings.openid_issuer(), signer, id)
                .map_err(&mut unwritable)?;
            let seconds = seconds(grant.issued_at, grant.expires);
            let exchanged = Exchanged { token: minted.token, kind, seconds, scope: grant.scope };
            let (issued_at, ends) = (grant.issued_at, grant.expires);
            Work {
                id: minted.id,
                upn: minted.subject,
                audiences: grant.audiences,
                issued_at,
                ends,
                exchanged,
            }
        }
        ExchangeGrant::Saml(grant) => {
            let minted = mint(&grant, standing, domain, &settings.issuer, signer, format!("_{id}"))
                .map_err(&mut unwritable)?;
            let (issued_at, ends) = (grant.not_before, grant.not_on_or_after);
            let token = STANDARD.encode(&minted.assertion);
            let exchanged = Exchanged { token, kind, seconds: seconds(issued_at, ends), scope: None };
            let audiences = grant.special.audiences;
            Work { id: minted.id, upn: minted.subject, audiences, issued_at, ends, exchanged }
        }
    })
}

/// False when the directory changed meanwhile.
async fn commit(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    subject: &Subject,
    work: &Work,
    peer: &Peer,
) -> Result<bool, Cause> {
    let detail = json!({
        "token_id": work.id, "confirmation": "bearer", "kind": work.exchanged.kind.uri(),
        "audiences": work.audiences, "not_on_or_after": work.ends.millis_text().as_str(),
        "by_token": subject.token_id,
    });
    let append = Append {
        expects: Some(trust.epoch),
        issued: Some(Issued {
            id: work.id.clone(),
            subject_id: (!subject.standing.is_external()).then(|| subject.standing.id.clone()),
            upn: work.upn.clone(),
            confirmation: "bearer".to_owned(),
            issued_at: work.issued_at,
            not_before: work.issued_at,
            not_on_or_after: work.ends,
            signer_sha256: trust.signer.as_ref().map(|s| s.certificate().fingerprint()).unwrap_or_default(),
            trace: peer.trace.clone(),
        }),
        audit: vec![accepted(app, Action::Exchange, &work.upn, &detail, peer)],
        ..Append::default()
    };
    let appended = app.store.append(append).await;
    match appended.map_err(|error| note_failure(report, &error.into()))? {
        Appended::Stale(newer) => {
            app.standings.saw(newer);
            Ok(false)
        }
        Appended::Committed => {
            note(Action::Exchange, &work.upn, peer);
            metrics::counter!("vcsso_tokens_issued_total").increment(1);
            Ok(true)
        }
        // Neither is asked for: a bearer token may come again, and no session is opened.
        Appended::Replayed | Appended::SessionLimit { .. } => Err(replayed(report)),
    }
}

/// Its name in reports.
const DOOR: &str = "exchange";
