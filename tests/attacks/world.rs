//! The world of the attacks: one trusted signer, its neighbours and its enemies, and good tokens and messages to spoil.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vcsso::client::{Ids, Message, Style, sdk, sts};
use vcsso::clock::Moment;
use vcsso::dsig::SignatureAlgorithm;
use vcsso::dsig::write::{NewReference, digest, signed_info};
use vcsso::pki::make::{Made, self_signed};
use vcsso::pki::{Anchors, Certificate, Hash, SigningKey, TokenSigner};
use vcsso::saml::Assertion;
use vcsso::saml::names::PASSWORD_CLASS;
use vcsso::saml::write::{NewAssertion, PREFIX_LIST, write};
use vcsso::soap::Envelope;
use vcsso::verifier::{Door, Judgement, Policy, StepId, judge, judge_token, unreadable};
use vcsso::wstrust::request::{IssueRequest, KeyType};
use vcsso::xml::names::DS;
use vcsso::xml::{Document, Limits, c14n};

use crate::edit::{content, element, swap, with_content, without};

pub const ISSUER: &str = "https://vc.example/websso/SAML2/Metadata/vsphere.local";
pub const OTHER_ISSUER: &str = "https://idp.example/metadata";
pub const SUBJECT: &str = "alice@VSPHERE.LOCAL";
pub const TOKEN_ID: &str = "_5f1b6a2e-0000-4000-8000-000000000001";
pub const TOLERANCE: Duration = Duration::from_mins(10);

/// The keys. Making them costs a second, so they are made once.
pub struct Keys {
    /// Trusted for [`ISSUER`].
    pub sts: TokenSigner,
    /// Trusted for [`OTHER_ISSUER`].
    pub other: Made,
    /// Not trusted, subject and serial number of `sts`.
    pub eve: Made,
    /// Whom Holder-of-Key tokens confirm.
    pub robot: Made,
    /// Another solution user.
    pub stranger: Made,
}

pub static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let made = self_signed("ssoserverSign", now()).unwrap();
    let eve = lookalike(made.certificate.der());
    let sts = TokenSigner::new(made.key, vec![made.certificate]).unwrap();
    let new = |name| self_signed(name, now()).unwrap();
    Keys { sts, other: new("idp"), eve, robot: new("robot"), stranger: new("stranger") }
});

pub fn now() -> Moment {
    Moment::parse("2026-11-24T08:00:00.000Z").unwrap()
}

/// First moment of every token and Timestamp.
pub fn start() -> Moment {
    now().minus(Duration::from_secs(10))
}

/// End of every token.
pub fn token_end() -> Moment {
    start().plus(Duration::from_mins(5))
}

/// End of every Timestamp.
pub fn timestamp_end() -> Moment {
    start().plus(Duration::from_mins(1))
}

pub fn anchors() -> Anchors {
    let pairs = [(ISSUER, KEYS.sts.certificate().clone()), (OTHER_ISSUER, KEYS.other.certificate.clone())];
    Anchors::new(pairs.map(|(issuer, certificate)| (Some(issuer.to_owned()), certificate)))
}

pub fn policy() -> Policy {
    Policy { tolerance: TOLERANCE, audiences: Some(vec!["https://vc.example/".into()]) }
}

/// The same subject and serial number, another key.
fn lookalike(der: &[u8]) -> Made {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256};
    use x509_parser::prelude::{FromDer as _, X509Certificate};
    let (_, model) = X509Certificate::from_der(der).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "ssoserverSign");
    params.serial_number = Some(model.raw_serial().to_vec().into());
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = Certificate::from_der(params.self_signed(&key).unwrap().der()).unwrap();
    assert_eq!(certificate.subject(), model.subject().to_string());
    Made { certificate, key: SigningKey::from_pkcs8(key.serialized_der()).unwrap() }
}

/// Whose handwriting a token has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// What this house writes: verified from its bytes by the recogniser.
    Own,
    /// vCenter's older one: prefix `xs`, empty tags closed at once, `rsa` declared on its condition. Strict path.
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirms {
    Bearer,
    Holder,
}

/// An assertion without signature.
pub fn plain(shape: Shape, confirms: Confirms) -> String {
    let certificate = STANDARD.encode(KEYS.robot.certificate.der());
    let groups = ["vsphere.local\\Administrators".to_owned(), "vsphere.local\\A & B".to_owned()];
    let new = NewAssertion {
        id: TOKEN_ID,
        issue_instant: start(),
        authn_instant: start(),
        issuer: ISSUER,
        subject: SUBJECT,
        confirmation: (confirms == Confirms::Holder).then_some(certificate.as_str()),
        not_before: start(),
        not_on_or_after: token_end(),
        proxy_count: 10,
        renew_count: 10,
        authn_class: PASSWORD_CLASS,
        groups: &groups,
        given_name: Some("Alice"),
        surname: None,
        is_solution: false,
        special: None,
    };
    let own = without(&write(&new, &KEYS.sts, SignatureAlgorithm::RSA_SHA256).unwrap(), "ds:Signature");
    match shape {
        Shape::Own => own,
        Shape::Foreign => foreign(&own),
    }
}

/// The same in the other handwriting.
fn foreign(own: &str) -> String {
    let rsa = " xmlns:rsa=\"http://www.rsa.com/names/2009/12/std-ext/SAML2.0\"";
    let text = swap(own, " xmlns:del=\"urn:oasis:names:tc:SAML:2.0:conditions:delegation\"", "");
    let text = swap(&swap(&text, rsa, ""), "<saml2:Condition ", &format!("<saml2:Condition{rsa} "));
    let text = text.replace("xmlns:xsd=", "xmlns:xs=").replace("xsd:string", "xs:string");
    let names = ["saml2:ProxyRestriction", "saml2:Condition", "saml2:SubjectConfirmationData"];
    names.iter().fold(text, |text, name| text.replace(&format!("\"></{name}>"), "\"/>"))
}

/// `ds:KeyInfo` with this certificate.
pub fn key_info(certificate: &Certificate) -> String {
    let base64 = STANDARD.encode(certificate.der());
    format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    )
}

/// Signs an assertion: the signature stands where SAML wants it, `SignedInfo` is edited before it is signed.
pub fn sign_token(plain: &str, key: &SigningKey, key_info: &str, edit: impl Fn(String) -> String) -> String {
    let own = plain.contains("xmlns:xsd=");
    let prefixes = if own { PREFIX_LIST } else { "xs xsi" };
    let document = Document::parse(plain.as_bytes().to_vec(), &WIDE).unwrap();
    let inclusive: Vec<_> = prefixes.split(' ').collect();
    let canonical = c14n::canonical(document.root(), &inclusive, None);
    let algorithm = SignatureAlgorithm::RSA_SHA256;
    let id = document.root().attribute("ID").unwrap_or("_none");
    let digest = digest(algorithm, canonical.as_bytes());
    let mut info = String::new();
    signed_info(&mut info, algorithm, &[NewReference { id, enveloped: Some(prefixes), digest: &digest }]);
    if !own {
        info = ["CanonicalizationMethod", "SignatureMethod", "Transform", "DigestMethod"]
            .iter()
            .fold(info, |info, name| info.replace(&format!("\"></ds:{name}>"), "\"/>"));
    }
    let info = edit(info);
    let value = sign_info(key, &info);
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{DS}\"><ds:SignedInfo>{info}</ds:SignedInfo>\
         <ds:SignatureValue>{value}</ds:SignatureValue>{key_info}</ds:Signature>"
    );
    match plain.find("</saml2:Issuer>") {
        Some(_) => swap(plain, "</saml2:Issuer>", &format!("</saml2:Issuer>{signature}")),
        None => swap(plain, ">", &format!(">{signature}")),
    }
}

/// Signs the inside of a `SignedInfo`, however it is written.
pub fn sign_info(key: &SigningKey, inside: &str) -> String {
    let whole = format!("<ds:SignedInfo xmlns:ds=\"{DS}\">{inside}</ds:SignedInfo>");
    let document = Document::parse(whole.into_bytes(), &WIDE).unwrap();
    let hash = if inside.contains("rsa-sha512") { Hash::Sha512 } else { Hash::Sha256 };
    STANDARD.encode(key.sign(hash, c14n::canonical(document.root(), &[], None).as_bytes()).unwrap())
}

/// A good token.
pub fn token(shape: Shape, confirms: Confirms) -> String {
    sign_token(&plain(shape, confirms), &KEYS.sts.key, &key_info(KEYS.sts.certificate()), |info| info)
}

/// Where, and in what kind of message, something is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// `LoginByToken` with a bearer token, unsigned, as govmomi.
    SdkBearer,
    /// `LoginByToken` with a Holder-of-Key token, as govmomi.
    SdkHolder,
    /// Issue by a Holder-of-Key token, as pyVmomi.
    StsHolder,
    /// Issue by a certificate, as govmomi.
    StsCertificate,
    /// Issue by name and password, as pyVmomi.
    StsPassword,
}

impl Base {
    pub const fn door(self) -> Door {
        match self {
            Self::SdkBearer | Self::SdkHolder => Door::Sdk,
            Self::StsHolder | Self::StsCertificate | Self::StsPassword => Door::Sts,
        }
    }

    pub const fn confirms(self) -> Confirms {
        match self {
            Self::SdkBearer => Confirms::Bearer,
            _ => Confirms::Holder,
        }
    }
}

/// A good message around a token.
pub fn message(base: Base, token: &str) -> String {
    let ids = ids();
    let style = match base {
        Base::StsHolder | Base::StsPassword => Style::PyVmomi,
        _ => Style::Govmomi,
    };
    let message = Message::new(style, &ids).timestamp(start(), timestamp_end());
    let (sha256, sha512) = (SignatureAlgorithm::RSA_SHA256, SignatureAlgorithm::rsa(Hash::Sha512));
    let robot = &KEYS.robot;
    let message = match base {
        Base::SdkBearer => message.assertion(token),
        Base::SdkHolder => message.assertion(token).signed(&robot.key, sha256),
        Base::StsHolder => message.assertion(token).signed(&robot.key, sha512),
        Base::StsCertificate => message.certificate(&robot.certificate).signed(&robot.key, sha256),
        Base::StsPassword => message.login("alice", "secret"),
    };
    message.write(&body(base)).unwrap()
}

pub fn body(base: Base) -> String {
    match base {
        Base::SdkBearer => sdk::login_by_token(Some("en_US")),
        Base::SdkHolder => sdk::login_by_token_without_namespace(Some("en_US")),
        _ => sts::issue(&IssueRequest { key_type: Some(KeyType::PublicKey), ..IssueRequest::default() }),
    }
}

pub fn ids() -> Ids {
    let id = |n: u8| format!("_6e0c3a10-0000-4000-8000-00000000000{n}");
    Ids { timestamp: id(1), binary_token: id(2), signature: id(3), body: id(4) }
}

/// Takes the message signature out, lets the rest be edited (the signature is `<SIGNATURE/>` there), digests its parts
/// again and signs them: a client that sends such a message itself.
pub fn resign(message: &str, key: &SigningKey, edit: impl Fn(&str) -> String) -> String {
    let (head, signature, tail) = split(message);
    let edited = edit(&[head, "<SIGNATURE/>", tail].concat());
    let bare = swap(&edited, "<SIGNATURE/>", "");
    let document = Document::parse(bare.into_bytes(), &WIDE).unwrap();
    let mut info = content(signature, "ds:SignedInfo").to_owned();
    let algorithm =
        SignatureAlgorithm::rsa(if info.contains("rsa-sha512") { Hash::Sha512 } else { Hash::Sha256 });
    let mut done = String::new();
    while info.contains("</ds:Reference>") {
        let (reference, rest) = info.split_once("</ds:Reference>").unwrap();
        let id = reference.split("URI=\"#").nth(1).unwrap().split('"').next().unwrap();
        let target = document.by_id(id).unwrap_or_else(|| panic!("no {id}"));
        let new = digest(algorithm, c14n::canonical(target, &[], None).as_bytes());
        done += &(with_content(reference, "ds:DigestValue", &new) + "</ds:Reference>");
        info = rest.to_owned();
    }
    let info = done + &info;
    swap(&edited, "<SIGNATURE/>", &signed_again(signature, key, &info))
}

/// Edits `SignedInfo` of the message signature and signs it again.
pub fn resign_info(message: &str, key: &SigningKey, edit: impl Fn(&str) -> String) -> String {
    let (head, signature, tail) = split(message);
    let info = edit(content(signature, "ds:SignedInfo"));
    [head, &signed_again(signature, key, &info), tail].concat()
}

/// Edits the message signature, which is not signed itself.
pub fn in_signature(message: &str, edit: impl Fn(&str) -> String) -> String {
    let (head, signature, tail) = split(message);
    [head, &edit(signature), tail].concat()
}

fn signed_again(signature: &str, key: &SigningKey, info: &str) -> String {
    let signature = with_content(signature, "ds:SignedInfo", info);
    with_content(&signature, "ds:SignatureValue", &sign_info(key, info))
}

/// The message, apart: before its signature, the signature, after it. Tokens come first, so it is the last one.
pub fn split(message: &str) -> (&str, &str, &str) {
    let start = message.rfind("<ds:Signature ").unwrap();
    let signature = element(&message[start..], "ds:Signature");
    (&message[..start], signature, &message[start + signature.len()..])
}

/// How it went.
#[derive(Debug)]
pub struct Verdict {
    pub refusal: Option<StepId>,
    pub claims: Option<Assertion>,
    /// The key that signed the message, if a certificate brought it. The certificate around it is not signed: one with
    /// the same key and another name proves the same key, so people are found by the whole certificate.
    pub certificate_key: Option<Vec<u8>>,
    /// The signed body, canonical.
    pub body: Option<String>,
    pub replay_key: Option<[u8; 32]>,
    /// The report, for whoever has to find out.
    pub report: String,
}

impl Verdict {
    fn of(judgement: Judgement) -> Self {
        let refusal = judgement.report.refusal().map(|step| step.id);
        assert_eq!(refusal.is_some(), judgement.proven.is_none(), "a proof and a refusal exclude each other");
        let report = judgement.report.to_json(true).to_string();
        let mut verdict =
            Self { refusal, claims: None, certificate_key: None, body: None, replay_key: None, report };
        if let Some(proven) = judgement.proven {
            verdict.claims = proven.token.map(|token| token.assertion().clone());
            verdict.certificate_key =
                proven.certificate.map(|proof| proof.certificate().key().spki().to_vec());
            verdict.body = proven.signed.as_ref().map(|signed| c14n::canonical(signed.body(), &[], None));
            verdict.replay_key = proven.signed.map(|signed| *signed.replay_key());
        }
        verdict
    }
}

pub fn verdict_of_message(message: &[u8], door: Door) -> Verdict {
    verdict_at(message, door, &policy(), now())
}

pub fn verdict_at(message: &[u8], door: Door, policy: &Policy, at: Moment) -> Verdict {
    match Envelope::parse(message.to_vec()) {
        Ok(envelope) => {
            let verdict = Verdict::of(judge(&envelope, door, &anchors(), policy, at));
            if door == Door::Sdk {
                // The other door where a token opens a session judges no message otherwise.
                let there = Verdict::of(judge(&envelope, Door::SsoAdmin, &anchors(), policy, at));
                assert_eq!(there.refusal, verdict.refusal, "at the SSO administration service");
                assert_eq!(there.claims, verdict.claims, "at the SSO administration service");
            }
            verdict
        }
        Err(error) => {
            let report = unreadable(&error, door.demands().name, at);
            let refusal = report.refusal().map(|step| step.id);
            let report = report.to_json(false).to_string();
            Verdict { refusal, claims: None, certificate_key: None, body: None, replay_key: None, report }
        }
    }
}

pub fn verdict_of_token(token: &[u8]) -> Verdict {
    verdict_of_token_by(token, &anchors(), now())
}

pub fn verdict_of_token_by(token: &[u8], anchors: &Anchors, at: Moment) -> Verdict {
    Verdict::of(judge_token(token.to_vec(), anchors, &policy(), at))
}

/// For signing what no service would read.
const WIDE: Limits = Limits {
    bytes: 8 << 20,
    depth: 400,
    nodes: 1_000_000,
    attributes: 1_000,
    identifiers: 10_000,
    identifier_bytes: 1_000,
};
