//! Independent engines hold our output against the standards: what we sign verifies elsewhere, and what is tampered with
//! does not. They judge, they are no part of the service.

use std::path::PathBuf;
use std::process::Command;

use bergshamra::keys::loader::load_x509_cert_der;
use bergshamra::{DsigContext, KeysManager};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::pki::{Certificate, Hash, pem};
use vcsso::saml::names::PASSWORD_CLASS;
use vcsso::saml::write::{NewAssertion, write};

use crate::edit::swap;
use crate::table::good;
use crate::world::{
    Base, Confirms, ISSUER, KEYS, Shape, message, plain, start, token, token_end, verdict_of_token,
};

/// Names that break what is not careful: markup, every escape, line ends, other scripts, other planes.
const HOSTILE: &[&str] = &[
    "plain",
    "<&>\"'",
    "]]>",
    "<!-- -->",
    "&amp;lt;",
    "a\tb\nc\rd\r\ne",
    "É漢字🦀\u{200d}",
    "e\u{301}\u{202e}",
    " spaces  around ",
    "\u{85}\u{2028}",
];

fn issued(name: &str, confirms: Confirms, hash: Hash) -> String {
    use base64::Engine as _;
    let certificate = base64::engine::general_purpose::STANDARD.encode(KEYS.robot.certificate.der());
    let groups = [format!("vsphere.local\\{name}"), "vsphere.local\\Users".to_owned()];
    let new = NewAssertion {
        id: "_issued",
        issue_instant: start(),
        authn_instant: start(),
        issuer: ISSUER,
        subject: "alice@VSPHERE.LOCAL",
        confirmation: (confirms == Confirms::Holder).then_some(certificate.as_str()),
        not_before: start(),
        not_on_or_after: token_end(),
        proxy_count: 10,
        renew_count: 0,
        authn_class: PASSWORD_CLASS,
        groups: &groups,
        given_name: Some(name),
        surname: Some(name),
        is_solution: true,
        special: None,
    };
    write(&new, &KEYS.sts, SignatureAlgorithm::rsa(hash)).unwrap()
}

fn all_issued() -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for name in HOSTILE {
        for confirms in [Confirms::Bearer, Confirms::Holder] {
            for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
                all.push((issued(name, confirms, hash), *name));
            }
        }
    }
    all
}

fn tampered(token: &str) -> String {
    swap(token, "alice@VSPHERE", "admin@VSPHERE")
}

#[test]
fn what_we_sign_in_the_shape_of_the_writer_is_what_the_writer_writes() {
    // The harness signs like the service does, so that what it spoils would have been good.
    for confirms in [Confirms::Bearer, Confirms::Holder] {
        let token = token(Shape::Own, confirms);
        assert!(vcsso::saml::shape::Recognised::of(&token).is_some_and(|own| own.claims().is_some()));
        let foreign = vcsso::saml::shape::Recognised::of(&good(Shape::Foreign, confirms).token).is_none();
        assert!(foreign, "the foreign shape must take the strict path");
        assert_eq!(plain(Shape::Own, confirms), crate::edit::without(&token, "ds:Signature"));
    }
}

#[test]
fn our_judge_reads_back_every_hostile_name() {
    for (token, name) in all_issued() {
        let verdict = verdict_of_token(token.as_bytes());
        let claims = verdict.claims.unwrap_or_else(|| panic!("{name:?}: {}", verdict.report));
        assert_eq!(claims.values(vcsso::saml::names::GIVEN_NAME), [name]);
        assert_eq!(claims.values(vcsso::saml::names::GROUPS)[0], format!("vsphere.local\\{name}"));
        let respelled = token.replacen("<saml2:Assertion xmlns", "<saml2:Assertion  xmlns", 1);
        assert_eq!(verdict_of_token(respelled.as_bytes()).claims.as_ref(), Some(&claims));
    }
}

#[test]
fn bergshamra_agrees_about_our_tokens_and_messages() {
    let valid = |text: &str, certificate: &Certificate| {
        let mut keys = KeysManager::new();
        keys.add_key(load_x509_cert_der(certificate.der()).unwrap());
        // Where a signature may stand is our own question; this engine's answer does not know WS-Security.
        let context = DsigContext::new(keys).with_strict_verification(false);
        bergshamra::verify(&context, text).is_ok_and(|result| result.is_valid())
    };
    let signer = KEYS.sts.certificate();
    for (token, name) in all_issued() {
        assert!(valid(&token, signer), "{name:?}");
        assert!(!valid(&tampered(&token), signer), "{name:?}");
        assert!(!valid(&token, &KEYS.eve.certificate), "{name:?}");
    }
    for confirms in [Confirms::Bearer, Confirms::Holder] {
        assert!(valid(&good(Shape::Foreign, confirms).token, signer));
    }
    let text = message(Base::StsCertificate, "");
    assert!(valid(&text, &KEYS.robot.certificate));
    assert!(!valid(&text.replace("/PublicKey", "/Bearer"), &KEYS.robot.certificate));
}

#[test]
fn xmlsec1_agrees_about_our_tokens_and_messages() {
    if is_missing("xmlsec1") {
        return;
    }
    let valid = |text: &str, certificate: &Certificate, name: &str| {
        let (document, certificate) = files(text, certificate, name);
        let wsu = vcsso::xml::names::WSU;
        let mut command = Command::new("xmlsec1");
        command.args(["--verify", "--enabled-key-data", "x509", "--enabled-reference-uris", "same-doc"]);
        command.args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"]);
        command.args(["--id-attr:Id", &format!("{wsu}:Timestamp")]);
        command.args(["--id-attr:Id", "http://schemas.xmlsoap.org/soap/envelope/:Body", "--pubkey-cert-pem"]);
        command.arg(certificate).arg(document).output().unwrap().status.success()
    };
    for (place, (token, name)) in all_issued().into_iter().enumerate() {
        let file = format!("xmlsec1-{place}");
        assert!(valid(&token, KEYS.sts.certificate(), &file), "{name:?}");
        assert!(!valid(&tampered(&token), KEYS.sts.certificate(), &file), "{name:?}");
    }
    let text = message(Base::StsCertificate, "");
    assert!(valid(&text, &KEYS.robot.certificate, "xmlsec1-message"));
    assert!(!valid(&text.replace("/PublicKey", "/Bearer"), &KEYS.robot.certificate, "xmlsec1-message"));
}

#[test]
fn samlsign_agrees_about_our_tokens() {
    if is_missing("samlsign") {
        return;
    }
    let valid = |text: &str, name: &str| {
        let (document, certificate) = files(text, KEYS.sts.certificate(), name);
        let output = Command::new("samlsign").arg("-f").arg(document).arg("-c").arg(certificate).output();
        output.unwrap().status.success()
    };
    for (place, (token, name)) in all_issued().into_iter().enumerate().step_by(3) {
        let file = format!("samlsign-{place}");
        assert!(valid(&token, &file), "{name:?}");
        assert!(!valid(&tampered(&token), &file), "{name:?}");
    }
}

/// A document and a certificate, as the commands want them.
fn files(text: &str, certificate: &Certificate, name: &str) -> (PathBuf, PathBuf) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (document, signer) = (folder.join(format!("{name}.xml")), folder.join(format!("{name}.pem")));
    std::fs::write(&document, text).unwrap();
    std::fs::write(&signer, pem::encode("CERTIFICATE", certificate.der())).unwrap();
    (document, signer)
}

/// Whether a tool is not here; then its test is skipped, and on a build server that is a failure.
fn is_missing(tool: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|d| d.join(tool).is_file()));
    if !found {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{tool} is not installed");
        eprintln!("skipped: {tool} is not installed");
    }
    !found
}
