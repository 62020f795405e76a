//! Live sessions: found by their cookie, used, ended.
//!
//! Calls, last activity and user agent are held in memory, laid over what the store says, and written down once a
//! second in one statement: no write for each call (`decisions.md` §20).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::audit::{Action, accepted, note};
use super::caller::SessionCaller;
use super::error::Failure;
use super::locale::Locales;
use super::standings::Lookup;
use super::{App, Caller, Peer};
use crate::clock::Moment;
use crate::identity::principal::fold;
use crate::pki::certificate::sha256;
use crate::secret::Secret;
use crate::session::Session;
use crate::store::Use;

/// What happened to sessions since it was last written down.
#[derive(Debug, Default)]
pub struct Uses(Mutex<HashMap<String, Use>>);

impl Uses {
    /// Counts a call, here and in the session.
    fn count(&self, session: &mut Session, peer: &Peer, now: Moment) {
        session.call_count += 1;
        session.last_active_time = session.last_active_time.max(now);
        session.ip_address.clone_from(&peer.ip_address);
        session.user_agent.clone_from(&peer.user_agent);
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = uses.get(&session.key).map_or(0, |used| used.calls) + 1;
        let latest = Use {
            key: session.key.clone(),
            last_active_time: session.last_active_time,
            calls,
            ip_address: peer.ip_address.clone(),
            user_agent: peer.user_agent.clone(),
        };
        uses.insert(session.key.clone(), latest);
    }

    /// Lays what is not written down yet over a session that is only looked at.
    fn lay_over(&self, session: &mut Session) {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(latest) = uses.get(&session.key) else { return };
        session.call_count += latest.calls;
        session.last_active_time = session.last_active_time.max(latest.last_active_time);
        session.ip_address.clone_from(&latest.ip_address);
        session.user_agent.clone_from(&latest.user_agent);
    }

    /// Takes everything that is to be written down.
    pub(super) fn take(&self) -> Vec<Use> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_values().collect()
    }

    fn forget(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// The caller behind one of these cookies: the first that stands for a live session whose subject may act.
///
/// # Errors
/// [`Failure::Store`].
pub async fn caller(app: &App, cookies: &[Secret], peer: &Peer) -> Result<Caller, Failure> {
    for cookie in cookies.iter().take(MOST_COOKIES) {
        let found = app.store.session_by_cookie(&sha256(cookie.expose().as_bytes())).await?;
        let Some((mut session, epoch)) = found else { continue };
        app.standings.saw(epoch);
        app.uses.lay_over(&mut session);
        let now = app.now();
        if !app.policies.current(app).await?.sessions.is_live(&session, now) {
            continue;
        }
        let standing = app.standings.find(app, Lookup::Id(session.subject_id.clone())).await?;
        let Some((standing, _)) = standing.filter(|(standing, _)| standing.is_active(now)) else { continue };
        app.uses.count(&mut session, peer, now);
        return Ok(Caller::Session(Box::new(SessionCaller { session, standing })));
    }
    Ok(Caller::Anonymous)
}

/// Ends the caller's session.
///
/// # Errors
/// [`Failure::Store`].
pub async fn logout(app: &App, caller: &SessionCaller, peer: &Peer) -> Result<(), Failure> {
    let session = &caller.session;
    let detail = json!({ "session": session.key, "calls": session.call_count });
    let mut unit = app.store.begin().await?;
    unit.end_session(&session.key).await?;
    unit.audit(&accepted(app, Action::Logout, &session.user_name, &detail, peer)).await?;
    unit.commit().await?;
    app.uses.forget(&session.key);
    note(Action::Logout, &session.user_name, peer);
    Ok(())
}

/// Every live session, in order of login.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<Session>, Failure> {
    let now = app.now();
    let mut sessions = app.store.sessions().await?;
    for session in &mut sessions {
        app.uses.lay_over(session);
    }
    let policy = app.policies.current(app).await?.sessions;
    sessions.retain(|session| policy.is_live(session, now));
    sessions.sort_by(|a, b| (a.login_time, &a.key).cmp(&(b.login_time, &b.key)));
    Ok(sessions)
}

/// Why a session was not ended.
#[derive(Debug)]
pub enum NotEnded {
    /// It is the caller's own: that is what a logout is for.
    Own,
    /// Nothing that lives has this key.
    Unknown,
    /// Something of ours failed.
    Failed(Failure),
}

/// Ends somebody else's session, and with it its tickets (`session-manager.md` §1.10).
///
/// # Errors
/// [`NotEnded`].
pub async fn terminate(app: &App, caller: &SessionCaller, key: &str, peer: &Peer) -> Result<(), NotEnded> {
    if key == caller.session.key {
        return Err(NotEnded::Own);
    }
    let ended = end(app, caller, key, peer).await.map_err(NotEnded::Failed)?;
    if ended { Ok(()) } else { Err(NotEnded::Unknown) }
}

async fn end(app: &App, caller: &SessionCaller, key: &str, peer: &Peer) -> Result<bool, Failure> {
    let mut unit = app.store.begin().await?;
    let Some(victim) = unit.session(key).await?.map(|session| as_used(app, session)) else {
        return Ok(false);
    };
    if !app.policies.current(app).await?.sessions.is_live(&victim, app.now()) {
        return Ok(false);
    }
    let by = &caller.session.user_name;
    let detail = json!({ "session": key, "user_name": victim.user_name, "calls": victim.call_count });
    unit.end_session(key).await?;
    unit.audit(&accepted(app, Action::Terminate, by, &detail, peer)).await?;
    unit.commit().await?;
    app.uses.forget(key);
    note(Action::Terminate, by, peer);
    Ok(true)
}

/// Whether this session lives, and is this user's. Names are compared without case, as SSO does.
///
/// # Errors
/// [`Failure::Store`].
pub async fn is_active(app: &App, key: &str, user_name: &str) -> Result<bool, Failure> {
    let Some(session) = app.store.session(key).await?.map(|session| as_used(app, session)) else {
        return Ok(false);
    };
    let same_user = fold(&session.user_name) == fold(user_name);
    Ok(same_user && app.policies.current(app).await?.sessions.is_live(&session, app.now()))
}

/// Lets a session speak another language.
///
/// # Errors
/// [`Failure::Store`].
pub async fn set_locale(
    app: &App,
    caller: &SessionCaller,
    locales: &Locales,
    peer: &Peer,
) -> Result<(), Failure> {
    let session = &caller.session;
    let detail = json!({ "session": session.key, "locale": locales.locale });
    let mut unit = app.store.begin().await?;
    unit.set_locale(&session.key, &locales.locale, &locales.message_locale).await?;
    unit.audit(&accepted(app, Action::SetLocale, &session.user_name, &detail, peer)).await?;
    unit.commit().await?;
    Ok(())
}

/// A session as it is now: with what was not written down yet.
pub(super) fn as_used(app: &App, mut session: Session) -> Session {
    app.uses.lay_over(&mut session);
    session
}

/// A client with two vCenters behind one name may send two cookies of this name; more are an attempt at something.
const MOST_COOKIES: usize = 4;
