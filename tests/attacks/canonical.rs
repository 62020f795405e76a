//! C: what canonicalisation hides, and where parsers disagree.

use vcsso::dsig::SignatureAlgorithm;
use vcsso::dsig::write::digest;
use vcsso::verifier::StepId;

use crate::edit::{content, element, swap, with_attribute, with_content};
use crate::table::{Expect, Good, MessageRow, TokenRow, good, refused, run_messages, run_tokens, token_row};
use crate::world::{
    Base, Confirms, KEYS, Shape, TOKEN_ID, in_signature, message, resign, resign_info, verdict_of_message,
    verdict_of_token,
};

#[test]
fn what_a_canonicaliser_could_hide_in_a_token_changes_nothing_or_is_refused() {
    run_tokens(TOKENS);
}

#[test]
fn what_a_canonicaliser_could_hide_in_a_message_changes_nothing_or_is_refused() {
    run_messages(MESSAGES);
}

const fn same(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    token_row(id, what, Expect::Same, change)
}

const fn reference(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionReference, change)
}

const fn shape(id: &'static str, what: &'static str, change: fn(&Good) -> String) -> TokenRow {
    refused(id, what, StepId::AssertionShape, change)
}

/// The second transform of the good token, whole.
fn second_transform(info: &str) -> String {
    let start = info.rfind("<ds:Transform ").unwrap();
    element(&info[start..], "ds:Transform").to_owned()
}

fn transform(good: &Good, instead: &str) -> String {
    good.info(|info| swap(info, &second_transform(info), instead))
}

fn prefixes(good: &Good, list: &str) -> String {
    good.info(|info| {
        let old = info.split("PrefixList=\"").nth(1).unwrap().split('"').next().unwrap();
        swap(info, &format!("PrefixList=\"{old}\""), &format!("PrefixList=\"{list}\""))
    })
}

const EMPTY_DIGEST: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const EVIL_RSA: &str = "xmlns:rsa=\"urn:evil\"";
const RSA: &str = "xmlns:rsa=\"http://www.rsa.com/names/2009/12/std-ext/SAML2.0\"";

pub const TOKENS: &[TokenRow] = &[
    same("C01", "a comment in NameID", |g| swap(&g.token, "alice@VSPHERE", "alice<!-- -->@VSPHERE")),
    same("C01", "a comment in a group", |g| swap(&g.token, "\\A &amp; B", "\\A<!-- --> &amp; B")),
    same("C01", "a comment in the Issuer", |g| {
        swap(&g.token, "vsphere.local</saml2:I", "vsphere<!-- -->.local</saml2:I")
    }),
    same("C01", "a comment between elements", |g| {
        swap(&g.token, "<saml2:Subject>", "<!-- --><saml2:Subject>")
    }),
    same("C02", "a CDATA section in NameID", |g| {
        swap(&g.token, "alice@VSPHERE.LOCAL", "<![CDATA[alice]]>@VSPHERE<![CDATA[.LOCAL]]>")
    }),
    refused("C02", "a CDATA section that adds", StepId::AssertionDigest, |g| {
        swap(&g.token, "alice@VSPHERE.LOCAL", "alice@VSPHERE.LOCAL<![CDATA[.evil]]>")
    }),
    refused("C03", "the digest of nothing", StepId::AssertionDigest, |g| {
        g.info(|info| with_content(info, "ds:DigestValue", EMPTY_DIGEST))
    }),
    refused("C03", "the digest of nothing, under a relative namespace", StepId::XmlSyntax, |g| {
        let token = g.info(|info| with_content(info, "ds:DigestValue", EMPTY_DIGEST));
        with_attribute(&token, "saml2:Assertion", "xmlns:r=\"relative\"")
    }),
    reference("C04", "an XPath that selects nothing", |g| {
        transform(
            g,
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>false()</ds:XPath></ds:Transform>",
        )
    }),
    reference("C04", "an XPath before canonicalisation", |g| {
        g.info(|info| {
            let xpath =
                "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"></ds:Transform>";
            swap(info, "<ds:Transforms>", &format!("<ds:Transforms>{xpath}"))
        })
    }),
    reference("C04", "XSLT", |g| {
        transform(
            g,
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"></ds:Transform>",
        )
    }),
    reference("C05", "canonicalisation with comments", |g| {
        transform_uri(g, "http://www.w3.org/2001/10/xml-exc-c14n#WithComments")
    }),
    reference("C05", "inclusive canonicalisation", |g| transform_uri(g, INCLUSIVE)),
    reference("C05", "canonicalisation 1.1", |g| transform_uri(g, "http://www.w3.org/2006/12/xml-c14n11")),
    reference("C05", "base64", |g| transform_uri(g, "http://www.w3.org/2000/09/xmldsig#base64")),
    shape("C05", "SignedInfo canonicalised with comments", |g| {
        method(g, "http://www.w3.org/2001/10/xml-exc-c14n#WithComments")
    }),
    shape("C05", "SignedInfo canonicalised inclusively", |g| method(g, INCLUSIVE)),
    reference("C06", "an STR transform", |g| {
        transform_uri(
            g,
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
        )
    }),
    reference("C07", "no canonicalisation", |g| transform(g, "")),
    reference("C07", "not enveloped", |g| {
        g.info(|info| {
            let first = element(info, "ds:Transform").to_owned();
            assert!(first.contains("enveloped"));
            swap(info, &first, "")
        })
    }),
    reference("C07", "enveloped last", |g| {
        g.info(|info| {
            let first = element(info, "ds:Transform").to_owned();
            let second = second_transform(info);
            swap(info, &format!("{first}{second}"), &format!("{second}{first}"))
        })
    }),
    reference("C08", "17 prefixes", |g| prefixes(g, &vec!["xs"; 17].join(" "))),
    reference("C08", "10,000 prefixes", |g| prefixes(g, &vec!["xs"; 10_000].join(" "))),
    same("C08", "unknown prefixes and one twice", |g| {
        let list = g.token.split("PrefixList=\"").nth(1).unwrap().split('"').next().unwrap();
        let first = list.split(' ').next().unwrap();
        prefixes(g, &format!("{list} none {first}"))
    }),
    refused("C08", "fewer prefixes than were digested", StepId::AssertionDigest, |g| prefixes(g, "xsi")),
    reference("C08", "an InclusiveNamespaces without list", |g| {
        g.info(|info| {
            let list = info.split(" PrefixList=\"").nth(1).unwrap().split('"').next().unwrap();
            swap(info, &format!(" PrefixList=\"{list}\""), "")
        })
    }),
    // Our own tokens list `rsa`, so that nobody else can be fooled either; in foreign ones the literal decides.
    refused("C09", "rsa rebound on its condition", StepId::AssertionDigest, |g| {
        if g.token.matches(RSA).count() == 1 && g.token.contains(&format!("<saml2:Condition {RSA}")) {
            swap(&g.token, RSA, EVIL_RSA)
        } else {
            with_attribute(&g.token, "saml2:Condition", EVIL_RSA)
        }
    })
    .foreign(Expect::Same),
    refused("C09", "rsa not declared at all", StepId::AssertionDigest, |g| {
        swap(&g.token, &format!(" {RSA}"), "")
    })
    .foreign(Expect::Same),
    refused("C09", "xsd or xs rebound", StepId::AssertionDigest, |g| {
        swap(&g.token, "=\"http://www.w3.org/2001/XMLSchema\"", "=\"urn:evil\"")
    }),
    refused("C09", "another type by literal", StepId::AssertionClaims, |g| {
        g.signed(|p| swap(p, "rsa:RenewRestrictionType", "xsi:RenewRestrictionType"))
    }),
    refused("C11", "a name that begins with a colon", StepId::XmlSyntax, |g| {
        swap(&g.token, "<saml2:Subject>", "<:a/><saml2:Subject>")
    }),
    refused("C11", "a name with two colons", StepId::XmlSyntax, |g| {
        with_attribute(&g.token, "saml2:NameID", "x::y=\"1\"")
    }),
    same("C12", "a line end of Windows between attributes", |g| {
        with_attribute(&g.token, "saml2:Assertion", "\r\n\t")
    }),
    refused("C12", "a carriage return by reference", StepId::AssertionDigest, |g| {
        swap(&g.token, ">Alice<", ">Alice&#xD;<")
    }),
    same("C12", "an attribute that says the same by reference", |g| {
        swap(&g.token, "Version=\"2.0\"", "Version=\"&#x32;.0\"")
    }),
    same("C12", "other quotes, other order, white space in tags", |g| {
        let id = format!(" ID=\"{TOKEN_ID}\"");
        swap(&swap(&g.token, &id, ""), "Version=\"2.0\"", &format!("Version='2.0'   ID='{TOKEN_ID}'"))
    }),
    refused("C13", "a relative namespace", StepId::XmlSyntax, |g| {
        with_attribute(&g.token, "saml2:NameID", "xmlns:r=\"relative\"")
    }),
    reference("C14", "the identifier in another case", |g| named(g, &TOKEN_ID.to_uppercase())),
    reference("C14", "the identifier and a space", |g| named(g, &format!("{TOKEN_ID} "))),
    reference("C14", "the identifier in percent encoding", |g| named(g, &TOKEN_ID.replacen('_', "%5F", 1))),
    shape("C16", "a signature without padding", |g| {
        let value = content(&g.token, "ds:SignatureValue");
        assert!(value.ends_with('='));
        with_content(&g.token, "ds:SignatureValue", value.trim_end_matches('='))
    }),
    shape("C16", "a signature in the alphabet of URLs", |g| {
        let value = content(&g.token, "ds:SignatureValue").replace('+', "-").replace('/', "_");
        with_content(&g.token, "ds:SignatureValue", &value)
    }),
    shape("C16", "text after the signature", |g| {
        let value = content(&g.token, "ds:SignatureValue").to_owned() + "!";
        with_content(&g.token, "ds:SignatureValue", &value)
    }),
    shape("C16", "a no-break space in the signature", |g| {
        let value = content(&g.token, "ds:SignatureValue").to_owned() + "\u{a0}";
        with_content(&g.token, "ds:SignatureValue", &value)
    }),
    reference("C16", "a digest without padding", |g| {
        g.info(|info| {
            with_content(info, "ds:DigestValue", content(info, "ds:DigestValue").trim_end_matches('='))
        })
    }),
    refused("C16", "a certificate that is not base64", StepId::AssertionSigner, |g| {
        let value = content(&g.token, "ds:X509Certificate").to_owned() + "!";
        with_content(&g.token, "ds:X509Certificate", &value)
    }),
    same("C16", "line ends in the certificate", |g| {
        let value = content(&g.token, "ds:X509Certificate");
        with_content(&g.token, "ds:X509Certificate", &format!("{}\r\n&#xd;{}", &value[..76], &value[76..]))
    }),
];

fn transform_uri(good: &Good, uri: &str) -> String {
    transform(good, &format!("<ds:Transform Algorithm=\"{uri}\"></ds:Transform>"))
}

fn method(good: &Good, uri: &str) -> String {
    let from = format!("<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"");
    good.info(|info| swap(info, &from, &format!("<ds:CanonicalizationMethod Algorithm=\"{uri}\"")))
}

fn named(good: &Good, id: &str) -> String {
    good.info(|info| swap(info, &format!("#{TOKEN_ID}"), &format!("#{id}")))
}

const SIGNED: &[Base] = &[Base::SdkHolder, Base::StsHolder, Base::StsCertificate];

const fn signed(
    id: &'static str,
    what: &'static str,
    step: StepId,
    change: fn(&str, Base) -> String,
) -> MessageRow {
    MessageRow { id, what, bases: SIGNED, expect: Expect::Refused(step), change }
}

const fn fine(id: &'static str, what: &'static str, change: fn(&str, Base) -> String) -> MessageRow {
    MessageRow { id, what, bases: SIGNED, expect: Expect::Same, change }
}

fn algorithm(text: &str, element: &str, uri: &str) -> String {
    let from = format!("<ds:{element} Algorithm=\"{EXCLUSIVE}\"");
    resign_info(text, &KEYS.robot.key, |info| {
        swap(info, &from, &format!("<ds:{element} Algorithm=\"{uri}\""))
    })
}

pub const MESSAGES: &[MessageRow] = &[
    signed("C01", "a comment in the message signature", StepId::MessageSignatureShape, |text, _| {
        in_signature(text, |s| swap(s, "<ds:SignatureValue>", "<ds:SignatureValue><!-- -->"))
    }),
    fine("C01", "comments in Timestamp and Body", |text, _| {
        swap(
            &swap(
                text,
                "2026-11-24T07:59:50.000Z</wsu:Created>",
                "2026-11-24<!-- -->T07:59:50.000Z</wsu:Created>",
            ),
            "</wsu:Expires>",
            "<!-- --></wsu:Expires>",
        )
    }),
    signed("C03", "the digest of nothing", StepId::MessageDigest, |text, _| {
        let empty = if text.contains("rsa-sha512") {
            digest(SignatureAlgorithm::rsa(vcsso::pki::Hash::Sha512), b"")
        } else {
            EMPTY_DIGEST.to_owned()
        };
        resign_info(text, &KEYS.robot.key, |info| with_content(info, "ds:DigestValue", &empty))
    }),
    signed("C04", "an XPath that selects nothing", StepId::MessageReferences, |text, _| {
        algorithm(text, "Transform", "http://www.w3.org/TR/1999/REC-xpath-19991116")
    }),
    signed("C05", "canonicalisation with comments", StepId::MessageReferences, |text, _| {
        algorithm(text, "Transform", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments")
    }),
    signed("C05", "inclusive canonicalisation", StepId::MessageReferences, |text, _| {
        algorithm(text, "Transform", INCLUSIVE)
    }),
    signed("C05", "SignedInfo canonicalised inclusively", StepId::MessageSignatureShape, |text, _| {
        algorithm(text, "CanonicalizationMethod", INCLUSIVE)
    }),
    signed("C06", "an STR transform", StepId::MessageReferences, |text, _| {
        algorithm(
            text,
            "Transform",
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
        )
    }),
    signed("C07", "no transform", StepId::MessageReferences, |text, _| {
        resign_info(text, &KEYS.robot.key, |info| swap(info, element(info, "ds:Transforms"), ""))
    }),
    signed("C07", "an enveloped-signature transform", StepId::MessageReferences, |text, _| {
        resign_info(text, &KEYS.robot.key, |info| {
            let enveloped =
                format!("<ds:Transform Algorithm=\"{}\"></ds:Transform>", vcsso::dsig::algorithm::ENVELOPED);
            swap(info, "<ds:Transforms>", &format!("<ds:Transforms>{enveloped}"))
        })
    }),
    fine("C08", "a prefix list, as one client sends it", |text, _| {
        let list = format!(
            "<ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" PrefixList=\"none\"></ec:InclusiveNamespaces></ds:Transform>"
        );
        resign_info(text, &KEYS.robot.key, |info| swap(info, "</ds:Transform>", &list))
    }),
    fine("C10", "the envelope declares more, rsa and del among it", |text, _| {
        swap(
            text,
            "Envelope ",
            "Envelope xmlns:rsa=\"urn:evil\" xmlns:del=\"urn:evil:too\" xmlns:xs=\"urn:x\" xmlns:ds=\"urn:y\" ",
        )
    }),
    signed("C13", "a relative namespace on the envelope", StepId::XmlSyntax, |text, _| {
        swap(text, "Envelope ", "Envelope xmlns:r=\"relative\" ")
    }),
    signed("C16", "a signature in the alphabet of URLs", StepId::MessageSignatureShape, |text, _| {
        in_signature(text, |s| swap(s, "==</ds:SignatureValue>", "__</ds:SignatureValue>"))
    }),
    fine("C16", "line ends in the signature", |text, _| {
        in_signature(text, |s| swap(s, "<ds:SignatureValue>", "<ds:SignatureValue>\r\n&#xd;"))
    }),
    MessageRow {
        id: "C12",
        what: "carriage returns in the certificate",
        bases: &[Base::StsCertificate],
        expect: Expect::Same,
        change: |text, _| {
            let value = content(text, "wsse:BinarySecurityToken").to_owned();
            swap(text, &value, &format!("&#xd;\n{}&#xd;\n{}\n", &value[..64], &value[64..]))
        },
    },
    MessageRow {
        id: "C01",
        what: "a comment in the certificate, which is not signed",
        bases: &[Base::StsCertificate],
        expect: Expect::Same,
        change: |text, _| swap(text, "</wsse:BinarySecurityToken>", "<!-- --></wsse:BinarySecurityToken>"),
    },
];

#[test]
fn c01_a_comment_never_shortens_a_name() {
    // "On Breaking SAML" again: the signed name is longer than the one before the comment.
    for shape in [Shape::Own, Shape::Foreign] {
        let name = "Administrator@VSPHERE.LOCAL.evil.example";
        let token = good(shape, Confirms::Bearer).signed(|p| swap(p, "alice@VSPHERE.LOCAL", name));
        for between in ["<!-- -->", "<![CDATA[]]>"] {
            let split = swap(&token, "LOCAL.evil", &format!("LOCAL{between}.evil"));
            let claims = verdict_of_token(split.as_bytes()).claims.unwrap();
            assert_eq!(claims.subject.name, name);
        }
    }
}

#[test]
fn c09_del_rebound_on_its_condition_does_not_lose_the_delegates() {
    let declared = format!("xmlns:del=\"{}\"", vcsso::saml::names::DEL);
    let delegate =
        "<saml2:NameID Format=\"http://schemas.xmlsoap.org/claims/UPN\">robot@VSPHERE.LOCAL</saml2:NameID>";
    let condition = format!(
        "<saml2:Condition {declared} xsi:type=\"del:DelegationRestrictionType\">\
         <del:Delegate {declared} DelegationInstant=\"2026-11-24T07:59:50.000Z\">{delegate}</del:Delegate></saml2:Condition>"
    );
    for confirms in [Confirms::Bearer, Confirms::Holder] {
        let token =
            good(Shape::Foreign, confirms).signed(|p| crate::edit::before(p, "saml2:Condition", &condition));
        let claims = verdict_of_token(token.as_bytes()).claims.unwrap();
        assert_eq!(claims.conditions.delegates[0].name, "robot@VSPHERE.LOCAL");
        for rebound in ["xmlns:del=\"urn:evil\"", ""] {
            let hostile =
                swap(&token, &format!("<saml2:Condition {declared}"), &format!("<saml2:Condition {rebound}"));
            assert_eq!(verdict_of_token(hostile.as_bytes()).claims.as_ref(), Some(&claims));
        }
    }
}

#[test]
fn c12_carriage_returns_in_signed_values_are_verified_as_the_specification_says() {
    for shape in [Shape::Own, Shape::Foreign] {
        let token = good(shape, Confirms::Bearer).signed(|p| swap(p, ">Alice<", ">A&#xD;l\tice\n<"));
        let claims = verdict_of_token(token.as_bytes()).claims.unwrap();
        assert_eq!(
            claims.attributes.iter().find(|a| a.name.contains("givenname")).unwrap().values,
            ["A\rl\tice\n"]
        );
        // A raw one is a line feed to every parser, so it is another text than was signed.
        let raw = verdict_of_token(token.replace("&#xD;", "\r").as_bytes());
        assert_eq!(raw.refusal, Some(StepId::AssertionDigest));
    }
}

/// sts.md §10: 206.
#[test]
fn c10_a_token_is_the_same_under_a_hundred_random_ancestors() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for shape in [Shape::Own, Shape::Foreign] {
        for base in [Base::SdkBearer, Base::SdkHolder, Base::StsHolder] {
            let text = message(base, &good(shape, base.confirms()).token);
            let twin = verdict_of_message(text.as_bytes(), base.door());
            for round in 0..100_u64 {
                let names = ["rsa", "del", "xs", "xsd", "ds", "ec", "saml2", "a", "b", "c", "d", "e"];
                let mut declared = String::new();
                for (place, name) in names.iter().enumerate() {
                    // Every other round declares `rsa` and `del` for certain.
                    if (round % 2 == 0 && place < 2) || random(2) == 0 {
                        declared.push_str(&format!("xmlns:{name}=\"urn:random:{}\" ", random(1_000)));
                    }
                }
                let under = swap(&text, "Envelope ", &format!("Envelope {declared}"));
                let under =
                    swap(&under, "<wsse:Security ", &format!("<wsse:Security xmlns:z{round}=\"urn:z\" "));
                let verdict = verdict_of_message(under.as_bytes(), base.door());
                assert_eq!(
                    (verdict.refusal, &verdict.claims),
                    (None, &twin.claims),
                    "{declared}: {}",
                    verdict.report
                );
            }
        }
    }
}

#[test]
fn c10_xsi_may_be_rebound_around_a_token_because_the_token_declares_it() {
    let text = message(Base::SdkBearer, &good(Shape::Foreign, Confirms::Bearer).token);
    let under = swap(&text, "Envelope ", "Envelope xmlns:xsi=\"urn:evil\" ");
    assert_eq!(verdict_of_message(under.as_bytes(), Base::SdkBearer.door()).refusal, None);
}

#[test]
fn c15_a_token_in_a_signed_body_keeps_its_own_signature() {
    let token = good(Shape::Foreign, Confirms::Holder).token.clone();
    let text = message(Base::StsCertificate, "");
    let with_token = resign(&text, &KEYS.robot.key, |text| {
        let act_as = format!("<w:ActAs xmlns:w=\"{}\">{token}</w:ActAs>", vcsso::xml::names::WST14);
        swap(text, "<KeyType>", &format!("{act_as}<KeyType>"))
    });
    assert_eq!(verdict_of_message(with_token.as_bytes(), Base::StsCertificate.door()).refusal, None);
    // From the message as it came, the token verifies; the signed body alone has lost `xs`, so nobody may look there.
    let envelope = vcsso::soap::Envelope::parse(with_token.into_bytes()).unwrap();
    let request = envelope.request().unwrap();
    let embedded = request.child(vcsso::xml::names::WST14, "ActAs").unwrap().children().next().unwrap();
    assert_eq!(verdict_of_token(embedded.raw().as_bytes()).refusal, None);
}
