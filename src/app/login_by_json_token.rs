//! A session for whoever shows an access token of this house: `Authorization: Bearer`, and `oauth` in JSON-RPC.

use super::admission::{AdmittedJson, admit_json_token};
use super::audit::{Action, refuse, token_detail};
use super::error::{Cause, Failure, Refused};
use super::locale::Locales;
use super::login::{
    Attempt, Committed, Entry, MOST_ATTEMPTS, Opened, commit, new_session, note_failure, preconditions,
    unavailable,
};
use super::trust::{Trust, judged_json};
use super::{App, Peer, methods};
use crate::identity::Method;
use crate::verifier::{Report, VerifiedJsonToken};

/// Opens it.
///
/// # Errors
/// [`Refused`].
pub async fn by_json_token(app: &App, token: &str, attempt: Attempt<'_>) -> Result<Opened, Refused> {
    let (action, peer) = (Action::LoginByToken, attempt.peer);
    for _ in 0..MOST_ATTEMPTS {
        let (trust, judgement) = match judged_json(app, attempt.door, token).await {
            Ok(judged) => judged,
            Err(failure) => return Err(unavailable(app, action, "", &failure, peer).await),
        };
        let mut report = judgement.report;
        let principal = report.about().subject.clone().unwrap_or_default();
        let Some(proven) = judgement.proven else {
            return Err(refuse(app, action, &principal, report, Cause::Step, peer).await);
        };
        let committed = match preconditions(&mut report, &attempt) {
            Ok(locales) => open(app, &trust, &mut report, proven, &locales, peer).await,
            Err(cause) => Err(cause),
        };
        match committed {
            Ok(Committed::Open(opened)) => return Ok(*opened),
            // Keys or people changed between judgement and commit: judge again.
            Ok(Committed::Stale) => {}
            Err(cause) => return Err(refuse(app, action, &principal, report, cause, peer).await),
        }
    }
    Err(unavailable(app, action, "", &Failure::Unsettled, peer).await)
}

async fn open(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    proven: VerifiedJsonToken,
    locales: &Locales,
    peer: &Peer,
) -> Result<Committed, Cause> {
    methods::allow(app, report, Method::Token).await?;
    let admitted = admit_json_token(app, trust, report, proven).await?;
    let claims = admitted.token().claims();
    let token = Some((claims.id.clone(), claims.expires));
    let opened = new_session(app, admitted.standing(), locales, token, peer);
    let opened = opened.map_err(|failure| note_failure(report, &failure))?;
    let entry = entry_of(&admitted, report);
    commit(app, report, admitted.standing(), opened, entry, peer).await
}

/// A bearer token may come again: nothing is claimed.
fn entry_of(admitted: &AdmittedJson, report: &Report) -> Entry {
    Entry {
        action: Action::LoginByToken,
        epoch: admitted.epoch(),
        claim: None,
        spends: None,
        detail: token_detail(report.about()),
    }
}
