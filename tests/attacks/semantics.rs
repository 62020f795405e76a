//! A: tokens that the trusted key signed, and that must not be accepted all the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vcsso::client::{Message, Style};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::verifier::{Door, Policy, StepId};

use crate::edit::{after, before, element, inside, replaced, swap, with_attribute, without};
use crate::table::{Expect, Good, Only, TokenRow, good, refused, run_tokens, token_row};
use crate::world::{
    Base, Confirms, KEYS, Shape, TOKEN_ID, TOLERANCE, body, ids, message, now, policy, split, start,
    timestamp_end, verdict_at, verdict_of_message, verdict_of_token,
};

/// sts.md §10: 208.
#[test]
fn a_signed_token_that_says_something_wrong_is_refused() {
    run_tokens(TOKENS);
}

const fn claims(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionClaims, change)
}

const fn audience(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionAudience, change)
}

const fn in_force(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionInForce, change)
}

/// For these audiences, each list a restriction of its own.
fn for_audiences(good: &Good, restrictions: &[&[&str]]) -> String {
    let one = |audience: &&str| format!("<saml2:Audience>{audience}</saml2:Audience>");
    let all = restrictions.iter().map(|audiences| {
        let audiences: String = audiences.iter().map(one).collect();
        format!("<saml2:AudienceRestriction>{audiences}</saml2:AudienceRestriction>")
    });
    condition(good, &all.collect::<String>())
}

fn condition(good: &Good, new: &str) -> String {
    good.signed(|p| inside(p, "saml2:Conditions", new))
}

/// Any attribute with this value becomes one with another.
fn attribute(good: &Good, from: &str, to: &str) -> String {
    good.signed(|p| swap(p, from, to))
}

fn time(good: &Good, name: &str, value: &str) -> String {
    good.signed(|p| {
        let old = p.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap();
        swap(p, &format!(" {name}=\"{old}\""), &format!(" {name}=\"{value}\""))
    })
}

const OURS: &str = "https://vc.example/";
const SUBJECT: &str = "saml2:NameID";
const CONFIRMATION: &str = "saml2:SubjectConfirmation";
const DATA: &str = "saml2:SubjectConfirmationData";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const METHOD: &str = "urn:oasis:names:tc:SAML:2.0:cm:";

pub const TOKENS: &[TokenRow] = &[
    in_force("A01", "expired", |g| {
        attribute(
            g,
            "NotOnOrAfter=\"2026-11-24T08:04:50.000Z\"><saml2:P",
            "NotOnOrAfter=\"2026-11-24T07:50:00.000Z\"><saml2:P",
        )
    })
    .only(Only::Holder),
    in_force("A02", "not yet valid", |g| {
        let later = g.plain.replace("08:04:50", "09:04:50");
        Good { plain: later, token: String::new() }.signed(|p| {
            swap(p, "NotBefore=\"2026-11-24T07:59:50.000Z", "NotBefore=\"2026-11-24T08:10:00.001Z")
        })
    }),
    in_force("A03", "issued in the future", |g| time(g, "IssueInstant", "2026-11-24T08:10:00.001Z")),
    claims("A04", "no Conditions", |g| g.signed(|p| without(p, "saml2:Conditions"))),
    claims("A04", "no NotBefore", |g| attribute(g, " NotBefore=\"2026-11-24T07:59:50.000Z\"", "")),
    claims("A04", "no NotOnOrAfter", |g| {
        attribute(g, " NotOnOrAfter=\"2026-11-24T08:04:50.000Z\"><saml2:P", "><saml2:P")
    }),
    in_force("A04", "it ends when it begins", |g| {
        g.signed(|p| p.replace("2026-11-24T08:04:50.000Z", "2026-11-24T07:59:50.000Z"))
    }),
    audience("A05", "for another service", |g| for_audiences(g, &[&["https://other.example/"]])),
    audience("A06", "for either of two others", |g| {
        for_audiences(g, &[&["https://other.example/", "https://third.example/"]])
    }),
    audience("A06", "for us, and for another", |g| for_audiences(g, &[&[OURS], &["https://other.example/"]])),
    claims("A06", "a restriction without audience", |g| for_audiences(g, &[&[]])),
    audience("A07", "our name and more", |g| for_audiences(g, &[&["https://vc.example/evil"]])),
    audience("A07", "our name in a longer host", |g| for_audiences(g, &[&["https://vc.example.evil/"]])),
    audience("A07", "our name without its slash", |g| for_audiences(g, &[&["https://vc.example"]])),
    audience("A07", "our name in another case", |g| for_audiences(g, &[&["HTTPS://VC.EXAMPLE/"]])),
    audience("A07", "our name and white space", |g| for_audiences(g, &[&[" https://vc.example/ "]])),
    claims("A08", "an unknown condition", |g| {
        condition(g, "<saml2:Condition xmlns:x=\"urn:x\" xsi:type=\"x:Foo\"></saml2:Condition>")
    }),
    claims("A08", "a condition without type", |g| condition(g, "<saml2:Condition></saml2:Condition>")),
    claims("A08", "a condition of another namespace", |g| {
        condition(g, "<x:Until xmlns:x=\"urn:x\"></x:Until>")
    }),
    claims("A08", "an unknown attribute on a known condition", |g| {
        g.signed(|p| with_attribute(p, "saml2:Condition", "Never=\"true\""))
    }),
    claims("A08", "two renewal conditions", |g| {
        g.signed(|p| after(p, "saml2:Condition", element(p, "saml2:Condition")))
    }),
    claims("A09", "to be used once, twice", |g| {
        condition(g, "<saml2:OneTimeUse></saml2:OneTimeUse><saml2:OneTimeUse></saml2:OneTimeUse>")
    }),
    claims("A10", "no count of delegations", |g| {
        attribute(g, "ProxyRestriction Count=\"10\"", "ProxyRestriction")
    }),
    claims("A10", "a negative count", |g| {
        attribute(g, "ProxyRestriction Count=\"10\"", "ProxyRestriction Count=\"-1\"")
    }),
    claims("A10", "a count with a sign", |g| {
        attribute(g, "ProxyRestriction Count=\"10\"", "ProxyRestriction Count=\"+1\"")
    }),
    claims("A10", "a huge count", |g| {
        attribute(g, "ProxyRestriction Count=\"10\"", "ProxyRestriction Count=\"4294967296\"")
    }),
    claims("A10", "two restrictions", |g| {
        g.signed(|p| after(p, "saml2:ProxyRestriction", element(p, "saml2:ProxyRestriction")))
    }),
    claims("A13", "Holder-of-Key without KeyInfo", |g| g.signed(|p| without(p, "ds:KeyInfo")))
        .only(Only::Holder),
    claims("A13", "Holder-of-Key with a KeyValue", |g| {
        g.signed(|p| swap(p, element(p, "ds:X509Data"), "<ds:KeyValue></ds:KeyValue>"))
    })
    .only(Only::Holder),
    claims("A13", "Holder-of-Key with two certificates", |g| {
        g.signed(|p| after(p, "ds:X509Certificate", element(p, "ds:X509Certificate")))
    })
    .only(Only::Holder),
    claims("A13", "Holder-of-Key with two KeyInfo", |g| {
        g.signed(|p| after(p, "ds:KeyInfo", element(p, "ds:KeyInfo")))
    })
    .only(Only::Holder),
    claims("A13", "Holder-of-Key with another type of data", |g| {
        attribute(g, "saml2:KeyInfoConfirmationDataType", "saml2:SubjectConfirmationDataType")
    })
    .only(Only::Holder),
    claims("A13", "bearer data in a Holder-of-Key confirmation", |g| {
        attribute(g, BEARER, "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")
    })
    .only(Only::Bearer),
    claims("A13", "a key in a bearer confirmation", |g| {
        attribute(g, "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key", BEARER)
    })
    .only(Only::Holder),
    claims("A14", "both confirmations", |g| {
        g.signed(|p| {
            let other = if p.contains(BEARER) { Confirms::Holder } else { Confirms::Bearer };
            let other = crate::world::plain(Shape::Own, other);
            after(p, CONFIRMATION, element(&other, CONFIRMATION))
        })
    }),
    claims("A15", "sender vouches", |g| confirmed_by(g, "sender-vouches")),
    claims("A15", "an unknown method", |g| confirmed_by(g, "unknown")),
    claims("A15", "no method", |g| {
        g.signed(|p| {
            let old = p.split(&format!(" Method=\"{METHOD}")).nth(1).unwrap().split('"').next().unwrap();
            swap(p, &format!(" Method=\"{METHOD}{old}\""), "")
        })
    }),
    claims("A15", "no confirmation", |g| g.signed(|p| without(p, CONFIRMATION))),
    claims("A15", "no confirmation data", |g| g.signed(|p| without(p, DATA))),
    claims("A16", "the confirmation has a beginning", |g| {
        g.signed(|p| with_attribute(p, DATA, "NotBefore=\"2026-11-24T07:59:50.000Z\""))
    }),
    in_force("A16", "the confirmation is over", |g| {
        attribute(g, "Data NotOnOrAfter=\"2026-11-24T08:04:50", "Data NotOnOrAfter=\"2026-11-24T07:50:00")
    })
    .only(Only::Bearer),
    audience("A16", "for another recipient", |g| {
        g.signed(|p| with_attribute(p, DATA, "Recipient=\"https://other.example/\""))
    })
    .only(Only::Bearer),
    claims("A16", "from another address", |g| g.signed(|p| with_attribute(p, DATA, "Address=\"192.0.2.1\""))),
    claims("A17", "a subject locality", |g| {
        g.signed(|p| {
            swap(
                p,
                "<saml2:AuthnContext>",
                "<saml2:SubjectLocality></saml2:SubjectLocality><saml2:AuthnContext>",
            )
        })
    }),
    claims("A19", "no NameID", |g| g.signed(|p| without(p, SUBJECT))),
    claims("A19", "two NameID", |g| g.signed(|p| after(p, SUBJECT, element(p, SUBJECT)))),
    claims("A19", "an empty NameID", |g| attribute(g, "alice@VSPHERE.LOCAL", "")),
    claims("A19", "a BaseID", |g| g.signed(|p| replaced(p, SUBJECT, "<saml2:BaseID></saml2:BaseID>"))),
    claims("A19", "an element in NameID", |g| {
        attribute(g, "alice@VSPHERE.LOCAL", "alice@<b xmlns=\"\"></b>VSPHERE.LOCAL")
    }),
    claims("A19", "a qualified NameID", |g| g.signed(|p| with_attribute(p, SUBJECT, "NameQualifier=\"x\""))),
    claims("A20", "a line end in NameID", |g| attribute(g, "alice@VSPHERE.LOCAL", "alice@VSPHERE.LOCAL\n")),
    claims("A20", "a delete character in NameID", |g| {
        attribute(g, "alice@VSPHERE.LOCAL", "alice\u{7f}@VSPHERE.LOCAL")
    }),
    claims("A20", "a C1 control in NameID", |g| {
        attribute(g, "alice@VSPHERE.LOCAL", "alice\u{85}@VSPHERE.LOCAL")
    }),
    claims("A25", "SAML 1.1 by version", |g| attribute(g, "Version=\"2.0\"", "Version=\"1.1\"")),
    claims("A25", "SAML 2.1", |g| attribute(g, "Version=\"2.0\"", "Version=\"2.1\"")),
    claims("A25", "no version", |g| attribute(g, " Version=\"2.0\"", "")),
    refused("A25", "an assertion of SAML 1.1", StepId::AssertionShape, |g| {
        attribute(g, "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:1.0:assertion")
    })
    .only(Only::Alone),
    refused("A25", "a Response of SAML", StepId::AssertionShape, |g| {
        format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}</samlp:Response>",
            g.token
        )
    })
    .only(Only::Alone),
    refused("A26", "something else that the same key signed", StepId::AssertionShape, |g| {
        g.signed(|p| p.replace("saml2:Assertion", "saml2:EntityDescriptor"))
    })
    .only(Only::Alone),
    claims("A27", "an attribute twice", |g| {
        g.signed(|p| after(p, "saml2:Attribute", element(p, "saml2:Attribute")))
    }),
    claims("A27", "an attribute without name", |g| {
        attribute(g, " Name=\"http://rsa.com/schemas/attr-names/2009/01/GroupIdentity\"", "")
    }),
    claims("A27", "an unknown XML attribute", |g| {
        g.signed(|p| with_attribute(p, "saml2:Attribute", "x=\"1\""))
    }),
    claims("A27", "an element for a value", |g| attribute(g, ">Alice<", "><b xmlns=\"\">Alice</b><")),
    claims("A28", "a time without Z", |g| time(g, "NotBefore", "2026-11-24T07:59:50.000")),
    claims("A28", "a time with an offset", |g| time(g, "NotBefore", "2026-11-24T07:59:50+14:00")),
    claims("A28", "a leap second", |g| time(g, "NotBefore", "2026-11-24T07:59:60Z")),
    claims("A28", "hour 24", |g| time(g, "NotBefore", "2026-11-23T24:00:00Z")),
    claims("A28", "year 10000", |g| time(g, "IssueInstant", "10000-01-01T00:00:00Z")),
    claims("A28", "year -1", |g| time(g, "IssueInstant", "-0001-01-01T00:00:00Z")),
    claims("A28", "20 digits of a second", |g| {
        time(g, "NotBefore", "2026-11-24T07:59:50.00000000000000000000Z")
    }),
    claims("A28", "a number", |g| time(g, "AuthnInstant", "9223372036854775808")),
    claims("A28", "white space around a time", |g| time(g, "NotBefore", " 2026-11-24T07:59:50.000Z ")),
    refused("A29", "no Issuer", StepId::AssertionShape, |g| g.signed(|p| without(p, "saml2:Issuer"))),
    refused("A29", "white space around the Issuer", StepId::AssertionIssuer, |g| {
        issuer(g, " https://vc.example/websso/SAML2/Metadata/vsphere.local")
    }),
    refused("A29", "the Issuer in another case", StepId::AssertionIssuer, |g| {
        issuer(g, "https://vc.example/websso/saml2/metadata/vsphere.local")
    }),
    refused("A29", "an empty Issuer", StepId::AssertionIssuer, |g| issuer(g, "")),
    token_row("A30", "another assertion in Advice, which nobody reads", Expect::Same, |g| {
        let advice = format!("<saml2:Advice>{}</saml2:Advice>", g.evil());
        g.signed(|p| after(p, "saml2:Conditions", &advice))
    }),
    refused("A30", "a signed assertion in Advice", StepId::AssertionShape, |g| {
        let other = g.token.replace(TOKEN_ID, "_other");
        g.signed(|p| after(p, "saml2:Conditions", &format!("<saml2:Advice>{other}</saml2:Advice>")))
    }),
    claims("A30", "Advice before Conditions", |g| {
        g.signed(|p| before(p, "saml2:Conditions", "<saml2:Advice></saml2:Advice>"))
    }),
    refused("A31", "an ID that is no name", StepId::XmlIdentifiers, |g| with_id(g, "1 2")),
    refused("A31", "an ID of 129 bytes", StepId::XmlIdentifiers, |g| with_id(g, &"_".repeat(129))),
    refused("A31", "an empty ID", StepId::AssertionShape, |g| with_id(g, "")),
    refused("A31", "no ID", StepId::AssertionShape, |g| swap(&g.token, &format!(" ID=\"{TOKEN_ID}\""), "")),
];

fn confirmed_by(good: &Good, method: &str) -> String {
    good.signed(|p| {
        let old = p.split(METHOD).nth(1).unwrap().split('"').next().unwrap();
        swap(p, &format!("{METHOD}{old}"), &format!("{METHOD}{method}"))
    })
}

fn issuer(good: &Good, name: &str) -> String {
    attribute(good, ">https://vc.example/websso/SAML2/Metadata/vsphere.local<", &format!(">{name}<"))
}

fn with_id(good: &Good, id: &str) -> String {
    swap(&good.token, &format!("ID=\"{TOKEN_ID}\""), &format!("ID=\"{id}\""))
}

#[test]
fn a05_a_token_for_us_is_accepted_and_without_our_name_nothing_is_said() {
    for shape in [Shape::Own, Shape::Foreign] {
        let either: &[&str] = &["https://other.example/", OURS];
        let restrictions: [&[&[&str]]; 3] = [&[&[OURS]], &[either], &[&[OURS], &[OURS]]];
        for restrictions in restrictions {
            let token = for_audiences(good(shape, Confirms::Bearer), restrictions);
            let verdict = verdict_of_token(token.as_bytes());
            assert_eq!(verdict.refusal, None, "{restrictions:?}: {}", verdict.report);
            let text = message(Base::SdkBearer, &token);
            let nameless = Policy { tolerance: TOLERANCE, audiences: None };
            assert_eq!(verdict_at(text.as_bytes(), Door::Sdk, &nameless, now()).refusal, None);
            let other = Policy { audiences: Some(vec!["https://third.example/".into()]), ..policy() };
            let refusal = verdict_at(text.as_bytes(), Door::Sdk, &other, now()).refusal;
            assert_eq!(refusal, Some(StepId::AssertionAudience));
        }
    }
}

#[test]
fn a11_a_holder_of_key_token_without_message_signature_is_refused_at_every_door() {
    for shape in [Shape::Own, Shape::Foreign] {
        let token = &good(shape, Confirms::Holder).token;
        for base in [Base::SdkHolder, Base::StsHolder] {
            let text = message(base, token);
            assert_eq!(verdict_of_message(text.as_bytes(), base.door()).refusal, None);
            let (head, _, tail) = split(&text);
            let verdict = verdict_of_message([head, tail].concat().as_bytes(), base.door());
            assert_eq!(verdict.refusal, Some(StepId::PossessionSignature));
        }
        let as_bearer = verdict_of_message(message(Base::SdkBearer, token).as_bytes(), Door::Sdk);
        assert_eq!(as_bearer.refusal, Some(StepId::PossessionSignature));
    }
}

#[test]
fn a12_a_holder_of_key_token_is_of_no_use_to_anybody_elses_key() {
    for shape in [Shape::Own, Shape::Foreign] {
        let token = &good(shape, Confirms::Holder).token;
        for base in [Base::SdkHolder, Base::StsHolder] {
            for thief in [&KEYS.stranger, &KEYS.eve, &KEYS.other] {
                let ids = ids();
                let style = if base == Base::StsHolder { Style::PyVmomi } else { Style::Govmomi };
                let message = Message::new(style, &ids).timestamp(start(), timestamp_end()).assertion(token);
                let message = message.signed(&thief.key, SignatureAlgorithm::RSA_SHA256);
                // Under the assertion's name the confirmed key is asked for, and the signature is not its.
                let text = message.write(&body(base)).unwrap();
                let verdict = verdict_of_message(text.as_bytes(), base.door());
                assert_eq!((verdict.refusal, verdict.claims), (Some(StepId::MessageSignature), None));
                // Under the thief's own certificate the signature holds, and is the wrong one.
                let text = message.certificate(&thief.certificate).write(&body(base)).unwrap();
                let verdict = verdict_of_message(text.as_bytes(), base.door());
                assert_eq!((verdict.refusal, verdict.claims), (Some(StepId::PossessionKey), None));
            }
        }
        // With the certificate it confirms, it is good: as some clients sign.
        let ids = ids();
        let message = Message::new(Style::Govmomi, &ids).timestamp(start(), timestamp_end()).assertion(token);
        let message = message
            .certificate(&KEYS.robot.certificate)
            .signed(&KEYS.robot.key, SignatureAlgorithm::RSA_SHA256);
        let text = message.write(&body(Base::StsHolder)).unwrap();
        assert_eq!(verdict_of_message(text.as_bytes(), Door::Sts).refusal, None);
    }
}

#[test]
fn a18_a_bearer_token_authenticates_nobody_to_the_sts_and_a_signature_beside_it_changes_nothing() {
    let token = &good(Shape::Own, Confirms::Bearer).token;
    let ids = ids();
    let unsigned = Message::new(Style::Govmomi, &ids).timestamp(start(), timestamp_end()).assertion(token);
    let signed = unsigned.clone().signed(&KEYS.robot.key, SignatureAlgorithm::RSA_SHA256);
    for message in [unsigned, signed] {
        let text = message.write(&body(Base::StsHolder)).unwrap();
        let verdict = verdict_of_message(text.as_bytes(), Door::Sts);
        assert_eq!(verdict.refusal, Some(StepId::PossessionConfirmation));
        let verdict = verdict_of_message(text.as_bytes(), Door::Sdk);
        assert_eq!((verdict.refusal, verdict.replay_key), (None, None), "accepted as the bearer token it is");
    }
}

#[test]
fn a20_a_name_that_looks_like_another_is_read_as_it_is_written() {
    for shape in [Shape::Own, Shape::Foreign] {
        for name in [
            "alice\u{200b}@VSPHERE.LOCAL",
            "\u{202e}alice@VSPHERE.LOCAL",
            "ａlice@VSPHERE.LOCAL",
            "alice@VSPHERE.LOCAL.",
            "ALICE@VSPHERE.LOCAL",
        ] {
            let token = attribute(good(shape, Confirms::Bearer), "alice@VSPHERE.LOCAL", name);
            let claims = verdict_of_token(token.as_bytes()).claims.unwrap();
            assert_eq!(claims.subject.name, name);
        }
    }
}

#[test]
fn a09_a_token_to_be_used_once_says_so() {
    let token = condition(good(Shape::Foreign, Confirms::Bearer), "<saml2:OneTimeUse/>");
    assert!(verdict_of_token(token.as_bytes()).claims.unwrap().conditions.one_time_use);
}

#[test]
fn a13_the_confirmed_certificate_is_the_one_that_was_signed() {
    let claims = verdict_of_token(good(Shape::Own, Confirms::Holder).token.as_bytes()).claims.unwrap();
    let vcsso::saml::Confirmation::HolderOfKey { certificate } = claims.subject.confirmation else {
        panic!()
    };
    assert_eq!(STANDARD.encode(certificate.der()), STANDARD.encode(KEYS.robot.certificate.der()));
}
