//! Cancel: whoever may present a token may take it back (WS-Trust 1.3 §7). vCenter has no such operation.

use serde_json::json;

use super::super::ReplayMode;
use super::super::admission::{Admitted, admit, replayed};
use super::super::audit::{accepted, note};
use super::super::error::{Cause, Failure, Refused};
use super::super::login::{MOST_ATTEMPTS, note_failure};
use super::super::trust::{Trust, judged};
use super::{Answer, Call, refuse_external};
use crate::store::{Issued, StoreError, Unit};
use crate::verifier::Report;

/// Takes a token back.
pub(super) async fn cancel(call: &Call<'_>) -> Result<Answer, Refused> {
    for _ in 0..MOST_ATTEMPTS {
        let (trust, judgement) = match judged(call.app, call.envelope, call.door()).await {
            Ok(judged) => judged,
            Err(failure) => return Err(call.unavailable(&failure).await),
        };
        let mut report = judgement.report;
        let principal = report.about().subject.clone().unwrap_or_default();
        let Some(proven) = judgement.proven else {
            return Err(call.refused(&principal, report, Cause::Step).await);
        };
        let attempted = match call.read_request(&mut report, proven.signed.as_ref()) {
            Ok(request) => match admit(call.app, &trust, &mut report, proven).await {
                Ok(admitted) => match refuse_external(&mut report, Some(&admitted)) {
                    Ok(()) => {
                        let done = revoke(call, &trust, &mut report, &admitted).await;
                        done.map(|done| done.then_some(request.context))
                    }
                    Err(cause) => Err(cause),
                },
                Err(cause) => Err(cause),
            },
            Err(cause) => Err(cause),
        };
        match attempted {
            Ok(Some(context)) => return Ok(Answer::Cancelled { context }),
            // Keys or people changed between judgement and commit: judge again.
            Ok(None) => {}
            Err(cause) => return Err(call.refused(&principal, report, cause).await),
        }
    }
    Err(call.unavailable(&Failure::Unsettled).await)
}

enum Revoked {
    Done,
    Stale,
    Replayed,
}

async fn revoke(
    call: &Call<'_>,
    trust: &Trust,
    report: &mut Report,
    admitted: &Admitted,
) -> Result<bool, Cause> {
    let written = write(call, trust, admitted).await.map_err(|failure| note_failure(report, &failure))?;
    match written {
        Revoked::Done => {
            note(call.action(), &admitted.token().assertion().subject.name, call.peer);
            metrics::counter!("vcsso_tokens_cancelled_total").increment(1);
            Ok(true)
        }
        Revoked::Stale => Ok(false),
        Revoked::Replayed => Err(replayed(report)),
    }
}

/// One unit: the claim on a signed request, the revocation, the audit row. Every replica sees the new epoch.
async fn write(call: &Call<'_>, trust: &Trust, admitted: &Admitted) -> Result<Revoked, Failure> {
    let (app, peer) = (call.app, call.peer);
    let claims = admitted.token().assertion();
    let mut unit = app.store.begin().await?;
    let epoch = unit.epoch().await?;
    if epoch != trust.epoch {
        app.standings.saw(epoch);
        return Ok(Revoked::Stale);
    }
    if let Some(claim) = admitted.claim()
        && !unit.claim(&claim).await?
    {
        if trust.policies.replay == ReplayMode::Enforce {
            return Ok(Revoked::Replayed);
        }
        tracing::warn!(trace = peer.trace, "a signed message was used before; accepted, as configured");
    }
    take_back(call, &mut unit, admitted).await?;
    let detail = json!({ "token_id": claims.id, "signer_sha256": admitted.token().signer().fingerprint() });
    unit.audit(&accepted(app, call.action(), &claims.subject.name, &detail, peer)).await?;
    let epoch = unit.epoch().await?;
    unit.commit().await?;
    app.standings.saw(epoch);
    Ok(Revoked::Done)
}

/// A token that another store wrote down, of a key that is trusted here, is written down first.
async fn take_back(call: &Call<'_>, unit: &mut Unit, admitted: &Admitted) -> Result<(), StoreError> {
    let (claims, now) = (admitted.token().assertion(), call.app.now());
    match unit.revoke_token(&claims.id, now).await {
        Err(StoreError::NotFound { .. }) => {
            let issued = Issued {
                id: claims.id.clone(),
                subject_id: (!admitted.standing().is_external()).then(|| admitted.standing().id.clone()),
                upn: claims.subject.name.clone(),
                confirmation: if claims.is_holder_of_key() { "holder-of-key" } else { "bearer" }.to_owned(),
                issued_at: claims.issue_instant,
                not_before: claims.conditions.not_before,
                not_on_or_after: claims.conditions.not_on_or_after,
                signer_sha256: admitted.token().signer().fingerprint(),
                trace: call.peer.trace.clone(),
            };
            unit.add_issued(&issued).await?;
            unit.revoke_token(&claims.id, now).await
        }
        revoked => revoked,
    }
}
