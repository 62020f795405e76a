//! `wst:BinaryExchange` (WS-Trust 1.3 §8.3): a token of SPNEGO, in a request or in an answer (`sts.md` §3.4).

use super::request::RequestError;
use crate::secret::Secret;
use crate::xml::Element;

/// A token for the acceptor. Whether it is one, the acceptor finds out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryExchange {
    /// In base64, as it came.
    pub token: Secret,
}

impl BinaryExchange {
    pub(super) fn read(element: Element<'_>) -> Result<Self, RequestError> {
        if element.attribute("ValueType") != Some(SPNEGO) {
            return Err(RequestError::Exchange("Missing or unsupported BET value type"));
        }
        if element.attribute("EncodingType") != Some(BASE64) {
            return Err(RequestError::Exchange("Missing or unsupported BET encoding type"));
        }
        let token = element.text().ok_or(RequestError::Value("BinaryExchange"))?;
        Ok(Self { token: Secret::new(token) })
    }
}

/// Writes one; the token is base64 and needs no escape.
pub fn write(out: &mut String, prefix: &str, token: &str) {
    let parts =
        ["<", prefix, "BinaryExchange EncodingType=\"", BASE64, "\" ValueType=\"", SPNEGO, "\">", token];
    out.push_str(&[&parts.concat(), "</", prefix, "BinaryExchange>"].concat());
}

/// The one kind of token, though it may hold raw Kerberos or NTLM.
pub const SPNEGO: &str = "http://schemas.xmlsoap.org/ws/2005/02/trust/spnego";
/// The one encoding.
pub const BASE64: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::names::WST;
    use crate::xml::{Document, Limits};

    fn read(text: &str) -> Result<BinaryExchange, RequestError> {
        let document = Document::parse(text.as_bytes().to_vec(), &Limits::MESSAGE).unwrap();
        BinaryExchange::read(document.root())
    }

    /// sts.md §10: 67-70.
    #[test]
    fn both_types_must_be_the_known_ones() {
        let mut text = String::new();
        write(&mut text, "w:", "TlRM");
        let text = text.replacen("<w:BinaryExchange", &format!("<w:BinaryExchange xmlns:w='{WST}'"), 1);
        assert_eq!(read(&text), Ok(BinaryExchange { token: Secret::new("TlRM") }));
        let value = Err(RequestError::Exchange("Missing or unsupported BET value type"));
        assert_eq!(read(&text.replace(" ValueType", " x")), value);
        assert_eq!(read(&text.replace("trust/spnego", "trust/tlsnego")), value);
        let encoding = Err(RequestError::Exchange("Missing or unsupported BET encoding type"));
        assert_eq!(read(&text.replace(" EncodingType", " x")), encoding);
        assert_eq!(read(&text.replace("#Base64Binary", "#HexBinary")), encoding);
        assert_eq!(read(&text.replace("TlRM", "<x/>")), Err(RequestError::Value("BinaryExchange")));
    }
}
