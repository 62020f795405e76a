//! Tokens that stand in the body of a request, each by itself (`sts.md` §2.2).
//!
//! They are judged as they stand in the message. The signed body that is read again has lost the namespace declarations
//! that nothing in it uses visibly, and a token's own signature may cover those.

use super::proof::{Findings, seal};
use super::report::{Finding, Report};
use super::step::StepId;
use super::{Judgement, Policy, examine_element};
use crate::clock::Moment;
use crate::pki::Anchors;
use crate::soap::Envelope;
use crate::xml::Element;
use crate::xml::names::{WST, WST14};

/// Where a request holds a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedded {
    /// The token of the subject that is asked for.
    ActAs,
    /// The same, by the name of WS-Trust 1.3.
    OnBehalfOf,
    /// The token to be renewed.
    RenewTarget,
    /// The token to be looked at.
    ValidateTarget,
    /// The token to be taken back.
    CancelTarget,
}

/// Judges a token in the body by itself: who sends it is not looked at.
#[must_use]
pub fn judge_embedded(
    envelope: &Envelope,
    place: Embedded,
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Judgement {
    let mut report = Report::new("token", now);
    let examined = if let Some(element) = place.find(envelope) {
        examine_element(&mut report, element, anchors, policy, now)
    } else {
        report.fail(StepId::AssertionPresent, Finding::seen("no token").but("one token"));
        None
    };
    report.skip(StepId::PossessionKey, "a token by itself does not show who presents it");
    let proven = seal(&report, Findings { token: examined, ..Findings::default() });
    Judgement { report, proven }
}

impl Embedded {
    const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::ActAs => (WST14, "ActAs"),
            Self::OnBehalfOf => (WST, "OnBehalfOf"),
            Self::RenewTarget => (WST, "RenewTarget"),
            Self::ValidateTarget => (WST, "ValidateTarget"),
            Self::CancelTarget => (WST, "CancelTarget"),
        }
    }

    /// What `VMware`'s server says when there is none.
    pub(super) const fn missing(self) -> &'static str {
        match self {
            Self::ValidateTarget => "The validate request does not contain token for validation!",
            Self::RenewTarget => "The renew request does not contain token for renewal!",
            Self::CancelTarget => "The cancel request does not contain token to cancel!",
            Self::ActAs | Self::OnBehalfOf => "The issue request does not contain token to act as!",
        }
    }

    /// The only element in its place.
    pub(super) fn find(self, envelope: &Envelope) -> Option<Element<'_>> {
        let (namespace, local) = self.name();
        let request = envelope.request().filter(|request| request.is(WST, "RequestSecurityToken"))?;
        let mut children = request.child(namespace, local)?.children();
        children.next().filter(|_| children.next().is_none())
    }
}
