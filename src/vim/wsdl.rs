//! The description of the API for programs that make their own stubs (zeep, JAX-WS, gSOAP), in the vendor's files:
//! `vimService.wsdl` says where the service is and imports `vim.wsdl`, which has an operation for each method and
//! includes the schema documents (`session-manager.md` §2.2).
//!
//! All of it is written from [`MethodName::ALL`] and the table of data objects: what is answered is described, and
//! nothing else is.

use std::fmt::Write as _;

use crate::vim::schema::xsd;
use crate::vim::{ApiVersion, MethodName};
use crate::xml::names::{VIM, XSD};

/// The documents, by the names under which they import each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// `vimService.wsdl`.
    Service,
    /// `vim.wsdl`.
    Binding,
    /// `vim-messagetypes.xsd`.
    Messages,
    /// `vim-types.xsd`.
    Types,
    /// `core-types.xsd`.
    Core,
}

impl File {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Service, Self::Binding, Self::Messages, Self::Types, Self::Core];

    /// Its name, beside the others.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "vimService.wsdl",
            Self::Binding => "vim.wsdl",
            Self::Messages => "vim-messagetypes.xsd",
            Self::Types => "vim-types.xsd",
            Self::Core => "core-types.xsd",
        }
    }

    /// Its text, for a client that reaches the service at `host`.
    #[must_use]
    pub fn text(self, host: &str) -> String {
        match self {
            Self::Service => service(host),
            Self::Binding => binding(),
            Self::Messages => xsd::message_types(),
            Self::Types => xsd::data_types(),
            Self::Core => xsd::core_types(),
        }
    }
}

/// A host has been through the door's syntax check: there is nothing in it to escape.
fn service(host: &str) -> String {
    format!(
        "{PROLOG}<definitions targetNamespace=\"urn:vim25Service\" xmlns=\"{WSDL}\" xmlns:interface=\"{VIM}\" \
         xmlns:soap=\"{WSDL_SOAP}\">\n<import location=\"vim.wsdl\" namespace=\"{VIM}\"/>\n\
         <service name=\"VimService\"><port name=\"VimPort\" binding=\"interface:VimBinding\">\
         <soap:address location=\"https://{host}/sdk\"/></port></service>\n</definitions>\n"
    )
}

fn binding() -> String {
    let mut out = format!(
        "{PROLOG}<definitions targetNamespace=\"{VIM}\" xmlns=\"{WSDL}\" xmlns:vim25=\"{VIM}\" xmlns:soap=\"{WSDL_SOAP}\">\n\
         <types><schema targetNamespace=\"{VIM}\" xmlns=\"{XSD}\" elementFormDefault=\"qualified\">\
         <include schemaLocation=\"vim-messagetypes.xsd\"/></schema></types>\n"
    );
    let methods = || MethodName::ALL.iter().map(|name| name.facts().wire);
    for name in methods() {
        let _ = writeln!(
            out,
            "<message name=\"{name}RequestMsg\"><part name=\"parameters\" element=\"vim25:{name}\"/></message>\n\
             <message name=\"{name}ResponseMsg\"><part name=\"parameters\" element=\"vim25:{name}Response\"/></message>"
        );
    }
    out.push_str("<message name=\"RuntimeFault\"><part name=\"fault\" element=\"vim25:RuntimeFaultFault\"/></message>\n");
    out.push_str("<portType name=\"VimPortType\">\n");
    for name in methods() {
        let _ = writeln!(
            out,
            "<operation name=\"{name}\"><input message=\"vim25:{name}RequestMsg\"/><output message=\"vim25:{name}ResponseMsg\"/>\
             <fault name=\"RuntimeFault\" message=\"vim25:RuntimeFault\"/></operation>"
        );
    }
    let _ = writeln!(
        out,
        "</portType>\n<binding name=\"VimBinding\" type=\"vim25:VimPortType\">\
         <soap:binding style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>"
    );
    let version = ApiVersion::NEWEST_TEXT;
    for name in methods() {
        let _ = writeln!(
            out,
            "<operation name=\"{name}\"><soap:operation soapAction=\"{VIM}/{version}\" style=\"document\"/>\
             <input><soap:body use=\"literal\"/></input><output><soap:body use=\"literal\"/></output>\
             <fault name=\"RuntimeFault\"><soap:fault name=\"RuntimeFault\" use=\"literal\"/></fault></operation>"
        );
    }
    out.push_str("</binding>\n</definitions>\n");
    out
}

const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const WSDL_SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Element, Limits};

    fn read(file: File) -> Document {
        Document::read(file.text("vc.example:8443"), &Limits::MESSAGE).unwrap()
    }

    #[test]
    fn every_document_is_well_formed_and_names_only_documents_that_are_there() {
        for file in File::ALL {
            let document = read(file);
            let mut ahead = vec![document.root()];
            while let Some(element) = ahead.pop() {
                for name in ["schemaLocation", "location"].iter().filter_map(|name| element.attribute(name)) {
                    let known = File::ALL.iter().any(|file| file.name() == name);
                    assert!(known || name == "https://vc.example:8443/sdk", "{}: {name}", file.name());
                }
                ahead.extend(element.children());
            }
        }
    }

    #[test]
    fn every_method_is_an_operation_with_two_messages_whose_elements_are_defined() {
        let (binding, messages) = (read(File::Binding), read(File::Messages));
        let named = |document: &Document, parent: Option<&str>, name: &str| {
            let root = document.root();
            let within: Option<Element<'_>> = match parent {
                Some(parent) => root.children().find(|child| child.local() == parent),
                None => Some(root),
            };
            within.is_some_and(|within| within.children().any(|child| child.attribute("name") == Some(name)))
        };
        for wire in MethodName::ALL.iter().map(|name| name.facts().wire) {
            assert!(
                named(&binding, Some("portType"), wire) && named(&binding, Some("binding"), wire),
                "{wire}"
            );
            for message in ["RequestMsg", "ResponseMsg"] {
                assert!(named(&binding, None, &format!("{wire}{message}")), "{wire}{message}");
            }
            for element in [wire.to_owned(), format!("{wire}Response"), format!("{wire}RequestType")] {
                assert!(named(&messages, None, &element), "{element}");
            }
        }
    }

    #[test]
    fn a_call_is_described_as_it_is_read() {
        let login = "<complexType name=\"LoginRequestType\"><sequence><element name=\"_this\" \
                     type=\"vim25:ManagedObjectReference\"/><element name=\"userName\" type=\"xsd:string\"/>\
                     <element name=\"password\" type=\"xsd:string\"/><element name=\"locale\" type=\"xsd:string\" \
                     minOccurs=\"0\"/></sequence></complexType>";
        let text = File::Messages.text("");
        assert!(text.contains(login), "{text}");
        assert!(
            text.contains("<element name=\"LogoutResponse\"><complexType><sequence></sequence>"),
            "{text}"
        );
        let list = "<element name=\"returnval\" type=\"vim25:OptionValue\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>";
        assert!(text.contains(list), "{text}");
    }
}
