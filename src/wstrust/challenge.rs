//! A `RequestSecurityTokenResponse` that goes on with an exchange (`sts.md` §2.5, Challenge). It asks for nothing: what is
//! wanted stood in the first message, and is found by the Context.

use super::binary_exchange::BinaryExchange;
use super::request::{RequestError, context_of};
use crate::xml::Element;
use crate::xml::names::{SOAP, WST};

/// The next token of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// `@Context`: which exchange.
    pub context: String,
    /// The token.
    pub exchange: BinaryExchange,
}

impl Challenge {
    /// Reads one from a SOAP body.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn read(body: Element<'_>) -> Result<Self, RequestError> {
        let mut children = body.children();
        let response = children.next().filter(|_| body.is(SOAP, "Body")).ok_or(RequestError::NoResponse)?;
        let only = children.next().is_none() && !body.has_loose_text() && !response.has_loose_text();
        if !only || !response.is(WST, "RequestSecurityTokenResponse") {
            return Err(RequestError::NoResponse);
        }
        let context = context_of(response).ok_or(RequestError::NoContext)?;
        let mut exchange = None;
        for child in response.children() {
            match child.local() {
                "BinaryExchange" if child.namespace() == WST && exchange.is_none() => {
                    exchange = Some(BinaryExchange::read(child)?);
                }
                "TokenType" if child.namespace() == WST => {}
                _ => return Err(RequestError::Unknown(child.qualified().chars().take(64).collect())),
            }
        }
        Ok(Self { context, exchange: exchange.ok_or(RequestError::NoExchange)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::xml::{Document, Limits};

    fn read(inside: &str) -> Result<Challenge, RequestError> {
        let text = format!("<s:Body xmlns:s='{SOAP}' xmlns='{WST}'>{inside}</s:Body>");
        Challenge::read(Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap().root())
    }

    #[test]
    fn the_context_and_the_token_are_read_and_nothing_else_is_taken() {
        let mut token = String::new();
        super::super::binary_exchange::write(&mut token, "", "TlRM");
        let response = |attributes: &str, inside: &str| {
            read(&format!(
                "<RequestSecurityTokenResponse {attributes}>{inside}</RequestSecurityTokenResponse>"
            ))
        };
        let wanted =
            Challenge { context: "c".into(), exchange: BinaryExchange { token: Secret::new("TlRM") } };
        assert_eq!(response("Context='c'", &token), Ok(wanted.clone()));
        assert_eq!(response("Context='c'", &format!("<TokenType>t</TokenType>{token}")), Ok(wanted));
        assert_eq!(response("", &token), Err(RequestError::NoContext));
        assert_eq!(response("Context=''", &token), Err(RequestError::NoContext));
        assert_eq!(response("Context='c'", ""), Err(RequestError::NoExchange));
        assert_eq!(
            response("Context='c'", &token.repeat(2)),
            Err(RequestError::Unknown("BinaryExchange".into()))
        );
        assert_eq!(response("Context='c'", "<Lifetime/>"), Err(RequestError::Unknown("Lifetime".into())));
        for wrong in ["", "<RequestSecurityToken Context='c'/>", "<x/><x/>", "text"] {
            assert_eq!(read(wrong), Err(RequestError::NoResponse), "{wrong}");
        }
    }
}
