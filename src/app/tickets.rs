//! Tickets: a session lends itself out, once, for a moment (`session-manager.md` §1.9, §1.17, §1.18).

use serde_json::json;

use super::audit::{Action, accepted, note, refuse};
use super::caller::SessionCaller;
use super::error::{Cause, Failure, Refused};
use super::locale::Locales;
use super::login::{Opened, new_session, note_failure};
use super::standings::Lookup;
use super::{App, Caller, Peer, sessions};
use crate::entropy::{bytes, hex, uuid};
use crate::pki::certificate::sha256;
use crate::secret::Secret;
use crate::store::{Cutoff, NewSession, NewTicket, Purpose};
use crate::verifier::{Finding, Report, Seen, StepId};

/// What a service ticket is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// `CloneSession`.
    CloneSession,
    /// One HTTP request.
    Http {
        /// With this method, upper case; none = any.
        method: Option<String>,
        /// To this path and query.
        url: String,
    },
}

/// A ticket for `CloneSession`, in the shape vCenter gives it: the end names the server's certificate.
///
/// # Errors
/// [`Failure::Store`], [`Failure::Entropy`].
pub async fn clone_ticket(
    app: &App,
    caller: &SessionCaller,
    thumbprint: &str,
    peer: &Peer,
) -> Result<Secret, Failure> {
    let id = uuid(&*app.entropy)?;
    let secret = Secret::new(format!("cst-VCT-{id}--tp-{}", thumbprint.replace(':', "-")));
    keep(app, caller, &secret, Purpose::Clone, peer).await?;
    Ok(secret)
}

/// A ticket for a service.
///
/// # Errors
/// [`Failure::Store`], [`Failure::Entropy`].
pub async fn service_ticket(
    app: &App,
    caller: &SessionCaller,
    service: Service,
    peer: &Peer,
) -> Result<Secret, Failure> {
    let secret = Secret::new(hex(&bytes::<32>(&*app.entropy)?));
    let purpose = match service {
        Service::CloneSession => Purpose::Clone,
        Service::Http { method, url } => Purpose::Http { method, url },
    };
    keep(app, caller, &secret, purpose, peer).await?;
    Ok(secret)
}

async fn keep(
    app: &App,
    caller: &SessionCaller,
    secret: &Secret,
    purpose: Purpose,
    peer: &Peer,
) -> Result<(), Failure> {
    let session = &caller.session;
    let detail = match &purpose {
        Purpose::Clone => json!({ "session": session.key, "for": "CloneSession" }),
        Purpose::Http { method, url } => json!({ "session": session.key, "for": url, "method": method }),
    };
    let ticket = NewTicket {
        secret: hash(secret),
        session_key: session.key.clone(),
        purpose,
        expires_at: app.now().plus(app.settings.ticket_life),
    };
    let mut unit = app.store.begin().await?;
    unit.add_ticket(&ticket).await?;
    unit.audit(&accepted(app, Action::Ticket, &session.user_name, &detail, peer)).await?;
    unit.commit().await?;
    note(Action::Ticket, &session.user_name, peer);
    Ok(())
}

/// `CloneSession`: a session of the same subject, for whoever has the ticket.
///
/// # Errors
/// [`Refused`].
pub async fn clone_session(
    app: &App,
    ticket: &Secret,
    caller: &Caller,
    peer: &Peer,
) -> Result<Opened, Refused> {
    let mut report = Report::new("sdk", app.now());
    let opened = match caller.session() {
        // As every login on a connection that has a session, and the ticket stays whole.
        Some(_) => {
            let finding = Finding::seen("a live session").but("a connection without one");
            report.fail(StepId::SessionAnonymous, finding);
            Err(Cause::Step)
        }
        None => open_by_ticket(app, &mut report, ticket, peer).await,
    };
    match opened {
        Ok(opened) => Ok(opened),
        Err(cause) => Err(refuse(app, Action::LoginByTicket, "", report, cause, peer).await),
    }
}

async fn open_by_ticket(
    app: &App,
    report: &mut Report,
    ticket: &Secret,
    peer: &Peer,
) -> Result<Opened, Cause> {
    let mut failed = |failure: Failure| note_failure(report, &failure);
    let mut unit = app.store.begin().await.map_err(|error| failed(error.into()))?;
    let spent = unit.spend_ticket(&hash(ticket), &Purpose::Clone, app.now()).await;
    let key = spent.map_err(|error| failed(error.into()))?;
    let lender = match &key {
        Some(key) => unit.session(key).await.map_err(|error| failed(error.into()))?,
        None => None,
    };
    let lender = lender.map(|session| sessions::as_used(app, session));
    let lender = lender.filter(|session| app.settings.sessions.is_live(session, app.now()));
    let Some(lender) = lender else {
        return Err(not_a_ticket(report));
    };
    let found = app.standings.find_now(app, Lookup::Id(lender.subject_id.clone())).await;
    let found = found.map_err(|failure| note_failure(report, &failure))?;
    let Some((standing, _)) = found.filter(|(standing, _)| standing.is_active(app.now())) else {
        report.fail(
            StepId::AdmissionSubject,
            Finding::seen("an account that may not act").but("an active one"),
        );
        return Err(Cause::Step);
    };
    report.pass(StepId::SessionTicket, Seen::Nothing);
    let policy = &app.settings.sessions;
    let mut failed = |failure: Failure| note_failure(report, &failure);
    let live = unit.count_sessions(&Cutoff::of(policy, app.now())).await;
    let live = live.map_err(|error| failed(error.into()))?;
    if policy.max_sessions > 0 && live >= policy.max_sessions {
        let finding = Finding::seen(format!("{live} live sessions"));
        report.fail(StepId::SessionLimit, finding.but(format!("at most {}", policy.max_sessions)));
        return Err(Cause::Step);
    }
    let locales = Locales { locale: lender.locale.clone(), message_locale: lender.message_locale.clone() };
    let token = lender.token_id.clone().zip(lender.token_not_on_or_after);
    let mut opened = new_session(app, &standing, &locales, token, peer).map_err(&mut failed)?;
    opened.session.user_name.clone_from(&lender.user_name);
    opened.session.full_name.clone_from(&lender.full_name);
    opened.session.extension_session = lender.extension_session;
    let detail = json!({ "session": opened.session.key, "from": lender.key });
    let row = accepted(app, Action::LoginByTicket, &lender.user_name, &detail, peer);
    let cookie = sha256(opened.cookie.expose().as_bytes());
    let new = NewSession { cookie, session: opened.session.clone() };
    unit.add_session(&new).await.map_err(|error| failed(error.into()))?;
    unit.audit(&row).await.map_err(|error| failed(error.into()))?;
    unit.commit().await.map_err(|error| failed(error.into()))?;
    note(Action::LoginByTicket, &lender.user_name, peer);
    metrics::counter!("vcsso_sessions_opened_total").increment(1);
    Ok(opened)
}

/// Spends a ticket on the HTTP request it was made for: whose session it came from.
///
/// # Errors
/// [`Refused`].
pub async fn spend_on_request(
    app: &App,
    ticket: &Secret,
    method: &str,
    url: &str,
    peer: &Peer,
) -> Result<String, Refused> {
    let mut report = Report::new("http", app.now());
    match spend(app, &mut report, ticket, method, url, peer).await {
        Ok(user) => Ok(user),
        Err(cause) => Err(refuse(app, Action::SpendTicket, "", report, cause, peer).await),
    }
}

async fn spend(
    app: &App,
    report: &mut Report,
    ticket: &Secret,
    method: &str,
    url: &str,
    peer: &Peer,
) -> Result<String, Cause> {
    let mut failed = |failure: Failure| note_failure(report, &failure);
    let purpose = Purpose::Http { method: Some(method.to_owned()), url: url.to_owned() };
    let mut unit = app.store.begin().await.map_err(|error| failed(error.into()))?;
    let spent = unit.spend_ticket(&hash(ticket), &purpose, app.now()).await;
    let lender = match spent.map_err(|error| failed(error.into()))? {
        Some(key) => unit.session(&key).await.map_err(|error| failed(error.into()))?,
        None => None,
    };
    let lender = lender.map(|session| sessions::as_used(app, session));
    let lender = lender.filter(|session| app.settings.sessions.is_live(session, app.now()));
    let Some(lender) = lender else { return Err(not_a_ticket(report)) };
    let detail = json!({ "session": lender.key, "for": url, "method": method });
    let row = accepted(app, Action::SpendTicket, &lender.user_name, &detail, peer);
    unit.audit(&row).await.map_err(|error| failed(error.into()))?;
    unit.commit().await.map_err(|error| failed(error.into()))?;
    note(Action::SpendTicket, &lender.user_name, peer);
    Ok(lender.user_name)
}

fn not_a_ticket(report: &mut Report) -> Cause {
    let finding = Finding::seen("no such ticket").but("an unspent ticket of a live session, for this use");
    report.fail(StepId::SessionTicket, finding);
    Cause::Step
}

fn hash(secret: &Secret) -> [u8; 32] {
    sha256(secret.expose().as_bytes())
}
