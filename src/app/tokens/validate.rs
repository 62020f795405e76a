//! Validate: whether a token is good now. Anybody may ask (`sts.md` §2.5).

use std::collections::HashSet;

use serde_json::json;

use super::super::admission::{admit_token, append_once, claim_of, replayed};
use super::super::audit::{accepted, keep, note};
use super::super::error::{Cause, Failure, Refused};
use super::super::login::{MOST_ATTEMPTS, note_failure};
use super::super::trust::{Trust, judged, judged_embedded};
use super::{Answer, Call};
use crate::identity::Standing;
use crate::saml::Assertion;
use crate::saml::names::GROUPS;
use crate::store::{Append, Appended};
use crate::sts::mint;
use crate::verifier::{Embedded, Finding, Judgement, Proven, Report, Seen, StepId};

/// Looks at a token.
pub(super) async fn validate(call: &Call<'_>) -> Result<Answer, Refused> {
    let (_, judgement) = match judged(call.app, call.envelope, call.door()).await {
        Ok(judged) => judged,
        Err(failure) => return Err(call.unavailable(&failure).await),
    };
    let mut report = judgement.report;
    let Some(proven) = judgement.proven else {
        return Err(call.refused("", report, Cause::Step).await);
    };
    let answered = match call.read_request(&mut report, proven.signed.as_ref()) {
        Ok(request) => answer(call, &mut report, &proven).await.map(|valid| (valid, request.context)),
        Err(cause) => Err(cause),
    };
    match answered {
        Ok((valid, context)) => Ok(Answer::Validated { valid, context }),
        Err(cause) => Err(call.refused("", report, cause).await),
    }
}

async fn answer(call: &Call<'_>, report: &mut Report, proven: &Proven) -> Result<bool, Cause> {
    for _ in 0..MOST_ATTEMPTS {
        let judged = judged_embedded(call.app, call.envelope, Embedded::ValidateTarget).await;
        let (trust, judgement) = judged.map_err(|failure| note_failure(report, &failure))?;
        let (part, principal) = look(call, &trust, judgement).await?;
        let valid = part.refusal().is_none();
        // Nothing is committed that would notice a key or a person that changed meanwhile.
        let moved = app_has_moved(call, &trust).await.map_err(|failure| note_failure(report, &failure))?;
        if moved {
            continue;
        }
        if part
            .refusal()
            .is_some_and(|step| matches!(step.id, StepId::AssertionShape | StepId::AssertionClaims))
        {
            report.fail(StepId::RequestTarget, Finding::seen("The given assertion cannot be parsed."));
            report.absorb(StepId::AssertionClaims, part);
            return Err(Cause::Step);
        }
        write(call, report, (&trust, proven), &part, &principal).await?;
        return Ok(valid);
    }
    Err(note_failure(report, &Failure::Unsettled))
}

async fn app_has_moved(call: &Call<'_>, trust: &Trust) -> Result<bool, Failure> {
    call.app.standings.has_moved(call.app, trust.epoch).await
}

/// The verdict of any door, then people and groups; and whom the token is about.
async fn look(call: &Call<'_>, trust: &Trust, judgement: Judgement) -> Result<(Report, String), Cause> {
    let mut part = judgement.report;
    let Some(token) = judgement.proven.and_then(|proven| proven.token) else {
        return Ok((part, String::new()));
    };
    let principal = token.assertion().subject.name.clone();
    match admit_token(call.app, trust, &mut part, token, None).await {
        // Only its own house can tell (`sts.md` §4.6).
        Ok(admitted) if admitted.token().is_external() => {
            let finding = Finding::seen("a token of another house").but("one of this house");
            part.fail(StepId::AdmissionIssuer, finding);
        }
        Ok(admitted) => groups(call, &mut part, admitted.token().assertion(), admitted.standing()),
        Err(Cause::Step) => {}
        Err(cause) => return Err(cause),
    }
    Ok((part, principal))
}

/// A token that names groups must name those of now (`sts.md` §4.6).
fn groups(call: &Call<'_>, part: &mut Report, claims: &Assertion, subject: &Standing) {
    let stated: HashSet<&str> = claims.values(GROUPS).iter().map(String::as_str).collect();
    let current = mint::groups(subject, &call.app.settings.domain).unwrap_or_default();
    if stated.is_empty() || stated == current.iter().map(String::as_str).collect() {
        part.pass(StepId::AdmissionGroups, Seen::Nothing);
        return;
    }
    let seen = "Current group membership of the principal is different from the one stated in the token";
    part.fail(StepId::AdmissionGroups, Finding::seen(seen));
}

/// The row says what was found; a signed request is claimed with it, an unsigned one needs no commit of its own.
async fn write(
    call: &Call<'_>,
    report: &mut Report,
    (trust, proven): (&Trust, &Proven),
    part: &Report,
    principal: &str,
) -> Result<(), Cause> {
    let (app, peer) = (call.app, call.peer);
    let status = if part.refusal().is_none() { "valid" } else { "invalid" };
    let detail = json!({ "status": status, "token_id": part.about().token_id, "token": part.to_json(false) });
    if part.refusal().is_some() {
        app.exchanges.remember(&peer.trace, part.to_json(true));
    }
    let row = accepted(app, call.action(), principal, &detail, peer);
    let claim = proven.signed.as_ref().and_then(|signed| claim_of(&trust.policies, signed));
    if claim.is_none() {
        keep(app, row).await;
    } else {
        let append = Append { claim, audit: vec![row], ..Append::default() };
        let appended = append_once(app, &trust.policies, append, peer).await;
        if appended.map_err(|failure| note_failure(report, &failure))? != Appended::Committed {
            return Err(replayed(report));
        }
    }
    note(call.action(), principal, peer);
    Ok(())
}
