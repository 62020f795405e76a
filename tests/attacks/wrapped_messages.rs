//! R: messages whose signature holds, over something else than what is acted on.

use vcsso::client::{Message, Part, Style};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::verifier::StepId;

use crate::edit::{after, before, element, inside, swap, with_attribute, without};
use crate::table::{Expect, MessageRow, run_messages};
use crate::world::{
    Base, KEYS, TOKEN_ID, body, ids, in_signature, message, resign, resign_info, split, start, timestamp_end,
    verdict_of_message,
};

#[test]
fn a_wrapped_message_is_refused() {
    run_messages(MESSAGES);
}

const SIGNED: &[Base] = &[Base::SdkHolder, Base::StsHolder, Base::StsCertificate];
const TOKEN_SIGNED: &[Base] = &[Base::SdkHolder, Base::StsHolder];

const fn coverage(id: &'static str, what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    MessageRow { id, what, bases: SIGNED, expect: Expect::Refused(StepId::MessageCoverage), change }
}

const fn references(id: &'static str, what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    MessageRow { id, what, bases: SIGNED, expect: Expect::Refused(StepId::MessageReferences), change }
}

const fn header(id: &'static str, what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    MessageRow {
        id,
        what,
        bases: TOKEN_SIGNED,
        expect: Expect::Refused(StepId::MessageSecurityHeader),
        change,
    }
}

const fn on(bases: &'static [Base], step: StepId, mut row: MessageRow) -> MessageRow {
    row.bases = bases;
    row.expect = Expect::Refused(step);
    row
}

fn prefix(base: Base) -> &'static str {
    if base == Base::StsHolder { "SOAP-ENV:" } else { "soap:" }
}

fn whole_body(text: &str, base: Base) -> &str {
    element(text, &format!("{}Body", prefix(base)))
}

/// Moves the signed Body into a header of its own; `attributes` are those of the new one.
fn moved_body(text: &str, base: Base, attributes: &str) -> String {
    let p = prefix(base);
    let original = whole_body(text, base).to_owned();
    let request = body(base).replace("en_US", "de_DE").replace("PublicKey", "Bearer");
    let text = swap(text, &original, &format!("<{p}Body{attributes}>{request}</{p}Body>"));
    swap(
        &text,
        &format!("</{p}Header>"),
        &format!("<w:Wrapper xmlns:w=\"urn:w\">{original}</w:Wrapper></{p}Header>"),
    )
}

fn other_reference(text: &str, from: &str, to: &str) -> String {
    resign_info(text, &KEYS.robot.key, |info| swap(info, from, to))
}

pub const MESSAGES: &[MessageRow] = &[
    coverage("R01", "XSW1: the Body moved to a wrapper, the new one without Id", |text, base| {
        moved_body(text, base, "")
    }),
    coverage("R01", "XSW2: the Body moved to a wrapper, the new one with another Id", |text, base| {
        moved_body(text, base, " Id=\"_new\"")
    }),
    on(
        SIGNED,
        StepId::XmlIdentifiers,
        coverage("R01", "the new Body with the same Id", |text, base| {
            moved_body(text, base, &format!(" Id=\"{}\"", ids().body))
        }),
    ),
    on(
        SIGNED,
        StepId::MessageSecurityHeader,
        coverage("R01", "the Body moved into Security", |text, base| {
            let original = whole_body(text, base).to_owned();
            let p = prefix(base);
            let text = swap(text, &original, &format!("<{p}Body>{}</{p}Body>", body(base)));
            swap(&text, "</wsse:Security>", &format!("{original}</wsse:Security>"))
        }),
    ),
    header("R02", "XSW3: an unsigned assertion before the original", |text, _| {
        before(text, "saml2:Assertion", EVIL)
    }),
    header("R08", "XSW9: an unsigned assertion behind the original", |text, _| {
        after(text, "saml2:Assertion", EVIL)
    }),
    on(
        TOKEN_SIGNED,
        StepId::XmlIdentifiers,
        header("R09", "an unsigned assertion with the same ID", |text, _| {
            before(text, "saml2:Assertion", &EVIL.replace("_evil", TOKEN_ID))
        }),
    ),
    MessageRow {
        id: "R06",
        what: "XSW7: an unsigned assertion in a header nobody reads",
        bases: TOKEN_SIGNED,
        expect: Expect::Same,
        change: |text, base| {
            let end = format!("</{}Header>", prefix(base));
            swap(text, &end, &format!("<x:Extensions xmlns:x=\"urn:x\">{EVIL}</x:Extensions>{end}"))
        },
    },
    coverage("R11", "the signed Timestamp in another header, a fresh one in its place", |text, base| {
        let signed = element(text, "wsu:Timestamp").to_owned();
        let fresh = signed.replace(&ids().timestamp, "_fresh").replace("07:59:50", "08:00:00");
        let end = format!("</{}Header>", prefix(base));
        let wrapper = format!("<w:W xmlns:w=\"urn:w\" xmlns:wsu=\"{}\">", vcsso::xml::names::WSU);
        swap(&swap(text, &signed, &fresh), &end, &format!("{wrapper}{signed}</w:W>{end}"))
    }),
    coverage("R12", "only the Timestamp is signed", |_, base| covering(base, &[Part::Timestamp])),
    coverage("R12", "only the Body is signed", |_, base| covering(base, &[Part::Body])),
    references("R13", "no reference at all", |text, _| {
        resign_info(text, &KEYS.robot.key, |info| without(&without(info, "ds:Reference"), "ds:Reference"))
    }),
    references("R14", "an empty URI", |text, _| other_reference(text, &format!("#{}", ids().body), "")),
    references("R14", "no URI", |text, _| other_reference(text, &format!(" URI=\"#{}\"", ids().body), "")),
    references("R14", "an XPointer", |text, _| {
        other_reference(text, &format!("#{}", ids().body), &format!("#xpointer(id('{}'))", ids().body))
    }),
    references("R14", "a file", |text, _| {
        other_reference(text, &format!("#{}", ids().body), "file:///etc/hostname")
    }),
    references("R14", "an attachment", |text, _| {
        other_reference(text, &format!("#{}", ids().body), "cid:body")
    }),
    references("R14", "a URL", |text, _| {
        other_reference(text, &format!("#{}", ids().body), "http://127.0.0.1:9/")
    }),
    coverage("R14", "an identifier that is not there", |text, _| {
        other_reference(text, &format!("#{}", ids().body), "#_nowhere")
    }),
    coverage("R15", "another element than the Body", |text, _| {
        let text = with_attribute(text, "wsse:Security", "Id=\"_other\"");
        other_reference(&text, &format!("#{}", ids().body), "#_other")
    }),
    coverage("R16", "the Body twice", |text, _| {
        resign_info(text, &KEYS.robot.key, |info| {
            let (first, rest) = info.split_once("</ds:Reference>").unwrap();
            format!("{first}</ds:Reference>{rest}{}", element(info, "ds:Reference"))
        })
    }),
    references("R17", "31 references", |text, _| {
        resign_info(text, &KEYS.robot.key, |info| info.to_owned() + &element(info, "ds:Reference").repeat(29))
    }),
    on(
        SIGNED,
        StepId::XmlSize,
        references("R17", "10,000 references", |text, _| {
            in_signature(text, |s| inside(s, "ds:SignedInfo", &element(s, "ds:Reference").repeat(10_000)))
        }),
    ),
    on(
        SIGNED,
        StepId::XmlNodes,
        references("R17", "10,000 short references", |text, _| {
            in_signature(text, |s| {
                inside(s, "ds:SignedInfo", &"<ds:Reference><a/><b/><c/></ds:Reference>".repeat(10_000))
            })
        }),
    ),
    references("R17", "100 transforms", |text, _| {
        resign_info(text, &KEYS.robot.key, |info| {
            let transform =
                "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
            inside(info, "ds:Transforms", &transform.repeat(100))
        })
    }),
    on(
        SIGNED,
        StepId::MessageSignatureShape,
        references("R18", "a Manifest", |text, _| {
            in_signature(text, |s| inside(s, "ds:Signature", "<ds:Object><ds:Manifest/></ds:Object>"))
        }),
    ),
    on(
        SIGNED,
        StepId::MessageSignatureShape,
        references("R20", "two SignedInfo", |text, _| {
            in_signature(text, |s| before(s, "ds:SignedInfo", element(s, "ds:SignedInfo")))
        }),
    ),
    on(
        SIGNED,
        StepId::MessageSignatureShape,
        references("R20", "two SignatureValue", |text, _| {
            in_signature(text, |s| after(s, "ds:SignatureValue", element(s, "ds:SignatureValue")))
        }),
    ),
    on(
        SIGNED,
        StepId::MessageSignatureShape,
        references("R20", "two KeyInfo", |text, _| {
            in_signature(text, |s| after(s, "ds:KeyInfo", element(s, "ds:KeyInfo")))
        }),
    ),
    on(
        SIGNED,
        StepId::PossessionSignature,
        references("R24", "the signature stripped", |text, _| in_signature(text, |_| String::new())),
    ),
    on(
        SIGNED,
        StepId::MessageDigest,
        references("R25", "another Body under the same Id", |text, _| {
            text.replace("en_US", "de_DE").replace("/PublicKey", "/Bearer")
        }),
    ),
    on(
        SIGNED,
        StepId::MessageDigest,
        references("R25", "another Timestamp under the same Id", |text, _| {
            swap(text, "08:00:50", "08:09:50")
        }),
    ),
    on(
        SIGNED,
        StepId::SoapStructure,
        references("R26", "two bodies", |text, base| {
            let second = whole_body(text, base).replace(&ids().body, "_second");
            after(text, &format!("{}Body", prefix(base)), &second)
        }),
    ),
    on(
        SIGNED,
        StepId::SoapStructure,
        references("R26", "something after the Body", |text, base| {
            after(text, &format!("{}Body", prefix(base)), "<x/>")
        }),
    ),
    on(
        SIGNED,
        StepId::SoapStructure,
        references("R26", "two headers", |text, base| {
            before(text, &format!("{}Header", prefix(base)), &format!("<{}Header/>", prefix(base)))
        }),
    ),
    on(
        SIGNED,
        StepId::SoapStructure,
        references("R27", "a Body of SOAP 1.2", |text, base| {
            let body = whole_body(text, base);
            let name = format!("{}Body", prefix(base));
            let soap12 = body.replace(&name, "e:Body").replacen(
                "<e:Body",
                "<e:Body xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"",
                1,
            );
            swap(text, body, &soap12)
        }),
    ),
    on(
        SIGNED,
        StepId::SoapVersion,
        references("R27", "an Envelope of SOAP 1.2", |text, _| {
            text.replace(
                "http://schemas.xmlsoap.org/soap/envelope/",
                "http://www.w3.org/2003/05/soap-envelope",
            )
        }),
    ),
];

const EVIL: &str = "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_evil\" \
    IssueInstant=\"2026-11-24T07:59:50.000Z\" Version=\"2.0\"></saml2:Assertion>";

/// The same message, signed over these parts.
fn covering(base: Base, parts: &'static [Part]) -> String {
    let (ids, key) = (ids(), &KEYS.robot);
    let token = crate::world::token(crate::world::Shape::Own, base.confirms());
    let message = Message::new(Style::Govmomi, &ids).timestamp(start(), timestamp_end());
    let message = message.signed(&key.key, SignatureAlgorithm::RSA_SHA256).covering(parts);
    let message = match base {
        Base::StsCertificate => message.certificate(&key.certificate),
        _ => message.assertion(&token),
    };
    message.write(&body(base)).unwrap()
}

#[test]
fn r12_signing_the_certificate_too_is_fine_and_signing_it_alone_is_not() {
    let text = covering(Base::StsCertificate, &[Part::BinaryToken, Part::Timestamp, Part::Body]);
    assert_eq!(verdict_of_message(text.as_bytes(), Base::StsCertificate.door()).refusal, None);
    let text = covering(Base::StsCertificate, &[Part::BinaryToken]);
    let verdict = verdict_of_message(text.as_bytes(), Base::StsCertificate.door());
    assert_eq!(verdict.refusal, Some(StepId::MessageCoverage));
}

#[test]
fn r25_the_signature_of_one_message_does_not_fit_another_of_the_same_client() {
    let one = message(Base::StsCertificate, "");
    let other = one.replace(&ids().body, "_another").replace("/PublicKey", "/Bearer");
    let other = resign(&one, &KEYS.robot.key, |_| {
        let (head, _, tail) = split(&other);
        [head, "<SIGNATURE/>", tail].concat().replace("_another", &ids().body)
    });
    assert_eq!(verdict_of_message(other.as_bytes(), Base::StsCertificate.door()).refusal, None);
    let (head, _, tail) = split(&other);
    let mixed = [head, split(&one).1, tail].concat();
    let verdict = verdict_of_message(mixed.as_bytes(), Base::StsCertificate.door());
    assert_eq!(verdict.refusal, Some(StepId::MessageDigest));
}
