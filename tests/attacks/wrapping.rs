//! R: signatures that hold, over something else than what is read.

use vcsso::client::{Message, Part, Style};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::verifier::StepId;

use crate::edit::{after, before, element, inside, replaced, swap, with_attribute, without};
use crate::table::{Expect, Good, MessageRow, Only, TokenRow, refused, run_messages, run_tokens, token_row};
use crate::world::{
    Base, KEYS, TOKEN_ID, body, ids, in_signature, message, resign_info, split, start, timestamp_end,
    verdict_of_message,
};

#[test]
fn a_wrapped_token_is_refused() {
    run_tokens(TOKENS);
}

#[test]
fn a_wrapped_message_is_refused() {
    run_messages(MESSAGES);
}

const fn shape(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionShape, change)
}

const fn reference(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionReference, change)
}

const fn identifiers(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::XmlIdentifiers, change)
}

fn signature(good: &Good) -> &str {
    element(&good.token, "ds:Signature")
}

fn unsigned(good: &Good) -> String {
    without(&good.token, "ds:Signature")
}

fn uri(good: &Good, uri: &str) -> String {
    good.info(|info| swap(info, &format!(" URI=\"#{TOKEN_ID}\""), uri))
}

const TOKENS: &[TokenRow] = &[
    shape("R03", "XSW4: evil wraps the original", |g| inside(&g.evil(), "saml2:Assertion", &g.token)),
    shape("R03", "XSW4: evil wraps the original behind its Issuer", |g| {
        after(&g.evil(), "saml2:Issuer", &g.token)
    }),
    shape("R03", "XSW4: evil has the signature, and wraps the original", |g| {
        let evil = after(&g.evil(), "saml2:Issuer", signature(g));
        inside(&evil, "saml2:Assertion", &g.token)
    }),
    shape("R04", "XSW5: evil has the signature, the original has none and is inside", |g| {
        let evil = after(&g.evil(), "saml2:Issuer", signature(g));
        inside(&evil, "saml2:Assertion", &unsigned(g))
    }),
    shape("R05", "XSW6: the original stands in evil's signature", |g| {
        let evil = after(&g.evil(), "saml2:Issuer", signature(g));
        inside(&evil, "ds:Signature", &unsigned(g))
    }),
    shape("R06", "XSW7: the original stands in evil's Advice", |g| {
        after(&g.evil(), "saml2:Conditions", &format!("<saml2:Advice>{}</saml2:Advice>", g.token))
    }),
    reference("R06", "XSW7: the same, and evil has the signature", |g| {
        let evil = after(&g.evil(), "saml2:Issuer", signature(g));
        after(&evil, "saml2:Conditions", &format!("<saml2:Advice>{}</saml2:Advice>", unsigned(g)))
    }),
    refused("R06", "evil stands in the original's Advice", StepId::AssertionDigest, |g| {
        after(&g.token, "saml2:Conditions", &format!("<saml2:Advice>{}</saml2:Advice>", g.evil()))
    }),
    shape("R07", "XSW8: the original stands in an Object of evil's signature", |g| {
        let evil = after(&g.evil(), "saml2:Issuer", signature(g));
        inside(&evil, "ds:Signature", &format!("<ds:Object>{}</ds:Object>", unsigned(g)))
    }),
    shape("R07", "an empty Object", |g| inside(&g.token, "ds:Signature", "<ds:Object/>")),
    identifiers("R09", "evil has the same ID and stands before", |g| {
        let evil = g.evil().replace("_evil", TOKEN_ID);
        before(&g.token, "saml2:Subject", &evil)
    }),
    identifiers("R09", "evil has the same ID and stands behind", |g| {
        let evil = g.evil().replace("_evil", TOKEN_ID);
        inside(&g.token, "saml2:Assertion", &evil)
    }),
    identifiers("R09", "the same ID as Id", |g| same_id(g, "Id")),
    identifiers("R09", "the same ID as id", |g| same_id(g, "id")),
    identifiers("R09", "the same ID as xml:id", |g| same_id(g, "xml:id")),
    identifiers("R09", "the same ID as AssertionID", |g| same_id(g, "AssertionID")),
    identifiers("R09", "the same ID as wsu:Id", |g| {
        let declared = "xmlns:u=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\" u";
        same_id(g, &format!("{declared}:Id"))
    }),
    identifiers("R09", "the same ID twice on one element", |g| {
        with_attribute(&g.token, "saml2:Assertion", &format!("Id=\"{TOKEN_ID}\""))
    }),
    identifiers("R10", "evil has Id, the original inside has ID, the same", |g| {
        let evil = swap(&g.evil(), "ID=\"_evil\"", &format!("Id=\"{TOKEN_ID}\""));
        inside(&evil, "saml2:Assertion", &g.token)
    }),
    shape("R10", "evil has no ID but a foreign one", |g| {
        let evil = swap(&g.evil(), "ID=\"_evil\"", "xmlns:x=\"urn:x\" x:ID=\"_evil\"");
        after(&evil, "saml2:Issuer", signature(g))
    }),
    reference("R13", "no reference at all", |g| g.info(|info| without(info, "ds:Reference"))),
    reference("R14", "an empty URI", |g| uri(g, " URI=\"\"")),
    reference("R14", "no URI", |g| uri(g, "")),
    reference("R14", "an XPointer", |g| uri(g, &format!(" URI=\"#xpointer(id('{TOKEN_ID}'))\""))),
    reference("R14", "an XPointer to the root", |g| uri(g, " URI=\"#xpointer(/)\"")),
    reference("R14", "a file", |g| uri(g, " URI=\"file:///etc/hostname\"")),
    reference("R14", "a path", |g| uri(g, " URI=\"/etc/hostname\"")),
    reference("R14", "an attachment", |g| uri(g, " URI=\"cid:x\"")),
    reference("R14", "a URL", |g| uri(g, " URI=\"http://127.0.0.1:9/x\"")),
    reference("R14", "a URL with the right fragment", |g| {
        uri(g, &format!(" URI=\"http://evil/#{TOKEN_ID}\""))
    }),
    reference("R15", "the reference is to a signed part", |g| {
        let advice = "<saml2:Advice><a xmlns=\"urn:a\" ID=\"_advice\"></a></saml2:Advice>";
        let plain = after(&g.plain, "saml2:Conditions", advice);
        let key_info = crate::world::key_info(KEYS.sts.certificate());
        crate::world::sign_token(&plain, &KEYS.sts.key, &key_info, |info| {
            let digest = vcsso::dsig::write::digest(
                SignatureAlgorithm::RSA_SHA256,
                b"<a xmlns=\"urn:a\" ID=\"_advice\"></a>",
            );
            let info = swap(&info, &format!("#{TOKEN_ID}"), "#_advice");
            crate::edit::with_content(&info, "ds:DigestValue", &digest)
        })
    }),
    reference("R15", "a Type on the reference", |g| uri(g, &format!(" URI=\"#{TOKEN_ID}\" Type=\"urn:x\""))),
    reference("R16", "a second reference, valid too", |g| {
        g.info(|info| info.to_owned() + element(info, "ds:Reference"))
    }),
    reference("R17", "100 transforms", |g| {
        g.info(|info| {
            let transform =
                "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
            inside(info, "ds:Transforms", &transform.repeat(100))
        })
    }),
    shape("R18", "a Manifest", |g| {
        inside(&g.token, "ds:Signature", "<ds:Object><ds:Manifest></ds:Manifest></ds:Object>")
    }),
    shape("R19", "a second signature in Advice", |g| {
        after(&g.token, "saml2:Conditions", &format!("<saml2:Advice>{}</saml2:Advice>", signature(g)))
    }),
    shape("R19", "a second signature behind the first", |g| after(&g.token, "ds:Signature", signature(g))),
    shape("R20", "two SignedInfo, the forged one first", |g| {
        let forged = element(&g.token, "ds:SignedInfo").replace(TOKEN_ID, "_evil");
        before(&g.token, "ds:SignedInfo", &forged)
    }),
    shape("R20", "two SignedInfo, the forged one last", |g| {
        let forged = element(&g.token, "ds:SignedInfo").replace(TOKEN_ID, "_evil");
        after(&g.token, "ds:SignedInfo", &forged)
    }),
    shape("R20", "two SignatureValue", |g| {
        after(&g.token, "ds:SignatureValue", element(&g.token, "ds:SignatureValue"))
    }),
    shape("R20", "two KeyInfo", |g| after(&g.token, "ds:KeyInfo", element(&g.token, "ds:KeyInfo"))),
    shape("R21", "a signature before the Issuer", |g| before(&unsigned(g), "saml2:Issuer", signature(g))),
    shape("R21", "a signature at the end", |g| inside(&unsigned(g), "saml2:Assertion", signature(g))),
    shape("R21", "a bait signature in a value", |g| inside(&g.token, "saml2:AttributeValue", signature(g))),
    shape("R22", "a forged digest in a comment", |g| {
        swap(&g.token, "<ds:DigestValue>", "<ds:DigestValue><!--AAAA-->")
    }),
    shape("R22", "the digest in a CDATA section", |g| {
        let digest = crate::edit::content(&g.token, "ds:DigestValue");
        crate::edit::with_content(&g.token, "ds:DigestValue", &format!("<![CDATA[{digest}]]>"))
    }),
    refused("R22", "a forged second digest", StepId::AssertionSignature, |g| {
        before(&g.token, "ds:DigestValue", "<ds:DigestValue>AAAA</ds:DigestValue>")
    }),
    reference("R22", "a second digest, signed", |g| {
        g.info(|info| before(info, "ds:DigestValue", "<ds:DigestValue>AAAA</ds:DigestValue>"))
    }),
    refused("R22", "a digest in Advice", StepId::AssertionDigest, |g| {
        let bait = with_attribute(element(&g.token, "ds:DigestValue"), "ds:DigestValue", DS_DECLARED);
        after(&g.token, "saml2:Conditions", &format!("<saml2:Advice>{bait}</saml2:Advice>"))
    }),
    shape("R23", "a look-alike namespace", |g| {
        swap(&g.token, "http://www.w3.org/2000/09/xmldsig#\"", "http://www.w3.org/2000/09/xmldsig\"")
    }),
    shape("R23", "the namespace and a space", |g| {
        swap(&g.token, "http://www.w3.org/2000/09/xmldsig#\"", "http://www.w3.org/2000/09/xmldsig# \"")
    }),
    shape("R24", "no signature", |g| unsigned(g)),
    shape("R24", "no signature, and the KeyInfo stays", |g| {
        let key_info = with_attribute(element(&g.token, "ds:KeyInfo"), "ds:KeyInfo", DS_DECLARED);
        replaced(&g.token, "ds:Signature", &key_info)
    }),
    refused("A11", "tampered: another subject", StepId::AssertionDigest, |g| {
        swap(&g.token, "alice@VSPHERE.LOCAL", "Administrator@VSPHERE.LOCAL")
    }),
    refused("A11", "tampered: another group", StepId::AssertionDigest, |g| {
        swap(&g.token, "vsphere.local\\A &amp; B", "vsphere.local\\CAAdmins")
    }),
    refused("A11", "tampered: another digest", StepId::AssertionSignature, |g| {
        let digest = crate::edit::content(&g.token, "ds:DigestValue").to_owned();
        let first = if digest.starts_with('A') { "B" } else { "A" };
        crate::edit::with_content(&g.token, "ds:DigestValue", &format!("{first}{}", &digest[1..]))
    }),
    token_row("R24", "a second certificate after the signer's, unsigned and unread", Expect::Same, |g| {
        inside(&g.token, "ds:X509Data", "<ds:X509Certificate>AAAA</ds:X509Certificate>")
    })
    .only(Only::Bearer),
];

const DS_DECLARED: &str = "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";

fn same_id(good: &Good, attribute: &str) -> String {
    with_attribute(&good.token, "saml2:NameID", &format!("{attribute}=\"{TOKEN_ID}\""))
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

const MESSAGES: &[MessageRow] = &[
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
    let other = crate::world::resign(&one, &KEYS.robot.key, |_| {
        let (head, _, tail) = split(&other);
        [head, "<SIGNATURE/>", tail].concat().replace("_another", &ids().body)
    });
    assert_eq!(verdict_of_message(other.as_bytes(), Base::StsCertificate.door()).refusal, None);
    let (head, _, tail) = split(&other);
    let mixed = [head, split(&one).1, tail].concat();
    let verdict = verdict_of_message(mixed.as_bytes(), Base::StsCertificate.door());
    assert_eq!(verdict.refusal, Some(StepId::MessageDigest));
}
