//! A session for whoever signs an HTTP request, or shows a bearer token with it: `Authorization: SIGN`.

use super::admission::{admit_token, claim_of_request};
use super::audit::{Action, refuse};
use super::error::{Cause, Failure, Refused};
use super::locale::Locales;
use super::login::{Committed, MOST_ATTEMPTS, Opened, open_admitted, unavailable};
use super::trust::judged_request;
use super::{App, Peer};
use crate::vapi_sign::{HeaderProblem, SignHeader, Target};

/// A request as it came, and what it was addressed to.
pub struct Request<'r> {
    /// The header.
    pub header: Result<SignHeader, HeaderProblem>,
    /// What was asked for.
    pub target: Target<'r>,
    /// The names of this service.
    pub hosts: &'r [String],
}

/// Opens it.
///
/// # Errors
/// [`Refused`].
pub async fn by_request(
    app: &App,
    request: &Request<'_>,
    locales: &Locales,
    peer: &Peer,
) -> Result<Opened, Refused> {
    let action = Action::LoginByToken;
    for _ in 0..MOST_ATTEMPTS {
        let (trust, judgement) = match judged_request(app, request).await {
            Ok(judged) => judged,
            Err(failure) => return Err(unavailable(app, action, "", &failure, peer).await),
        };
        let mut report = judgement.report;
        let principal = report.about().subject.clone().unwrap_or_default();
        let Some(proven) = judgement.proven else {
            return Err(refuse(app, action, &principal, report, Cause::Step, peer).await);
        };
        let claim = proven.signed.as_ref().and_then(|signed| claim_of_request(app, signed));
        let committed = match admit_token(app, &trust, &mut report, proven.token, claim).await {
            Ok(admitted) => open_admitted(app, &mut report, &admitted, locales, peer).await,
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
