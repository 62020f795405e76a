//! A token that comes with a vAPI call as JSON-RPC (`clients.md` §6.3): bearer by its scheme, Holder-of-Key by a signature
//! with the confirmed key over the whole call. The scheme says which, and the token must be of that kind.

use super::judge_bytes;
use super::message::missed;
use super::policy::{LONGEST_CALL, Policy};
use super::proof::{Findings, SignedRequest, seal};
use super::report::{Finding, Report, Seen};
use super::request::{ProvenRequest, RequestJudgement};
use super::step::StepId;
use crate::clock::Moment;
use crate::pki::certificate::sha256;
use crate::pki::{Anchors, Certificate};
use crate::saml::Confirmation;
use crate::vapi_rpc::SignedCall;

/// The token of a call, by its scheme.
#[derive(Clone, Copy, Debug)]
pub enum CallToken<'c> {
    /// `saml_bearer_token`.
    Bearer(&'c [u8]),
    /// `saml_hok_token`.
    Signed(&'c SignedCall),
}

/// Judges a call by its token.
#[must_use]
pub fn judge_call(call: CallToken<'_>, anchors: &Anchors, policy: &Policy, now: Moment) -> RequestJudgement {
    let mut report = Report::new("rpc", now);
    report.pass(StepId::RpcSecurityContext, Seen::Nothing);
    let token = match call {
        CallToken::Bearer(token) => token,
        CallToken::Signed(call) => &call.token,
    };
    let token = judge_bytes(&mut report, token.to_vec(), anchors, policy, now);
    let confirmation = token.as_ref().map(|(claims, _)| &claims.subject.confirmation);
    let signed = match (confirmation, call) {
        (None, _) => None,
        (Some(Confirmation::Bearer { .. }), CallToken::Bearer(_)) => {
            report.pass(StepId::PossessionConfirmation, "bearer");
            None
        }
        (Some(Confirmation::Bearer { .. }), CallToken::Signed(_)) => {
            let finding = Finding::seen("a bearer token").but("a Holder-of-Key token, as the scheme says");
            report.fail(StepId::PossessionConfirmation, finding);
            None
        }
        (Some(Confirmation::HolderOfKey { .. }), CallToken::Bearer(_)) => {
            let finding = Finding::seen("no signature").but("a signature over the call");
            report.fail(StepId::PossessionSignature, finding);
            None
        }
        (Some(Confirmation::HolderOfKey { certificate }), CallToken::Signed(call)) => {
            signed(&mut report, call, certificate, policy, now)
        }
    };
    let proven = seal(&report, Findings { token, ..Findings::default() });
    let proven = proven.and_then(|proven| Some(ProvenRequest { token: proven.token?, signed }));
    RequestJudgement { report, proven }
}

/// The period first: a wrong clock explains what a wrong signature does not.
fn signed(
    report: &mut Report,
    call: &SignedCall,
    confirmed: &Certificate,
    policy: &Policy,
    now: Moment,
) -> Option<SignedRequest> {
    let ends = call.expires.min(call.created.plus(LONGEST_CALL)).plus(policy.tolerance);
    let in_time = call.created < call.expires && call.created.minus(policy.tolerance) <= now && now < ends;
    let over = || missed(call.created, call.expires, now, policy.tolerance);
    report.check(StepId::RpcTimestamp, if in_time { Ok(()) } else { Err(over()) })?;
    let (key, text) = (confirmed.key(), call.text.as_bytes());
    let holds = key.verifies_by(call.algorithm.scheme, call.algorithm.hash, text, &call.value);
    let wrong = || Finding::seen("the signature does not fit the call and the token's key");
    report.check(StepId::RpcSignature, if holds { Ok(()) } else { Err(wrong()) })?;
    report.pass(StepId::PossessionKey, Seen::Nothing);
    Some(SignedRequest { replay_key: sha256(&[text, key.spki()].concat()), expires: ends })
}
