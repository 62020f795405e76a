//! The body of an Issue request to the STS, its children in the order of every client (`clients.md` §2.1).

use crate::dsig::SignatureAlgorithm;
use crate::wstrust::request::{ISSUE, IssueRequest};
use crate::xml::names::{WST, WSU};
use crate::xml::write::{attribute, element};

/// `RequestSecurityToken` of Issue. `UseKey` names the message signature: [`super::Ids::signature`].
#[must_use]
pub fn issue(request: &IssueRequest) -> String {
    let mut out = ["<RequestSecurityToken xmlns=\"", WST, "\""].concat();
    if let Some(context) = &request.context {
        named(&mut out, "Context", context);
    }
    out.push('>');
    element(&mut out, "TokenType", TOKEN_TYPE);
    element(&mut out, "RequestType", ISSUE);
    out.push_str("<Lifetime>");
    for (local, moment) in [("Created", request.lifetime.created), ("Expires", request.lifetime.expires)] {
        if let Some(moment) = moment {
            let text = moment.millis_text();
            out.push_str(&["<", local, " xmlns=\"", WSU, "\">", text.as_str(), "</", local, ">"].concat());
        }
    }
    out.push_str("</Lifetime>");
    if let Some(renewable) = request.renewable {
        out.push_str(&["<Renewing Allow=\"", truth(renewable), "\" OK=\"false\"></Renewing>"].concat());
    }
    element(&mut out, "Delegatable", truth(request.delegatable));
    if let Some(kind) = request.key_type {
        element(&mut out, "KeyType", kind.uri());
    }
    let algorithm = request.signature_algorithm.as_deref().unwrap_or(SignatureAlgorithm::RSA_SHA256.uri());
    element(&mut out, "SignatureAlgorithm", algorithm);
    if let Some(signature) = &request.use_key {
        out.push_str("<UseKey");
        named(&mut out, "Sig", signature);
        out.push_str("></UseKey>");
    }
    out.push_str("</RequestSecurityToken>");
    out
}

fn named(out: &mut String, name: &str, value: &str) {
    out.push_str(&[" ", name, "=\""].concat());
    attribute(out, value);
    out.push('"');
}

const fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The one token type there is (`clients.md` §0.2).
const TOKEN_TYPE: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Moment;
    use crate::wstrust::request::{KeyType, Lifetime};
    use crate::xml::names::SOAP;
    use crate::xml::{Document, Limits};

    #[test]
    fn what_a_client_asks_for_is_what_the_service_reads() {
        let now = Moment::parse("2026-11-24T08:00:00.123Z").unwrap();
        let whole = IssueRequest {
            context: Some("urn:_a<\"&".into()),
            lifetime: Lifetime { created: Some(now), expires: Some(now.plus(Duration::from_mins(1))) },
            key_type: Some(KeyType::PublicKey),
            signature_algorithm: Some("urn:x".into()),
            renewable: Some(true),
            delegatable: true,
            use_key: Some("_s".into()),
        };
        let least = IssueRequest { signature_algorithm: Some("urn:x".into()), ..IssueRequest::default() };
        for request in [whole, least] {
            let body = format!("<s:Body xmlns:s='{SOAP}'>{}</s:Body>", issue(&request));
            let document = Document::parse(body.into_bytes(), &Limits::MESSAGE).unwrap();
            assert_eq!(IssueRequest::read(document.root()), Ok(request));
        }
    }
}
