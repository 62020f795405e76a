//! Issue, Renew and Challenge: authenticate, decide, mint, and commit what was issued with its audit row. Renew is an Issue whose
//! credential and model is the token it replaces; Challenge is one whose request came before its last credential.

use super::super::error::{Cause, Failure, Refused};
use super::super::login::{MOST_ATTEMPTS, note_failure};
use super::super::negotiation;
use super::super::trust::{Trust, judged};
use super::commit::{Work, commit};
use super::delegation::others;
use super::exchange::{Asked, request_of};
use super::requester::{Authentication, Requester, authenticate};
use super::{Call, Challenged, IssuedToken, refuse_external};
use crate::entropy::uuid;
use crate::identity::Standing;
use crate::sts::{Case, Grant, Minted, Refusal, Template, advice, decide, mint};
use crate::verifier::{Finding, Proven, Report, StepId};
use crate::wstrust::{IssueRequest, KeyType, Operation};

/// What a request leads to.
pub(super) enum Outcome {
    /// A token.
    Issued(Box<IssuedToken>),
    /// The client must go on with its exchange.
    Challenged(Challenged),
}

/// Issues or renews.
pub(super) async fn issue(call: &Call<'_>) -> Result<Outcome, Refused> {
    // A proof by Kerberos or NTLM is used up by the first attempt.
    let mut spent = None;
    for _ in 0..MOST_ATTEMPTS {
        let (trust, judgement) = match judged(call.app, call.envelope, call.door()).await {
            Ok(judged) => judged,
            Err(failure) => return Err(call.unavailable(&failure).await),
        };
        let mut report = judgement.report;
        let Some(proven) = judgement.proven else {
            return Err(call.refused("", report, Cause::Step).await);
        };
        let mut claimed = claimed(&proven);
        let attempted = match call.read_asked(&mut report, &proven) {
            Ok(asked) => attempt(call, &trust, &mut report, proven, asked, (&mut spent, &mut claimed)).await,
            Err(cause) => Err(cause),
        };
        match attempted {
            Ok(Some(outcome)) => return Ok(outcome),
            // Keys or people changed between judgement and commit: judge again.
            Ok(None) => {}
            // What is decided by policies is decided by those of now.
            Err(Cause::Decision(_) | Cause::Request(_)) if has_moved(call, &trust).await? => {}
            Err(cause) => return Err(call.refused(&claimed, report, cause).await),
        }
    }
    Err(call.unavailable(&Failure::Unsettled).await)
}

async fn has_moved(call: &Call<'_>, trust: &Trust) -> Result<bool, Refused> {
    match call.app.standings.has_moved(call.app, trust.epoch).await {
        Ok(moved) => Ok(moved),
        Err(failure) => Err(call.unavailable(&failure).await),
    }
}

/// Whom a message claims to be from, for the audit.
fn claimed(proven: &Proven) -> String {
    let login = proven.login.as_ref().map(|login| &login.user_name);
    let subject = || proven.token.as_ref().map(|token| &token.assertion().subject.name);
    login.or_else(subject).cloned().unwrap_or_default()
}

/// Nothing when the directory changed meanwhile.
async fn attempt(
    call: &Call<'_>,
    trust: &Trust,
    report: &mut Report,
    proven: Proven,
    asked: Asked,
    (spent, who): (&mut Option<Box<negotiation::Proven>>, &mut String),
) -> Result<Option<Outcome>, Cause> {
    if asked.here().is_some_and(|request| request.delegate_to.is_some() && request.act_as.is_some()) {
        return Err(decided_against(report, Refusal::Ambiguous));
    }
    let leg = asked.leg(call, report, &proven)?.map(|leg| (leg, spent.take()));
    let mut requester = match authenticate(call, trust, report, proven, leg, who).await? {
        Authentication::Known(requester) => *requester,
        Authentication::Challenge(challenge) => {
            let context = asked.into_context();
            return Ok(Some(Outcome::Challenged(Challenged { context, challenge })));
        }
    };
    let request = request_of(report, asked, &requester)?;
    let issued = issue_to(call, trust, report, &requester, &request).await;
    let negotiated = requester.negotiated.take();
    let mut issued = match issued {
        Ok(Some(issued)) => issued,
        // The proof is spent, and good for another attempt by newer policies.
        unsettled => {
            *spent = negotiated;
            return unsettled.map(|_| None);
        }
    };
    if let Some(negotiated) = negotiated {
        issued.exchange = negotiation::settled(call.app, report, *negotiated).await?;
    }
    Ok(Some(Outcome::Issued(Box::new(issued))))
}

/// Nothing when the directory changed meanwhile.
async fn issue_to(
    call: &Call<'_>,
    trust: &Trust,
    report: &mut Report,
    requester: &Requester,
    request: &IssueRequest,
) -> Result<Option<IssuedToken>, Cause> {
    if call.operation == Operation::Renew {
        refuse_external(report, requester.admitted.as_ref())?;
    }
    let others = others(call, trust, report, requester, request).await?;
    let model = others.act_as.as_ref().or(requester.admitted.as_ref());
    let subject = model.map_or(&requester.standing, |admitted| admitted.standing());
    let case = Case {
        request,
        signature: requester.signature(),
        authenticated: requester.authenticated,
        template: model.map(|admitted| Template {
            token: admitted.token().assertion(),
            owned: admitted.standing().id == requester.standing.id,
            renewed: call.operation == Operation::Renew,
        }),
        delegate: others.delegate(),
        external: subject.is_external(),
    };
    let (grant, minted) = grant(call, report, trust, &case, subject)?;
    let work = Work { subject, grant: &grant, minted: &minted };
    let committed = commit(call, report, trust, requester, &work).await?;
    Ok(committed.then(|| answer(request, &grant, minted)))
}

fn grant(
    call: &Call<'_>,
    report: &mut Report,
    trust: &Trust,
    case: &Case<'_>,
    subject: &Standing,
) -> Result<(Grant, Minted), Cause> {
    let (app, settings) = (call.app, &call.app.settings);
    let signer = trust.signer.as_ref().ok_or_else(|| note_failure(report, &Failure::NoSigner))?;
    let decided = decide(case, signer.certificate(), &trust.policies.token, app.now());
    let grant = decided.map_err(|refusal| decided_against(report, refusal))?;
    let id = uuid(&*app.entropy).map_err(|error| note_failure(report, &error.into()))?;
    let minted = mint(&grant, subject, &settings.domain, &settings.issuer, signer, format!("_{id}"));
    let minted = minted.map_err(|error| {
        report.fail(StepId::ServiceAvailable, Finding::seen(error.to_string()));
        Cause::Unavailable
    })?;
    Ok((grant, minted))
}

/// Records a decision.
pub(super) fn decided_against(report: &mut Report, refusal: Refusal) -> Cause {
    report.fail(refusal.step(), Finding::seen(refusal.to_string()).but(refusal.wanted()));
    Cause::Decision(refusal)
}

fn answer(request: &IssueRequest, grant: &Grant, minted: Minted) -> IssuedToken {
    IssuedToken {
        assertion: minted.assertion,
        context: request.context.clone(),
        not_before: grant.not_before,
        not_on_or_after: grant.not_on_or_after,
        key_type: if grant.confirmation.is_some() { KeyType::PublicKey } else { KeyType::Bearer },
        delegatable: grant.proxy_count > 0,
        renewable: grant.renew_count > 0,
        algorithm: grant.algorithm,
        advice: advice::answered(&grant.special.advice),
        exchange: None,
    }
}
