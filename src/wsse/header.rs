//! `wsse:Security`: found by position, each of its children at most once, in any order (`sts.md` §4.1).

use super::username_token::{self, UnverifiedLogin, UsernameError};
use super::{BinaryToken, binary_token};
use crate::soap::Envelope;
use crate::xml::Element;
use crate::xml::names::{DS, SAML2, WSSE, WSU};

/// The security header, taken apart.
#[derive(Debug)]
pub struct SecurityHeader<'e> {
    /// The header itself.
    pub element: Element<'e>,
    /// `wsu:Timestamp`.
    pub timestamp: Option<Element<'e>>,
    /// A name and a password, not yet checked.
    pub login: Option<UnverifiedLogin>,
    /// A certificate; whether the sender holds its key is not known yet.
    pub binary_token: Option<BinaryToken<'e>>,
    /// A SAML assertion, not verified.
    pub assertion: Option<Element<'e>>,
    /// The message signature, not verified.
    pub signature: Option<Element<'e>>,
}

/// Why a header is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// There is none.
    #[error("There is no Security element in the soap header")]
    Missing,
    /// There are several, wherever in the header.
    #[error("There are {0} elements(Security) in the soap header. It should be only one")]
    Several(usize),
    /// Two of a kind.
    #[error("more than one {0} in the Security header")]
    Twice(&'static str),
    /// A child that is not one of the five.
    #[error("{0} does not belong in the Security header")]
    Unknown(String),
    /// Text beside the children.
    #[error("text in the Security header")]
    Text,
    /// The user name token.
    #[error(transparent)]
    Username(#[from] UsernameError),
    /// The certificate token.
    #[error(transparent)]
    Binary(#[from] binary_token::BinaryError),
}

impl<'e> SecurityHeader<'e> {
    /// Reads the header of a message.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn read(envelope: &'e Envelope) -> Result<Self, HeaderError> {
        match envelope.header().map_or(0, count_security) {
            0 => return Err(HeaderError::Missing),
            1 => {}
            several => return Err(HeaderError::Several(several)),
        }
        // One deeper down is none: only a direct child of the header counts.
        let element = envelope.header_blocks(WSSE, "Security").next().ok_or(HeaderError::Missing)?;
        if element.has_loose_text() {
            return Err(HeaderError::Text);
        }
        let mut header = Self {
            element,
            timestamp: None,
            login: None,
            binary_token: None,
            assertion: None,
            signature: None,
        };
        for child in element.children() {
            header.take(child)?;
        }
        Ok(header)
    }

    fn take(&mut self, child: Element<'e>) -> Result<(), HeaderError> {
        match (child.namespace(), child.local()) {
            (WSU, "Timestamp") => once(&mut self.timestamp, child, "Timestamp"),
            (WSSE, "UsernameToken") => once(&mut self.login, username_token::read(child)?, "UsernameToken"),
            (WSSE, "BinarySecurityToken") => {
                once(&mut self.binary_token, BinaryToken::read(child)?, "BinarySecurityToken")
            }
            (SAML2, "Assertion") => once(&mut self.assertion, child, "Assertion"),
            (DS, "Signature") => once(&mut self.signature, child, "Signature"),
            _ => Err(HeaderError::Unknown(child.qualified().chars().take(64).collect())),
        }
    }
}

fn once<T>(place: &mut Option<T>, found: T, what: &'static str) -> Result<(), HeaderError> {
    match place.replace(found) {
        None => Ok(()),
        Some(_) => Err(HeaderError::Twice(what)),
    }
}

/// Descendants count too (`attacks.md` H02). Depth is bounded by the parser.
fn count_security(element: Element<'_>) -> usize {
    element.children().map(|child| usize::from(child.is(WSSE, "Security")) + count_security(child)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::names::SOAP;

    fn envelope(header: &str) -> Envelope {
        let text = format!(
            "<s:Envelope xmlns:s='{SOAP}' xmlns:w='{WSSE}' xmlns:u='{WSU}' xmlns:a='{SAML2}' xmlns:d='{DS}'>{header}<s:Body/></s:Envelope>"
        );
        Envelope::parse(text.into_bytes()).unwrap()
    }

    fn refused(header: &str) -> HeaderError {
        SecurityHeader::read(&envelope(header)).unwrap_err()
    }

    #[test]
    fn the_children_are_found_in_any_order() {
        let envelope = envelope(
            "<s:Header><w:Security> <a:Assertion/> <u:Timestamp/><d:Signature/></w:Security></s:Header>",
        );
        let header = SecurityHeader::read(&envelope).unwrap();
        assert!(header.assertion.is_some() && header.timestamp.is_some() && header.signature.is_some());
        assert!(header.login.is_none() && header.binary_token.is_none());
    }

    #[test]
    fn there_is_exactly_one_header_and_it_stands_in_its_place() {
        assert_eq!(refused(""), HeaderError::Missing);
        assert_eq!(refused("<s:Header/>"), HeaderError::Missing);
        assert_eq!(refused("<s:Header><x xmlns='urn:x'><w:Security/></x></s:Header>"), HeaderError::Missing);
        assert_eq!(refused("<s:Header><w:Security/><w:Security/></s:Header>"), HeaderError::Several(2));
        assert_eq!(
            refused("<s:Header><w:Security><w:Security/></w:Security></s:Header>"),
            HeaderError::Several(2)
        );
        assert_eq!(
            refused("<s:Header><w:Security/><x xmlns='urn:x'><w:Security/></x></s:Header>"),
            HeaderError::Several(2)
        );
    }

    #[test]
    fn two_of_a_kind_and_strangers_are_refused() {
        for (children, what) in [
            ("<u:Timestamp/><u:Timestamp/>", "Timestamp"),
            ("<a:Assertion/><a:Assertion/>", "Assertion"),
            ("<d:Signature/><d:Signature/>", "Signature"),
        ] {
            assert_eq!(
                refused(&format!("<s:Header><w:Security>{children}</w:Security></s:Header>")),
                HeaderError::Twice(what)
            );
        }
        let stranger = "<s:Header><w:Security><w:SecurityContextToken/></w:Security></s:Header>";
        assert_eq!(refused(stranger), HeaderError::Unknown("w:SecurityContextToken".into()));
        assert_eq!(refused("<s:Header><w:Security>x</w:Security></s:Header>"), HeaderError::Text);
    }
}
