//! A JSON Web Token by itself: signed by a key of this house, of the right kind, in force, for whom it was issued.
//!
//! In this order: form ▸ header ▸ key ▸ signature ▸ claims ▸ issuer ▸ period ▸ class ▸ audience ▸ possession. No claim is
//! read before the signature held, and no key is taken from the token.

use std::time::Duration;

use super::message::missed;
use super::mistake::Mistake;
use super::proof::{VerifiedJsonToken, seal_json};
use super::report::{About, Finding, Report, Seen};
use super::step::StepId;
use crate::clock::Moment;
use crate::jwt::{Claims, Compact, Header, TokenClass, VerificationKey};

/// What a door wants of a token.
#[derive(Clone, Copy, Debug)]
pub struct WantedToken<'a> {
    /// The name of the door in reports.
    pub door: &'static str,
    /// Who must have issued it.
    pub issuer: &'a str,
    /// What it must be for.
    pub class: TokenClass,
    /// For whom it must be: one of these; none = for anybody.
    pub audiences: Option<&'a [String]>,
    /// How far clocks may differ.
    pub tolerance: Duration,
}

/// A report, and the proof if it holds.
#[derive(Debug)]
pub struct JsonJudgement {
    /// Every step.
    pub report: Report,
    /// What was proven; nothing when the report has a refusal.
    pub proven: Option<VerifiedJsonToken>,
}

impl AsRef<Report> for JsonJudgement {
    fn as_ref(&self) -> &Report {
        &self.report
    }
}

/// Judges a token.
#[must_use]
pub fn judge_json_token(
    token: &str,
    keys: &[VerificationKey],
    wanted: &WantedToken<'_>,
    now: Moment,
) -> JsonJudgement {
    let mut report = Report::new(wanted.door, now);
    let claims = signed(&mut report, token, keys, wanted.tolerance, now);
    if let Some((claims, header)) = &claims {
        said(&mut report, claims, header, wanted, now);
    }
    let proven = seal_json(&report, claims.map(|(claims, _)| claims));
    JsonJudgement { report, proven }
}

/// The claims, from the bytes whose signature held.
fn signed(
    report: &mut Report,
    token: &str,
    keys: &[VerificationKey],
    tolerance: Duration,
    now: Moment,
) -> Option<(Claims, Header)> {
    let compact = Compact::read(token).map_err(|problem| {
        let mistake = looks_like_an_assertion(token).then_some(Mistake::TokenInHttpHeader);
        Finding::from(problem).mistake(mistake)
    });
    let compact = report.check(StepId::JwtForm, compact)?;
    let header = report.check(StepId::JwtHeader, Header::read(&compact.header))?;
    let key = report.check(StepId::JwtKey, key_of(&header, keys, tolerance, now))?;
    let holds = key.verifies(compact.signing_input, &compact.signature);
    let wrong = || Finding::seen("another signature").but("one by the named key");
    report.check(StepId::JwtSignature, if holds { Ok(()) } else { Err(wrong()) })?;
    let claims = report.check(StepId::JwtClaims, Claims::read(&compact.payload))?;
    report.set_about(About {
        subject: Some(claims.subject.clone()),
        token_id: Some(claims.id.clone()),
        confirmation: Some(if claims.is_holder_of_key { "holder-of-key" } else { "bearer" }),
        signer_sha256: Some(key.certificate.fingerprint()),
    });
    Some((claims, header))
}

/// As it is, in base64, or compressed and in base64.
fn looks_like_an_assertion(token: &str) -> bool {
    ["<saml2:", "<saml:", "<Assertion", "PHNhbWwy", "PHNhbWw6", "PEFzc2Vy", "H4sI"]
        .iter()
        .any(|start| token.starts_with(start))
}

/// By its name, exactly; and it has one algorithm, whatever the header says (`attacks.md` J02, J04).
fn key_of<'k>(
    header: &Header,
    keys: &'k [VerificationKey],
    tolerance: Duration,
    now: Moment,
) -> Result<&'k VerificationKey, Finding> {
    let finding = |seen: Seen| Finding::seen(seen).but("a key of this house, in force, with its algorithm");
    let named = keys.iter().find(|key| key.name == header.key);
    let Some(key) = named else {
        let seen: String = header.key.chars().take(128).collect();
        return Err(finding(seen.into()));
    };
    if key.algorithm() != header.algorithm {
        return Err(finding(header.algorithm.name().into()));
    }
    let (from, until) = (key.certificate.not_before(), key.certificate.not_after());
    if now < from.minus(tolerance) || now > until.plus(tolerance) {
        return Err(finding(Seen::Period(from, until)));
    }
    Ok(key)
}

fn said(report: &mut Report, claims: &Claims, header: &Header, wanted: &WantedToken<'_>, now: Moment) {
    let other_issuer = || Finding::seen(short(&claims.issuer)).but(wanted.issuer.to_owned());
    report
        .check(StepId::JwtIssuer, if claims.issuer == wanted.issuer { Ok(()) } else { Err(other_issuer()) });
    in_force(report, claims, wanted.tolerance, now);
    let kind = header.kind.is_none_or(|kind| kind.fits(claims.class));
    let other_class = || Finding::seen(claims.class.name()).but(wanted.class.name());
    let fits = kind && claims.class == wanted.class;
    report.check(StepId::JwtClass, if fits { Ok(()) } else { Err(other_class()) });
    match wanted.audiences {
        None => report.skip(StepId::JwtAudience, "whom it was issued for does not matter here"),
        Some(ours) if claims.audiences.iter().any(|audience| ours.contains(audience)) => {
            report.pass(StepId::JwtAudience, Seen::Nothing);
        }
        Some(ours) => {
            let seen: String = short(&claims.audiences.join(" "));
            report.fail(StepId::JwtAudience, Finding::seen(seen).but(ours.join(" ")));
        }
    }
    if claims.is_holder_of_key {
        let finding = Finding::seen("a token that holds a key").but("a bearer token");
        report.fail(StepId::JwtPossession, finding);
    } else {
        report.pass(StepId::JwtPossession, "bearer");
    }
}

/// [start, end), widened by the tolerance.
fn in_force(report: &mut Report, claims: &Claims, tolerance: Duration, now: Moment) {
    let (start, end) = (claims.not_before.max(claims.issued_at), claims.expires);
    if start < end && start.minus(tolerance) <= now && now < end.plus(tolerance) {
        report.pass(StepId::JwtInForce, Seen::Period(start, end));
    } else {
        report.fail(StepId::JwtInForce, missed(start, end, now, tolerance));
    }
}

fn short(text: &str) -> String {
    text.chars().take(256).collect()
}
