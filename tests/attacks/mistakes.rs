//! Clients that mean well and do it wrong: each known mistake is made, and the report names it with its advice.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use vcsso::jwt::TokenClass;
use vcsso::pki::Hash;
use vcsso::vapi_sign::{Nonce, RequestSignature, SignHeader, Target};
use vcsso::verifier::{Door, Mistake, StepId, WantedToken, judge_json_token, judge_request};
use vcsso::xml::names::{SOAP, WSSE};
use vcsso::xml::{Document, Element, Limits, c14n};

use crate::edit::{after, content, element, inside, swap, with_content, without};
use crate::table::good;
use crate::world::{
    Base, Confirms, KEYS, Shape, Verdict, anchors, in_signature, message, now, policy, resign, resign_info,
    verdict_at, verdict_of_message,
};

/// A mistake, the step that refuses it, and the report.
type Made = (Mistake, StepId, fn() -> Value);

const MADE: &[Made] = &[
    (Mistake::InclusiveForm, StepId::MessageDigest, || body_digest_of(|body| form(body, &declared(body)))),
    (Mistake::PrefixListUnsaid, StepId::AssertionDigest, || {
        let good = good(Shape::Foreign, Confirms::Bearer);
        in_message(&good.info(|info| without(info, "ec:InclusiveNamespaces")))
    }),
    (Mistake::PrefixListUnused, StepId::AssertionDigest, || {
        let good = good(Shape::Foreign, Confirms::Bearer);
        let document = Document::parse(good.plain.clone().into_bytes(), &Limits::MESSAGE).unwrap();
        let value = sha256(&c14n::canonical(document.root(), &[], None));
        in_message(&good.info(|info| with_content(info, "ds:DigestValue", &value)))
    }),
    (Mistake::NoForm, StepId::MessageDigest, || {
        let text = resign(&certificate(), &KEYS.robot.key, |text| {
            inside(text, "RequestSecurityToken", "<Renewing Allow='false'/>")
        });
        body_digest(&text, |body| body.raw().to_owned())
    }),
    (Mistake::Content, StepId::MessageDigest, || {
        body_digest_of(|body| c14n::canonical(body.first_child().unwrap(), &[], None))
    }),
    (Mistake::WhiteSpaceAdded, StepId::MessageDigest, || {
        let text = swap(&certificate(), "</RequestSecurityToken>", "\n  </RequestSecurityToken>");
        report(&verdict_of_message(text.as_bytes(), Door::Sts))
    }),
    (Mistake::LineEnds, StepId::MessageDigest, || {
        let lines = resign(&certificate(), &KEYS.robot.key, |text| {
            inside(text, "RequestSecurityToken", "<KeySize>\n2048\n</KeySize>")
        });
        body_digest(&lines, |body| form(body, &[]).replace('\n', "&#xD;\n"))
    }),
    (Mistake::LastLineEnd, StepId::MessageDigest, || body_digest_of(|body| form(body, &[]) + "\n")),
    (Mistake::Declaration, StepId::MessageDigest, || {
        body_digest_of(|body| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}", form(body, &[])))
    }),
    (Mistake::PrefixRewritten, StepId::AssertionDigest, || {
        let token = &good(Shape::Foreign, Confirms::Bearer).token;
        in_message(&token.replace("xmlns:xs=", "xmlns:xsd=").replace("\"xs:", "\"xsd:"))
    }),
    (Mistake::OtherHash, StepId::MessageDigest, || {
        digest_value(&certificate(), |body| STANDARD.encode(Hash::Sha512.of(form(body, &[]).as_bytes())))
    }),
    (Mistake::Sha1, StepId::MessageDigest, || {
        let sha1 = |text: String| {
            let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
            STANDARD.encode(aws_lc_rs::digest::digest(algorithm, text.as_bytes()))
        };
        digest_value(&certificate(), |body| sha1(form(body, &[])))
    }),
    (Mistake::HashInHexadecimal, StepId::MessageDigest, || {
        let hex = |text: String| vcsso::entropy::hex(Hash::Sha256.of(text.as_bytes()).as_ref());
        digest_value(&certificate(), |body| STANDARD.encode(hex(form(body, &[]))))
    }),
    (Mistake::HashedTwice, StepId::MessageSignature, || {
        let text = in_signature(&certificate(), |signature| {
            let info = vcsso::dsig::write::canonical_signed_info(content(signature, "ds:SignedInfo"));
            let digest = Hash::Sha256.of(info.as_bytes());
            let value = KEYS.robot.key.sign(Hash::Sha256, digest.as_ref()).unwrap();
            with_content(signature, "ds:SignatureValue", &STANDARD.encode(value))
        });
        report(&verdict_of_message(text.as_bytes(), Door::Sts))
    }),
    (Mistake::OtherKey, StepId::MessageSignature, || {
        // The token is named, and the key of the certificate beside it was used.
        let text = message(Base::SdkHolder, &good(Shape::Own, Confirms::Holder).token);
        let text = resign_info(&text, &KEYS.stranger.key, str::to_owned);
        let binary = element(&certificate(), "wsse:BinarySecurityToken").to_owned();
        let binary = with_content(
            &binary,
            "wsse:BinarySecurityToken",
            &STANDARD.encode(KEYS.stranger.certificate.der()),
        );
        report(&verdict_of_message(after(&text, "saml2:Assertion", &binary).as_bytes(), Door::Sdk))
    }),
    (Mistake::ClockBehind, StepId::MessageTimestamp, || {
        report(&verdict_at(
            certificate().as_bytes(),
            Door::Sts,
            &policy(),
            now().plus(Duration::from_secs(4_000)),
        ))
    }),
    (Mistake::ClockAhead, StepId::MessageTimestamp, || {
        report(&verdict_at(
            certificate().as_bytes(),
            Door::Sts,
            &policy(),
            now().minus(Duration::from_secs(4_000)),
        ))
    }),
    (Mistake::TokenInBody, StepId::MessageSecurityHeader, || {
        let token = &good(Shape::Own, Confirms::Bearer).token;
        moved(|text| swap(text, "</LoginByToken>", &format!("{token}</LoginByToken>")))
    }),
    (Mistake::TokenInHeader, StepId::MessageSecurityHeader, || {
        let token = &good(Shape::Own, Confirms::Bearer).token;
        moved(|text| text.replacen("Header>", &format!("Header>{token}"), 1))
    }),
    (Mistake::OldNamespace, StepId::MessageSecurityHeader, || {
        let text = certificate().replace(WSSE, "http://schemas.xmlsoap.org/ws/2003/06/secext");
        report(&verdict_of_message(text.as_bytes(), Door::Sts))
    }),
    (Mistake::TokenInHttpHeader, StepId::JwtForm, || {
        let token = STANDARD.encode(&good(Shape::Own, Confirms::Bearer).token);
        let wanted = WantedToken {
            door: "sdk",
            issuer: "https://vc.example",
            class: TokenClass::AccessToken,
            audiences: None,
            tolerance: policy().tolerance,
        };
        judge_json_token(&token, &[], &wanted, now()).report.to_json(true)
    }),
    (Mistake::SignPort, StepId::SignSignature, || {
        signed_request(|host, _, hash| text(host, "443", hash, "\n"))
    }),
    (Mistake::SignHost, StepId::SignSignature, || {
        signed_request(|host, port, hash| text(&format!("{host}:{port}"), port, hash, "\n"))
    }),
    (Mistake::SignEmptyBody, StepId::SignBody, || {
        signed_with(&Hash::Sha256.of(b""), |host, port, hash| text(host, port, hash, "\n"))
    }),
    (Mistake::SignHexadecimal, StepId::SignSignature, || {
        signed_request(|host, port, hash| text(host, port, vcsso::entropy::hex(hash).as_bytes(), "\n"))
    }),
    (Mistake::SignLastLineEnd, StepId::SignSignature, || {
        signed_request(|host, port, hash| text(host, port, hash, ""))
    }),
];

#[test]
fn a_mistake_is_named_by_the_report_and_its_advice_is_the_hint() {
    for (mistake, step, make) in MADE {
        let report = make();
        let steps = report["steps"].as_array().unwrap();
        let failed = steps
            .iter()
            .find(|found| found["outcome"] == "fail")
            .unwrap_or_else(|| panic!("{mistake:?}: {report}"));
        assert_eq!(
            (failed["id"].as_str(), failed["mistake"].as_str()),
            (Some(step.as_str()), Some(mistake.as_str())),
            "{failed:#}"
        );
        assert_eq!(failed["hint"], mistake.advice());
    }
}

#[test]
fn every_mistake_is_made() {
    let made: Vec<&str> = MADE.iter().map(|(mistake, ..)| mistake.as_str()).collect();
    let all: Vec<&str> = Mistake::ALL.iter().map(|mistake| mistake.as_str()).collect();
    assert_eq!(made, all);
}

#[test]
fn where_the_form_of_the_client_is_found_its_first_other_byte_is_told() {
    let report = body_digest_of(|body| form(body, &[]).replacen("KeyType", "KeyTipe", 1) + "\n");
    let failed = report["steps"].as_array().unwrap().iter().find(|step| step["outcome"] == "fail").unwrap();
    assert_eq!((&failed["mistake"], &failed["evidence"]["first_difference"]), (&Value::Null, &Value::Null));
    let report = body_digest_of(|body| form(body, &[]) + "\n");
    let failed = report["steps"].as_array().unwrap().iter().find(|step| step["outcome"] == "fail").unwrap();
    let evidence = &failed["evidence"];
    assert_eq!(evidence["first_difference"], evidence["canonical_length"], "{evidence}");
    // The seconds between the clocks stand beside it.
    let late =
        verdict_at(certificate().as_bytes(), Door::Sts, &policy(), now().plus(Duration::from_secs(4_000)));
    assert!(late.report.contains("it ended 3950 s ago"), "{}", late.report);
}

#[test]
fn what_nobody_does_is_not_explained_and_a_good_message_is_good() {
    assert_eq!(verdict_of_message(certificate().as_bytes(), Door::Sts).refusal, None);
    let text = swap(&certificate(), "PublicKey", "PublicKeys");
    let report = report(&verdict_of_message(text.as_bytes(), Door::Sts));
    assert!(!report.to_string().contains("\"mistake\""), "{report}");
    let token = good(Shape::Own, Confirms::Bearer).token.replace("alice@", "carol@");
    let report = in_message(&token);
    assert_eq!(
        (report["refusal"].as_str(), report.to_string().contains("\"mistake\"")),
        (Some("assertion.digest"), false)
    );
}

/// A message by certificate, with a prefix that nothing in it uses.
fn certificate() -> String {
    let text = message(Base::StsCertificate, "");
    text.replacen("Envelope ", "Envelope xmlns:unused=\"urn:unused\" ", 1)
}

fn report(verdict: &Verdict) -> Value {
    serde_json::from_str(&verdict.report).unwrap()
}

fn in_message(token: &str) -> Value {
    report(&verdict_of_message(message(Base::SdkBearer, token).as_bytes(), Door::Sdk))
}

/// A bearer login without its Security header, the token put somewhere else.
fn moved(put: impl Fn(&str) -> String) -> Value {
    let text = without(&message(Base::SdkBearer, &good(Shape::Own, Confirms::Bearer).token), "wsse:Security");
    report(&verdict_of_message(put(&text).as_bytes(), Door::Sdk))
}

fn body_digest_of(form: impl Fn(Element<'_>) -> String) -> Value {
    body_digest(&certificate(), form)
}

/// The message, signed over another form of its Body.
fn body_digest(text: &str, form: impl Fn(Element<'_>) -> String) -> Value {
    digest_value(text, |body| sha256(&form(body)))
}

/// The message, signed with another value for the digest of its Body.
fn digest_value(text: &str, value: impl Fn(Element<'_>) -> String) -> Value {
    let document = Document::parse(text.as_bytes().to_vec(), &Limits::MESSAGE).unwrap();
    let body = document.root().child(SOAP, "Body").unwrap();
    let right = sha256(&form(body, &[]));
    let text = resign_info(text, &KEYS.robot.key, |info| swap(info, &right, &value(body)));
    report(&verdict_of_message(text.as_bytes(), Door::Sts))
}

fn form(element: Element<'_>, inclusive: &[&str]) -> String {
    c14n::canonical(element, inclusive, None)
}

/// Every prefix that is declared around an element.
fn declared(element: Element<'_>) -> Vec<&str> {
    let outward = std::iter::successors(Some(element), |outer| outer.parent());
    outward.flat_map(|outer| outer.declarations().map(|declaration| declaration.prefix)).collect()
}

fn sha256(text: &str) -> String {
    STANDARD.encode(Hash::Sha256.of(text.as_bytes()))
}

const NONCE: &str = "1795507200000:1";

fn text(host: &str, port: &str, hash: &[u8], end: &str) -> Vec<u8> {
    let head = [NONCE, "POST", "/api/session", host, port].map(|line| format!("{line}\n")).concat();
    [head.as_bytes(), hash, end.as_bytes()].concat()
}

fn signed_request(text: impl Fn(&str, &str, &[u8]) -> Vec<u8>) -> Value {
    signed_with(&Hash::Sha256.of(b"{}"), text)
}

/// A request with the body `{}`, signed over a text of host, port and the hash that it says the body has.
fn signed_with(hash: &impl AsRef<[u8]>, text: impl Fn(&str, &str, &[u8]) -> Vec<u8>) -> Value {
    let target = Target::new("POST", "/api/session", "vc.example:8443", b"{}");
    let signed = text("vc.example", "8443", hash.as_ref());
    let signature = RequestSignature {
        value: KEYS.robot.key.sign(Hash::Sha256, &signed).unwrap(),
        nonce: Nonce { text: NONCE.to_owned(), at: now() },
        body_hash: hash.as_ref().to_vec(),
    };
    let token = good(Shape::Own, Confirms::Holder).token.clone().into_bytes();
    let header = SignHeader { token, signature: Some(signature) };
    let hosts = ["vc.example".to_owned()];
    judge_request(Ok(header), &target, &hosts, &anchors(), &policy(), now()).report.to_json(true)
}

#[test]
fn what_is_larger_than_any_real_element_is_not_explained() {
    let padded = |bytes: usize| {
        let text = resign(&certificate(), &KEYS.robot.key, |text| {
            inside(text, "RequestSecurityToken", &format!("<KeySize>{}</KeySize>", "1".repeat(bytes)))
        });
        body_digest(&text, |body| form(body, &[]) + "\n").to_string()
    };
    assert!(padded(60 << 10).contains("form.last-line-end"));
    let report = padded(64 << 10);
    assert!(report.contains("message.digest") && !report.contains("\"mistake\""), "{report:.300}");
}
