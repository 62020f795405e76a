//! The answers: one line each, in the order that satisfies every client at once (`clients.md` §3.6, `decisions.md` §13).
//! Issue is answered by a collection of one, everything else by a bare response: govmomi fails on the other.

use super::advice::{self, Advice};
use super::binary_exchange;
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
    /// What it says in the name of others.
    pub advice: &'a [Advice],
    /// The last token of an exchange, by which this end proves itself.
    pub exchange: Option<&'a str>,
}

/// A token that took the place of another.
#[derive(Clone, Debug)]
pub struct Renewed<'a> {
    /// The assertion, verbatim.
    pub assertion: &'a str,
    /// `@Context` of the request.
    pub context: Option<&'a str>,
    /// First moment of the token.
    pub created: Moment,
    /// The moment it is over.
    pub expires: Moment,
    /// It may be renewed again.
    pub renewable: bool,
}

/// The whole envelope of Issue.
#[must_use]
pub fn issued(issued: &Issued<'_>) -> String {
    let mut out = String::with_capacity(issued.assertion.len() + 1_400);
    begin(&mut out, COLLECTION, issued.context);
    token(&mut out, issued.assertion, issued.created, issued.expires);
    if let Some(exchange) = issued.exchange {
        binary_exchange::write(&mut out, "wst:", exchange);
    }
    put(&mut out, &["<wst:KeyType>", issued.key_type.uri(), "</wst:KeyType><wst:Delegatable>"]);
    put(&mut out, &[truth(issued.delegatable), "</wst:Delegatable><wst:SignatureAlgorithm>"]);
    put(&mut out, &[issued.algorithm.uri(), "</wst:SignatureAlgorithm>"]);
    advice::write(&mut out, issued.advice);
    put(&mut out, &[COLLECTION_END, END]);
    out
}

/// The whole envelope of an Issue or Challenge whose client must go on.
#[must_use]
pub fn challenged(token: &str, context: &str) -> String {
    let mut out = String::with_capacity(token.len() + 900);
    begin(&mut out, COLLECTION, Some(context));
    binary_exchange::write(&mut out, "wst:", token);
    put(&mut out, &[COLLECTION_END, END]);
    out
}

/// The whole envelope of Renew. Nothing is renewed after its end: `OK` is always false.
#[must_use]
pub fn renewed(renewed: &Renewed<'_>) -> String {
    let mut out = String::with_capacity(renewed.assertion.len() + 1_200);
    begin(&mut out, RESPONSE, renewed.context);
    token(&mut out, renewed.assertion, renewed.created, renewed.expires);
    put(&mut out, &["<wst:Renewing Allow=\"", truth(renewed.renewable), "\" OK=\"false\"></wst:Renewing>"]);
    put(&mut out, &["</wst:RequestSecurityTokenResponse>", END]);
    out
}

/// The whole envelope of Validate. `VMware`'s schema has no place for a reason.
#[must_use]
pub fn validated(valid: bool, context: Option<&str>) -> String {
    let mut out = String::with_capacity(700);
    begin(&mut out, RESPONSE, context);
    let status = if valid { "/status/valid" } else { "/status/invalid" };
    put(&mut out, &["<wst:Status><wst:Code>", WST, status, "</wst:Code></wst:Status><wst:TokenType>", WST]);
    put(&mut out, &["/RSTR/Status</wst:TokenType></wst:RequestSecurityTokenResponse>", END]);
    out
}

/// The whole envelope of Cancel (WS-Trust 1.3 §7).
#[must_use]
pub fn cancelled(context: Option<&str>) -> String {
    let mut out = String::with_capacity(500);
    begin(&mut out, RESPONSE, context);
    put(
        &mut out,
        &[
            "<wst:RequestedTokenCancelled></wst:RequestedTokenCancelled></wst:RequestSecurityTokenResponse>",
            END,
        ],
    );
    out
}

fn begin(out: &mut String, response: [&str; 3], context: Option<&str>) {
    put(out, &["<S:Envelope xmlns:S=\"", SOAP, "\"><S:Body>"]);
    put(out, &response);
    if let Some(context) = context {
        out.push_str(" Context=\"");
        attribute(out, context);
        out.push('"');
    }
    out.push('>');
}

fn token(out: &mut String, assertion: &str, created: Moment, expires: Moment) {
    put(out, &["<wst:RequestedSecurityToken>", assertion, "</wst:RequestedSecurityToken><wst:Lifetime>"]);
    for (name, time) in [("Created", created), ("Expires", expires)] {
        let text = time.millis_text();
        put(out, &["<wsu:", name, " xmlns:wsu=\"", WSU, "\">", text.as_str(), "</wsu:", name, ">"]);
    }
    put(out, &["</wst:Lifetime><wst:TokenType>", SAML2, "</wst:TokenType>"]);
}

fn put(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

const fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

const COLLECTION: [&str; 3] =
    ["<wst:RequestSecurityTokenResponseCollection xmlns:wst=\"", WST, "\"><wst:RequestSecurityTokenResponse"];
const COLLECTION_END: &str =
    "</wst:RequestSecurityTokenResponse></wst:RequestSecurityTokenResponseCollection>";
const RESPONSE: [&str; 3] = ["<wst:RequestSecurityTokenResponse xmlns:wst=\"", WST, "\""];
const END: &str = "</S:Body></S:Envelope>";

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;
    use crate::xml::{Document, Element, Limits};

    /// Whether the children stand in the order of the description.
    fn is_described(response: Element<'_>) -> bool {
        let mut described = schema::RESPONSE.iter();
        response.children().all(|child| described.any(|(namespace, local)| child.is(namespace, local)))
    }

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
            advice: &[Advice { source: "urn:s".into(), attributes: Vec::new() }],
            exchange: Some("TlRM"),
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
                "BinaryExchange",
                "KeyType",
                "Delegatable",
                "SignatureAlgorithm",
                "AdviceSet"
            ]
        );
        assert!(is_described(response));
    }

    #[test]
    fn whoever_must_go_on_gets_a_token_and_nothing_else() {
        let answer = challenged("TlRM", "c<");
        let document = Document::parse(answer.into_bytes(), &Limits::MESSAGE).unwrap();
        let collection = document.root().children().next().unwrap().children().next().unwrap();
        assert!(collection.is(WST, "RequestSecurityTokenResponseCollection"));
        let response = collection.children().next().unwrap();
        assert_eq!(response.attribute("Context"), Some("c<"));
        let exchange = response.child(WST, "BinaryExchange").unwrap();
        assert_eq!((response.children().count(), exchange.text()), (1, Some("TlRM")));
    }

    #[test]
    fn everything_but_issue_is_answered_by_a_bare_response() {
        let token = "<saml2:Assertion xmlns:saml2=\"urn:x\"></saml2:Assertion>";
        let at = Moment::EPOCH;
        let renewed = renewed(&Renewed {
            assertion: token,
            context: Some("c"),
            created: at,
            expires: at,
            renewable: true,
        });
        let renewal: &[&str] = &["RequestedSecurityToken", "Lifetime", "TokenType", "Renewing"];
        for (answer, order) in [
            (renewed, renewal),
            (validated(true, Some("c")), &["Status", "TokenType"]),
            (cancelled(Some("c")), &["RequestedTokenCancelled"]),
        ] {
            assert!(!answer.contains('\n'));
            let document = Document::parse(answer.into_bytes(), &Limits::MESSAGE).unwrap();
            let response = document.root().children().next().unwrap().children().next().unwrap();
            assert!(response.is(WST, "RequestSecurityTokenResponse"));
            assert_eq!(response.attribute("Context"), Some("c"));
            let seen: Vec<&str> = response.children().map(crate::xml::document::Element::local).collect();
            assert_eq!(seen, order);
            assert!(is_described(response));
        }
        assert!(validated(false, None).contains("200512/status/invalid</wst:Code>"));
    }
}
