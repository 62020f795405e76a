//! An assertion's own verdict: signed by a trusted signer of its issuer, over exactly itself, in force, for us
//! (`attacks.md` §2.2). Claims come from the bytes whose digest held, and from nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::diagnosis;
use super::message::{other_digest, out_of_time};
use super::policy::Policy;
use super::proof::Signer;
use super::report::{About, Finding, Report, Seen};
use super::step::StepId;
use crate::clock::Moment;
use crate::dsig::signature::base64_text;
use crate::dsig::{Reference, SignatureElement, SignatureError, VerifiedInfo, WhiteSpace};
use crate::pki::{Anchor, Anchors, Certificate};
use crate::saml::shape::Recognised;
use crate::saml::{Assertion, Confirmation, read};
use crate::xml::names::{DS, SAML2};
use crate::xml::{Cursor, Document, Element, Limits, c14n};

/// An assertion with the certificate that signed it.
pub(super) type Authenticated = (Assertion, Signer);

/// Judges an assertion of any shape; what it says, and who signed it, if everything holds.
pub(super) fn examine(
    report: &mut Report,
    element: Element<'_>,
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Option<Authenticated> {
    let authenticated = strict(report, element, anchors, policy, now);
    if authenticated.is_none() {
        diagnose(report, element, policy, now);
    }
    authenticated.map(|authenticated| conditions(report, authenticated, policy, now))
}

/// Judges an assertion of our own shape, straight from its bytes.
pub(super) fn examine_own(
    report: &mut Report,
    (token, claims): (Recognised<'_>, Assertion),
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Option<Authenticated> {
    if let Some(signer) = own_shape(report, &token, anchors, policy, now) {
        Some(conditions(report, (claims, signer), policy, now))
    } else {
        in_force(report, &claims, policy, now);
        None
    }
}

fn conditions(
    report: &mut Report,
    authenticated: Authenticated,
    policy: &Policy,
    now: Moment,
) -> Authenticated {
    let (claims, signer) = &authenticated;
    report.set_about(about(claims, &signer.certificate));
    in_force(report, claims, policy, now);
    for_us(report, claims, policy);
    authenticated
}

fn own_shape(
    report: &mut Report,
    token: &Recognised<'_>,
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Option<Signer> {
    report.pass(StepId::AssertionShape, "vcsso's own");
    let mut signers = trusted(report, anchors, &token.issuer)?;
    let anchor = signers.find(|anchor| anchor.base64 == token.signer_base64);
    let anchor = known_signer(report, anchor, policy, now)?;
    let hash = token.algorithm.hash();
    let holds = anchor.certificate.key().verifies(hash, token.signed_info.as_bytes(), &token.signature);
    report.check(StepId::AssertionSignature, if holds { Ok(()) } else { Err(SignatureError::Value) })?;
    report.pass(StepId::AssertionReference, Seen::Nothing);
    let digest = STANDARD.encode(token.digest_with(hash));
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(digest.as_bytes(), token.digest.as_bytes());
    let changed = || {
        let (signed, canonical) = (STANDARD.decode(token.digest).unwrap_or_default(), token.signed.concat());
        let explained = diagnosis::of_own_digest(hash, &signed, &canonical);
        other_digest("another digest", token.id, canonical, explained)
    };
    report.check(StepId::AssertionDigest, same.map_err(|_| changed()))?;
    report.pass(StepId::AssertionClaims, Seen::Nothing);
    Some(signer(anchor))
}

fn strict(
    report: &mut Report,
    element: Element<'_>,
    anchors: &Anchors,
    policy: &Policy,
    now: Moment,
) -> Option<Authenticated> {
    let (signature, issuer) = report.check(StepId::AssertionShape, shape(element))?;
    let signers: Vec<&Anchor> = trusted(report, anchors, issuer)?.collect();
    let candidates = select(&signers, signature.key_info);
    let candidates = match candidates {
        Ok(candidates) => candidates,
        Err(finding) => {
            report.fail(StepId::AssertionSigner, finding);
            return None;
        }
    };
    let verified = candidates
        .iter()
        .find_map(|a| Some((*a, VerifiedInfo::verify(&signature, a.certificate.key()).ok()?)));
    let claimed = verified.as_ref().map(|(anchor, _)| *anchor).or(candidates.first().copied());
    known_signer(report, claimed, policy, now)?;
    let wrong = || {
        let key = claimed.map(|anchor| anchor.certificate.key());
        let explained = key.and_then(|key| diagnosis::of_signature(&signature, key, &[]));
        Finding::from(SignatureError::Value).mistake(explained.map(|explained| explained.mistake))
    };
    let (anchor, info) = report.check(StepId::AssertionSignature, verified.ok_or_else(wrong))?;
    let id = element.attribute("ID").unwrap_or_default();
    let reference = report.check(StepId::AssertionReference, only_reference(&info, id))?;
    let signed = reference.digest(element, signature.element).map_err(|canonical| {
        let explained = diagnosis::of_digest(&reference, element, signature.element, &canonical);
        other_digest("another digest", id, canonical, explained)
    });
    let signed = report.check(StepId::AssertionDigest, signed)?;
    let claims = report.check(StepId::AssertionClaims, read_signed(signed, id, issuer))?;
    Some((claims, signer(anchor)))
}

fn signer(anchor: &Anchor) -> Signer {
    Signer { certificate: anchor.certificate.clone(), is_external: anchor.is_external }
}

/// Position and grammar (`attacks.md` R04): `Issuer`, then the only signature of the whole assertion.
fn shape(element: Element<'_>) -> Result<(SignatureElement<'_>, &str), Finding> {
    if !element.is(SAML2, "Assertion") {
        return Err(
            Finding::seen(element.qualified().chars().take(64).collect::<String>()).but("saml2:Assertion")
        );
    }
    let mut parts = Cursor::over(element)?;
    let issuer = parts.required(SAML2, "Issuer")?;
    let signature = parts.required(DS, "Signature")?;
    if count(element, DS, "Signature") != 1 {
        return Err(Finding::seen(Seen::Count(count(element, DS, "Signature"))).but("one Signature"));
    }
    let advice = element.children().filter(|child| child.is(SAML2, "Advice"));
    let in_advice: usize = advice.map(|advice| count(advice, SAML2, "Assertion")).sum();
    if count(element, SAML2, "Assertion") != in_advice {
        return Err(Finding::seen("an assertion inside the assertion").but("none"));
    }
    if element.attribute("ID").is_none_or(str::is_empty) {
        return Err(Finding::seen("no ID").but("an ID"));
    }
    let issuer = issuer.text().ok_or_else(|| Finding::seen("an Issuer with elements"))?;
    Ok((SignatureElement::read(signature, WhiteSpace::Forbidden)?, issuer))
}

/// The key is looked up by issuer, before anything the message says about keys is read (`attacks.md` R6, T08).
fn trusted<'a>(
    report: &mut Report,
    anchors: &'a Anchors,
    issuer: &'a str,
) -> Option<impl Iterator<Item = &'a Anchor> + use<'a>> {
    if anchors.of(issuer).next().is_none() {
        let seen: String = issuer.chars().take(256).collect();
        report.fail(StepId::AssertionIssuer, Finding::seen(seen).but("an issuer whose signers are trusted"));
        return None;
    }
    report.pass(StepId::AssertionIssuer, Seen::Nothing);
    Some(anchors.of(issuer))
}

/// `KeyInfo` may select among trusted signers by certificate, and nothing else; without it every one of them is tried.
fn select<'a>(signers: &[&'a Anchor], key_info: Option<Element<'_>>) -> Result<Vec<&'a Anchor>, Finding> {
    let Some(key_info) = key_info else {
        return Ok(signers.iter().take(MOST_SIGNERS).copied().collect());
    };
    let mut parts = Cursor::over(key_info)?;
    let x509 = parts.required(DS, "X509Data")?;
    parts.end()?;
    let mut parts = Cursor::over(x509)?;
    let leaf = parts.required(DS, "X509Certificate")?;
    while parts.optional(DS, "X509Certificate").is_some() {}
    parts.end()?;
    // The text is compared before it is decoded: it is nearly always the one we would write.
    if let Some(known) = signers.iter().find(|anchor| Some(anchor.base64.as_str()) == leaf.text()) {
        return Ok(vec![known]);
    }
    let der = base64_text(leaf).ok_or_else(|| Finding::seen("a certificate that is not base64"))?;
    let known: Vec<&Anchor> =
        signers.iter().filter(|anchor| anchor.certificate.der() == der).copied().collect();
    if known.is_empty() {
        let seen = crate::entropy::hex(&crate::pki::certificate::sha256(&der));
        return Err(Finding::seen(seen).but("the certificate of a trusted signer of this issuer"));
    }
    Ok(known)
}

fn known_signer<'a>(
    report: &mut Report,
    anchor: Option<&'a Anchor>,
    policy: &Policy,
    now: Moment,
) -> Option<&'a Anchor> {
    let finding = |seen: Seen| Finding::seen(seen).but("a trusted signer of this issuer, in force");
    let Some(anchor) = anchor else {
        report.fail(StepId::AssertionSigner, finding(Seen::Nothing));
        return None;
    };
    let certificate = &anchor.certificate;
    let (from, until) = (certificate.not_before(), certificate.not_after());
    if now < from.minus(policy.tolerance) || now > until.plus(policy.tolerance) {
        report.fail(StepId::AssertionSigner, finding(Seen::Period(from, until)));
        return None;
    }
    report.pass(StepId::AssertionSigner, Seen::Nothing);
    Some(anchor)
}

fn only_reference(info: &VerifiedInfo, id: &str) -> Result<Reference, Finding> {
    let reference = info.references(1)?.into_iter().next().ok_or_else(|| Finding::seen("no reference"))?;
    match (reference.id == id, reference.enveloped) {
        (true, true) => Ok(reference),
        (false, _) => Err(Finding::seen(format!("#{}", reference.id)).but(format!("#{id}"))),
        (_, false) => Err(Finding::seen("no enveloped-signature transform").but("one")),
    }
}

/// The second parse: only what was digested is read (`attacks.md` §2.1).
fn read_signed(canonical: String, id: &str, issuer: &str) -> Result<Assertion, Finding> {
    let document = Document::read(canonical, &Limits::MESSAGE)?;
    if !document.root().is(SAML2, "Assertion") {
        return Err(Finding::seen("another element").but("saml2:Assertion"));
    }
    let claims = read::read(document.root())?;
    if claims.id != id || claims.issuer != issuer {
        return Err(Finding::seen("another ID or Issuer than was looked up"));
    }
    Ok(claims)
}

fn in_force(report: &mut Report, claims: &Assertion, policy: &Policy, now: Moment) {
    let (start, end) = (claims.conditions.not_before, claims.conditions.not_on_or_after);
    let tolerance = policy.tolerance;
    let confirmed_until = match &claims.subject.confirmation {
        Confirmation::Bearer { not_on_or_after, .. } => not_on_or_after.unwrap_or(end),
        Confirmation::HolderOfKey { .. } => end,
    };
    let until = end.min(confirmed_until).plus(tolerance);
    let issued = claims.issue_instant.minus(tolerance) <= now;
    if start < end && issued && start.minus(tolerance) <= now && now < until {
        report.pass(StepId::AssertionInForce, Seen::Period(start, end));
    } else {
        let finding = out_of_time(Seen::Period(start, end), start, end.min(confirmed_until), now, tolerance);
        report.fail(StepId::AssertionInForce, finding);
    }
}

/// Every restriction must allow us; within one, any audience may (SAML Core §2.5.1.4). Names are equal byte by byte.
fn for_us(report: &mut Report, claims: &Assertion, policy: &Policy) {
    let recipient = match &claims.subject.confirmation {
        Confirmation::Bearer { recipient, .. } => recipient.clone(),
        Confirmation::HolderOfKey { .. } => None,
    };
    let mut restrictions = claims
        .conditions
        .audiences
        .iter()
        .chain(recipient.map(|r| vec![r]).iter())
        .cloned()
        .collect::<Vec<_>>();
    match &policy.audiences {
        _ if restrictions.is_empty() => report.pass(StepId::AssertionAudience, Seen::Nothing),
        None => report.skip(StepId::AssertionAudience, "the name of the service is not known here"),
        Some(ours) => {
            restrictions.retain(|audiences| !audiences.iter().any(|audience| ours.contains(audience)));
            match restrictions.first() {
                None => report.pass(StepId::AssertionAudience, Seen::Nothing),
                Some(others) => {
                    report
                        .fail(StepId::AssertionAudience, Finding::seen(others.join(" ")).but(ours.join(" ")));
                }
            }
        }
    }
}

/// What would have come next, had the signature held. Read from unproven bytes, so it can prove nothing.
fn diagnose(report: &mut Report, element: Element<'_>, policy: &Policy, now: Moment) {
    let signature = element.child(DS, "Signature");
    let canonical = c14n::canonical(element, &[], signature);
    let document = Document::read(canonical, &Limits::MESSAGE);
    if let Some(claims) = document.ok().and_then(|document| read::read(document.root()).ok()) {
        in_force(report, &claims, policy, now);
    }
}

fn about(claims: &Assertion, signer: &Certificate) -> About {
    About {
        subject: Some(claims.subject.name.clone()),
        token_id: Some(claims.id.clone()),
        confirmation: Some(if claims.is_holder_of_key() { "holder-of-key" } else { "bearer" }),
        signer_sha256: Some(signer.fingerprint()),
    }
}

fn count(element: Element<'_>, namespace: &str, local: &str) -> usize {
    element
        .children()
        .map(|child| usize::from(child.is(namespace, local)) + count(child, namespace, local))
        .sum()
}

/// An issuer that rotates its key has two or three (`attacks.md` T06).
const MOST_SIGNERS: usize = 8;
