//! An assertion that is to be exchanged: bearer by having it, Holder-of-Key by a session that was opened with it, as that
//! login showed its key (`clients.md` §6.2). Nothing in the request itself is signed.

use super::Judgement;
use super::judge_bytes;
use super::policy::Policy;
use super::proof::{Findings, seal};
use super::report::{Finding, Report};
use super::step::StepId;
use crate::clock::Moment;
use crate::pki::Anchors;
use crate::saml::Confirmation;

/// Judges it. `opened_with` is the identifier of the token that the caller's session was opened with.
#[must_use]
pub fn judge_exchanged(
    token: Vec<u8>,
    opened_with: Option<&str>,
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Judgement {
    let mut report = Report::new("exchange", now);
    let token = judge_bytes(&mut report, token, anchors, policy, now);
    if let Some((claims, _)) = &token {
        match claims.subject.confirmation {
            Confirmation::Bearer { .. } => report.pass(StepId::PossessionConfirmation, "bearer"),
            Confirmation::HolderOfKey { .. } if opened_with == Some(claims.id.as_str()) => {
                report.pass(StepId::PossessionKey, "by the login of the session");
            }
            Confirmation::HolderOfKey { .. } => {
                let finding = Finding::seen("no signature").but("a session that was opened with this token");
                report.fail(StepId::PossessionSignature, finding);
            }
        }
    }
    let proven = seal(&report, Findings { token, ..Findings::default() });
    Judgement { report, proven }
}
