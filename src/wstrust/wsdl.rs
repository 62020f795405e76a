//! The description of the service for programs that make their own stubs: one document, written from [`Operation`] and the
//! tables of [`schema`]. What is answered is described, and nothing else is (`sts.md` §2.1).

use std::fmt::Write as _;

use super::Operation;
use super::schema::{self, PREFIXES};
use crate::xml::names::XSD;

/// The text, for a client that reaches the service at `url`, which holds nothing to escape.
#[must_use]
pub fn text(url: &str, operations: &[Operation]) -> String {
    let mut out = String::with_capacity(16_384);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<definitions name=\"STSService\" targetNamespace=\"{SERVICE}\" \
         xmlns=\"{WSDL}\" xmlns:tns=\"{SERVICE}\" xmlns:soap=\"{WSDL_SOAP}\" xmlns:xsd=\"{XSD}\""
    );
    for (prefix, namespace) in PREFIXES {
        let _ = write!(out, " xmlns:{prefix}=\"{namespace}\"");
    }
    let _ = writeln!(out, ">\n<types>\n{}</types>", schema::schemas());
    for operation in operations {
        let Shape { name, asks, answers } = Shape::of(*operation);
        let _ = writeln!(
            out,
            "<message name=\"{name}Request\"><part name=\"request\" element=\"wst:{asks}\"/></message>\n\
             <message name=\"{name}Response\"><part name=\"response\" element=\"wst:{answers}\"/></message>"
        );
    }
    out.push_str("<portType name=\"STSServicePortType\">\n");
    for operation in operations {
        let name = Shape::of(*operation).name;
        let _ = writeln!(
            out,
            "<operation name=\"{name}\"><input message=\"tns:{name}Request\"/><output message=\"tns:{name}Response\"/></operation>"
        );
    }
    out.push_str(
        "</portType>\n<binding name=\"STSServiceBinding\" type=\"tns:STSServicePortType\">\
         <soap:binding style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n",
    );
    for operation in operations {
        let (name, action) = (Shape::of(*operation).name, operation.action());
        let _ = writeln!(
            out,
            "<operation name=\"{name}\"><soap:operation soapAction=\"{action}\" style=\"document\"/>\
             <input><soap:body use=\"literal\"/></input><output><soap:body use=\"literal\"/></output></operation>"
        );
    }
    let _ = writeln!(
        out,
        "</binding>\n<service name=\"STSService\"><port name=\"STSService_Port\" binding=\"tns:STSServiceBinding\">\
         <soap:address location=\"{url}\"/></port></service>\n</definitions>"
    );
    out
}

/// An operation's name, and the elements of its messages.
struct Shape {
    name: &'static str,
    asks: &'static str,
    answers: &'static str,
}

impl Shape {
    const fn of(operation: Operation) -> Self {
        let (name, asks, answers) = match operation {
            Operation::Issue => ("Issue", REQUEST, COLLECTION),
            Operation::Renew => ("Renew", REQUEST, RESPONSE),
            Operation::Validate => ("Validate", REQUEST, RESPONSE),
            Operation::Cancel => ("Cancel", REQUEST, RESPONSE),
            Operation::Challenge => ("Challenge", RESPONSE, COLLECTION),
        };
        Self { name, asks, answers }
    }
}

const REQUEST: &str = "RequestSecurityToken";
const RESPONSE: &str = "RequestSecurityTokenResponse";
const COLLECTION: &str = "RequestSecurityTokenResponseCollection";
/// That of WS-Trust's own description.
const SERVICE: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/wsdl";
const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const WSDL_SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::xml::{Document, Element, Limits};

    const URL: &str = "https://vc.example:8443/sts/STSService/vsphere.local";

    fn document() -> Document {
        Document::read(text(URL, &Operation::ALL), &Limits::MESSAGE).unwrap()
    }

    fn every<'d>(root: Element<'d>, local: &str) -> Vec<Element<'d>> {
        let (mut found, mut ahead) = (Vec::new(), vec![root]);
        while let Some(element) = ahead.pop() {
            found.extend(Some(element).filter(|element| element.local() == local));
            ahead.extend(element.children());
        }
        found
    }

    #[test]
    fn every_operation_has_its_action_and_both_messages() {
        let document = document();
        let operations = every(document.root(), "operation");
        let actions: HashSet<&str> =
            operations.iter().filter_map(|element| element.attribute("soapAction")).collect();
        assert_eq!(actions, Operation::ALL.map(Operation::action).into_iter().collect());
        assert_eq!(every(document.root(), "message").len(), 10);
        assert_eq!(every(document.root(), "address")[0].attribute("location"), Some(URL));
        assert!(!text(URL, &[Operation::Issue]).contains("RST/Cancel"));
    }

    #[test]
    fn every_element_that_is_named_is_defined_in_its_namespace() {
        let document = document();
        let mut defined = HashSet::new();
        for schema in every(document.root(), "schema") {
            let namespace = schema.attribute("targetNamespace").unwrap();
            let named = schema.children().filter_map(|child| child.attribute("name"));
            for name in named {
                assert!(defined.insert((namespace, name)), "{name} twice");
            }
        }
        let mut seen = 0;
        for (element, attribute) in [("element", "ref"), ("element", "type"), ("part", "element")] {
            for found in every(document.root(), element) {
                let Some((prefix, name)) = found.attribute(attribute).and_then(|name| name.split_once(':'))
                else {
                    continue;
                };
                let namespace = PREFIXES.iter().find(|(known, _)| *known == prefix).unwrap().1;
                assert!(defined.contains(&(namespace, name)), "{prefix}:{name}");
                seen += 1;
            }
        }
        assert!(seen > 40, "{seen}");
    }
}
