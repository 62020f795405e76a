//! R: tokens whose signature holds, over something else than what is read.

use vcsso::dsig::SignatureAlgorithm;
use vcsso::verifier::StepId;

use crate::edit::{after, before, element, inside, replaced, swap, with_attribute, without};
use crate::table::{Expect, Good, Only, TokenRow, refused, run_tokens, token_row};
use crate::world::{KEYS, TOKEN_ID};

/// sts.md §10: 208.
#[test]
fn a_wrapped_token_is_refused() {
    run_tokens(TOKENS);
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

pub const TOKENS: &[TokenRow] = &[
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
    shape("R24", "no signature", unsigned),
    shape("R24", "no signature, and the KeyInfo stays", |g| {
        let key_info = with_attribute(element(&g.token, "ds:KeyInfo"), "ds:KeyInfo", DS_DECLARED);
        replaced(&g.token, "ds:Signature", &key_info)
    }),
    refused("probe 01", "tampered: another subject", StepId::AssertionDigest, |g| {
        swap(&g.token, "alice@VSPHERE.LOCAL", "Administrator@VSPHERE.LOCAL")
    }),
    refused("probe 01", "tampered: another group", StepId::AssertionDigest, |g| {
        swap(&g.token, "vsphere.local\\A &amp; B", "vsphere.local\\CAAdmins")
    }),
    refused("probe 01", "tampered: another digest", StepId::AssertionSignature, |g| {
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
