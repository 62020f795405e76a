//! K: weak, wrong and confused algorithms.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vcsso::pki::{Hash, pem};
use vcsso::verifier::StepId;

use crate::edit::{after, content, element, inside, swap, with_content};
use crate::table::{Expect, Good, MessageRow, TokenRow, refused, run_messages, run_tokens};
use crate::world::{Base, KEYS, in_signature, message, resign_info, verdict_of_message};

#[test]
fn a_token_under_another_algorithm_is_refused() {
    run_tokens(TOKENS);
}

#[test]
fn a_message_under_another_algorithm_is_refused() {
    run_messages(MESSAGES);
}

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const RSA_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
const HMAC_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// Signed with HMAC and everybody's bytes for a key, as a confused verifier would check it.
fn hmac_with(text: &str, key: &[u8]) -> String {
    let info =
        content(text, "ds:SignedInfo").replace(RSA_SHA256, HMAC_SHA256).replace(RSA_SHA512, HMAC_SHA256);
    let canonical = vcsso::dsig::write::canonical_signed_info(&info);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), canonical.as_bytes());
    let text = with_content(text, "ds:SignedInfo", &info);
    with_content(&text, "ds:SignatureValue", &STANDARD.encode(tag))
}

fn method(good: &Good, uri: &str) -> String {
    good.info(|info| {
        swap(
            info,
            &format!("SignatureMethod Algorithm=\"{RSA_SHA256}\""),
            &format!("SignatureMethod Algorithm=\"{uri}\""),
        )
    })
}

const fn shape(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionShape, change)
}

const fn reference(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionReference, change)
}

fn padded(text: &str, before: &[u8], behind: &[u8]) -> String {
    let value: String = content(text, "ds:SignatureValue").split_whitespace().collect();
    let value = [before, &STANDARD.decode(value).unwrap(), behind].concat();
    with_content(text, "ds:SignatureValue", &STANDARD.encode(value))
}

fn digest_of(good: &Good, change: fn(Vec<u8>) -> Vec<u8>) -> String {
    good.info(|info| {
        let digest = STANDARD.decode(content(info, "ds:DigestValue")).unwrap();
        with_content(info, "ds:DigestValue", &STANDARD.encode(change(digest)))
    })
}

pub const TOKENS: &[TokenRow] = &[
    shape("K01", "HMAC with the certificate in DER", |g| hmac_with(&g.token, KEYS.sts.certificate().der())),
    shape("K01", "HMAC with the certificate in PEM", |g| {
        hmac_with(&g.token, pem::encode("CERTIFICATE", KEYS.sts.certificate().der()).as_bytes())
    }),
    shape("K01", "HMAC with the public key", |g| hmac_with(&g.token, KEYS.sts.certificate().key().spki())),
    shape("K01", "HMAC with nothing", |g| hmac_with(&g.token, b"")),
    shape("K02", "an HMAC of 8 bits", |g| {
        let text = hmac_with(&g.token, b"");
        let method = element(&text, "ds:SignatureMethod").to_owned();
        let shorter = format!(
            "<ds:SignatureMethod Algorithm=\"{HMAC_SHA256}\"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>"
        );
        swap(&text, &method, &shorter)
    }),
    shape("K02", "an output length for RSA", |g| {
        g.info(|info| {
            let method = element(info, "ds:SignatureMethod").to_owned();
            let shorter = format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>");
            swap(info, &method, &shorter)
        })
    }),
    shape("K03", "RSA with SHA-1", |g| method(g, "http://www.w3.org/2000/09/xmldsig#rsa-sha1")),
    shape("K03", "RSA with MD5", |g| method(g, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5")),
    reference("K03", "a SHA-1 digest that is right", |g| {
        let plain = g.plain.as_bytes().to_vec();
        let document = vcsso::xml::Document::parse(plain, &vcsso::xml::Limits::MESSAGE).unwrap();
        let list = g.token.split("PrefixList=\"").nth(1).unwrap().split('"').next().unwrap();
        let prefixes: Vec<_> = list.split(' ').collect();
        let canonical = vcsso::xml::c14n::canonical(document.root(), &prefixes, None);
        let sha1 =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, canonical.as_bytes());
        g.info(|info| {
            let info = swap(info, SHA256, "http://www.w3.org/2000/09/xmldsig#sha1");
            with_content(&info, "ds:DigestValue", &STANDARD.encode(sha1.as_ref()))
        })
    }),
    reference("K03", "an MD5 digest", |g| {
        g.info(|info| swap(info, SHA256, "http://www.w3.org/2001/04/xmldsig-more#md5"))
    }),
    shape("K04", "an unknown algorithm", |g| method(g, "urn:rsa-sha256")),
    shape("K04", "an empty algorithm", |g| method(g, "")),
    shape("K04", "an algorithm and a space", |g| method(g, &format!("{RSA_SHA256} "))),
    shape("K04", "an algorithm in another case", |g| method(g, &RSA_SHA256.to_uppercase())),
    shape("K04", "parameters", |g| {
        g.info(|info| {
            let method = element(info, "ds:SignatureMethod").to_owned();
            let with = format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"><p:RSAPSSParams xmlns:p=\"urn:p\"></p:RSAPSSParams></ds:SignatureMethod>");
            swap(info, &method, &with)
        })
    }),
    shape("K05", "ECDSA with an RSA key", |g| {
        method(g, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")
    }),
    refused("K05", "another hash than was signed with", StepId::AssertionSignature, |g| {
        swap(&g.token, RSA_SHA256, RSA_SHA512)
    }),
    refused("K10", "a digest cut short", StepId::AssertionDigest, |g| digest_of(g, |d| d[..16].to_vec())),
    refused("K10", "a digest made longer", StepId::AssertionDigest, |g| {
        digest_of(g, |d| [d, vec![0]].concat())
    }),
    refused("K10", "an empty digest", StepId::AssertionDigest, |g| digest_of(g, |_| Vec::new())),
    refused("K10", "an empty signature", StepId::AssertionSignature, |g| {
        with_content(&g.token, "ds:SignatureValue", "")
    }),
    refused("K12", "a zero before the signature", StepId::AssertionSignature, |g| {
        padded(&g.token, &[0], &[])
    }),
    refused("K12", "a zero behind the signature", StepId::AssertionSignature, |g| {
        padded(&g.token, &[], &[0])
    }),
    shape("K13", "DSA", |g| method(g, "http://www.w3.org/2000/09/xmldsig#dsa-sha1")),
    shape("K13", "Ed25519", |g| method(g, "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519")),
    shape("K13", "RSA-PSS", |g| method(g, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1")),
    refused("K14", "an encrypted name", StepId::AssertionClaims, |g| {
        g.signed(|p| swap(p, element(p, "saml2:NameID"), "<saml2:EncryptedID></saml2:EncryptedID>"))
    }),
    refused("K14", "encrypted data among the attributes", StepId::AssertionClaims, |g| {
        g.signed(|p| {
            inside(p, "saml2:AttributeStatement", "<saml2:EncryptedAttribute></saml2:EncryptedAttribute>")
        })
    }),
    reference("K17", "two signature methods, the second weak", |g| {
        g.info(|info| {
            after(
                info,
                "ds:SignatureMethod",
                "<ds:SignatureMethod Algorithm=\"urn:none\"></ds:SignatureMethod>",
            )
        })
    }),
    shape("K17", "two signature methods, the first weak", |g| {
        g.info(|info| {
            let weak = "<ds:SignatureMethod Algorithm=\"urn:none\"></ds:SignatureMethod>";
            crate::edit::before(info, "ds:SignatureMethod", weak)
        })
    }),
    refused(
        "K18",
        "a costly XPath, which is not evaluated before the signature holds",
        StepId::AssertionSignature,
        |g| {
            let start = g.token.rfind("<ds:Transform ").unwrap();
            let transform = element(&g.token[start..], "ds:Transform");
            let costly = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
            <ds:XPath>count(//*//*//*//*//*//*) &gt; 0</ds:XPath></ds:Transform>";
            swap(&g.token, transform, costly)
        },
    ),
];

const SIGNED: &[Base] = &[Base::SdkHolder, Base::StsHolder, Base::StsCertificate];

const fn signed(
    id: &'static str,
    what: &'static str,
    step: StepId,
    change: fn(&str, Base) -> String,
) -> MessageRow {
    MessageRow { id, what, bases: SIGNED, expect: Expect::Refused(step), change }
}

fn message_method(text: &str, uri: &str) -> String {
    resign_info(text, &KEYS.robot.key, |info| info.replace(RSA_SHA256, uri).replace(RSA_SHA512, uri))
}

pub const MESSAGES: &[MessageRow] = &[
    signed("K01", "HMAC with the public key", StepId::MessageSignatureShape, |text, _| {
        in_signature(text, |s| hmac_with(s, KEYS.robot.certificate.key().spki()))
    }),
    signed("K03", "RSA with SHA-1", StepId::MessageSignatureShape, |text, _| {
        message_method(text, "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
    }),
    signed("K03", "SHA-1 digests", StepId::MessageReferences, |text, _| {
        resign_info(text, &KEYS.robot.key, |info| {
            info.replace("xmlenc#sha256", "sha1")
                .replace("http://www.w3.org/2001/04/xmlenc#sha512", "sha1")
                .replace("\"http://www.w3.org/2001/04/sha1\"", "\"http://www.w3.org/2000/09/xmldsig#sha1\"")
        })
    }),
    signed("K05", "ECDSA with an RSA key", StepId::MessageSignatureShape, |text, _| {
        message_method(text, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")
    }),
    signed("K10", "an empty digest", StepId::MessageDigest, |text, _| {
        resign_info(text, &KEYS.robot.key, |info| with_content(info, "ds:DigestValue", ""))
    }),
    signed("K12", "a zero before the signature", StepId::MessageSignature, |text, _| {
        in_signature(text, |s| padded(s, &[0], &[]))
    }),
    signed("K13", "RSA-PSS", StepId::MessageSignatureShape, |text, _| {
        message_method(text, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1")
    }),
    signed("K14", "an encrypted key", StepId::MessageSecurityHeader, |text, _| {
        inside(text, "wsse:Security", "<x:EncryptedKey xmlns:x=\"http://www.w3.org/2001/04/xmlenc#\"/>")
    }),
    signed("K14", "an encrypted assertion", StepId::MessageSecurityHeader, |text, _| {
        inside(
            text,
            "wsse:Security",
            "<x:EncryptedAssertion xmlns:x=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>",
        )
    }),
    signed("K17", "two signature methods", StepId::MessageReferences, |text, _| {
        resign_info(text, &KEYS.robot.key, |info| {
            after(
                info,
                "ds:SignatureMethod",
                "<ds:SignatureMethod Algorithm=\"urn:none\"></ds:SignatureMethod>",
            )
        })
    }),
];

#[test]
fn k07_what_is_not_signed_does_not_make_a_message_another_one() {
    // The replay record must find the message again, however its unsigned parts are re-written.
    let text = message(Base::StsCertificate, "");
    let key = |text: &str| {
        let verdict = verdict_of_message(text.as_bytes(), Base::StsCertificate.door());
        verdict.replay_key.unwrap_or_else(|| panic!("{}", verdict.report))
    };
    let original = key(&text);
    let certificate = element(&text, "wsse:BinarySecurityToken").to_owned();
    for same in [
        in_signature(&text, |s| swap(s, "<ds:SignatureValue>", "<ds:SignatureValue>\n")),
        in_signature(&text, |s| swap(s, "<ds:KeyInfo>", "<ds:KeyInfo>\n")),
        in_signature(&text, |s| swap(s, " Id=\"", " Id=\"_x")),
        in_signature(&text, |s| swap(s, "<ds:SignedInfo ", "<ds:SignedInfo xmlns:unused=\"urn:u\" ")),
        swap(&swap(&text, &certificate, ""), "</wsse:Security>", &format!("{certificate}</wsse:Security>")),
        swap(&text, "<wsse:Security ", "<!-- --><wsse:Security "),
        swap(
            &text,
            "</wsse:Security>",
            "<wsse:UsernameToken><wsse:Username>a</wsse:Username><wsse:Password>b</wsse:Password></wsse:UsernameToken></wsse:Security>",
        ),
    ] {
        assert_eq!(key(&same), original);
    }
    let another = crate::world::resign(&text, &KEYS.robot.key, |text| text.replace("08:00:50", "08:00:49"));
    assert_ne!(key(&another), original);
}

#[test]
fn k07_a_key_spelled_in_another_way_does_not_make_a_message_another_one() {
    // The certificate is not signed. Its key is part of what the replay record remembers a message by.
    let text = message(Base::StsCertificate, "");
    let judge = |der: &[u8]| {
        let text = with_content(&text, "wsse:BinarySecurityToken", &STANDARD.encode(der));
        verdict_of_message(text.as_bytes(), Base::StsCertificate.door()).replay_key
    };
    let der = KEYS.robot.certificate.der();
    let original = judge(der);
    assert!(original.is_some());
    let key = KEYS.robot.certificate.key().spki();
    let start = der.windows(key.len()).position(|window| window == key).unwrap();
    // Everything around the modulus, and some of it.
    for place in (start..start + 50).chain(start + key.len() - 20..start + key.len()) {
        for bit in 0..8 {
            let mut der = der.to_vec();
            der[place] ^= 1 << bit;
            assert!(judge(&der).is_none_or(|key| Some(key) == original), "byte {} bit {bit}", place - start);
        }
    }
}

#[test]
fn k09_a_key_whose_exponent_is_one_signs_nothing() {
    // With e = 1 the padded message is its own signature, so anybody can "sign".
    let certificate = crate::trust::certificate_with_modulus_and_exponent(&[0xc5; 256], 1);
    let text = message(Base::StsCertificate, "");
    let good = content(&text, "wsse:BinarySecurityToken").to_owned();
    let text = swap(&text, &good, &STANDARD.encode(certificate));
    let forged = in_signature(&text, |s| {
        let canonical = vcsso::dsig::write::canonical_signed_info(content(s, "ds:SignedInfo"));
        let digest = Hash::Sha256.of(canonical.as_bytes());
        let prefix = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
            0x00, 0x04, 0x20,
        ];
        let padding = vec![0xff; 256 - 3 - prefix.len() - 32];
        let padded = [&[0, 1], padding.as_slice(), &[0], &prefix, digest.as_ref()].concat();
        assert_eq!(padded.len(), 256);
        with_content(s, "ds:SignatureValue", &STANDARD.encode(padded))
    });
    let verdict = verdict_of_message(forged.as_bytes(), Base::StsCertificate.door());
    assert_eq!(verdict.refusal, Some(StepId::MessageSignature));
}

#[test]
fn k08_a_signature_has_its_one_padding() {
    let usual = include_str!("../fixtures/rsa-padding/usual.crt");
    let lines = include_str!("../fixtures/rsa-padding/usual.txt").lines();
    let verdicts =
        lines.map(|line| (line.split(':').next().unwrap(), verifies(usual, line))).collect::<Vec<_>>();
    let held: Vec<&str> = verdicts.iter().filter(|(_, holds)| *holds).map(|(what, _)| *what).collect();
    assert_eq!((held, verdicts.len()), (vec!["good"], 20));
    // With the exponent 3 somebody without the key can make a number whose cube begins as a signature does.
    let three = include_str!("../fixtures/rsa-padding/three.crt");
    assert!(!verifies(three, include_str!("../fixtures/rsa-padding/three.txt")));
}

/// Whether a line of those files, what it is and a signature in hexadecimal, is a signature over what they all sign.
fn verifies(certificate: &str, line: &str) -> bool {
    let (_, hex) = line.split_once(": ").unwrap();
    let digits: Vec<u8> =
        hex.trim().chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    let signature: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    let certificate = vcsso::pki::pem::certificates(certificate).unwrap().remove(0);
    certificate.key().verifies(Hash::Sha256, b"what is signed", &signature)
}
