//! Live sessions: found by their cookie, used, ended.
//!
//! Calls, last activity and user agent are held in memory, laid over what the store says, and written down once a
//! second in one statement: no write for each call (`decisions.md` §20).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::audit::{Action, accepted, ended_detail, note};
use super::caller::SessionCaller;
use super::error::Failure;
use super::locale::Locales;
use super::standings::Lookup;
use super::{Actor, App, Caller, Peer};
use crate::clock::Moment;
use crate::entropy::uuid;
use crate::identity::principal::fold;
use crate::pki::certificate::sha256;
use crate::secret::Secret;
use crate::session::{Service, Session};
use crate::store::{Cutoff, Use};

/// What happened to sessions since it was last written down.
#[derive(Debug, Default)]
pub struct Uses {
    counted: Mutex<HashMap<String, Use>>,
    /// Sessions with calls in flight that may take long: how many, and what to write down for them meanwhile.
    busy: Mutex<HashMap<String, (u32, Use)>>,
}

/// A call that may take long; as long as it is in flight its session is in use.
pub struct Busy<'a> {
    uses: &'a Uses,
    key: String,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut busy = self.uses.busy();
        if let Some((calls, _)) = busy.get_mut(&self.key) {
            *calls = calls.saturating_sub(1);
            if *calls == 0 {
                busy.remove(&self.key);
            }
        }
    }
}

impl Uses {
    fn counted(&self) -> MutexGuard<'_, HashMap<String, Use>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn busy(&self) -> MutexGuard<'_, HashMap<String, (u32, Use)>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a session in use until the guard is dropped.
    #[must_use]
    pub fn hold(&self, session: &Session) -> Busy<'_> {
        let used = || Use {
            key: session.key.clone(),
            last_active_time: session.last_active_time,
            calls: 0,
            ip_address: session.ip_address.clone(),
            user_agent: session.user_agent.clone(),
        };
        self.busy().entry(session.key.clone()).or_insert_with(|| (0, used())).0 += 1;
        Busy { uses: self, key: session.key.clone() }
    }

    /// Counts a call, here and in the session.
    fn count(&self, session: &mut Session, peer: &Peer, now: Moment) {
        session.call_count += 1;
        session.last_active_time = session.last_active_time.max(now);
        session.ip_address.clone_from(&peer.ip_address);
        session.user_agent.clone_from(&peer.user_agent);
        let mut uses = self.counted();
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

    /// Lays what is not written down yet over a session that is only looked at. One with a call in flight is in use.
    fn lay_over(&self, session: &mut Session, now: Moment) {
        if self.busy().contains_key(&session.key) {
            session.last_active_time = session.last_active_time.max(now);
        }
        let uses = self.counted();
        let Some(latest) = uses.get(&session.key) else { return };
        session.call_count += latest.calls;
        session.last_active_time = session.last_active_time.max(latest.last_active_time);
        session.ip_address.clone_from(&latest.ip_address);
        session.user_agent.clone_from(&latest.user_agent);
    }

    /// Takes everything that is to be written down.
    pub(super) fn take(&self) -> Vec<Use> {
        std::mem::take(&mut *self.counted()).into_values().collect()
    }

    /// What is to be written down for the sessions that a call in flight holds in use.
    pub(super) fn held(&self, now: Moment) -> Vec<Use> {
        self.busy().values().map(|(_, used)| Use { last_active_time: now, ..used.clone() }).collect()
    }

    fn forget(&self, key: &str) {
        self.counted().remove(key);
    }
}

/// The caller behind one of these cookies: the first that stands for a live session whose subject may act.
///
/// # Errors
/// [`Failure::Store`].
pub async fn caller(app: &App, cookies: &[Secret], peer: &Peer) -> Result<Caller, Failure> {
    caller_at(app, Service::Vim, cookies, peer).await
}

/// The same at any service: what was opened at another one is nothing here.
///
/// # Errors
/// [`Failure::Store`].
pub async fn caller_at(
    app: &App,
    service: Service,
    cookies: &[Secret],
    peer: &Peer,
) -> Result<Caller, Failure> {
    for cookie in cookies.iter().take(MOST_COOKIES) {
        let found = app.store.session_by_cookie(&sha256(cookie.expose().as_bytes())).await?;
        let Some((mut session, epoch)) = found.filter(|(session, _)| session.service == service) else {
            continue;
        };
        app.standings.saw(epoch);
        let now = app.now();
        app.uses.lay_over(&mut session, now);
        if !app.policies.current(app).await?.session.is_live(&session, now) {
            continue;
        }
        let standing = app.standings.find(app, Lookup::of(&session)).await?;
        let Some((standing, _)) = standing.filter(|(standing, _)| standing.is_active(now)) else { continue };
        app.uses.count(&mut session, peer, now);
        return Ok(Caller::Session(Box::new(SessionCaller { session, standing })));
    }
    Ok(Caller::Anonymous)
}

/// The caller again, later in the same call: nothing when the session is over or its subject may not act any more.
///
/// # Errors
/// [`Failure::Store`].
pub async fn again(app: &App, key: &str) -> Result<Option<Caller>, Failure> {
    let Some(mut session) = app.store.session(key).await? else { return Ok(None) };
    let now = app.now();
    app.uses.lay_over(&mut session, now);
    if !app.policies.current(app).await?.session.is_live(&session, now) {
        return Ok(None);
    }
    let standing = app.standings.find_now(app, Lookup::of(&session)).await?;
    let active = standing.filter(|(standing, _)| standing.is_active(now));
    Ok(active.map(|(standing, _)| Caller::Session(Box::new(SessionCaller { session, standing }))))
}

/// Ends the caller's session.
///
/// # Errors
/// [`Failure::Store`].
pub async fn logout(app: &App, caller: &SessionCaller, peer: &Peer) -> Result<(), Failure> {
    let session = &caller.session;
    let detail = ended_detail(session);
    let mut unit = app.store.begin().await?;
    unit.end_session(&session.key).await?;
    let action = match session.service {
        Service::Vim => Action::Logout,
        Service::SsoAdmin => Action::LogoutFromSsoAdmin,
    };
    unit.audit(&accepted(app, action, &session.user_name, &detail, peer)).await?;
    unit.commit().await?;
    app.uses.forget(&session.key);
    app.changes.session_ended(&session.key);
    note(action, &session.user_name, peer);
    Ok(())
}

/// Every live session of `/sdk`, in order of login.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<Session>, Failure> {
    let now = app.now();
    let mut sessions = app.store.sessions().await?;
    for session in &mut sessions {
        app.uses.lay_over(session, now);
    }
    let policy = app.policies.current(app).await?.session;
    sessions.retain(|session| session.service == Service::Vim && policy.is_live(session, now));
    sessions.sort_by(|a, b| (a.login_time, &a.key).cmp(&(b.login_time, &b.key)));
    Ok(sessions)
}

/// Ends the sessions that are over, each with a row of its own in the audit.
///
/// # Errors
/// [`Failure`].
pub async fn sweep(app: &App) -> Result<(), Failure> {
    let policies = app.policies.current(app).await?;
    let mut unit = app.store.begin().await?;
    let ended = unit.sweep_sessions(&Cutoff::of(&policies.session, app.now())).await?;
    for session in &ended {
        let (trace, ip_address) = (uuid(&*app.entropy)?, session.ip_address.clone());
        let peer = Peer { trace, ip_address, ..Peer::default() };
        let action = match session.service {
            Service::Vim => Action::Expire,
            Service::SsoAdmin => Action::ExpireAtSsoAdmin,
        };
        unit.audit(&accepted(app, action, &session.user_name, &ended_detail(session), &peer)).await?;
    }
    unit.commit().await?;
    for session in &ended {
        app.uses.forget(&session.key);
        app.changes.session_ended(&session.key);
    }
    Ok(())
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
    let by = (caller.session.user_name.as_str(), peer);
    let ended = end(app, key, by).await.map_err(NotEnded::Failed)?;
    if ended { Ok(()) } else { Err(NotEnded::Unknown) }
}

/// Ends a session, and with it its tickets; false when nothing that lives has this key.
///
/// # Errors
/// [`Failure::Store`].
pub async fn end(app: &App, key: &str, by: impl Into<Actor<'_>>) -> Result<bool, Failure> {
    let Actor { name, peer } = by.into();
    let mut unit = app.store.begin().await?;
    let found = unit.session(key).await?.filter(|session| session.service == Service::Vim);
    let Some(victim) = found.map(|session| as_used(app, session)) else {
        return Ok(false);
    };
    if !app.policies.current(app).await?.session.is_live(&victim, app.now()) {
        return Ok(false);
    }
    let detail = json!({ "session": key, "user_name": victim.user_name, "calls": victim.call_count });
    unit.end_session(key).await?;
    unit.audit(&accepted(app, Action::Terminate, name, &detail, peer)).await?;
    unit.commit().await?;
    app.uses.forget(key);
    app.changes.session_ended(key);
    note(Action::Terminate, name, peer);
    Ok(true)
}

/// Whether this session lives, and is this user's. Names are compared without case, as SSO does.
///
/// # Errors
/// [`Failure::Store`].
pub async fn is_active(app: &App, key: &str, user_name: &str) -> Result<bool, Failure> {
    let found = app.store.session(key).await?.filter(|session| session.service == Service::Vim);
    let Some(session) = found.map(|session| as_used(app, session)) else {
        return Ok(false);
    };
    let same_user = fold(&session.user_name) == fold(user_name);
    Ok(same_user && app.policies.current(app).await?.session.is_live(&session, app.now()))
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
    app.changes.happened();
    Ok(())
}

/// A session as it is now: with what was not written down yet.
pub(super) fn as_used(app: &App, mut session: Session) -> Session {
    app.uses.lay_over(&mut session, app.now());
    session
}

/// A client with two vCenters behind one name may send two cookies of this name; more are an attempt at something.
const MOST_COOKIES: usize = 4;
