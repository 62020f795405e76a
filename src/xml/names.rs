//! Namespace names and the few URIs that stand beside them (`clients.md` §0).

/// SOAP 1.1.
pub const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// SOAP 1.2, which no client speaks.
pub const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// WS-Trust 1.3.
pub const WST: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512";
/// WS-Trust 1.4, for `ActAs` alone.
pub const WST14: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200802";
/// WS-Security extension elements.
pub const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// WS-Security utility elements.
pub const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// WS-Addressing.
pub const WSA: &str = "http://www.w3.org/2005/08/addressing";
/// XML signatures.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Exclusive canonicalisation; also the algorithm's name.
pub const EC: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// SAML 2.0 assertions.
pub const SAML2: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// What RSA adds to assertions: renewal conditions and advice.
pub const SAML2_RSA: &str = "http://www.rsa.com/names/2009/12/std-ext/SAML2.0";
/// Advice in requests for tokens.
pub const WST_ADVICE: &str = "http://www.rsa.com/names/2009/12/std-ext/WS-Trust1.4/advice";
/// XML Schema instances.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// XML Schema.
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// Bound to the prefix `xml` for ever.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Bound to the prefix `xmlns` for ever.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
/// The vim25 API.
pub const VIM: &str = "urn:vim25";
