//! The answer to Issue: one line, in the order that satisfies every client at once (`clients.md` §3.6).

use super::request::KeyType;
use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::xml::names::{SAML2, SOAP, WST, WSU};
use crate::xml::write::attribute;

/// What was issued.
#[derive(Clone, Debug)]
pub struct Issued<'a> {
    /// The assertion, verbatim.
    pub assertion: &'a str,
    /// `@Context` of the request.
    pub context: Option<&'a str>,
    /// First moment of the token.
    pub created: Moment,
    /// The moment it is over.
    pub expires: Moment,
    /// Its confirmation.
    pub key_type: KeyType,
    /// It may be delegated.
    pub delegatable: bool,
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
}

/// The whole envelope.
#[must_use]
pub fn issued(issued: &Issued<'_>) -> String {
    let mut out = String::with_capacity(issued.assertion.len() + 1_400);
    let put = |out: &mut String, parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    put(
        &mut out,
        &[
            "<S:Envelope xmlns:S=\"",
            SOAP,
            "\"><S:Body><wst:RequestSecurityTokenResponseCollection xmlns:wst=\"",
        ],
    );
    put(&mut out, &[WST, "\"><wst:RequestSecurityTokenResponse"]);
    if let Some(context) = issued.context {
        out.push_str(" Context=\"");
        attribute(&mut out, context);
        out.push('"');
    }
    put(
        &mut out,
        &["><wst:RequestedSecurityToken>", issued.assertion, "</wst:RequestedSecurityToken><wst:Lifetime>"],
    );
    for (name, time) in [("Created", issued.created), ("Expires", issued.expires)] {
        put(
            &mut out,
            &["<wsu:", name, " xmlns:wsu=\"", WSU, "\">", time.millis_text().as_str(), "</wsu:", name, ">"],
        );
    }
    put(
        &mut out,
        &["</wst:Lifetime><wst:TokenType>", SAML2, "</wst:TokenType><wst:KeyType>", issued.key_type.uri()],
    );
    let delegatable = if issued.delegatable { "true" } else { "false" };
    put(
        &mut out,
        &["</wst:KeyType><wst:Delegatable>", delegatable, "</wst:Delegatable><wst:SignatureAlgorithm>"],
    );
    put(&mut out, &[issued.algorithm.uri(), "</wst:SignatureAlgorithm></wst:RequestSecurityTokenResponse>"]);
    put(&mut out, &["</wst:RequestSecurityTokenResponseCollection></S:Body></S:Envelope>"]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    #[test]
    fn the_answer_is_one_line_in_the_order_every_client_reads() {
        let answer = issued(&Issued {
            assertion: "<saml2:Assertion xmlns:saml2=\"urn:x\"></saml2:Assertion>",
            context: Some("a\"<b"),
            created: Moment::EPOCH,
            expires: Moment::EPOCH,
            key_type: KeyType::Bearer,
            delegatable: true,
            algorithm: SignatureAlgorithm::RSA_SHA256,
        });
        assert!(!answer.contains('\n'));
        assert!(answer.contains("Created xmlns:wsu=\"") && answer.contains(">1970-01-01T00:00:00.000Z<"));
        let document = Document::parse(answer.into_bytes(), &Limits::MESSAGE).unwrap();
        let collection = document.root().children().next().unwrap().children().next().unwrap();
        let response = collection.children().next().unwrap();
        assert_eq!(response.attribute("Context"), Some("a\"<b"));
        let order: Vec<&str> = response.children().map(crate::xml::document::Element::local).collect();
        assert_eq!(
            order,
            [
                "RequestedSecurityToken",
                "Lifetime",
                "TokenType",
                "KeyType",
                "Delegatable",
                "SignatureAlgorithm"
            ]
        );
    }
}
