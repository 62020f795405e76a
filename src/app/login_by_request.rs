//! A session for whoever signs an HTTP request or a vAPI call, or shows a bearer token with it: `Authorization: SIGN`, and
//! the security context of JSON-RPC.

use super::admission::{admit_token, claim_of_request};
use super::audit::{Action, refuse};
use super::error::{Cause, Failure, Refused};
use super::locale::Locales;
use super::login::{Committed, MOST_ATTEMPTS, Opened, open_admitted, unavailable};
use super::trust::{Trust, judged_request};
use super::{App, Peer, methods};
use crate::identity::Method;
use crate::vapi_sign::{HeaderProblem, SignHeader, Target};
use crate::verifier::{CallToken, Finding, ProvenRequest, Report, StepId};

/// A request as it came.
pub enum Request<'r> {
    /// `Authorization: SIGN`.
    Sign {
        /// The header.
        header: Result<SignHeader, HeaderProblem>,
        /// What was asked for.
        target: Target<'r>,
        /// The names of this service.
        hosts: &'r [String],
    },
    /// A vAPI call.
    Call(CallToken<'r>),
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
        let committed = open(app, &trust, &mut report, proven, locales, peer).await;
        match committed {
            Ok(Committed::Open(opened)) => return Ok(*opened),
            // Keys or people changed between judgement and commit: judge again.
            Ok(Committed::Stale) => {}
            Err(cause) => return Err(refuse(app, action, &principal, report, cause, peer).await),
        }
    }
    Err(unavailable(app, action, "", &Failure::Unsettled, peer).await)
}

/// The refusal of a call whose security context opens no session.
pub async fn unusable(app: &App, step: StepId, finding: Finding, peer: &Peer) -> Refused {
    let mut report = Report::new("rpc", app.now());
    report.fail(step, finding);
    refuse(app, Action::LoginByToken, "", report, Cause::Step, peer).await
}

async fn open(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    proven: ProvenRequest,
    locales: &Locales,
    peer: &Peer,
) -> Result<Committed, Cause> {
    methods::allow(app, report, Method::Token).await?;
    let claim = proven.signed.as_ref().and_then(|signed| claim_of_request(&trust.policies, signed));
    let admitted = admit_token(app, trust, report, proven.token, claim).await?;
    open_admitted(app, report, &admitted, locales, peer).await
}
