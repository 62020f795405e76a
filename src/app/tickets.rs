//! Tickets: a session lends itself out, once, for a moment (`session-manager.md` §1.9, §1.17, §1.18).

use serde_json::json;

use super::audit::{Action, accepted, note, refuse};
use super::caller::SessionCaller;
use super::error::{Cause, Failure, Refused};
use super::locale::Locales;
use super::login::{Committed, Entry, MOST_ATTEMPTS, Opened, commit, new_session, note_failure};
use super::standings::Lookup;
use super::{App, Caller, Peer, sessions};
use crate::entropy::{bytes, hex, uuid};
use crate::identity::Standing;
use crate::pki::certificate::sha256;
use crate::secret::Secret;
use crate::session::Session;
use crate::store::{Append, Appended, NewTicket, Purpose, Spend, StoreError};
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

/// A ticket for `CloneSession`, in the shape vCenter gives it: the end names the server's certificate. Nothing when the
/// session ended meanwhile.
///
/// # Errors
/// [`Failure::Store`], [`Failure::Entropy`].
pub async fn clone_ticket(
    app: &App,
    caller: &SessionCaller,
    thumbprint: &str,
    peer: &Peer,
) -> Result<Option<Secret>, Failure> {
    let id = uuid(&*app.entropy)?;
    let secret = Secret::new(format!("cst-VCT-{id}--tp-{}", thumbprint.replace(':', "-")));
    Ok(keep(app, caller, &secret, Purpose::Clone, peer).await?.then_some(secret))
}

/// A ticket for a service. Nothing when the session ended meanwhile.
///
/// # Errors
/// [`Failure::Store`], [`Failure::Entropy`].
pub async fn service_ticket(
    app: &App,
    caller: &SessionCaller,
    service: Service,
    peer: &Peer,
) -> Result<Option<Secret>, Failure> {
    let secret = Secret::new(hex(&bytes::<32>(&*app.entropy)?));
    let purpose = match service {
        Service::CloneSession => Purpose::Clone,
        Service::Http { method, url } => Purpose::Http { method, url },
    };
    Ok(keep(app, caller, &secret, purpose, peer).await?.then_some(secret))
}

/// False when the session ended meanwhile.
async fn keep(
    app: &App,
    caller: &SessionCaller,
    secret: &Secret,
    purpose: Purpose,
    peer: &Peer,
) -> Result<bool, Failure> {
    let session = &caller.session;
    let detail = match &purpose {
        Purpose::Clone => json!({ "session": session.key, "for": "CloneSession" }),
        Purpose::Http { method, url } => json!({ "session": session.key, "for": url, "method": method }),
    };
    let life = app.policies.current(app).await?.ticket_life;
    let ticket = NewTicket {
        secret: hash(secret),
        session_key: session.key.clone(),
        purpose,
        expires_at: app.now().plus(life),
    };
    let row = accepted(app, Action::Ticket, &session.user_name, &detail, peer);
    let append = Append { ticket: Some(ticket), audit: vec![row], ..Append::default() };
    match app.store.append(append).await {
        // A ticket points at its session.
        Err(StoreError::Rejected(_)) => return Ok(false),
        written => written?,
    };
    note(Action::Ticket, &session.user_name, peer);
    Ok(true)
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
    for _ in 0..MOST_ATTEMPTS {
        let spend = Spend { secret: hash(ticket), purpose: Purpose::Clone, at: app.now() };
        let lender = lender(app, report, &spend).await?;
        let found = app.standings.find_now(app, Lookup::of(&lender)).await;
        let found = found.map_err(|failure| note_failure(report, &failure))?;
        let Some((standing, epoch)) = found.filter(|(standing, _)| standing.is_active(app.now())) else {
            let finding = Finding::seen("an account that may not act").but("an active one");
            report.fail(StepId::AdmissionSubject, finding);
            return Err(Cause::Step);
        };
        let opened = like(app, &lender, &standing, peer).map_err(|failure| note_failure(report, &failure))?;
        let entry = Entry {
            action: Action::LoginByTicket,
            epoch,
            claim: None,
            spends: Some(spend),
            detail: json!({ "from": lender.key }),
        };
        match commit(app, report, &standing, opened, entry, peer).await? {
            Committed::Open(opened) => return Ok(*opened),
            Committed::Stale => {}
        }
    }
    Err(note_failure(report, &Failure::Unsettled))
}

/// A session of the same subject, in the same language, that begins now.
fn like(app: &App, lender: &Session, standing: &Standing, peer: &Peer) -> Result<Opened, Failure> {
    let locales = Locales { locale: lender.locale.clone(), message_locale: lender.message_locale.clone() };
    let token = lender.token_id.clone().zip(lender.token_not_on_or_after);
    let mut opened = new_session(app, standing, &locales, token, peer)?;
    opened.session.user_name.clone_from(&lender.user_name);
    opened.session.full_name.clone_from(&lender.full_name);
    opened.session.extension_session = lender.extension_session;
    Ok(opened)
}

/// The live session that a ticket comes from.
async fn lender(app: &App, report: &mut Report, spend: &Spend) -> Result<Session, Cause> {
    let found = app.store.lender(spend).await.map_err(|error| note_failure(report, &error.into()))?;
    let lender = found.map(|session| sessions::as_used(app, session));
    let policies = app.policies.current(app).await.map_err(|failure| note_failure(report, &failure))?;
    let lender = lender.filter(|session| policies.session.is_live(session, app.now()));
    let lender = lender.ok_or_else(|| not_a_ticket(report))?;
    report.pass(StepId::SessionTicket, Seen::Nothing);
    Ok(lender)
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
    let purpose = Purpose::Http { method: Some(method.to_owned()), url: url.to_owned() };
    let spend = Spend { secret: hash(ticket), purpose, at: app.now() };
    let lender = lender(app, report, &spend).await?;
    let detail = json!({ "session": lender.key, "for": url, "method": method });
    let row = accepted(app, Action::SpendTicket, &lender.user_name, &detail, peer);
    let append = Append { spends: Some(spend), audit: vec![row], ..Append::default() };
    match app.store.append(append).await.map_err(|error| note_failure(report, &error.into()))? {
        Appended::Committed => {
            note(Action::SpendTicket, &lender.user_name, peer);
            Ok(lender.user_name)
        }
        // Without claim, limit or epoch only the ticket can stand against it.
        Appended::Replayed | Appended::Stale(_) | Appended::SessionLimit { .. } => Err(not_a_ticket(report)),
    }
}

pub(super) fn not_a_ticket(report: &mut Report) -> Cause {
    let finding = Finding::seen("no such ticket").but("an unspent ticket of a live session, for this use");
    report.fail(StepId::SessionTicket, finding);
    Cause::Step
}

fn hash(secret: &Secret) -> [u8; 32] {
    sha256(secret.expose().as_bytes())
}
