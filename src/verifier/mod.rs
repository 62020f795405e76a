//! The judge: does this message prove what it claims, and if not, which step says no?
//!
//! Pure: bytes, keys, policy and a time in; a report and perhaps a proof out. Knows keys and clocks, not people: what
//! needs the store (is the subject active, was the message seen before) is `app::admission`, which appends its steps
//! to the same report.

mod assertion;
mod diagnosis;
mod embedded;
mod exchanged;
mod json_token;
mod message;
pub mod mistake;
mod policy;
pub mod proof;
pub mod report;
mod request;
mod rpc;
pub mod step;

pub use embedded::{Embedded, judge_embedded};
pub use exchanged::judge_exchanged;
pub use json_token::{JsonJudgement, WantedToken, judge_json_token};
pub use mistake::Mistake;
pub use policy::{Bearer, Demands, Door, Policy, Presented};
pub use proof::{
    Proven, SignedMessage, SignedRequest, VerifiedCertificate, VerifiedJsonToken, VerifiedToken,
};
pub use report::{About, Class, Finding, Outcome, Report, Seen, Step};
pub use request::{ProvenRequest, RequestJudgement, judge_request};
pub use rpc::{CallToken, judge_call};
pub use step::StepId;

use assertion::Authenticated;
use message::SignedBy;
use proof::{Findings, seal};

use crate::clock::Moment;
use crate::pki::Anchors;
use crate::saml::shape::Recognised;
use crate::saml::{Assertion, Confirmation};
use crate::soap::{Envelope, EnvelopeError};
use crate::wsse::binary_token::BinaryError;
use crate::wsse::{HeaderError, SecurityHeader, Timestamp};
use crate::xml::{Document, Element, Limits, XmlError};

/// A report, and the proof if it holds.
#[derive(Debug)]
pub struct Judgement {
    /// Every step.
    pub report: Report,
    /// What was proven; nothing when the report has a refusal.
    pub proven: Option<Proven>,
}

impl AsRef<Report> for Judgement {
    fn as_ref(&self) -> &Report {
        &self.report
    }
}

/// Judges a message at a door.
#[must_use]
pub fn judge(envelope: &Envelope, door: Door, anchors: &Anchors, policy: &Policy, now: Moment) -> Judgement {
    let demands = door.demands();
    let mut report = Report::new(demands.name, now);
    let Some(header) = report.check(
        StepId::MessageSecurityHeader,
        SecurityHeader::read(envelope).map_err(|e| header(e, envelope)),
    ) else {
        return Judgement { report, proven: None };
    };
    // Before the Timestamp, as VMware's server (`sts.md` §2.3).
    let Ok(presented) = presented(&mut report, envelope, &header, demands) else {
        return Judgement { report, proven: None };
    };
    let needs_timestamp = demands.timestamp || header.signature.is_some();
    let timestamp = message::timestamp(&mut report, &header, needs_timestamp, policy, now);
    let token = examine_token(&mut report, presented, envelope, demands, anchors, policy, now);
    let mut findings = Findings { token, ..Findings::default() };
    possession(&mut report, &mut findings, envelope, &header, demands, timestamp, policy);
    findings.login = header.login;
    let proven = seal(&report, findings);
    Judgement { report, proven }
}

/// Judges a token by itself, without a message: whether its presenter may use it is not checked.
#[must_use]
pub fn judge_token(token: Vec<u8>, anchors: &Anchors, policy: &Policy, now: Moment) -> Judgement {
    let mut report = Report::new("token", now);
    let examined = judge_bytes(&mut report, token, anchors, policy, now);
    report.skip(StepId::PossessionKey, "a token by itself does not show who presents it");
    let proven = seal(&report, Findings { token: examined, ..Findings::default() });
    Judgement { report, proven }
}

fn judge_bytes(
    report: &mut Report,
    token: Vec<u8>,
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Option<Authenticated> {
    if let Some(own) = own_shape(&token) {
        return assertion::examine_own(report, own, anchors, policy, now);
    }
    let document = Document::parse(token, &Limits::MESSAGE);
    match document {
        Ok(document) => assertion::examine(report, document.root(), anchors, policy, now),
        Err(error) => {
            report.fail(xml_step(&error), error);
            None
        }
    }
}

/// The report of a message that is none.
#[must_use]
pub fn unreadable(error: &EnvelopeError, door: &'static str, now: Moment) -> Report {
    let mut report = Report::new(door, now);
    let step = match error {
        EnvelopeError::Xml(error) => xml_step(error),
        EnvelopeError::Version { .. } => StepId::SoapVersion,
        EnvelopeError::Structure(_) => StepId::SoapStructure,
        EnvelopeError::MustUnderstand(_) => StepId::SoapMustUnderstand,
    };
    report.fail(step, Finding::seen(error.to_string()));
    report
}

/// The token that the sender presents, which may be none. An error when the one the request is about is missing, or when
/// there is another beside it.
fn presented<'e>(
    report: &mut Report,
    envelope: &'e Envelope,
    header: &SecurityHeader<'e>,
    demands: Demands,
) -> Result<Option<Element<'e>>, ()> {
    let (place, is_credential) = match demands.token {
        Presented::InHeader | Presented::InHeaderIfAny => return Ok(header.assertion),
        Presented::InBody(place) => (place, true),
        Presented::None(place) => (place, false),
    };
    if header.assertion.is_some() {
        let finding = Finding::seen("Request should contain only one assertion!").class(Class::Several);
        report.fail(StepId::RequestTarget, finding);
        return Err(());
    }
    let Some(target) = place.find(envelope) else {
        report.fail(StepId::RequestTarget, Finding::seen(place.missing()).but("one token"));
        return Err(());
    };
    report.pass(StepId::RequestTarget, Seen::Nothing);
    Ok(is_credential.then_some(target))
}

fn examine_token(
    report: &mut Report,
    presented: Option<Element<'_>>,
    envelope: &Envelope,
    demands: Demands,
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Option<Authenticated> {
    let Some(element) = presented else {
        if demands.token == Presented::InHeader {
            let finding = Finding::seen("no assertion").but("one assertion in wsse:Security");
            report.fail(StepId::AssertionPresent, finding.mistake(diagnosis::of_place(envelope)));
        }
        return None;
    };
    examine_element(report, element, anchors, policy, now)
}

fn examine_element(
    report: &mut Report,
    element: Element<'_>,
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Option<Authenticated> {
    match own_shape(element.raw().as_bytes()) {
        Some(own) => assertion::examine_own(report, own, anchors, policy, now),
        None => assertion::examine(report, element, anchors, policy, now),
    }
}

/// Bearer by having it, Holder-of-Key by a signature with the confirmed key, a certificate by one with its own.
fn possession(
    report: &mut Report,
    findings: &mut Findings,
    envelope: &Envelope,
    header: &SecurityHeader<'_>,
    demands: Demands,
    timestamp: Option<Timestamp>,
    policy: &Policy,
) {
    let is_external = findings.token.as_ref().is_some_and(|(_, signer)| signer.is_external);
    let confirmed = match findings.token.as_ref().map(|(claims, _)| &claims.subject.confirmation) {
        Some(Confirmation::HolderOfKey { certificate }) => Some(certificate.clone()),
        // What is signed here is the request: a signature counts as one without a token would.
        Some(Confirmation::Bearer { .. }) if demands.bearer == Bearer::External && is_external => {
            report.pass(StepId::PossessionConfirmation, "bearer");
            None
        }
        Some(Confirmation::Bearer { .. }) if demands.bearer == Bearer::Any => {
            report.pass(StepId::PossessionConfirmation, "bearer");
            if header.signature.is_some() {
                report
                    .skip(StepId::MessageSignature, "a signature beside a bearer token proves nothing more");
            }
            return;
        }
        Some(Confirmation::Bearer { .. }) => {
            let finding = Finding::seen("a bearer token").but("a Holder-of-Key token");
            report.fail(StepId::PossessionConfirmation, finding);
            return;
        }
        None => None,
    };
    if header.signature.is_none() && (confirmed.is_some() || header.binary_token.is_some()) {
        let finding = Finding::seen("no signature").but("a signature over Timestamp and Body");
        report.fail(StepId::PossessionSignature, finding);
        return;
    }
    let signed = message::signature(report, envelope, header, confirmed.as_ref(), timestamp, policy);
    let Some((signed_by, signed)) = signed else { return };
    if demands.request_first && !message::request_stands_first(envelope) {
        report.fail(StepId::MessageCoverage, Finding::seen(REQUEST_NOT_FIRST).class(Class::Unsupported));
        return;
    }
    findings.signed = Some(signed);
    let certificate = match signed_by {
        SignedBy::BinaryToken(certificate) => {
            findings.certificate = Some(certificate.clone());
            certificate
        }
        // A certificate that is not used to sign is not proven (`attacks.md` H21).
        SignedBy::Assertion(_) if header.binary_token.is_some() => {
            report.fail(
                StepId::MessageKeyReference,
                Finding::seen("The provided BST is not used to sign the request!").class(Class::Unavailable),
            );
            return;
        }
        SignedBy::Assertion(certificate) => certificate,
    };
    match confirmed {
        Some(confirmed) if confirmed == certificate => report.pass(StepId::PossessionKey, Seen::Nothing),
        Some(confirmed) => {
            report.fail(
                StepId::PossessionKey,
                Finding::seen(certificate.fingerprint()).but(confirmed.fingerprint()),
            );
        }
        None => {}
    }
}

/// Which kind of wrong a header is: WS-Security names them apart.
fn header(error: HeaderError, envelope: &Envelope) -> Finding {
    let mistake = (error == HeaderError::Missing).then(|| diagnosis::of_place(envelope)).flatten();
    let class = match &error {
        HeaderError::Several(_) => Class::Several,
        HeaderError::Username(_) => Class::Unsupported,
        HeaderError::Binary(BinaryError::Certificate) => Class::Unreadable,
        HeaderError::Binary(BinaryError::Id)
        | HeaderError::Missing
        | HeaderError::Twice(_)
        | HeaderError::Unknown(_)
        | HeaderError::Text => Class::Wrong,
    };
    Finding::from(error).class(class).mistake(mistake)
}

/// As `VMware`'s server says it.
const REQUEST_NOT_FIRST: &str =
    "Unexpected Soap structure. Body element has a child of type '3'. Expect WSTrust element.";

fn own_shape(token: &[u8]) -> Option<(Recognised<'_>, Assertion)> {
    if token.len() > Limits::MESSAGE.bytes {
        return None;
    }
    let recognised = Recognised::of(std::str::from_utf8(token).ok()?)?;
    let claims = recognised.claims()?;
    Some((recognised, claims))
}

const fn xml_step(error: &XmlError) -> StepId {
    match error {
        XmlError::Encoding(_) => StepId::XmlEncoding,
        XmlError::Doctype => StepId::XmlDoctype,
        XmlError::Syntax { .. } => StepId::XmlSyntax,
        XmlError::Depth(_) => StepId::XmlDepth,
        XmlError::Nodes(_) => StepId::XmlNodes,
        XmlError::Attributes(_) => StepId::XmlAttributes,
        XmlError::Identifiers(_) | XmlError::Identifier { .. } => StepId::XmlIdentifiers,
        XmlError::Size { .. } => StepId::XmlSize,
    }
}
