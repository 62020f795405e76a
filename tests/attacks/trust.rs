//! T: whose key is believed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vcsso::clock::Moment;
use vcsso::pki::{Anchors, Certificate, SigningKey, make, pem};
use vcsso::verifier::StepId;

use crate::edit::{content, element, inside, replaced, swap, with_content};
use crate::table::{Expect, Good, MessageRow, TokenRow, good, refused, run_messages, run_tokens, token_row};
use crate::world::{
    Base, Confirms, ISSUER, KEYS, OTHER_ISSUER, Shape, TOLERANCE, anchors, in_signature, key_info, message,
    now, plain, sign_token, verdict_of_message, verdict_of_token_by,
};

/// sts.md §10: 213, 216, 218.
#[test]
fn a_token_of_somebody_else_is_refused() {
    run_tokens(TOKENS);
}

#[test]
fn a_message_cannot_bring_its_own_key() {
    run_messages(MESSAGES);
}

const fn signer(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionSigner, change)
}

fn by(good: &Good, key: &SigningKey, key_info: &str) -> String {
    sign_token(&good.plain, key, key_info, |info| info)
}

/// Eve's signature, and this in her `KeyInfo`.
fn eve(good: &Good, inside: &str) -> String {
    by(good, &KEYS.eve.key, &format!("<ds:KeyInfo>{inside}</ds:KeyInfo>"))
}

fn data(certificates: &[&[u8]]) -> String {
    let one = |der: &&[u8]| format!("<ds:X509Certificate>{}</ds:X509Certificate>", STANDARD.encode(der));
    let all: String = certificates.iter().map(one).collect();
    format!("<ds:KeyInfo><ds:X509Data>{all}</ds:X509Data></ds:KeyInfo>")
}

fn key_info_instead(good: &Good, key_info: &str) -> String {
    by(good, &KEYS.sts.key, key_info)
}

const KEY_VALUE: &str = "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>";

pub const TOKENS: &[TokenRow] = &[
    signer("T01", "the same name and serial number, another key", |g| {
        by(g, &KEYS.eve.key, &key_info(&KEYS.eve.certificate))
    }),
    refused("T01", "another key under the trusted certificate", StepId::AssertionSignature, |g| {
        by(g, &KEYS.eve.key, &key_info(KEYS.sts.certificate()))
    }),
    refused("T01", "another key without KeyInfo", StepId::AssertionSignature, |g| by(g, &KEYS.eve.key, "")),
    signer("T02", "a KeyValue", |g| eve(g, KEY_VALUE)),
    signer("T02", "a RetrievalMethod to the net", |g| {
        eve(g, "<ds:RetrievalMethod URI=\"http://127.0.0.1:9/key\"></ds:RetrievalMethod>")
    }),
    signer("T02", "a RetrievalMethod in the message", |g| {
        eve(g, "<ds:RetrievalMethod URI=\"#other\"></ds:RetrievalMethod>")
    }),
    signer("T02", "an issuer and serial number", |g| {
        eve(
            g,
            "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=ssoserverSign</ds:X509IssuerName>\
            <ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>",
        )
    }),
    signer("T02", "a key name", |g| eve(g, "<ds:KeyName>ssoserverSign</ds:KeyName>")),
    signer("T02", "a KeyValue beside the trusted certificate", |g| {
        let trusted = key_info(KEYS.sts.certificate());
        by(g, &KEYS.eve.key, &inside(&trusted, "ds:KeyInfo", KEY_VALUE))
    }),
    signer("T02", "a KeyValue instead, in a token that is good otherwise", |g| {
        key_info_instead(g, &format!("<ds:KeyInfo>{KEY_VALUE}</ds:KeyInfo>"))
    }),
    signer("T05", "an empty X509Data", |g| key_info_instead(g, &data(&[]))),
    signer("T05", "an empty KeyInfo", |g| key_info_instead(g, "<ds:KeyInfo></ds:KeyInfo>")),
    signer("T05", "two X509Data", |g| {
        let one = element(&key_info(KEYS.sts.certificate()), "ds:X509Data").to_owned();
        key_info_instead(g, &format!("<ds:KeyInfo>{one}{one}</ds:KeyInfo>"))
    }),
    signer("T05", "the leaf is not the first", |g| {
        key_info_instead(g, &data(&[KEYS.eve.certificate.der(), KEYS.sts.certificate().der()]))
    }),
    signer("T05", "a certificate that is none", |g| key_info_instead(g, &data(&[b"certificate"]))),
    signer("T05", "bytes after the certificate", |g| {
        key_info_instead(g, &data(&[&[KEYS.sts.certificate().der(), &[0]].concat()]))
    }),
    token_row("T05", "more certificates behind the leaf", Expect::Same, |g| {
        key_info_instead(g, &data(&[KEYS.sts.certificate().der(), KEYS.eve.certificate.der(), b"whatever"]))
    }),
    token_row("T06", "no KeyInfo", Expect::Same, |g| key_info_instead(g, "")),
    signer("T08", "signed by the key of another issuer", |g| {
        by(g, &KEYS.other.key, &key_info(&KEYS.other.certificate))
    }),
    refused("T08", "signed by the key of another issuer, without KeyInfo", StepId::AssertionSignature, |g| {
        by(g, &KEYS.other.key, "")
    }),
    signer("T08", "in the name of another issuer", |g| g.signed(|p| swap(p, ISSUER, OTHER_ISSUER))),
    refused("T08", "in the name of an unknown issuer", StepId::AssertionIssuer, |g| {
        g.signed(|p| swap(p, ISSUER, "https://unknown.example/"))
    }),
    signer("T09", "signed by a registered client", |g| {
        by(g, &KEYS.robot.key, &key_info(&KEYS.robot.certificate))
    }),
    refused("T11", "bytes after the confirmed certificate", StepId::AssertionClaims, |g| {
        let longer = [KEYS.robot.certificate.der(), &[0]].concat();
        confirmed(g, &STANDARD.encode(longer))
    })
    .only(crate::table::Only::Holder),
    refused("T11", "a confirmed certificate of 20 KiB", StepId::AssertionClaims, |g| {
        confirmed(g, &STANDARD.encode([0x30; 20_480]))
    })
    .only(crate::table::Only::Holder),
];

fn confirmed(good: &Good, base64: &str) -> String {
    good.signed(|p| with_content(p, "ds:X509Certificate", base64))
}

const SIGNED: &[Base] = &[Base::SdkHolder, Base::StsHolder, Base::StsCertificate];
const CERTIFICATE: &[Base] = &[Base::StsCertificate];

const fn reference(id: &'static str, what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    MessageRow { id, what, bases: SIGNED, expect: Expect::Refused(StepId::MessageKeyReference), change }
}

const fn certificate(
    id: &'static str,
    what: &'static str,
    step: StepId,
    change: fn(&str, Base) -> String,
) -> MessageRow {
    MessageRow { id, what, bases: CERTIFICATE, expect: Expect::Refused(step), change }
}

fn in_key_info(text: &str, new: &str) -> String {
    in_signature(text, |s| with_content(s, "ds:KeyInfo", new))
}

fn in_reference(text: &str, new: &str) -> String {
    in_signature(text, |s| with_content(s, "wsse:SecurityTokenReference", new))
}

pub const MESSAGES: &[MessageRow] = &[
    reference("T02", "a KeyValue", |text, _| in_key_info(text, KEY_VALUE)),
    reference("T02", "a RetrievalMethod", |text, _| {
        in_key_info(text, "<ds:RetrievalMethod URI=\"http://127.0.0.1:9/\"/>")
    }),
    reference("T02", "a certificate", |text, _| {
        in_key_info(text, content(&key_info(&KEYS.robot.certificate), "ds:KeyInfo"))
    }),
    reference("T02", "a KeyValue beside the reference", |text, _| {
        in_signature(text, |s| inside(s, "ds:KeyInfo", KEY_VALUE))
    }),
    reference("T07", "a reference to a reference", |text, _| {
        in_reference(
            text,
            "<wsse:SecurityTokenReference><wsse:Reference URI=\"#_b\"/></wsse:SecurityTokenReference>",
        )
    }),
    reference("T07", "a reference to the signature itself", |text, _| {
        in_reference(text, &format!("<wsse:Reference URI=\"#{}\"/>", crate::world::ids().signature))
    }),
    certificate("T14", "a path of certificates", StepId::MessageKeyReference, |text, _| {
        text.replace("#X509v3", "#X509PKIPathv1")
    }),
    certificate(
        "T14",
        "PKCS #7, and the reference still says X.509",
        StepId::MessageKeyReference,
        |text, _| swap(text, "#X509v3\" wsu:Id", "#PKCS7\" wsu:Id"),
    ),
    certificate("T11", "a certificate that is none", StepId::MessageSecurityHeader, |text, _| {
        with_content(text, "wsse:BinarySecurityToken", "AAAA")
    }),
    certificate("T11", "a certificate cut short", StepId::MessageSecurityHeader, |text, _| {
        let der = KEYS.robot.certificate.der();
        with_content(text, "wsse:BinarySecurityToken", &STANDARD.encode(&der[..der.len() - 1]))
    }),
    certificate("T01", "the certificate of somebody else", StepId::MessageSignature, |text, _| {
        with_content(text, "wsse:BinarySecurityToken", &STANDARD.encode(KEYS.stranger.certificate.der()))
    }),
    certificate("T15", "a certificate with a key on a curve", StepId::MessageSignature, |text, _| {
        let authority = make::authority("curve", now()).unwrap();
        let curve = pem::certificates(&authority.certificate).unwrap();
        with_content(text, "wsse:BinarySecurityToken", &STANDARD.encode(curve[0].der()))
    }),
    MessageRow {
        id: "T11",
        what: "a whole chain of certificates, as pyVmomi sends a file of them",
        bases: CERTIFICATE,
        expect: Expect::Same,
        change: |text, _| {
            let both = [KEYS.robot.certificate.der(), KEYS.stranger.certificate.der()].concat();
            with_content(text, "wsse:BinarySecurityToken", &STANDARD.encode(both))
        },
    },
];

#[test]
fn t03_a_certificate_of_the_same_authority_is_not_the_signer() {
    let authority = make::authority("lab CA", now()).unwrap();
    let root = pem::certificates(&authority.certificate).unwrap().remove(0);
    let issued = |_| {
        let made = make::token_signer(&authority, now()).unwrap();
        let key = SigningKey::from_pkcs8(&pem::private_key(&made.key).unwrap()).unwrap();
        (pem::certificates(&made.certificate).unwrap().remove(0), key)
    };
    let [(trusted, key), (sister, sister_key)] = [0, 1].map(issued);
    let anchors = Anchors::new([trusted.clone(), root].map(|anchor| (Some(ISSUER.to_owned()), anchor)));
    for shape in [Shape::Own, Shape::Foreign] {
        let plain = plain(shape, Confirms::Bearer);
        let token = sign_token(&plain, &key, &key_info(&trusted), |info| info);
        assert_eq!(verdict_of_token_by(token.as_bytes(), &anchors, now()).refusal, None);
        let token = sign_token(&plain, &sister_key, &key_info(&sister), |info| info);
        let verdict = verdict_of_token_by(token.as_bytes(), &anchors, now());
        assert_eq!(verdict.refusal, Some(StepId::AssertionSigner));
    }
}

#[test]
fn t04_a_signing_certificate_counts_from_its_first_to_its_last_second_and_while_it_is_trusted() {
    let signer = KEYS.sts.certificate();
    let judge = |shape, at: Moment, anchors: &Anchors| {
        // A token that is in force at that time, whatever the certificate says.
        let plain = plain(shape, Confirms::Bearer);
        let (from, until) = (at.to_millis(), at.plus(Duration::from_mins(1)).to_millis());
        let plain = plain.replace(crate::world::start().millis_text().as_str(), from.millis_text().as_str());
        let plain =
            plain.replace(crate::world::token_end().millis_text().as_str(), until.millis_text().as_str());
        let token = sign_token(&plain, &KEYS.sts.key, &key_info(signer), |info| info);
        verdict_of_token_by(token.as_bytes(), anchors, at).refusal
    };
    let (trusted, nobody) =
        (crate::world::anchors(), Anchors::new([(Some(ISSUER.into()), KEYS.other.certificate.clone())]));
    let (millisecond, tolerance) = (Duration::from_millis(1), TOLERANCE);
    for shape in [Shape::Own, Shape::Foreign] {
        let first = signer.not_before().minus(tolerance);
        assert_eq!(judge(shape, first, &trusted), None);
        assert_eq!(judge(shape, first.minus(millisecond), &trusted), Some(StepId::AssertionSigner));
        let last = signer.not_after().plus(tolerance);
        assert_eq!(judge(shape, last, &trusted), None);
        assert_eq!(judge(shape, last.plus(millisecond), &trusted), Some(StepId::AssertionSigner));
        assert_eq!(judge(shape, now(), &nobody), Some(StepId::AssertionSigner));
    }
}

#[test]
fn t06_without_key_info_at_most_eight_signers_are_tried() {
    let others: Vec<_> = (0..8).map(|_| KEYS.other.certificate.clone()).collect();
    let good = good(Shape::Foreign, Confirms::Bearer);
    let token = by(good, &KEYS.sts.key, "");
    let with = |before: usize| {
        let all = others.iter().take(before).cloned().chain([KEYS.sts.certificate().clone()]);
        let anchors = Anchors::new(all.map(|certificate| (Some(ISSUER.to_owned()), certificate)));
        verdict_of_token_by(token.as_bytes(), &anchors, now()).refusal
    };
    assert_eq!((with(0), with(7)), (None, None));
    assert_eq!(with(8), Some(StepId::AssertionSignature));
}

/// sts.md §10: 214.
#[test]
fn t06_two_trusted_signers_of_one_issuer_are_both_believed_while_the_key_is_rolled_over() {
    let both = [KEYS.eve.certificate.clone(), KEYS.sts.certificate().clone()];
    let anchors = Anchors::new(both.map(|certificate| (Some(ISSUER.to_owned()), certificate)));
    for shape in [Shape::Own, Shape::Foreign] {
        let good = good(shape, Confirms::Bearer);
        let old = by(good, &KEYS.eve.key, &key_info(&KEYS.eve.certificate));
        for token in [&good.token, &old] {
            assert_eq!(verdict_of_token_by(token.as_bytes(), &anchors, now()).refusal, None);
        }
    }
}

/// sts.md §10: 210, 211. Nothing is read out of a token that nobody vouches for: the claims of a good one are a proof's.
#[test]
fn where_nobody_is_trusted_no_token_is_believed() {
    for shape in [Shape::Own, Shape::Foreign] {
        let token = good(shape, Confirms::Bearer).token.as_bytes();
        let nobody = verdict_of_token_by(token, &Anchors::default(), now());
        assert_eq!((nobody.refusal, nobody.claims), (Some(StepId::AssertionIssuer), None));
        assert!(verdict_of_token_by(token, &anchors(), now()).claims.is_some());
    }
}

#[test]
fn t10_the_key_that_signs_tokens_proves_a_certificate_like_any_other_when_it_signs_a_message() {
    // Nobody is registered with it, so the request fails when the account is looked up; the verifier knows no people.
    let text = message(Base::StsCertificate, "");
    let text =
        with_content(&text, "wsse:BinarySecurityToken", &STANDARD.encode(KEYS.sts.certificate().der()));
    let text = crate::world::resign(&text, &KEYS.sts.key, str::to_owned);
    let verdict = verdict_of_message(text.as_bytes(), Base::StsCertificate.door());
    assert_eq!((verdict.refusal, verdict.claims), (None, None));
}

/// A certificate nobody could have made with a real key. Its own signature is another's: nobody checks that one.
pub fn certificate_with_modulus_and_exponent(modulus: &[u8], exponent: u8) -> Vec<u8> {
    use rcgen::{CertificateParams, Issuer, KeyPair, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
    struct Raw(Vec<u8>);
    impl PublicKeyData for Raw {
        fn der_bytes(&self) -> &[u8] {
            &self.0
        }
        fn algorithm(&self) -> &'static SignatureAlgorithm {
            &PKCS_RSA_SHA256
        }
    }
    let tagged = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], length.as_slice(), content].concat()
    };
    let parts = [tagged(0x02, &[&[0], modulus].concat()), vec![0x02, 0x01, exponent]].concat();
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let issuer = Issuer::new(CertificateParams::default(), key);
    let made = CertificateParams::default().signed_by(&Raw(tagged(0x30, &parts)), &issuer).unwrap();
    assert!(Certificate::from_der(made.der()).is_ok());
    made.der().to_vec()
}

#[test]
fn a_reference_to_the_confirmed_certificate_by_another_name_is_none() {
    let text = message(Base::SdkHolder, &good(Shape::Own, Confirms::Holder).token);
    let text = in_signature(&text, |s| replaced(s, "wsse:KeyIdentifier", "<wsse:Reference URI=\"#_x\"/>"));
    let verdict = verdict_of_message(text.as_bytes(), Base::SdkHolder.door());
    assert_eq!(verdict.refusal, Some(StepId::MessageKeyReference));
}
