//! The message signature (`attacks.md` R11): made with the named token's key, over *the* Timestamp and *the* Body of
//! this envelope, by node identity.

use std::time::Duration;

use super::diagnosis::{self, Explained};
use super::policy::{LONGEST_TIMESTAMP, Policy};
use super::proof::SignedMessage;
use super::report::{Class, Evidence, Finding, Report, Seen};
use super::step::StepId;
use crate::clock::Moment;
use crate::dsig::{Reference, SignatureElement, VerifiedInfo, WhiteSpace};
use crate::pki::Certificate;
use crate::pki::certificate::sha256;
use crate::soap::Envelope;
use crate::wsse::{ReferenceError, SecurityHeader, Timestamp, TokenReference, binary_token};
use crate::xml::document::Content;
use crate::xml::names::SOAP;
use crate::xml::{Document, Element, Limits};

/// Whose key a message is signed with.
pub(super) enum SignedBy {
    /// The certificate token's.
    BinaryToken(Certificate),
    /// The one the assertion confirms.
    Assertion(Certificate),
}

/// Checks that the Timestamp is there if it must be, readable, and in force now.
pub(super) fn timestamp(
    report: &mut Report,
    header: &SecurityHeader<'_>,
    required: bool,
    policy: &Policy,
    now: Moment,
) -> Option<Timestamp> {
    let Some(element) = header.timestamp else {
        if required {
            report.fail(StepId::MessageTimestamp, Finding::seen("no Timestamp").but("one Timestamp"));
        } else {
            report.skip(StepId::MessageTimestamp, "not required of an unsigned message at this door");
        }
        return None;
    };
    let timestamp = match Timestamp::read(element) {
        Ok(timestamp) => timestamp,
        Err(error) => {
            report.fail(StepId::MessageTimestamp, Finding::seen(error.to_string()));
            return None;
        }
    };
    let period = Seen::Period(timestamp.created, timestamp.expires);
    if timestamp.created.minus(policy.tolerance) <= now && now < acceptable_until(timestamp, policy) {
        report.pass(StepId::MessageTimestamp, period);
        return Some(timestamp);
    }
    report
        .fail(StepId::MessageTimestamp, missed(timestamp.created, timestamp.expires, now, policy.tolerance));
    None
}

/// A period that does not contain now.
pub(super) fn missed(start: Moment, end: Moment, now: Moment, tolerance: Duration) -> Finding {
    out_of_time(Seen::Missed(start, end, tolerance), start, end, now, tolerance)
}

/// What does not count now: by how much, and whose clock that may be.
pub(super) fn out_of_time(
    seen: Seen,
    start: Moment,
    end: Moment,
    now: Moment,
    tolerance: Duration,
) -> Finding {
    let clock = diagnosis::of_clock(start, end, now);
    let apart = clock.as_ref().map(|(_, apart)| format!(": {apart}")).unwrap_or_default();
    let wanted = format!("now {now}, tolerance {} s{apart}", tolerance.as_secs());
    Finding::seen(seen).but(wanted).mistake(clock.map(|(mistake, _)| mistake))
}

/// Verifies the signature, and that it covers what it must.
pub(super) fn signature(
    report: &mut Report,
    envelope: &Envelope,
    header: &SecurityHeader<'_>,
    confirmed: Option<&Certificate>,
    timestamp: Option<Timestamp>,
    policy: &Policy,
) -> Option<(SignedBy, SignedMessage)> {
    let element = header.signature?;
    let signature =
        report.check(StepId::MessageSignatureShape, SignatureElement::read(element, WhiteSpace::Allowed))?;
    let signed_by = report.check(StepId::MessageKeyReference, resolve(&signature, header, confirmed))?;
    let certificate = match &signed_by {
        SignedBy::BinaryToken(certificate) | SignedBy::Assertion(certificate) => certificate,
    };
    let info = VerifiedInfo::verify(&signature, certificate.key()).map_err(|error| {
        let binary = header.binary_token.as_ref().map(|token| token.certificate.key());
        let others: Vec<_> = binary.into_iter().chain(confirmed.map(Certificate::key)).collect();
        let explained = diagnosis::of_signature(&signature, certificate.key(), &others);
        Finding::from(error).mistake(explained.map(|explained| explained.mistake))
    });
    let info = report.check(StepId::MessageSignature, info)?;
    let references = report.check(StepId::MessageReferences, plain_references(&info))?;
    let parts = report.check(StepId::MessageCoverage, coverage(envelope, header, &references))?;
    let body = report.check(StepId::MessageDigest, digests(&references, &parts, element))?;
    let expires = acceptable_until(timestamp?, policy);
    let unique = [info.canonical().as_bytes(), certificate.key().spki()].concat();
    Some((
        signed_by,
        SignedMessage { id: signature.id.to_owned(), replay_key: sha256(&unique), expires, body },
    ))
}

/// Nothing stands before the request in the Body: neither white space nor a comment.
pub(super) fn request_stands_first(envelope: &Envelope) -> bool {
    let body = envelope.body();
    matches!(body.content().next(), Some(Content::Element(_))) && !body.is_annotated()
}

/// The key comes from the token that the signature names: one of this header, never from `KeyInfo` itself.
fn resolve(
    signature: &SignatureElement<'_>,
    header: &SecurityHeader<'_>,
    confirmed: Option<&Certificate>,
) -> Result<SignedBy, Finding> {
    let reference = TokenReference::read(signature.key_info).map_err(|error| {
        let class = if error == ReferenceError::Unknown { Class::Unsupported } else { Class::Wrong };
        Finding::from(error).class(class)
    })?;
    match reference {
        TokenReference::Binary { id, value_type } => binary_token_key(header, id, value_type),
        TokenReference::Assertion { id } => assertion_key(header, id, confirmed),
    }
    .map_err(|finding| finding.class(Class::Unavailable))
}

fn binary_token_key(header: &SecurityHeader<'_>, id: &str, value_type: &str) -> Result<SignedBy, Finding> {
    let token = header.binary_token.as_ref().ok_or_else(|| Finding::seen("BST missing"))?;
    if token.id != id {
        return Err(Finding::seen(format!("BST ID mismatch: {id:.128}")).but(token.id.to_owned()));
    }
    let x509 = |kind: &str| kind.eq_ignore_ascii_case(binary_token::X509_V3);
    if !x509(token.value_type) || !x509(value_type) {
        return Err(Finding::seen("BST value type mismatch").but(binary_token::X509_V3));
    }
    if !token.encoding_type.eq_ignore_ascii_case(binary_token::BASE64) {
        return Err(Finding::seen("Unknown BST encoding").but(binary_token::BASE64));
    }
    Ok(SignedBy::BinaryToken(token.certificate.clone()))
}

fn assertion_key(
    header: &SecurityHeader<'_>,
    id: &str,
    confirmed: Option<&Certificate>,
) -> Result<SignedBy, Finding> {
    let assertion = header.assertion.ok_or_else(|| Finding::seen("Assertion missing"))?;
    let own = assertion.attribute("ID").unwrap_or_default();
    if own != id {
        return Err(Finding::seen(format!("Assertion ID mismatch: {id:.128}")).but(own.to_owned()));
    }
    let confirmed = confirmed.ok_or_else(|| Finding::seen("an assertion that confirms no key"))?;
    Ok(SignedBy::Assertion(confirmed.clone()))
}

fn plain_references(info: &VerifiedInfo) -> Result<Vec<Reference>, Finding> {
    let references = info.references(MOST_REFERENCES)?;
    match references.iter().find(|reference| reference.enveloped) {
        Some(_) => {
            Err(Finding::seen("an enveloped-signature transform").but("exclusive canonicalisation alone"))
        }
        None => Ok(references),
    }
}

/// The signed elements, in the order of the references, with the body's place among them.
struct Parts<'e> {
    targets: Vec<Element<'e>>,
    body: usize,
}

fn coverage<'e>(
    envelope: &'e Envelope,
    header: &SecurityHeader<'e>,
    references: &[Reference],
) -> Result<Parts<'e>, Finding> {
    let body = envelope.body();
    let mut requests = body.children();
    let only = match (requests.next(), requests.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    };
    let allowed = |element: Element<'e>| {
        let binary = header.binary_token.as_ref().is_some_and(|token| token.element == element);
        let assertion = header.assertion == Some(element);
        Some(element) == header.timestamp || element == body || Some(element) == only || binary || assertion
    };
    let mut targets: Vec<Element<'e>> = Vec::with_capacity(references.len());
    for reference in references {
        let target = envelope.document().by_id(&reference.id);
        let target =
            target.ok_or_else(|| Finding::seen(format!("#{:.128} is not in the message", reference.id)))?;
        if !allowed(target) || targets.contains(&target) {
            let seen = format!("#{:.128} is {}", reference.id, target.qualified());
            return Err(Finding::seen(seen)
                .but("the Timestamp of this header and the Body of this envelope, once each"));
        }
        targets.push(target);
    }
    let timestamp = header.timestamp.is_some_and(|timestamp| targets.contains(&timestamp));
    let place = targets.iter().position(|target| *target == body || Some(*target) == only);
    match place {
        Some(body) if timestamp => Ok(Parts { targets, body }),
        Some(_) => Err(Finding::seen("the Timestamp is not signed").but("Timestamp and Body")),
        None => Err(Finding::seen("the Body is not signed").but("Timestamp and Body")),
    }
}

/// Every digest; then the signed body, read again from its canonical bytes.
fn digests(references: &[Reference], parts: &Parts<'_>, signature: Element<'_>) -> Result<Document, Finding> {
    let mut body = None;
    for (place, (reference, target)) in references.iter().zip(&parts.targets).enumerate() {
        let canonical = reference.digest(*target, signature).map_err(|canonical| {
            let explained = diagnosis::of_digest(reference, *target, signature, &canonical);
            let seen = format!("another digest of {}", target.qualified());
            other_digest(seen, &reference.id, canonical, explained)
        })?;
        if place == parts.body {
            body = Some(if target.is(SOAP, "Body") { canonical } else { enclosed(&canonical) });
        }
    }
    let body = body.ok_or_else(|| Finding::seen("no body"))?;
    Ok(Document::read(body, &Limits::MESSAGE)?)
}

/// A digest that is not the signed one: what was digested here, and where the client's form differs if it was found.
pub(super) fn other_digest(
    seen: impl Into<Seen>,
    id: &str,
    canonical: String,
    explained: Option<Explained>,
) -> Finding {
    let first_difference = explained.and_then(|explained| explained.first_difference);
    let evidence = Evidence { reference: format!("#{id}"), canonical, first_difference };
    let finding = Finding { evidence: Some(Box::new(evidence)), ..Finding::seen(seen) };
    finding.but("the signed digest").mistake(explained.map(|explained| explained.mistake))
}

/// A request that was signed without its Body stands in one all the same.
fn enclosed(request: &str) -> String {
    ["<S:Body xmlns:S=\"", SOAP, "\">", request, "</S:Body>"].concat()
}

fn acceptable_until(timestamp: Timestamp, policy: &Policy) -> Moment {
    timestamp.expires.min(timestamp.created.plus(LONGEST_TIMESTAMP)).plus(policy.tolerance)
}

/// Timestamp, Body, and the two tokens that some clients sign as well.
const MOST_REFERENCES: usize = 4;
