//! What stands in requests and answers, as tables: the reader goes by the one of requests, and the schemas of the service's
//! description are written from both (`sts.md` §2.2).

use std::fmt::Write as _;

use super::{KeyType, Operation, binary_exchange};
use crate::xml::names::{WSA, WSSE, WST, WST_ADVICE, WST14, WSU, XSD};

/// An element by its namespace and its name.
pub type Name = (&'static str, &'static str);

/// The children of `RequestSecurityToken`, in any order, each at most once. Nothing else is read.
pub const REQUEST: [Name; 18] = [
    (WST, "TokenType"),
    (WST, "RequestType"),
    (WST, "Lifetime"),
    (WST, "KeyType"),
    (WST, "SignatureAlgorithm"),
    (WST, "Renewing"),
    (WST, "Delegatable"),
    (WST, "DelegateTo"),
    (WST, "UseKey"),
    (WST, "Claims"),
    (WST, "Participants"),
    (WST, "BinaryExchange"),
    (WST, "OnBehalfOf"),
    (WST, "RenewTarget"),
    (WST, "ValidateTarget"),
    (WST, "CancelTarget"),
    (WST14, "ActAs"),
    (WST_ADVICE, "AdviceSet"),
];

/// The children of `RequestSecurityTokenResponse`, in this order.
pub const RESPONSE: [Name; 11] = [
    (WST, "RequestedSecurityToken"),
    (WST, "Lifetime"),
    (WST, "Status"),
    (WST, "TokenType"),
    (WST, "BinaryExchange"),
    (WST, "Renewing"),
    (WST, "KeyType"),
    (WST, "Delegatable"),
    (WST, "SignatureAlgorithm"),
    (WST_ADVICE, "AdviceSet"),
    (WST, "RequestedTokenCancelled"),
];

/// The schemas of all elements, one for each namespace, as they stand in `types` of a description.
#[must_use]
pub fn schemas() -> String {
    let mut out = String::with_capacity(8_192);
    for (namespace, content) in
        [(WST, trust()), (WST14, holder("ActAs")), (WST_ADVICE, ADVICE.into())].into_iter().chain([
            (WSSE, LOGIN.to_owned()),
            (WSU, TIMES.into()),
            (WSA, ADDRESSES.into()),
            (AUTHORIZATION, CLAIMS.into()),
        ])
    {
        let _ = writeln!(
            out,
            "<schema xmlns=\"{XSD}\" targetNamespace=\"{namespace}\" elementFormDefault=\"qualified\">"
        );
        for (_, other) in PREFIXES.iter().filter(|(_, other)| *other != namespace) {
            let _ = writeln!(out, "<import namespace=\"{other}\"/>");
        }
        out.push_str(&content);
        out.push_str("</schema>\n");
    }
    out
}

/// The schema of WS-Trust itself.
fn trust() -> String {
    let mut out = String::with_capacity(6_144);
    out.push_str(SIMPLE);
    let types = Operation::ALL.into_iter().filter(|operation| *operation != Operation::Challenge);
    one_of(&mut out, "RequestType", types.map(Operation::uri));
    one_of(&mut out, "KeyType", [KeyType::Bearer, KeyType::PublicKey].into_iter().map(KeyType::uri));
    let _ = writeln!(
        out,
        "<element name=\"BinaryExchange\"><complexType><simpleContent><extension base=\"string\">\
         <attribute name=\"ValueType\" type=\"anyURI\" use=\"required\" fixed=\"{}\"/>\
         <attribute name=\"EncodingType\" type=\"anyURI\" use=\"required\" fixed=\"{}\"/>\
         </extension></simpleContent></complexType></element>",
        binary_exchange::SPNEGO,
        binary_exchange::BASE64
    );
    let targets = Operation::ALL.into_iter().filter_map(Operation::target);
    targets.chain(["OnBehalfOf", "RequestedSecurityToken"]).for_each(|name| out.push_str(&holder(name)));
    message(&mut out, "RequestSecurityToken", "all", &REQUEST);
    message(&mut out, "RequestSecurityTokenResponse", "sequence", &RESPONSE);
    out.push_str(
        "<element name=\"RequestSecurityTokenResponseCollection\"><complexType><sequence>\
         <element ref=\"wst:RequestSecurityTokenResponse\"/></sequence></complexType></element>\n",
    );
    out
}

fn message(out: &mut String, name: &str, order: &str, children: &[Name]) {
    let _ = write!(out, "<element name=\"{name}\"><complexType><{order}>");
    for (namespace, local) in children {
        let prefix = PREFIXES.iter().find(|(_, known)| known == namespace).map_or("", |(prefix, _)| prefix);
        let required = if *local == "RequestType" { "" } else { " minOccurs=\"0\"" };
        let _ = write!(out, "<element ref=\"{prefix}:{local}\"{required}/>");
    }
    let _ = writeln!(out, "</{order}><attribute name=\"Context\" type=\"anyURI\"/></complexType></element>");
}

/// An element around one token, which has a schema of its own.
fn holder(name: &str) -> String {
    format!(
        "<element name=\"{name}\"><complexType><sequence><any namespace=\"##other\" processContents=\"skip\"/>\
         </sequence></complexType></element>\n"
    )
}

fn one_of(out: &mut String, name: &str, values: impl Iterator<Item = &'static str>) {
    let _ = write!(out, "<element name=\"{name}\"><simpleType><restriction base=\"anyURI\">");
    for value in values {
        let _ = write!(out, "<enumeration value=\"{value}\"/>");
    }
    out.push_str("</restriction></simpleType></element>\n");
}

/// The prefixes under which the schemas name each other.
pub const PREFIXES: [(&str, &str); 7] = [
    ("wst", WST),
    ("wst14", WST14),
    ("adv", WST_ADVICE),
    ("wsse", WSSE),
    ("wsu", WSU),
    ("wsa", WSA),
    ("auth", AUTHORIZATION),
];
/// WS-Federation's authorization claims.
const AUTHORIZATION: &str = "http://docs.oasis-open.org/wsfed/authorization/200706";

const SIMPLE: &str = "<element name=\"TokenType\" type=\"anyURI\"/>\n\
    <element name=\"SignatureAlgorithm\" type=\"anyURI\"/>\n\
    <element name=\"Delegatable\" type=\"boolean\"/>\n\
    <element name=\"RequestedTokenCancelled\"><complexType/></element>\n\
    <element name=\"Lifetime\"><complexType><sequence><element ref=\"wsu:Created\" minOccurs=\"0\"/>\
    <element ref=\"wsu:Expires\" minOccurs=\"0\"/></sequence></complexType></element>\n\
    <element name=\"Renewing\"><complexType><attribute name=\"Allow\" type=\"boolean\"/>\
    <attribute name=\"OK\" type=\"boolean\"/></complexType></element>\n\
    <element name=\"UseKey\"><complexType><attribute name=\"Sig\" type=\"anyURI\" use=\"required\"/></complexType></element>\n\
    <element name=\"DelegateTo\"><complexType><sequence><element ref=\"wsse:UsernameToken\"/></sequence></complexType></element>\n\
    <element name=\"Claims\"><complexType><sequence><element ref=\"auth:ClaimType\" maxOccurs=\"unbounded\"/></sequence>\
    <attribute name=\"Dialect\" type=\"anyURI\" use=\"required\"/></complexType></element>\n\
    <complexType name=\"ParticipantType\"><sequence><element ref=\"wsa:EndpointReference\"/></sequence></complexType>\n\
    <element name=\"Participants\"><complexType><sequence>\
    <element name=\"Primary\" type=\"wst:ParticipantType\" minOccurs=\"0\"/>\
    <element name=\"Participant\" type=\"wst:ParticipantType\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
    </sequence></complexType></element>\n\
    <element name=\"Status\"><complexType><sequence><element name=\"Code\" type=\"anyURI\"/></sequence></complexType></element>\n";
const ADVICE: &str = "<element name=\"AttributeValue\" type=\"string\"/>\n\
    <complexType name=\"AttributeType\"><sequence>\
    <element ref=\"adv:AttributeValue\" minOccurs=\"0\" maxOccurs=\"unbounded\"/></sequence>\
    <attribute name=\"Name\" type=\"anyURI\" use=\"required\"/><attribute name=\"FriendlyName\" type=\"string\"/></complexType>\n\
    <complexType name=\"AdviceType\"><sequence><element name=\"Attribute\" type=\"adv:AttributeType\" maxOccurs=\"unbounded\"/>\
    </sequence><attribute name=\"AdviceSource\" type=\"anyURI\" use=\"required\"/></complexType>\n\
    <element name=\"AdviceSet\"><complexType><sequence>\
    <element name=\"Advice\" type=\"adv:AdviceType\" maxOccurs=\"unbounded\"/></sequence></complexType></element>\n";
const LOGIN: &str = "<element name=\"UsernameToken\"><complexType><sequence>\
    <element name=\"Username\" type=\"string\"/></sequence></complexType></element>\n";
/// Texts, as clients write times in many ways and only the reader knows which are good.
const TIMES: &str =
    "<element name=\"Created\" type=\"string\"/>\n<element name=\"Expires\" type=\"string\"/>\n";
const ADDRESSES: &str = "<element name=\"EndpointReference\"><complexType><sequence>\
    <element name=\"Address\" type=\"anyURI\"/></sequence></complexType></element>\n";
const CLAIMS: &str = "<element name=\"ClaimType\"><complexType>\
    <attribute name=\"Uri\" type=\"anyURI\" use=\"required\"/></complexType></element>\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wstrust::{IssueRequest, RequestError};
    use crate::xml::names::SOAP;
    use crate::xml::{Document, Limits};

    /// Whatever is described is read, by the operation that it belongs to.
    #[test]
    fn no_child_of_a_request_is_unknown_to_every_operation() {
        for (namespace, local) in REQUEST {
            let is_read = |operation: Operation| {
                let body = format!(
                    "<s:Body xmlns:s='{SOAP}'><RequestSecurityToken xmlns='{WST}'><{local} xmlns='{namespace}'/>\
                     </RequestSecurityToken></s:Body>"
                );
                let document = Document::parse(body.into_bytes(), &Limits::MESSAGE).unwrap();
                let read = IssueRequest::read(document.root(), operation);
                !matches!(read, Err(RequestError::Unknown(_) | RequestError::Unsupported(_)))
            };
            let of = [Operation::Issue, Operation::Renew, Operation::Validate, Operation::Cancel];
            assert!(of.into_iter().any(is_read), "{local}");
            let target = of.into_iter().find(|operation| operation.target() == Some(local));
            assert!(
                target.is_none_or(|target| of.into_iter().all(|one| is_read(one) == (one == target))),
                "{local}"
            );
        }
    }
}
