//! H: the security header and what stands in it.

use vcsso::verifier::{Door, StepId};

use crate::edit::{after, before, element, inside, replaced, swap, with_attribute, with_content, without};
use crate::table::{Expect, MessageRow, good, run_messages};
use crate::world::{
    Base, Confirms, KEYS, Shape, TOKEN_ID, ids, in_signature, message, resign, split, verdict_of_message,
};

#[test]
fn a_header_out_of_form_is_refused() {
    run_messages(MESSAGES);
}

const ALL: &[Base] =
    &[Base::SdkBearer, Base::SdkHolder, Base::StsHolder, Base::StsCertificate, Base::StsPassword];
const SIGNED: &[Base] = &[Base::SdkHolder, Base::StsHolder, Base::StsCertificate];
const HOLDER: &[Base] = &[Base::SdkHolder, Base::StsHolder];
const PASSWORD: &[Base] = &[Base::StsPassword];
const CERTIFICATE: &[Base] = &[Base::StsCertificate];

const fn row(
    id: &'static str,
    what: &'static str,
    bases: &'static [Base],
    step: StepId,
    change: fn(&str, Base) -> String,
) -> MessageRow {
    MessageRow { id, what, bases, expect: Expect::Refused(step), change }
}

const fn header(id: &'static str, what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    row(id, what, ALL, StepId::MessageSecurityHeader, change)
}

const fn fine(id: &'static str, what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    MessageRow { id, what, bases: ALL, expect: Expect::Same, change }
}

const fn login(id: &'static str, what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    row(id, what, PASSWORD, StepId::MessageSecurityHeader, change)
}

/// Changes the Timestamp, and signs again where the message is signed: a client that writes such a one.
fn timestamp(text: &str, base: Base, edit: fn(&str) -> String) -> String {
    match base {
        Base::SdkBearer | Base::StsPassword => edit(text),
        _ => resign(text, &KEYS.robot.key, edit),
    }
}

const fn written(what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    row("H09", what, ALL, StepId::MessageTimestamp, change)
}

const CREATED: &str = "<wsu:Created>2026-11-24T07:59:50.000Z</wsu:Created>";
const EXPIRES: &str = "<wsu:Expires>2026-11-24T08:00:50.000Z</wsu:Expires>";

pub const MESSAGES: &[MessageRow] = &[
    header("H01", "no Security header", |text, _| without(text, "wsse:Security")),
    row(
        "H01",
        "an empty Security header at the door of the SDK",
        &[Base::SdkBearer],
        StepId::AssertionPresent,
        |text, _| with_content(text, "wsse:Security", ""),
    ),
    row(
        "H01",
        "an empty Security header at the door of the STS",
        PASSWORD,
        StepId::MessageTimestamp,
        |text, _| with_content(text, "wsse:Security", ""),
    ),
    header("H02", "a second Security header", |text, _| after(text, "wsse:Security", EMPTY)),
    header("H02", "a second Security header before", |text, _| before(text, "wsse:Security", EMPTY)),
    header("H02", "a second Security header for another actor", |text, _| {
        after(
            text,
            "wsse:Security",
            &EMPTY.replace(
                "wss:Security ",
                "wss:Security xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:actor=\"urn:next\" ",
            ),
        )
    }),
    header("H02", "a second Security header deeper down", |text, _| {
        after(text, "wsse:Security", &format!("<x:X xmlns:x=\"urn:x\">{EMPTY}</x:X>"))
    }),
    header("H02", "a Security header in the Security header", |text, _| inside(text, "wsse:Security", EMPTY)),
    MessageRow {
        id: "H02",
        what: "a Security element in the Body, where it is only content",
        bases: &[Base::SdkBearer, Base::StsPassword],
        expect: Expect::Same,
        change: |text, _| {
            let at = text.rfind("</").and_then(|envelope| text[..envelope].rfind("</")).unwrap();
            [&text[..at], EMPTY, &text[at..]].concat()
        },
    },
    fine("H03", "the header is for another actor, and is read all the same", |text, _| {
        let declared = "xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:actor=\"urn:somebody\"";
        with_attribute(text, "wsse:Security", declared)
    }),
    fine("H03", "the header must be understood, and is", |text, _| {
        let declared = "xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:mustUnderstand=\"1\"";
        with_attribute(text, "wsse:Security", declared)
    }),
    row("H04", "a header that must be understood and is not", ALL, StepId::SoapMustUnderstand, |text, _| {
        after(text, "wsse:Security", &unknown("1"))
    }),
    row("H04", "the same in words", ALL, StepId::SoapMustUnderstand, |text, _| {
        after(text, "wsse:Security", &unknown("true"))
    }),
    row("H04", "neither yes nor no", ALL, StepId::SoapStructure, |text, _| {
        after(text, "wsse:Security", &unknown("maybe"))
    }),
    fine("H04", "a header that need not be understood", |text, _| {
        after(text, "wsse:Security", &unknown("0"))
    }),
    row(
        "H05",
        "the Security header in the Body",
        &[Base::SdkBearer, Base::StsPassword],
        StepId::MessageSecurityHeader,
        |text, _| {
            let security = element(text, "wsse:Security").to_owned();
            let text = without(text, "wsse:Security");
            let at = text.rfind("</").and_then(|envelope| text[..envelope].rfind("</")).unwrap();
            [&text[..at], &security, &text[at..]].concat()
        },
    ),
    row("H05", "the Security header beside the Header", ALL, StepId::SoapStructure, |text, _| {
        let security = element(text, "wsse:Security").to_owned();
        let text = without(text, "wsse:Security");
        let end = text.find("Header>").unwrap() + "Header>".len();
        let end = text[end..].find("Header>").map_or(end, |more| end + more + "Header>".len());
        [&text[..end], &security, &text[end..]].concat()
    }),
    header("H06", "two Timestamps", |text, _| {
        let second = element(text, "wsu:Timestamp").replace(&ids().timestamp, "_second");
        after(text, "wsu:Timestamp", &second)
    }),
    row("H06", "two signatures", SIGNED, StepId::MessageSecurityHeader, |text, _| {
        in_signature(text, |s| format!("{s}{}", s.replace(" Id=\"", " Id=\"_x")))
    }),
    row("H06", "two certificates", CERTIFICATE, StepId::MessageSecurityHeader, |text, _| {
        let second = element(text, "wsse:BinarySecurityToken").replace(&ids().binary_token, "_second");
        after(text, "wsse:BinarySecurityToken", &second)
    }),
    login("H06", "two logins", |text, _| {
        after(text, "wsse:UsernameToken", element(text, "wsse:UsernameToken"))
    }),
    header("H06", "an unknown child", |text, _| inside(text, "wsse:Security", "<x:X xmlns:x=\"urn:x\"/>")),
    header("H06", "text", |text, _| inside(text, "wsse:Security", "text")),
    fine("H06", "the Timestamp last", |text, _| {
        let timestamp = element(text, "wsu:Timestamp").to_owned();
        inside(&without(text, "wsu:Timestamp"), "wsse:Security", &timestamp)
    }),
    MessageRow {
        id: "H06",
        what: "the signature before the Timestamp",
        bases: SIGNED,
        expect: Expect::Same,
        change: |text, _| {
            let (head, signature, tail) = split(text);
            swap(&[head, tail].concat(), "<wsu:Timestamp ", &format!("{signature}<wsu:Timestamp "))
        },
    },
    written("it ends when it begins", |text, base| {
        timestamp(text, base, |t| swap(t, "T08:00:50.000Z</wsu:E", "T07:59:50.000Z</wsu:E"))
    }),
    written("no Created", |text, base| timestamp(text, base, |t| swap(t, CREATED, ""))),
    written("no Expires", |text, base| timestamp(text, base, |t| swap(t, EXPIRES, ""))),
    written("two Created", |text, base| timestamp(text, base, |t| swap(t, CREATED, &CREATED.repeat(2)))),
    written("Expires first", |text, base| {
        timestamp(text, base, |t| swap(t, &format!("{CREATED}{EXPIRES}"), &format!("{EXPIRES}{CREATED}")))
    }),
    written("another child", |text, base| {
        timestamp(text, base, |t| swap(t, EXPIRES, &format!("{EXPIRES}<x:X xmlns:x=\"urn:x\"/>")))
    }),
    written("a ValueType", |text, base| {
        timestamp(text, base, |t| swap(t, "<wsu:Created>", "<wsu:Created ValueType=\"x\">"))
    }),
    written("the Buddhist year", |text, base| {
        timestamp(text, base, |t| t.replace("2026-11-24", "2569-11-24"))
    }),
    written("no time", |text, base| {
        timestamp(text, base, |t| swap(t, "2026-11-24T07:59:50.000Z</wsu:Created>", "now</wsu:Created>"))
    }),
    written("a time zone", |text, base| {
        timestamp(text, base, |t| swap(t, "07:59:50.000Z</wsu:Created>", "07:59:50+00:00</wsu:Created>"))
    }),
    fine("H09", "whole seconds", |text, base| {
        timestamp(text, base, |t| swap(t, "07:59:50.000Z</wsu:Created>", "07:59:50Z</wsu:Created>"))
    }),
    row("H09", "no Timestamp where one is wanted", PASSWORD, StepId::MessageTimestamp, |text, _| {
        without(text, "wsu:Timestamp")
    }),
    row("H09", "no Timestamp in a signed message", SIGNED, StepId::MessageTimestamp, |text, _| {
        without(text, "wsu:Timestamp")
    }),
    MessageRow {
        id: "H09",
        what: "no Timestamp beside a bearer token, as pyVmomi logs in",
        bases: &[Base::SdkBearer],
        expect: Expect::Same,
        change: |text, _| without(text, "wsu:Timestamp"),
    },
    login("H16", "no name", |text, _| without(text, "wsse:Username")),
    login("H16", "an empty name", |text, _| with_content(text, "wsse:Username", "")),
    row("H16", "a NUL in the name", PASSWORD, StepId::XmlSyntax, |text, _| {
        with_content(text, "wsse:Username", "a&#0;b")
    }),
    row("H16", "a name of 1 MiB", PASSWORD, StepId::XmlSize, |text, _| {
        with_content(text, "wsse:Username", &"a".repeat(1 << 20))
    }),
    login("H17", "no password", |text, _| without(text, "wsse:Password")),
    login("H17", "two passwords", |text, _| after(text, "wsse:Password", element(text, "wsse:Password"))),
    login("H17", "a passcode too", |text, _| {
        after(text, "wsse:Password", "<wsse:Passcode>1</wsse:Passcode>")
    }),
    login("H17", "a digest for a password", |text, _| {
        with_attribute(
            text,
            "wsse:Password",
            "Type=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest\"",
        )
    }),
    login("H17", "a password of its own type", |text, _| {
        with_attribute(text, "wsse:Password", "Type=\"urn:x\"")
    }),
    row("H21", "a certificate, and nothing signed", CERTIFICATE, StepId::PossessionSignature, |text, _| {
        in_signature(text, |_| String::new())
    }),
    row(
        "H21",
        "the signature refers to another certificate",
        CERTIFICATE,
        StepId::MessageKeyReference,
        |text, _| in_signature(text, |s| swap(s, &format!("#{}", ids().binary_token), "#_other")),
    ),
    row("H21", "a certificate that is not used to sign", HOLDER, StepId::MessageKeyReference, |text, _| {
        let with = message(Base::StsCertificate, "");
        before(text, "saml2:Assertion", element(&with, "wsse:BinarySecurityToken"))
    }),
    row("H22", "an empty reference", SIGNED, StepId::MessageKeyReference, |text, _| in_reference(text, "")),
    row("H22", "two references in one", SIGNED, StepId::MessageKeyReference, |text, _| {
        in_signature(text, |s| {
            let (name, id) = if s.contains("<wsse:Reference ") {
                ("wsse:Reference", "#_b")
            } else {
                ("wsse:KeyIdentifier", "_b")
            };
            after(s, name, &element(s, name).replace("#_", id))
        })
    }),
    row("H22", "an embedded token", SIGNED, StepId::MessageKeyReference, |text, _| {
        in_reference(text, "<wsse:Embedded/>")
    }),
    row("H22", "a URL", SIGNED, StepId::MessageKeyReference, |text, _| {
        in_reference(text, "<wsse:Reference URI=\"http://127.0.0.1:9/\"/>")
    }),
    row("H22", "a key name", SIGNED, StepId::MessageKeyReference, |text, _| {
        in_reference(text, "<ds:KeyName>robot</ds:KeyName>")
    }),
    row("H22", "a thumbprint", SIGNED, StepId::MessageKeyReference, |text, _| {
        in_reference(
            text,
            "<wsse:KeyIdentifier ValueType=\"http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#ThumbprintSHA1\">AAAA</wsse:KeyIdentifier>",
        )
    }),
    row("H22", "another encoding", CERTIFICATE, StepId::MessageKeyReference, |text, _| {
        swap(text, "#Base64Binary", "#HexBinary")
    }),
    row("H22", "another value type on the reference", CERTIFICATE, StepId::MessageKeyReference, |text, _| {
        in_signature(text, |s| swap(s, "#X509v3", "#X509v1"))
    }),
    row("H22", "no reference", SIGNED, StepId::MessageKeyReference, |text, _| {
        in_signature(text, |s| without(s, "ds:KeyInfo"))
    }),
    row("H23", "another assertion", HOLDER, StepId::MessageKeyReference, |text, _| {
        key_identifier(text, "_other")
    }),
    row("H23", "the assertion in another case", HOLDER, StepId::MessageKeyReference, |text, _| {
        key_identifier(text, &TOKEN_ID.to_uppercase())
    }),
    row("H23", "an assertion elsewhere", HOLDER, StepId::MessageKeyReference, |text, _| {
        // It stands where nobody reads, and has its own key.
        let elsewhere = good(Shape::Foreign, Confirms::Holder).token.replace(TOKEN_ID, "_elsewhere");
        let text = before(text, "wsse:Security", &format!("<x:X xmlns:x=\"urn:x\">{elsewhere}</x:X>"));
        key_identifier(&text, "_elsewhere")
    }),
    row("H23", "no assertion", CERTIFICATE, StepId::MessageKeyReference, |text, _| {
        in_signature(text, |s| {
            let kind = vcsso::wsse::token_reference::SAML_ID;
            let reference =
                format!("<wsse:KeyIdentifier ValueType=\"{kind}\">{TOKEN_ID}</wsse:KeyIdentifier>");
            replaced(s, "wsse:Reference", &reference)
        })
    }),
    header("H25", "a draft of WS-Security", |text, _| {
        text.replace(
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
            "http://schemas.xmlsoap.org/ws/2003/06/secext",
        )
    }),
    header("H26", "a SignatureConfirmation", |text, _| {
        inside(
            text,
            "wsse:Security",
            "<k:SignatureConfirmation xmlns:k=\"http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd\"/>",
        )
    }),
    header("H26", "a SecurityContextToken", |text, _| {
        inside(
            text,
            "wsse:Security",
            "<c:SecurityContextToken xmlns:c=\"http://docs.oasis-open.org/ws-sx/ws-secureconversation/200512\"/>",
        )
    }),
    header("H26", "a DerivedKeyToken", |text, _| {
        inside(
            text,
            "wsse:Security",
            "<c:DerivedKeyToken xmlns:c=\"http://docs.oasis-open.org/ws-sx/ws-secureconversation/200512\"/>",
        )
    }),
];

const EMPTY: &str = "<wss:Security xmlns:wss=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\"></wss:Security>";

fn unknown(must_understand: &str) -> String {
    format!(
        "<x:X xmlns:x=\"urn:x\" xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:mustUnderstand=\"{must_understand}\"/>"
    )
}

fn in_reference(text: &str, new: &str) -> String {
    in_signature(text, |s| with_content(s, "wsse:SecurityTokenReference", new))
}

fn key_identifier(text: &str, id: &str) -> String {
    in_signature(text, |s| with_content(s, "wsse:KeyIdentifier", id))
}

#[test]
fn h12_a_broken_copy_that_comes_first_does_not_spoil_the_genuine_message() {
    let text = message(Base::SdkHolder, &good(Shape::Own, Confirms::Holder).token);
    let broken = swap(&text, "en_US", "de_DE");
    let verdict = verdict_of_message(broken.as_bytes(), Door::Sdk);
    // Nothing that could be remembered: the replay key only exists behind every check.
    assert_eq!((verdict.refusal, verdict.replay_key), (Some(StepId::MessageDigest), None));
    let verdict = verdict_of_message(text.as_bytes(), Door::Sdk);
    assert!(verdict.refusal.is_none() && verdict.replay_key.is_some());
}
