//! Metadata of this issuer (SAML Metadata §2.4.3): its name and every certificate that it signs with.
//!
//! There is no web browser profile here. The role must name a service all the same, and the one that issues assertions is the
//! token service, over SOAP.

use super::names::UPN;
use crate::xml::names::DS;
use crate::xml::write::{attribute, element};

/// The document; certificates are in base64 of their DER, `service` is the URL of the token service.
#[must_use]
pub fn write(issuer: &str, certificates: &[String], service: &str) -> String {
    let mut out =
        ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<md:EntityDescriptor xmlns:md=\"", MD].concat();
    out.push_str("\" entityID=\"");
    attribute(&mut out, issuer);
    out.push_str("\"><md:IDPSSODescriptor protocolSupportEnumeration=\"");
    attribute(&mut out, SAML_PROTOCOL);
    out.push_str("\">");
    for certificate in certificates {
        out.push_str("<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"");
        attribute(&mut out, DS);
        out.push_str("\"><ds:X509Data>");
        element(&mut out, "ds:X509Certificate", certificate);
        out.push_str("</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>");
    }
    element(&mut out, "md:NameIDFormat", UPN);
    out.push_str("<md:SingleSignOnService Binding=\"");
    attribute(&mut out, SOAP_BINDING);
    out.push_str("\" Location=\"");
    attribute(&mut out, service);
    out.push_str("\"></md:SingleSignOnService></md:IDPSSODescriptor></md:EntityDescriptor>\n");
    out
}

const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SAML_PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const SOAP_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    #[test]
    fn every_certificate_is_named_and_no_name_breaks_out() {
        let certificates = ["AQID".to_owned(), "BAUG".to_owned()];
        let written = write("https://vc/\"><x a=\"", &certificates, "https://vc/sts?a&b");
        let document = Document::parse(written.into_bytes(), &Limits::MESSAGE).unwrap();
        let root = document.root();
        assert!(root.is(MD, "EntityDescriptor"));
        assert_eq!(root.attribute("entityID"), Some("https://vc/\"><x a=\""));
        let role = root.child(MD, "IDPSSODescriptor").unwrap();
        let certificate = |key: crate::xml::Element<'_>| {
            let data = key.child(DS, "KeyInfo").unwrap().child(DS, "X509Data").unwrap();
            data.child(DS, "X509Certificate").unwrap().text().unwrap().to_owned()
        };
        let keys = role.children().filter(|child| child.is(MD, "KeyDescriptor"));
        assert_eq!(keys.map(certificate).collect::<Vec<_>>(), certificates);
        let service = role.child(MD, "SingleSignOnService").unwrap();
        assert_eq!(service.attribute("Location"), Some("https://vc/sts?a&b"));
    }
}
