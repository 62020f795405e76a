//! A token that comes with an HTTP request, in `Authorization: SIGN` (`clients.md` §6.1): bearer by having it,
//! Holder-of-Key by a signature with the confirmed key over this very request.

use super::diagnosis;
use super::judge_bytes;
use super::message::out_of_time;
use super::mistake::Mistake;
use super::policy::Policy;
use super::proof::{Findings, SignedRequest, VerifiedToken, seal};
use super::report::{Finding, Report, Seen};
use super::step::StepId;
use crate::clock::Moment;
use crate::pki::certificate::sha256;
use crate::pki::{Anchors, Certificate, Hash};
use crate::saml::Confirmation;
use crate::vapi_sign::{HeaderProblem, RequestSignature, SignHeader, Target};

/// A report, and the proof if it holds.
#[derive(Debug)]
pub struct RequestJudgement {
    /// Every step.
    pub report: Report,
    /// What was proven; nothing when the report has a refusal.
    pub proven: Option<ProvenRequest>,
}

impl AsRef<Report> for RequestJudgement {
    fn as_ref(&self) -> &Report {
        &self.report
    }
}

/// What a request proved.
#[derive(Debug)]
pub struct ProvenRequest {
    /// A token that its presenter may use.
    pub token: VerifiedToken,
    /// The request is signed by the key that the token confirms.
    pub signed: Option<SignedRequest>,
}

/// Judges a request whose `Authorization` was read as `header`. A signature is good for one of `hosts` alone: the same
/// token opens other services, and who was shown a signature there must not use it here (`attacks.md` G08).
#[must_use]
pub fn judge_request(
    header: Result<SignHeader, HeaderProblem>,
    target: &Target<'_>,
    hosts: &[String],
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> RequestJudgement {
    let mut report = Report::new("rest", now);
    let Some(header) = report.check(StepId::SignHeader, header) else {
        return RequestJudgement { report, proven: None };
    };
    let token = judge_bytes(&mut report, header.token, anchors, policy, now);
    let confirmation = token.as_ref().map(|(claims, _)| &claims.subject.confirmation);
    let signed = match (confirmation, &header.signature) {
        (Some(Confirmation::Bearer { .. }), signature) => {
            report.pass(StepId::PossessionConfirmation, "bearer");
            if signature.is_some() {
                report.skip(StepId::SignSignature, "a signature beside a bearer token proves nothing more");
            }
            None
        }
        (Some(Confirmation::HolderOfKey { certificate }), Some(signature)) => {
            signed(&mut report, signature, certificate, target, hosts, policy, now)
        }
        (Some(Confirmation::HolderOfKey { .. }), None) => {
            let finding = Finding::seen("no signature").but("a signature over the request");
            report.fail(StepId::PossessionSignature, finding);
            None
        }
        (None, _) => None,
    };
    let proven = seal(&report, Findings { token, ..Findings::default() });
    let proven = proven.and_then(|proven| Some(ProvenRequest { token: proven.token?, signed }));
    RequestJudgement { report, proven }
}

/// Time, host and body first, because they explain what a wrong value does not.
fn signed(
    report: &mut Report,
    signature: &RequestSignature,
    confirmed: &Certificate,
    target: &Target<'_>,
    hosts: &[String],
    policy: &Policy,
    now: Moment,
) -> Option<SignedRequest> {
    let (made, expires) = (signature.nonce.at, signature.nonce.at.plus(policy.tolerance));
    let in_time = made.minus(policy.tolerance) <= now && now < expires;
    let late = || out_of_time(Seen::from(made.to_string()), made, made, now, policy.tolerance);
    report.check(StepId::SignNonce, if in_time { Ok(()) } else { Err(late()) })?;
    let (host, _) = target.host_and_port();
    let ours = hosts.iter().any(|name| host.trim_matches(['[', ']']).eq_ignore_ascii_case(name));
    let elsewhere = || Finding::seen(host.clone()).but("a name in this service's certificate");
    report.check(StepId::SignHost, if ours { Ok(()) } else { Err(elsewhere()) })?;
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(&target.body_hash, &signature.body_hash);
    let other = || {
        let is_empty = signature.body_hash == sha256(b"");
        Finding::seen("another body than the signed one").mistake(is_empty.then_some(Mistake::SignEmptyBody))
    };
    report.check(StepId::SignBody, same.map_err(|_| other()))?;
    let held = |text: &Vec<u8>| confirmed.key().verifies(Hash::Sha256, text, &signature.value);
    let text = target.texts(&signature.nonce.text).find(held);
    let wrong = || {
        let mistake = diagnosis::of_request(target, &signature.nonce.text, confirmed.key(), &signature.value);
        Finding::seen("the signature does not fit the request and the token's key").mistake(mistake)
    };
    let text = report.check(StepId::SignSignature, text.ok_or_else(wrong))?;
    report.pass(StepId::PossessionKey, Seen::Nothing);
    let replay_key = sha256(&[text.as_slice(), confirmed.key().spki()].concat());
    Some(SignedRequest { replay_key, expires })
}
