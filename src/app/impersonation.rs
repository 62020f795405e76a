//! `ImpersonateUser`: the caller's session becomes that of somebody who is logged in (`session-manager.md` §1.15).

use serde_json::json;

use super::audit::{Action, accepted, note, refuse};
use super::caller::SessionCaller;
use super::error::{Cause, Failure, Refused};
use super::locale::Locales;
use super::login::note_failure;
use super::standings::Lookup;
use super::{App, Peer, sessions};
use crate::identity::principal::fold;
use crate::identity::privilege::ROOT;
use crate::identity::role::ADMIN;
use crate::identity::{ExtensionKey, LoginName};
use crate::session::Session;
use crate::verifier::{Finding, Report, Seen, StepId};

/// Converts the session in place: same cookie, same key. Tickets given out before are void, for they were somebody
/// else's. Without `locales` the session keeps its own.
///
/// # Errors
/// [`Refused`].
pub async fn impersonate(
    app: &App,
    caller: &SessionCaller,
    user_name: &str,
    locales: Result<Option<Locales>, String>,
    peer: &Peer,
) -> Result<Session, Refused> {
    let mut report = Report::new("sdk", app.now());
    match convert(app, &mut report, caller, user_name, locales, peer).await {
        Ok(session) => Ok(session),
        Err(cause) => {
            Err(refuse(app, Action::Impersonate, &caller.session.user_name, report, cause, peer).await)
        }
    }
}

async fn convert(
    app: &App,
    report: &mut Report,
    caller: &SessionCaller,
    user_name: &str,
    locales: Result<Option<Locales>, String>,
    peer: &Peer,
) -> Result<Session, Cause> {
    let locales = locales.map_err(|unknown| {
        report.fail(StepId::SessionLocale, Finding::seen(unknown).but("a supported locale"));
        Cause::Step
    })?;
    let found = target(app, caller, user_name).await.map_err(|failure| note_failure(report, &failure))?;
    let Some(target) = found else {
        let seen: String = user_name.chars().take(128).collect();
        let wanted = "a user with a live session, or an extension of the caller's own rank";
        report.fail(StepId::SessionTarget, Finding::seen(seen).but(wanted));
        return Err(Cause::Step);
    };
    let mut session = Session {
        subject_id: target.subject_id,
        mapped_groups: target.mapped_groups,
        user_name: target.user_name,
        full_name: target.full_name,
        extension_session: target.extension,
        ..caller.session.clone()
    };
    let found = app.standings.find_now(app, Lookup::of(&session)).await;
    let found = found.map_err(|failure| note_failure(report, &failure))?;
    let active = found.is_some_and(|(standing, _)| standing.is_active(app.now()) && standing.may_log_in());
    if !active {
        report.fail(StepId::SessionTarget, Finding::seen("an account that may not act").but("an active one"));
        return Err(Cause::Step);
    }
    report.pass(StepId::SessionTarget, Seen::Nothing);
    if let Some(Locales { locale, message_locale }) = locales {
        (session.locale, session.message_locale) = (locale, message_locale);
    }
    write(app, caller, &session, peer).await.map_err(|failure| note_failure(report, &failure))?;
    app.changes.happened();
    note(Action::Impersonate, &caller.session.user_name, peer);
    Ok(session)
}

/// Whose the session becomes.
struct Target {
    subject_id: String,
    mapped_groups: Option<Vec<String>>,
    user_name: String,
    full_name: String,
    extension: bool,
}

/// Somebody who is logged in; or an extension, if no user of a live session has its name and the caller is an
/// administrator as it is.
async fn target(app: &App, caller: &SessionCaller, user_name: &str) -> Result<Option<Target>, Failure> {
    let live = sessions::list(app).await?;
    if let Some(session) = live.into_iter().find(|session| is_named(app, session, user_name)) {
        return Ok(Some(Target {
            subject_id: session.subject_id,
            mapped_groups: session.mapped_groups,
            user_name: session.user_name,
            full_name: session.full_name,
            extension: session.extension_session,
        }));
    }
    let of_its_rank = caller.standing.grants_on(ROOT).iter().any(|grant| grant.role_id == ADMIN);
    let key = ExtensionKey::new(user_name).ok().filter(|_| of_its_rank);
    Ok(key.map(|key| Target {
        subject_id: key.subject_id(),
        mapped_groups: None,
        user_name: key.as_str().to_owned(),
        full_name: key.as_str().to_owned(),
        extension: true,
    }))
}

async fn write(app: &App, caller: &SessionCaller, session: &Session, peer: &Peer) -> Result<(), Failure> {
    let detail = json!({ "session": session.key, "as": session.user_name });
    let mut unit = app.store.begin().await?;
    unit.set_subject(session).await?;
    unit.end_tickets_of(&session.key).await?;
    unit.audit(&accepted(app, Action::Impersonate, &caller.session.user_name, &detail, peer)).await?;
    unit.commit().await?;
    Ok(())
}

/// Names are taken in every form of a login; an extension's session is named by its key.
fn is_named(app: &App, session: &Session, asked: &str) -> bool {
    if session.extension_session {
        return session.user_name == asked;
    }
    let name = |text: &str| {
        let LoginName { name, domain } = LoginName::parse(text).ok()?;
        let domain = domain.unwrap_or_else(|| app.settings.domain.as_str().to_owned());
        Some((fold(&domain), fold(&name)))
    };
    name(asked).is_some_and(|asked| Some(asked) == name(&session.user_name))
}
