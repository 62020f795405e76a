//! What an STS answers (`sts.md` §2.5, §2.6): a token, a verdict, or a fault. Nothing in it is verified.

use crate::soap::{Envelope, EnvelopeError};
use crate::xml::Element;
use crate::xml::names::{SAML2, SOAP, WST};

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An assertion, byte for byte as it came: written otherwise its signature is worth nothing.
    Token(String),
    /// Whether a token is good.
    Status(bool),
    /// A token is good no more.
    Cancelled,
    /// The STS says no.
    Fault(Fault),
}

/// Why the STS says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The namespace of the code: WS-Trust's, WS-Security's or SOAP's.
    pub namespace: String,
    /// The code, without its prefix.
    pub code: String,
    /// The text.
    pub text: String,
}

/// Why bytes are no answer of an STS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// They are no SOAP message.
    #[error("the answer is no SOAP message: {0}")]
    Message(#[from] EnvelopeError),
    /// They are another one.
    #[error("the answer holds {0}, and no token, status or fault")]
    Other(String),
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, AnswerError> {
        let envelope = Envelope::parse(bytes)?;
        let Some(content) = envelope.request() else { return Err(AnswerError::Other("nothing".into())) };
        if content.is(SOAP, "Fault") {
            return Ok(Self::Fault(Fault::of(content)));
        }
        let response = match content.local() {
            "RequestSecurityTokenResponseCollection" => content.child(WST, RESPONSE),
            _ => Some(content),
        };
        let response = response.filter(|response| response.is(WST, RESPONSE));
        let known = response.and_then(|response| {
            let token = || {
                let token = response.child(WST, "RequestedSecurityToken")?.child(SAML2, "Assertion")?;
                Some(Self::Token(token.raw().to_owned()))
            };
            let status = || {
                let code = response.child(WST, "Status")?.child(WST, "Code").and_then(Element::text)?;
                Some(Self::Status(code.trim() == [WST, "/status/valid"].concat()))
            };
            let cancelled = || response.child(WST, "RequestedTokenCancelled").map(|_| Self::Cancelled);
            token().or_else(status).or_else(cancelled)
        });
        known.ok_or_else(|| AnswerError::Other(content.qualified().chars().take(64).collect()))
    }
}

impl Fault {
    fn of(fault: Element<'_>) -> Self {
        let said = |name| fault.child("", name).and_then(Element::text).unwrap_or_default().trim();
        let code = said("faultcode");
        let (prefix, code) = code.split_once(':').unwrap_or(("", code));
        let element = fault.child("", "faultcode").unwrap_or(fault);
        let namespace = element.resolve(prefix).filter(|_| !prefix.is_empty()).unwrap_or_default();
        Self { namespace: namespace.to_owned(), code: code.to_owned(), text: said("faultstring").to_owned() }
    }
}

const RESPONSE: &str = "RequestSecurityTokenResponse";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::dsig::SignatureAlgorithm;
    use crate::wstrust::response::{Issued, Renewed, cancelled, issued, renewed, validated};
    use crate::wstrust::{FaultCode, KeyType};

    const TOKEN: &str = "<saml2:Assertion xmlns:saml2='urn:oasis:names:tc:SAML:2.0:assertion'  ID='_a' ><b/></saml2:Assertion>";

    fn read(answer: String) -> Result<Answer, AnswerError> {
        Answer::read(answer.into_bytes())
    }

    #[test]
    fn what_the_service_writes_is_read_back_and_a_token_keeps_its_bytes() {
        let at = Moment::EPOCH;
        let issued = issued(&Issued {
            assertion: TOKEN,
            context: None,
            created: at,
            expires: at,
            key_type: KeyType::Bearer,
            delegatable: false,
            algorithm: SignatureAlgorithm::RSA_SHA256,
            advice: &[],
            exchange: None,
        });
        let renewed =
            renewed(&Renewed { assertion: TOKEN, context: None, created: at, expires: at, renewable: false });
        assert_eq!(read(issued), Ok(Answer::Token(TOKEN.into())));
        assert_eq!(read(renewed), Ok(Answer::Token(TOKEN.into())));
        for valid in [true, false] {
            assert_eq!(read(validated(valid, None)), Ok(Answer::Status(valid)));
        }
        assert_eq!(read(cancelled(Some("c"))), Ok(Answer::Cancelled));
    }

    #[test]
    fn a_fault_is_its_code_and_its_text() {
        let fault = FaultCode::FailedAuthentication.fault().write("S", "");
        let wanted = Fault {
            namespace: WST.into(),
            code: "FailedAuthentication".into(),
            text: "Invalid credentials".into(),
        };
        assert_eq!(read(fault), Ok(Answer::Fault(wanted)));
    }

    #[test]
    fn anything_else_is_no_answer() {
        let body =
            |inner: &str| format!("<S:Envelope xmlns:S='{SOAP}'><S:Body>{inner}</S:Body></S:Envelope>");
        for other in ["", "<x/>", &format!("<RequestSecurityTokenResponse xmlns='{WST}'/>")] {
            assert!(matches!(read(body(other)), Err(AnswerError::Other(_))), "{other}");
        }
        assert!(matches!(read("<html>".into()), Err(AnswerError::Message(_))));
    }
}
