//! `wsse:BinarySecurityToken` (X.509 Token Profile 1.1): one certificate, base64 (`sts.md` §4.2).

use crate::dsig::signature::base64_text;
use crate::pki::Certificate;
use crate::xml::Element;
use crate::xml::names::WSU;

/// A certificate that came with a message. It proves nothing until the message is signed with its key.
#[derive(Debug)]
pub struct BinaryToken<'e> {
    /// The element.
    pub element: Element<'e>,
    /// `wsu:Id`.
    pub id: &'e str,
    /// `ValueType`.
    pub value_type: &'e str,
    /// `EncodingType`.
    pub encoding_type: &'e str,
    /// The certificate; the first one where a client sent a chain.
    pub certificate: Certificate,
}

/// Why a certificate token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BinaryError {
    /// No `wsu:Id`, so that nothing can refer to it.
    #[error("BST missing its wsu:Id")]
    Id,
    /// Not base64 of a certificate.
    #[error("the BinarySecurityToken holds no X.509 certificate")]
    Certificate,
}

impl<'e> BinaryToken<'e> {
    pub(super) fn read(element: Element<'e>) -> Result<Self, BinaryError> {
        let der = base64_text(element).ok_or(BinaryError::Certificate)?;
        Ok(Self {
            element,
            id: element.attribute_in(WSU, "Id").filter(|id| !id.is_empty()).ok_or(BinaryError::Id)?,
            value_type: element.attribute("ValueType").unwrap_or_default(),
            encoding_type: element.attribute("EncodingType").unwrap_or_default(),
            certificate: Certificate::first_of(&der).map_err(|_| BinaryError::Certificate)?,
        })
    }
}

/// One X.509 certificate.
pub const X509_V3: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
/// Base64.
pub const BASE64: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
