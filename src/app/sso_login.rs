//! `Login` of the SSO administration service: by a bearer token, or by a Holder-of-Key token whose key signed the message
//! (`clients.md` §1.5). Its sessions are its own: their cookie opens nothing on `/sdk`, and none of `/sdk` opens them.

use super::admission::admit;
use super::audit::{Action, refuse};
use super::error::{Cause, Failure, Refused};
use super::locale::Locales;
use super::login::{
    Committed, Entry, MOST_ATTEMPTS, Opened, commit, entry_of, new_session, no_session_yet, note_failure,
    unavailable,
};
use super::trust::{Trust, judged};
use super::{App, Caller, Peer, methods};
use crate::identity::Method;
use crate::session::Service;
use crate::soap::Envelope;
use crate::verifier::{Door, Judgement, Proven, Report};

/// Opens a session for whoever the token in the header is about.
///
/// # Errors
/// [`Refused`].
pub async fn by_token(
    app: &App,
    envelope: &Envelope,
    caller: &Caller,
    peer: &Peer,
) -> Result<Opened, Refused> {
    for _ in 0..MOST_ATTEMPTS {
        let (trust, Judgement { mut report, proven }) = match judged(app, envelope, Door::SsoAdmin).await {
            Ok(judged) => judged,
            Err(failure) => return Err(unavailable(app, ACTION, "", &failure, peer).await),
        };
        let principal = report.about().subject.clone().unwrap_or_default();
        let Some(proven) = proven else {
            return Err(refuse(app, ACTION, &principal, report, Cause::Step, peer).await);
        };
        match open(app, &trust, &mut report, proven, caller, peer).await {
            Ok(Committed::Open(opened)) => return Ok(*opened),
            // Keys or people changed between judgement and commit: judge again.
            Ok(Committed::Stale) => {}
            Err(cause) => return Err(refuse(app, ACTION, &principal, report, cause, peer).await),
        }
    }
    Err(unavailable(app, ACTION, "", &Failure::Unsettled, peer).await)
}

async fn open(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    proven: Proven,
    caller: &Caller,
    peer: &Peer,
) -> Result<Committed, Cause> {
    no_session_yet(report, caller)?;
    methods::allow(app, report, Method::Token).await?;
    let admitted = admit(app, trust, report, proven).await?;
    let claims = admitted.token().assertion();
    let token = Some((claims.id.clone(), claims.conditions.not_on_or_after));
    let opened = new_session(app, admitted.standing(), &locales(), token, peer);
    let mut opened = opened.map_err(|failure| note_failure(report, &failure))?;
    opened.session.service = Service::SsoAdmin;
    let entry = Entry { action: ACTION, ..entry_of(&admitted) };
    commit(app, report, admitted.standing(), opened, entry, peer).await
}

/// Nothing here is said in another language.
fn locales() -> Locales {
    Locales { locale: LOCALE.to_owned(), message_locale: LOCALE.to_owned() }
}

const ACTION: Action = Action::LoginToSsoAdmin;
const LOCALE: &str = "en";
