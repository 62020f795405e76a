//! P: what an XML parser must not swallow.

use vcsso::verifier::{Door, StepId};
use vcsso::xml::Limits;

use crate::edit::{after, inside, replaced, swap, with_attribute, with_content};
use crate::table::{
    Expect, Good, MessageRow, Only, TokenRow, good, refused, run_messages, run_tokens, token_row,
};
use crate::world::{
    Base, Confirms, KEYS, Shape, message, resign, verdict_of_message, verdict_of_token, verdict_of_token_by,
};

/// sts.md §10: 209, 219.
#[test]
fn what_is_no_plain_xml_is_refused_in_tokens() {
    run_tokens(TOKENS);
}

#[test]
fn what_is_no_plain_xml_is_refused_in_messages() {
    run_messages(MESSAGES);
}

const fn doctype(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::XmlDoctype, change)
}

const fn syntax(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::XmlSyntax, change)
}

fn name_id(good: &Good, content: &str) -> String {
    swap(&good.token, ">alice@VSPHERE.LOCAL<", &format!(">{content}<"))
}

fn nested(depth: usize) -> String {
    "<a>".repeat(depth) + &"</a>".repeat(depth)
}

/// Put where a lax schema would let anything stand.
fn advice(good: &Good, content: &str) -> String {
    after(&good.token, "saml2:Conditions", &format!("<saml2:Advice>{content}</saml2:Advice>"))
}

pub const TOKENS: &[TokenRow] = &[
    doctype("P01", "a DOCTYPE", |g| format!("<!DOCTYPE a>{}", g.token)),
    doctype("P02", "an external entity in NameID", |g| {
        format!("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{}", name_id(g, "&e;"))
    }),
    doctype("P03", "a parameter entity", |g| {
        format!("<!DOCTYPE a [<!ENTITY % e SYSTEM \"http://127.0.0.1:9/x\"> %e;]>{}", g.token)
    }),
    doctype("P03", "an external subset", |g| {
        format!("<!DOCTYPE a SYSTEM \"http://127.0.0.1:9/x\">{}", g.token)
    }),
    doctype("P04", "a billion laughs", |g| {
        let next = |n: u32| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
        let entities: String = (1..10).map(next).collect();
        format!("<!DOCTYPE a [<!ENTITY l0 \"ha\">{entities}]>{}", name_id(g, "&l9;"))
    }),
    doctype("P05", "a DOCTYPE that hides a comment", |g| {
        format!("<!DOCTYPE a SYSTEM 'x\"><!--'>{}<![CDATA[-->]]>", g.token)
    }),
    doctype("P06", "a default attribute from a DTD", |g| {
        format!("<!DOCTYPE a [<!ATTLIST saml2:NameID Format CDATA \"evil\">]>{}", g.token)
    }),
    doctype("P07", "an ID attribute from a DTD", |g| {
        format!("<!DOCTYPE a [<!ATTLIST Evil x ID #IMPLIED>]>{}", g.token)
    }),
    refused("P08", "1,000 nested elements in Subject", StepId::XmlDepth, |g| {
        inside(&g.token, "saml2:Subject", &nested(1_000))
    }),
    refused("P08", "30,000 nested elements in Advice", StepId::XmlDepth, |g| advice(g, &nested(30_000))),
    refused("P08", "100,000 nested elements in NameID", StepId::XmlDepth, |g| name_id(g, &nested(100_000))),
    refused("P08", "100,000 nested elements in SignedInfo", StepId::XmlDepth, |g| {
        inside(&g.token, "ds:SignedInfo", &nested(100_000))
    }),
    refused("P08", "100,000 start tags without end", StepId::XmlDepth, |g| {
        name_id(g, &"<a>".repeat(100_000))
    }),
    refused("P09", "10,000 attributes", StepId::XmlAttributes, |g| many(g, 10_000, |n| format!("a{n}=''"))),
    refused("P09", "60,000 attributes", StepId::XmlAttributes, |g| many(g, 60_000, |n| format!("a{n}=''"))),
    refused("P09", "20,000 namespace declarations", StepId::XmlAttributes, |g| {
        many(g, 20_000, |n| format!("xmlns:p{n}='urn:{n}'"))
    }),
    refused("P10", "200,000 siblings in the attributes", StepId::XmlNodes, |g| {
        inside(&g.token, "saml2:AttributeStatement", &"<a/>".repeat(200_000))
    }),
    refused("P11", "a NameID of 1 MiB", StepId::XmlSize, |g| name_id(g, &"a".repeat(1 << 20))),
    refused("P11", "a signed NameID of 513 bytes", StepId::AssertionClaims, |g| {
        g.signed(|p| swap(p, "alice@VSPHERE.LOCAL", &"a".repeat(513)))
    }),
    refused("P11", "a signed value of 4,097 bytes", StepId::AssertionClaims, |g| {
        g.signed(|p| swap(p, ">Alice<", &format!(">{}<", "a".repeat(4_097))))
    }),
    refused("P11", "an element name of 64 KiB", StepId::AssertionDigest, |g| {
        advice(g, &format!("<{}/>", "a".repeat(65_536)))
    }),
    syntax("P12", "an attribute given twice", |g| with_attribute(&g.token, "saml2:Assertion", "ID=\"_b\"")),
    syntax("P12", "one expanded name by two prefixes", |g| {
        let twice = "xmlns:p=\"urn:p\" xmlns:q=\"urn:p\" p:x=\"1\" q:x=\"2\"";
        with_attribute(&g.token, "saml2:NameID", twice)
    }),
    syntax("P13", "a prefix that is not declared", |g| with_attribute(&g.token, "saml2:NameID", "p:x=\"1\"")),
    syntax("P13", "xml rebound", |g| with_attribute(&g.token, "saml2:NameID", "xmlns:xml=\"urn:x\"")),
    syntax("P13", "xmlns declared", |g| with_attribute(&g.token, "saml2:NameID", "xmlns:xmlns=\"urn:x\"")),
    syntax("P13", "another prefix for xml", |g| {
        let declared = "xmlns:x=\"http://www.w3.org/XML/1998/namespace\"";
        with_attribute(&g.token, "saml2:NameID", declared)
    }),
    syntax("P13", "a prefix undeclared", |g| with_attribute(&g.token, "saml2:NameID", "xmlns:xsi=\"\"")),
    syntax("P14", "a processing instruction in NameID", |g| name_id(g, "<?p not-an-?>alice@VSPHERE.LOCAL")),
    syntax("P15", "a second root", |g| g.token.clone() + "<a/>").only(Only::Alone),
    syntax("P15", "text after the root", |g| g.token.clone() + "a").only(Only::Alone),
    syntax("P15", "text before the root", |g| format!("a{}", g.token)).only(Only::Alone),
    syntax("P16", "a lone surrogate", |g| name_id(g, "alice&#xD800;@VSPHERE.LOCAL")),
    syntax("P16", "a NUL by reference", |g| name_id(g, "alice&#0;@VSPHERE.LOCAL")),
    refused("P16", "a NUL", StepId::XmlEncoding, |g| name_id(g, "alice\0@VSPHERE.LOCAL")),
    refused("P16", "U+FFFF", StepId::XmlEncoding, |g| name_id(g, "alice\u{ffff}@VSPHERE.LOCAL")),
    syntax("P16", "U+0080 in a namespace", |g| {
        with_attribute(&g.token, "saml2:NameID", "xmlns:p=\"\u{80}urn:p\"")
    }),
    refused("P16", "another encoding declared", StepId::XmlEncoding, |g| {
        format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{}", g.token)
    }),
    refused("P17", "XML 1.1", StepId::XmlEncoding, |g| format!("<?xml version=\"1.1\"?>{}", g.token)),
    refused("P17", "a late declaration", StepId::XmlEncoding, |g| {
        format!(" <?xml version=\"1.0\"?>{}", g.token)
    }),
    syntax("P18", "an undefined entity", |g| name_id(g, "&admin;")),
    syntax("P18", "an unterminated entity", |g| name_id(g, "alice&amp@VSPHERE.LOCAL")),
    syntax("P18", "an entity in another case", |g| name_id(g, "&AMP;")),
    refused("P19", "XInclude", StepId::AssertionDigest, |g| name_id(g, INCLUDE)),
    refused("P19", "XInclude, signed", StepId::AssertionClaims, |g| {
        g.signed(|p| swap(p, "alice@VSPHERE.LOCAL", INCLUDE))
    }),
    refused("P19", "xml:base, signed", StepId::AssertionClaims, |g| {
        g.signed(|p| with_attribute(p, "saml2:Assertion", "xml:base=\"http://evil/\""))
    }),
    syntax("P19", "a style sheet", |g| format!("<?xml-stylesheet href=\"http://evil/\"?>{}", g.token)),
    syntax("P22", "two hyphens in a comment", |g| name_id(g, "alice<!-- a--b -->@VSPHERE.LOCAL")),
    token_row("P22", "a comment before the root", Expect::Same, |g| format!("<!-- hello -->{}", g.token)),
];

const INCLUDE: &str =
    "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\"/>";

fn many(good: &Good, count: usize, attribute: impl Fn(usize) -> String) -> String {
    let attributes: Vec<_> = (0..count).map(attribute).collect();
    with_attribute(&good.token, "saml2:NameID", &attributes.join(" "))
}

const ALL: &[Base] =
    &[Base::SdkBearer, Base::SdkHolder, Base::StsHolder, Base::StsCertificate, Base::StsPassword];
const SIGNED: &[Base] = &[Base::SdkHolder, Base::StsHolder, Base::StsCertificate];

pub const MESSAGES: &[MessageRow] = &[
    MessageRow {
        id: "P01",
        what: "a DOCTYPE",
        bases: ALL,
        expect: Expect::Refused(StepId::XmlDoctype),
        change: |text, _| {
            let start =
                text.find("<Env").or_else(|| text.find("<soap:Env")).or_else(|| text.find("<SOAP-ENV:Env"));
            let (declaration, envelope) = text.split_at(start.unwrap());
            format!("{declaration}<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{envelope}")
        },
    },
    MessageRow {
        id: "P02",
        what: "an entity without a DTD in Username",
        bases: &[Base::StsPassword],
        expect: Expect::Refused(StepId::XmlSyntax),
        change: |text, _| with_content(text, "wsse:Username", "&e;"),
    },
    MessageRow {
        id: "P08",
        what: "100,000 nested elements in the Body",
        bases: ALL,
        expect: Expect::Refused(StepId::XmlDepth),
        change: |text, _| in_body(text, &nested(100_000)),
    },
    MessageRow {
        id: "P09",
        what: "60,000 attributes in the Body",
        bases: ALL,
        expect: Expect::Refused(StepId::XmlAttributes),
        change: |text, _| {
            let attributes: String = (0..60_000).map(|n| format!(" a{n}=''")).collect();
            in_body(text, &format!("<a{attributes}/>"))
        },
    },
    MessageRow {
        id: "P10",
        what: "200,000 siblings in the Body",
        bases: ALL,
        expect: Expect::Refused(StepId::XmlNodes),
        change: |text, _| in_body(text, &"<a/>".repeat(200_000)),
    },
    MessageRow {
        id: "P11",
        what: "1 MiB and one byte",
        bases: ALL,
        expect: Expect::Refused(StepId::XmlSize),
        change: |text, _| text.to_owned() + &" ".repeat(Limits::MESSAGE.bytes + 1 - text.len()),
    },
    MessageRow {
        id: "P11",
        what: "1 MiB exactly, which is read",
        bases: ALL,
        expect: Expect::Same,
        change: |text, _| text.to_owned() + &" ".repeat(Limits::MESSAGE.bytes - text.len()),
    },
    MessageRow {
        id: "P15",
        what: "an element after the envelope",
        bases: ALL,
        expect: Expect::Refused(StepId::XmlSyntax),
        change: |text, _| text.to_owned() + "<a/>",
    },
    MessageRow {
        id: "P16",
        what: "a byte-order mark, which is UTF-8's own",
        bases: ALL,
        expect: Expect::Same,
        change: |text, _| format!("\u{feff}{text}"),
    },
    MessageRow {
        id: "P20",
        what: "an XOP include for a password",
        bases: &[Base::StsPassword],
        expect: Expect::Refused(StepId::MessageSecurityHeader),
        change: |text, _| with_content(text, "wsse:Password", XOP),
    },
    MessageRow {
        id: "P20",
        what: "an XOP include for a certificate",
        bases: &[Base::StsCertificate],
        expect: Expect::Refused(StepId::MessageSecurityHeader),
        change: |text, _| with_content(text, "wsse:BinarySecurityToken", XOP),
    },
    MessageRow {
        id: "P14",
        what: "a processing instruction in the signed Body",
        bases: SIGNED,
        expect: Expect::Refused(StepId::XmlSyntax),
        change: |text, _| in_body(text, "<?p x?>"),
    },
];

const XOP: &str = "<xop:Include xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:x\"/>";

/// Puts something at the end of the Body.
fn in_body(text: &str, new: &str) -> String {
    let at = text.rfind("</").and_then(|envelope| text[..envelope].rfind("</")).unwrap();
    [&text[..at], new, &text[at..]].concat()
}

#[test]
fn p16_bytes_in_another_encoding_are_refused_as_such() {
    let good = good(Shape::Foreign, Confirms::Bearer);
    let utf16: Vec<u8> = good.token.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.clone()).collect();
    let latin: Vec<u8> =
        good.token.replace("Alice", "Al\u{0}ce").bytes().map(|b| if b == 0 { 0xec } else { b }).collect();
    let overlong: Vec<u8> = swap(&good.token, "Alice", "Al\u{1}\u{2}ce")
        .bytes()
        .map(|b| match b {
            1 => 0xc1,
            2 => 0xa9,
            b => b,
        })
        .collect();
    for bytes in [utf16, marked, latin, overlong] {
        assert_eq!(verdict_of_token(&bytes).refusal, Some(StepId::XmlEncoding));
    }
}

#[test]
fn p21_a_message_cut_at_any_byte_is_refused_and_nothing_panics() {
    for base in [Base::SdkHolder, Base::StsPassword] {
        let text = message(base, &good(Shape::Own, Confirms::Holder).token);
        assert!(verdict_of_message(text.as_bytes(), base.door()).refusal.is_none());
        for end in (0..text.len()).step_by(5) {
            let verdict = verdict_of_message(&text.as_bytes()[..end], base.door());
            assert!(verdict.refusal.is_some_and(|step| step.as_str().starts_with("xml.")), "{end}");
        }
    }
}

#[test]
fn p11_a_token_of_our_own_shape_is_within_the_same_limits_as_any_other() {
    // Recognised from its bytes, never parsed: the limits of the reader hold all the same.
    let value = "<saml2:AttributeValue xsi:type=\"xsd:string\">vsphere.local\\Users</saml2:AttributeValue>";
    let many = |count: usize| {
        let token = good(Shape::Own, Confirms::Bearer).signed(|plain| {
            let values = value.repeat(count);
            replaced(plain, "saml2:AttributeValue", &values)
        });
        let foreign = token.replacen("<saml2:Assertion xmlns", "<saml2:Assertion  xmlns", 1);
        let anchors = crate::world::anchors();
        let steps = [token, foreign]
            .map(|t| verdict_of_token_by(t.as_bytes(), &anchors, crate::world::now()).refusal);
        assert_eq!(steps[0], steps[1], "{count} values");
        steps[0]
    };
    // One of the two values of the good token stays.
    assert_eq!(many(8_191), None);
    assert_eq!(many(8_192), Some(StepId::AssertionClaims));
    assert_eq!(many(20_000), Some(StepId::XmlSize));
}

#[test]
fn a_request_that_its_own_sender_signs_is_within_the_limits_too() {
    let text = message(Base::StsCertificate, "");
    let deep = |depth: usize| resign(&text, &KEYS.robot.key, |text| in_body(text, &nested(depth)));
    assert_eq!(verdict_of_message(deep(40).as_bytes(), Door::Sts).refusal, None);
    assert_eq!(verdict_of_message(deep(60).as_bytes(), Door::Sts).refusal, Some(StepId::XmlDepth));
}
