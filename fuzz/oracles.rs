//! What must hold of any bytes whatever, one function for each reader of what an attacker wrote. Each panics when it does not.
//!
//! The fuzz targets of this folder hand them what libFuzzer makes; `tests/fuzz.rs` hands them mutations of real messages, on
//! stable Rust and in every run of the tests.

use std::sync::LazyLock;

use vcsso::clock::Moment;
use vcsso::jwt::{Algorithm, ExchangeRequest, NewToken, TokenClass, VerificationKey};
use vcsso::pki::make::self_signed;
use vcsso::pki::{Anchors, Hash, pem};
use vcsso::saml::Assertion;
use vcsso::soap::Envelope;
use vcsso::vapi_sign::SignHeader;
use vcsso::verifier::{Door, Policy, WantedToken, judge, judge_json_token, judge_token};
use vcsso::wstrust::operation::Operation;
use vcsso::wstrust::{Challenge, IssueRequest};
use vcsso::xml::{Document, Limits, c14n};

/// A reader, and what must hold of it.
pub type Oracle = (&'static str, fn(&[u8]));

/// Every one of them.
pub const ALL: &[Oracle] = &[
    ("document", document),
    ("message", message),
    ("assertion", assertion),
    ("request", request),
    ("method", method),
    ("sign_header", sign_header),
    ("json_call", json_call),
    ("json_token", json_token),
];

/// A document that is read says the same when its canonical form is read, and that form is its own.
pub fn document(bytes: &[u8]) {
    let Ok(document) = Document::parse(bytes.to_vec(), &Limits::MESSAGE) else { return };
    let canonical = c14n::canonical(document.root(), &[], None);
    let again = Document::read(canonical.clone(), &WIDE).expect("a canonical form is a document");
    assert_eq!(c14n::canonical(again.root(), &[], None), canonical, "the canonical form of a canonical form");
}

/// A message that is accepted says what the real one says, whose signatures it bears.
pub fn message(bytes: &[u8]) {
    let Ok(envelope) = Envelope::parse(bytes.to_vec()) else { return };
    for real in worlds() {
        let judged = judge(&envelope, real.door, &real.anchors, &policy(), real.now);
        assert_eq!(judged.proven.is_some(), judged.report.refusal().is_none(), "a proof or a refusal");
        let Some(proven) = judged.proven else { continue };
        if let Some(token) = proven.token {
            is_signed(token.assertion());
        }
        if let Some(signed) = proven.signed {
            let body = c14n::canonical(signed.body(), &[], None);
            assert!(MESSAGES.iter().any(|real| real.body.as_ref() == Some(&body)), "nobody signed {body}");
        }
    }
}

/// A token that is accepted by itself says what the real one says.
pub fn assertion(bytes: &[u8]) {
    for real in worlds() {
        let judged = judge_token(bytes.to_vec(), &real.anchors, &policy(), real.now);
        if let Some(token) = judged.proven.and_then(|proven| proven.token) {
            is_signed(token.assertion());
        }
    }
}

/// A request for a token is read, or is not; so is a challenge.
pub fn request(bytes: &[u8]) {
    let Ok(envelope) = Envelope::parse(bytes.to_vec()) else { return };
    let operation = Operation::of("", &envelope);
    let again = IssueRequest::read(envelope.body(), operation);
    assert_eq!(again, IssueRequest::read(envelope.body(), operation));
    drop(Challenge::read(envelope.body()));
}

/// A call of `/sdk` is read, or is not; so is one of the lookup service.
pub fn method(bytes: &[u8]) {
    let Ok(envelope) = Envelope::parse(bytes.to_vec()) else { return };
    drop(vcsso::vim::Call::read(&envelope));
    drop(vcsso::lookup::Call::read(&envelope));
}

/// A token in `Authorization: SIGN` never grows beyond its budget.
pub fn sign_header(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let parameters = SignHeader::parameters(text).unwrap_or(text);
    if let Ok(header) = SignHeader::read(parameters) {
        assert!(header.token.len() <= 256 << 10, "{} bytes came out of it", header.token.len());
        assert_eq!(SignHeader::read(parameters).as_ref(), Ok(&header));
    }
}

fn is_signed(claims: &Assertion) {
    let said = MESSAGES.iter().any(|real| real.claims.as_ref() == Some(claims));
    assert!(said, "nobody signed {claims:?}");
}

/// The first message of each kind: where, when and among which keys everything is judged.
fn worlds() -> impl Iterator<Item = &'static Real> {
    MESSAGES.iter().take(4)
}

/// A call in JSON that is read is JSON to everybody else, too.
pub fn json_call(bytes: &[u8]) {
    if let Ok(call) = vcsso::vapi_rpc::Call::read(bytes) {
        let read: serde_json::Value = serde_json::from_slice(bytes).expect("it is JSON");
        assert_eq!(read.pointer("/params/serviceId").and_then(|name| name.as_str()), Some(&*call.service));
    }
    drop(ExchangeRequest::of_json(bytes, Some("spec")));
    drop(ExchangeRequest::of_form(bytes));
}

/// A JSON Web Token that is accepted says what was signed. The bytes are a token; and they are a change to a good one: where,
/// how many bytes less, and what instead.
pub fn json_token(bytes: &[u8]) {
    let now = TOKEN.now;
    let accepted = |token: &str| {
        let audiences = [ISSUER.to_owned()];
        let wanted = WantedToken {
            door: "fuzz",
            issuer: ISSUER,
            class: TokenClass::AccessToken,
            audiences: Some(&audiences),
            tolerance: policy().tolerance,
        };
        judge_json_token(token, &TOKEN.keys, &wanted, now).proven.map(|proven| proven.claims().clone())
    };
    let good = accepted(&TOKEN.text).expect("a good token is accepted");
    if let Ok(token) = std::str::from_utf8(bytes) {
        assert!(accepted(token).is_none_or(|claims| claims == good), "nobody signed {token}");
    }
    if let [high, low, less, instead @ ..] = bytes {
        let text = TOKEN.text.as_bytes();
        let at = usize::from(u16::from_be_bytes([*high, *low])) % text.len();
        let end = text.len().min(at + usize::from(*less));
        let changed = [&text[..at], instead, &text[end..]].concat();
        let Ok(changed) = String::from_utf8(changed) else { return };
        assert!(changed == TOKEN.text || accepted(&changed).is_none(), "nobody signed {changed}");
    }
}

const ISSUER: &str = "https://vc.example/openidconnect/vsphere.local";

/// A JSON Web Token of a key that this process made.
struct Json {
    text: String,
    keys: Vec<VerificationKey>,
    now: Moment,
}

static TOKEN: LazyLock<Json> = LazyLock::new(|| {
    let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
    let made = self_signed("ssoserverSign", now).unwrap();
    let key = VerificationKey::of(&made.certificate);
    let token = NewToken {
        class: TokenClass::AccessToken,
        id: "_1",
        issuer: ISSUER,
        subject: "alice@vsphere.local",
        audiences: &[ISSUER.to_owned()],
        tenant: "vsphere.local",
        issued_at: now,
        expires: now.plus(std::time::Duration::from_mins(5)),
        groups: Some(&["vsphere.local\\Users".to_owned()]),
        scope: None,
        given_name: None,
        family_name: None,
        email: None,
    };
    let input = token.signing_input(Algorithm::Rs256, &key.name);
    let signature = made.key.sign(Hash::Sha256, input.as_bytes()).unwrap();
    Json { text: NewToken::with_signature(input, &signature), keys: vec![key], now }
});

/// A message of a real client, with what it says.
struct Real {
    door: Door,
    anchors: Anchors,
    now: Moment,
    claims: Option<Assertion>,
    body: Option<String>,
}

impl Real {
    fn new(door: Door, message: &[u8], anchors: &str, now: &str) -> Self {
        let anchors = Anchors::new(pem::certificates(anchors).unwrap().into_iter().map(|leaf| (None, leaf)));
        let now = Moment::parse(now.trim()).unwrap();
        let envelope = Envelope::parse(message.to_vec()).unwrap();
        let proven = judge(&envelope, door, &anchors, &policy(), now).proven.expect("a real message is good");
        let claims = proven.token.map(|token| token.assertion().clone());
        let body = proven.signed.map(|signed| c14n::canonical(signed.body(), &[], None));
        Self { door, anchors, now, claims, body }
    }
}

macro_rules! real {
    ($door:expr, $folder:literal) => {
        Real::new(
            $door,
            include_bytes!(concat!("../tests/vectors/", $folder, "/message.xml")),
            include_str!(concat!("../tests/vectors/", $folder, "/anchors.pem")),
            include_str!(concat!("../tests/vectors/", $folder, "/now")),
        )
    };
}

static MESSAGES: LazyLock<Vec<Real>> = LazyLock::new(|| {
    vec![
        real!(Door::Sdk, "govc-026-login-hok-token"),
        real!(Door::Sdk, "govc-034-login-bearer-token"),
        real!(Door::Sdk, "pyvmomi-011-login-hok-token"),
        real!(Door::Sts, "pyvmomi-004-issue-hok-token"),
        real!(Door::Sts, "govc-005-issue-password"),
        real!(Door::Sts, "govc-010-issue-password-certificate"),
        real!(Door::Sts, "govc-015-issue-certificate"),
        real!(Door::Sdk, "govc-018-login-bearer-token-and-signature"),
        real!(Door::Sts, "govc-022-issue-act-as-certificate"),
        real!(Door::Sts, "govc-023-renew-certificate"),
        real!(Door::Sts, "govc-030-renew-certificate"),
        real!(Door::Sts, "govc-031-renew-certificate"),
        real!(Door::Sdk, "govc-037-login-hok-token"),
        real!(Door::Sdk, "govc-040-login-bearer-token"),
        real!(Door::Sdk, "govc-044-login-hok-token"),
        real!(Door::Sdk, "govc-048-login-bearer-token"),
        real!(Door::Sts, "pyvmomi-001-issue-password"),
        real!(Door::Sts, "pyvmomi-002-issue-certificate"),
        real!(Door::Sts, "pyvmomi-003-issue-act-as-certificate"),
        real!(Door::Sdk, "pyvmomi-007-login-bearer-token"),
        real!(Door::Sts, "pyvmomi-014-issue-certificate"),
        real!(Door::Sts, "vapi-python-001-issue-password"),
        real!(Door::Sts, "vapi-python-002-issue-certificate"),
    ]
});

fn policy() -> Policy {
    Policy { tolerance: std::time::Duration::from_mins(10), audiences: None }
}

/// A canonical form may be longer than its document: namespaces are written again where they are needed.
const WIDE: Limits = Limits { bytes: 64 << 20, ..Limits::MESSAGE };
