//! Opening sessions: by a token that was verified and admitted, or by a password (`session-manager.md` §1.4, §1.5).

use serde_json::json;

use super::admission::{Admitted, admit, append_once, replayed};
use super::audit::{Action, accepted, note, opened_detail, refuse, token_detail};
use super::error::{Cause, Failure, Refused};
use super::locale::Locales;
use super::standings::Epoch;
use super::tickets::not_a_ticket;
use super::trust::{Trust, judged};
use super::{App, Caller, Peer, credentials, methods, negotiation};
use crate::clock::Moment;
use crate::entropy::{bytes, hex, uuid};
use crate::identity::{Kind, Method, Standing};
use crate::pki::certificate::sha256;
use crate::secret::Secret;
use crate::session::{Service, Session};
use crate::soap::Envelope;
use crate::store::{Append, Appended, Claim, Cutoff, NewSession, SessionLimit, Spend};
use crate::verifier::{Door, Finding, Judgement, Proven, Report, Seen, StepId};
use crate::wsse::UnverifiedLogin;

/// A session that was just opened, with the secret that stands for it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The session as everybody may see it.
    pub session: Session,
    /// The cookie: only its hash is remembered.
    pub cookie: Secret,
}

/// What every login brings along.
pub struct Attempt<'a> {
    /// The name of the door in the report.
    pub door: &'static str,
    /// Who is calling; a live session cannot log in again.
    pub caller: &'a Caller,
    /// The locale, or what was asked for and does not exist.
    pub locales: Result<Locales, String>,
    /// The other end.
    pub peer: &'a Peer,
}

/// `LoginByToken`: the token and its proof stand in the message's header.
///
/// # Errors
/// [`Refused`].
pub async fn by_token(app: &App, envelope: &Envelope, attempt: Attempt<'_>) -> Result<Opened, Refused> {
    let action = Action::LoginByToken;
    for _ in 0..MOST_ATTEMPTS {
        let (trust, Judgement { mut report, proven }) = match judged(app, envelope, Door::Sdk).await {
            Ok(judged) => judged,
            Err(failure) => return Err(unavailable(app, action, "", &failure, attempt.peer).await),
        };
        let principal = report.about().subject.clone().unwrap_or_default();
        let Some(proven) = proven else {
            return Err(refuse(app, action, &principal, report, Cause::Step, attempt.peer).await);
        };
        let committed = match preconditions(&mut report, &attempt) {
            Ok(locales) => open_by_token(app, &trust, &mut report, proven, &locales, attempt.peer).await,
            Err(cause) => Err(cause),
        };
        match committed {
            Ok(Committed::Open(opened)) => return Ok(*opened),
            // Keys or people changed between judgement and commit: judge again.
            Ok(Committed::Stale) => {}
            Err(cause) => return Err(refuse(app, action, &principal, report, cause, attempt.peer).await),
        }
    }
    Err(unavailable(app, action, "", &Failure::Unsettled, attempt.peer).await)
}

/// `Login`: by name and password.
///
/// # Errors
/// [`Refused`].
pub async fn by_password(
    app: &App,
    login: &UnverifiedLogin,
    attempt: Attempt<'_>,
) -> Result<Opened, Refused> {
    let mut report = Report::new(attempt.door, app.now());
    let opened = match preconditions(&mut report, &attempt) {
        Ok(locales) => open_by_password(app, &mut report, login, locales, attempt.peer).await,
        Err(cause) => Err(cause),
    };
    finish(app, Action::LoginByPassword, &login.user_name, report, opened, attempt.peer).await
}

/// The locale first: it leaks nothing, and makes the answer deterministic (`session-manager.md` §1.4-1).
pub(super) fn preconditions(report: &mut Report, attempt: &Attempt<'_>) -> Result<Locales, Cause> {
    let locales = wanted_locales(report, attempt)?;
    no_session_yet(report, attempt.caller)?;
    Ok(locales)
}

/// The locales that were asked for.
pub(super) fn wanted_locales(report: &mut Report, attempt: &Attempt<'_>) -> Result<Locales, Cause> {
    match &attempt.locales {
        Ok(locales) => Ok(locales.clone()),
        Err(unknown) => {
            let seen: String = unknown.chars().take(32).collect();
            report.fail(StepId::SessionLocale, Finding::seen(seen).but("a supported locale"));
            Err(Cause::Step)
        }
    }
}

/// Whoever is logged in does not log in again.
pub(super) fn no_session_yet(report: &mut Report, caller: &Caller) -> Result<(), Cause> {
    if caller.session().is_some() {
        let finding = Finding::seen("a live session").but("a connection without one");
        report.fail(StepId::SessionAnonymous, finding);
        return Err(Cause::Step);
    }
    Ok(())
}

async fn open_by_token(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    proven: Proven,
    locales: &Locales,
    peer: &Peer,
) -> Result<Committed, Cause> {
    methods::allow(app, report, Method::Token).await?;
    let admitted = admit(app, trust, report, proven).await?;
    open_admitted(app, report, &admitted, locales, peer).await
}

/// A session for whoever a token is about.
pub(super) async fn open_admitted(
    app: &App,
    report: &mut Report,
    admitted: &Admitted,
    locales: &Locales,
    peer: &Peer,
) -> Result<Committed, Cause> {
    let claims = admitted.token().assertion();
    let token = Some((claims.id.clone(), claims.conditions.not_on_or_after));
    let opened = new_session(app, admitted.standing(), locales, token, peer);
    let opened = opened.map_err(|failure| note_failure(report, &failure))?;
    commit(app, report, admitted.standing(), opened, entry_of(admitted), peer).await
}

async fn open_by_password(
    app: &App,
    report: &mut Report,
    login: &UnverifiedLogin,
    locales: Locales,
    peer: &Peer,
) -> Result<Opened, Cause> {
    for _ in 0..MOST_ATTEMPTS {
        let (standing, epoch) = credentials::verify_password(app, report, login, peer).await?;
        let opened =
            new_session(app, &standing, &locales, None, peer).map_err(|f| note_failure(report, &f))?;
        let action = Action::LoginByPassword;
        let entry = Entry { action, epoch, claim: None, spends: None, detail: json!({}) };
        match commit(app, report, &standing, opened, entry, peer).await? {
            Committed::Open(opened) => return Ok(*opened),
            Committed::Stale => {}
        }
    }
    Err(note_failure(report, &Failure::Unsettled))
}

/// What a commit needs to know of how the session was earned.
pub(super) struct Entry {
    pub(super) action: Action,
    pub(super) epoch: Epoch,
    pub(super) claim: Option<Claim>,
    pub(super) spends: Option<Spend>,
    pub(super) detail: serde_json::Value,
}

pub(super) fn entry_of(admitted: &Admitted) -> Entry {
    let claims = admitted.token().assertion();
    let about = crate::verifier::About {
        subject: Some(claims.subject.name.clone()),
        token_id: Some(claims.id.clone()),
        confirmation: Some(if claims.is_holder_of_key() { "holder-of-key" } else { "bearer" }),
        signer_sha256: Some(admitted.token().signer().fingerprint()),
    };
    Entry {
        action: Action::LoginByToken,
        epoch: admitted.epoch(),
        claim: admitted.claim(),
        spends: None,
        detail: token_detail(&about),
    }
}

pub(super) enum Committed {
    Open(Box<Opened>),
    Stale,
}

/// One commit: the claim on the message or the ticket, the session, the audit row.
pub(super) async fn commit(
    app: &App,
    report: &mut Report,
    standing: &Standing,
    opened: Opened,
    entry: Entry,
    peer: &Peer,
) -> Result<Committed, Cause> {
    // The inventory has no part in the SSO administration service: whoever has a token is a regular user of it.
    if opened.session.service == Service::Vim {
        if !standing.may_log_in() {
            let moved = app.standings.has_moved(app, entry.epoch).await;
            if moved.map_err(|failure| note_failure(report, &failure))? {
                return Ok(Committed::Stale);
            }
            report.fail(StepId::AdmissionPermission, Finding::seen("no permission on any object").but("one"));
            return Err(Cause::Step);
        }
        report.pass(StepId::AdmissionPermission, Seen::Nothing);
    }
    let by_ticket = entry.spends.is_some();
    let detail = opened_detail(&opened.session, entry.detail);
    let row = accepted(app, entry.action, &opened.session.user_name, &detail, peer);
    let policies = app.policies.current(app).await.map_err(|failure| note_failure(report, &failure))?;
    let policy = &policies.session;
    let limit = SessionLimit { at_most: policy.max_sessions, cutoff: Cutoff::of(policy, app.now()) };
    let append = Append {
        expects: Some(entry.epoch),
        claim: entry.claim,
        spends: entry.spends,
        session: Some(NewSession {
            cookie: sha256(opened.cookie.expose().as_bytes()),
            session: opened.session.clone(),
        }),
        session_limit: (policy.max_sessions > 0).then_some(limit),
        audit: vec![row],
        ..Append::default()
    };
    let appended = match entry.action {
        // A replayed proof is somebody else's, whatever is configured for messages.
        Action::LoginBySspi => app.store.append(append).await.map_err(Failure::from),
        _ => append_once(app, &policies, append, peer).await,
    };
    match appended.map_err(|failure| note_failure(report, &failure))? {
        Appended::Committed => {
            note(entry.action, &opened.session.user_name, peer);
            metrics::counter!("vcsso_sessions_opened_total").increment(1);
            app.changes.happened();
            Ok(Committed::Open(Box::new(opened)))
        }
        Appended::Stale(epoch) => {
            app.standings.saw(epoch);
            Ok(Committed::Stale)
        }
        Appended::Replayed if by_ticket => Err(not_a_ticket(report)),
        Appended::Replayed if entry.action == Action::LoginBySspi => Err(negotiation::replayed(report)),
        Appended::Replayed => Err(replayed(report)),
        Appended::SessionLimit { seen, wanted } => {
            let finding = Finding::seen(format!("{seen} live sessions")).but(format!("at most {wanted}"));
            report.fail(StepId::SessionLimit, finding);
            Err(Cause::Step)
        }
    }
}

pub(super) fn new_session(
    app: &App,
    standing: &Standing,
    locales: &Locales,
    token: Option<(String, Moment)>,
    peer: &Peer,
) -> Result<Opened, Failure> {
    let principal = standing.principal(&app.settings.domain);
    let user_name = principal.map_or_else(|| standing.name.clone(), |principal| principal.session_name());
    let mapped_groups = match &standing.kind {
        Kind::External { mapped, .. } => Some(mapped.clone()),
        Kind::User { .. } | Kind::Solution { .. } | Kind::Extension { .. } => None,
    };
    let now = app.now();
    let (token_id, token_not_on_or_after) = token.unzip();
    let session = Session {
        service: Service::default(),
        key: uuid(&*app.entropy)?,
        subject_id: standing.id.clone(),
        mapped_groups,
        full_name: standing.display_name().unwrap_or_else(|| user_name.clone()),
        user_name,
        login_time: now,
        last_active_time: now,
        locale: locales.locale.clone(),
        message_locale: locales.message_locale.clone(),
        extension_session: standing.is_extension(),
        ip_address: peer.ip_address.clone(),
        user_agent: peer.user_agent.clone(),
        call_count: 0,
        token_id,
        token_not_on_or_after,
    };
    Ok(Opened { session, cookie: Secret::new(hex(&bytes::<32>(&*app.entropy)?)) })
}

pub(super) async fn finish(
    app: &App,
    action: Action,
    principal: &str,
    report: Report,
    opened: Result<Opened, Cause>,
    peer: &Peer,
) -> Result<Opened, Refused> {
    match opened {
        Ok(opened) => Ok(opened),
        Err(cause) => Err(refuse(app, action, principal, report, cause, peer).await),
    }
}

/// Records that something of ours failed.
pub(super) fn note_failure(report: &mut Report, failure: &Failure) -> Cause {
    tracing::error!(error = %failure, "an act failed");
    report.fail(StepId::ServiceAvailable, Finding::seen(failure.to_string()));
    Cause::from(failure)
}

/// The refusal of an act that could not begin.
pub(super) async fn unavailable(
    app: &App,
    action: Action,
    principal: &str,
    failure: &Failure,
    peer: &Peer,
) -> Refused {
    let mut report = Report::new("service", app.now());
    let cause = note_failure(&mut report, failure);
    refuse(app, action, principal, report, cause, peer).await
}

/// The directory changes when an administrator does something: two changes within one login are an accident already.
pub(super) const MOST_ATTEMPTS: usize = 4;
