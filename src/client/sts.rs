//! The bodies of requests to the STS, their children in the order of every client (`clients.md` §2.1).

use crate::dsig::SignatureAlgorithm;
use crate::wstrust::request::DIALECT;
use crate::wstrust::{Challenge, IssueRequest, Operation, advice, binary_exchange};
use crate::xml::names::{WSA, WSSE, WST, WST14, WSU};
use crate::xml::write::{attribute, element};

/// `RequestSecurityToken` of Issue. `UseKey` names the message signature: [`super::Ids::signature`].
#[must_use]
pub fn issue(request: &IssueRequest) -> String {
    issue_with(request, "")
}

/// Issue in the name of the subject of this token, taken over verbatim (`clients.md` §2.5).
#[must_use]
pub fn act_as(request: &IssueRequest, token: &str) -> String {
    issue_with(request, &["<wst:ActAs xmlns:wst=\"", WST14, "\">", token, "</wst:ActAs>"].concat())
}

/// Renew, as govmomi writes it: no more than it needs (`clients.md` §2.6).
#[must_use]
pub fn renew(request: &IssueRequest, token: &str) -> String {
    let mut out = begin(request);
    element(&mut out, "TokenType", TOKEN_TYPE);
    element(&mut out, "RequestType", Operation::Renew.uri());
    lifetime(&mut out, request);
    use_key(&mut out, request);
    target(&out, "RenewTarget", token)
}

/// Validate (`clients.md` §2.7).
#[must_use]
pub fn validate(request: &IssueRequest, token: &str) -> String {
    let mut out = begin(request);
    element(&mut out, "TokenType", &[WST, "/RSTR/Status"].concat());
    element(&mut out, "RequestType", Operation::Validate.uri());
    target(&out, "ValidateTarget", token)
}

/// Cancel.
#[must_use]
pub fn cancel(request: &IssueRequest, token: &str) -> String {
    let mut out = begin(request);
    element(&mut out, "RequestType", Operation::Cancel.uri());
    target(&out, "CancelTarget", token)
}

/// The answer to a challenge (`clients.md` §2.9).
#[must_use]
pub fn challenge(challenge: &Challenge) -> String {
    let mut out = ["<RequestSecurityTokenResponse xmlns=\"", WST, "\""].concat();
    named(&mut out, "Context", &challenge.context);
    out.push('>');
    binary_exchange::write(&mut out, "", challenge.exchange.token.expose());
    out + "</RequestSecurityTokenResponse>"
}

fn issue_with(request: &IssueRequest, act_as: &str) -> String {
    let mut out = begin(request);
    element(&mut out, "TokenType", TOKEN_TYPE);
    element(&mut out, "RequestType", Operation::Issue.uri());
    lifetime(&mut out, request);
    if let Some(renewable) = request.renewable {
        out.push_str(&["<Renewing Allow=\"", truth(renewable), "\" OK=\"false\"></Renewing>"].concat());
    }
    element(&mut out, "Delegatable", truth(request.delegatable));
    out.push_str(act_as);
    if let Some(name) = &request.delegate_to {
        out.push_str(&["<DelegateTo><UsernameToken xmlns=\"", WSSE, "\">"].concat());
        element(&mut out, "Username", name);
        out.push_str("</UsernameToken></DelegateTo>");
    }
    if let Some(kind) = request.key_type {
        element(&mut out, "KeyType", kind.uri());
    }
    let algorithm = request.signature_algorithm.as_deref().unwrap_or(SignatureAlgorithm::RSA_SHA256.uri());
    element(&mut out, "SignatureAlgorithm", algorithm);
    participants(&mut out, request);
    claims(&mut out, request);
    advice::write(&mut out, &request.advice);
    if let Some(exchange) = &request.exchange {
        binary_exchange::write(&mut out, "", exchange.token.expose());
    }
    use_key(&mut out, request);
    out + END
}

fn begin(request: &IssueRequest) -> String {
    let mut out = ["<RequestSecurityToken xmlns=\"", WST, "\""].concat();
    if let Some(context) = &request.context {
        named(&mut out, "Context", context);
    }
    out.push('>');
    out
}

fn lifetime(out: &mut String, request: &IssueRequest) {
    out.push_str("<Lifetime>");
    for (local, moment) in [("Created", request.lifetime.created), ("Expires", request.lifetime.expires)] {
        if let Some(moment) = moment {
            let text = moment.millis_text();
            out.push_str(&["<", local, " xmlns=\"", WSU, "\">", text.as_str(), "</", local, ">"].concat());
        }
    }
    out.push_str("</Lifetime>");
}

fn participants(out: &mut String, request: &IssueRequest) {
    let participants = &request.participants;
    if participants.audiences().is_empty() {
        return;
    }
    out.push_str("<Participants>");
    let primary = participants.primary.iter().map(|address| ("Primary", address));
    let others = participants.others.iter().map(|address| ("Participant", address));
    for (local, address) in primary.chain(others) {
        out.push_str(&["<", local, "><EndpointReference xmlns=\"", WSA, "\">"].concat());
        element(out, "Address", address);
        out.push_str(&["</EndpointReference></", local, ">"].concat());
    }
    out.push_str("</Participants>");
}

fn claims(out: &mut String, request: &IssueRequest) {
    let Some(claims) = &request.claims else { return };
    out.push_str(&["<Claims Dialect=\"", DIALECT, "\">"].concat());
    for claim in claims {
        out.push_str("<ClaimType xmlns=\"http://docs.oasis-open.org/wsfed/authorization/200706\"");
        named(out, "Uri", claim);
        out.push_str("></ClaimType>");
    }
    out.push_str("</Claims>");
}

fn use_key(out: &mut String, request: &IssueRequest) {
    if let Some(signature) = &request.use_key {
        out.push_str("<UseKey");
        named(out, "Sig", signature);
        out.push_str("></UseKey>");
    }
}

fn target(out: &str, local: &str, token: &str) -> String {
    [out, "<", local, ">", token, "</", local, ">", END].concat()
}

fn named(out: &mut String, name: &str, value: &str) {
    out.push_str(&[" ", name, "=\""].concat());
    attribute(out, value);
    out.push('"');
}

const fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

const END: &str = "</RequestSecurityToken>";
/// The one token type there is (`clients.md` §0.2).
const TOKEN_TYPE: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Moment;
    use crate::secret::Secret;
    use crate::wstrust::{Advice, AdviceAttribute, BinaryExchange, KeyType, Lifetime, Participants};
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
            delegate_to: Some("agent".into()),
            claims: Some(vec!["urn:c<\"&".into()]),
            participants: Participants { primary: Some("urn:p".into()), others: vec!["urn:q".into()] },
            advice: vec![Advice {
                source: "urn:s".into(),
                attributes: vec![AdviceAttribute {
                    name: "urn:n".into(),
                    friendly_name: Some("N".into()),
                    values: vec!["a<".into()],
                }],
            }],
            exchange: Some(BinaryExchange { token: Secret::new("TlRM") }),
            act_as: None,
        };
        let least = IssueRequest { signature_algorithm: Some("urn:x".into()), ..IssueRequest::default() };
        for request in [whole, least] {
            let body = format!("<s:Body xmlns:s='{SOAP}'>{}</s:Body>", issue(&request));
            let document = Document::parse(body.into_bytes(), &Limits::MESSAGE).unwrap();
            assert_eq!(IssueRequest::read(document.root(), Operation::Issue), Ok(request));
        }
        let answer =
            Challenge { context: "c<\"".into(), exchange: BinaryExchange { token: Secret::new("TlRM") } };
        let body = format!("<s:Body xmlns:s='{SOAP}'>{}</s:Body>", challenge(&answer));
        let document = Document::parse(body.into_bytes(), &Limits::MESSAGE).unwrap();
        assert_eq!(Challenge::read(document.root()), Ok(answer));
    }
}
