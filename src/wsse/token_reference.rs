//! `wsse:SecurityTokenReference` in the `KeyInfo` of a message signature: which token's key signed (`sts.md` §4.2).

use crate::xml::Element;
use crate::xml::names::{DS, WSSE};

/// What a message signature says about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenReference<'e> {
    /// The certificate token with this identifier.
    Binary {
        /// The identifier, without `#`.
        id: &'e str,
        /// The `ValueType` that goes with it.
        value_type: &'e str,
    },
    /// The assertion with this identifier.
    Assertion {
        /// The identifier.
        id: &'e str,
    },
}

/// Why a reference cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The signature has no `KeyInfo`.
    #[error("KeyInfo not found")]
    NoKeyInfo,
    /// Its `KeyInfo` holds something other than one reference: never a key or certificate from there.
    #[error("SecurityTokenReference not found")]
    NoReference,
    /// The reference is empty, or holds several.
    #[error("SecurityTokenReference is empty")]
    Empty,
    /// An unknown way to refer.
    #[error("Unknown SecurityTokenReference content")]
    Unknown,
    /// The value type or the identifier of a SAML reference.
    #[error("not a SAMLID key identifier")]
    Identifier,
}

impl<'e> TokenReference<'e> {
    /// Reads a signature's `KeyInfo`.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub fn read(key_info: Option<Element<'e>>) -> Result<Self, ReferenceError> {
        let key_info =
            key_info.filter(|element| element.is(DS, "KeyInfo")).ok_or(ReferenceError::NoKeyInfo)?;
        let reference = only_child(key_info, ReferenceError::NoReference)?;
        if !reference.is(WSSE, "SecurityTokenReference") {
            return Err(ReferenceError::NoReference);
        }
        // `wsse11:TokenType` is not compared: the Java client misspells it (`clients.md` §2.10).
        let target = only_child(reference, ReferenceError::Empty)?;
        match (target.namespace(), target.local()) {
            (WSSE, "Reference") => {
                let id = target
                    .attribute("URI")
                    .and_then(|uri| uri.strip_prefix('#'))
                    .ok_or(ReferenceError::Unknown)?;
                Ok(Self::Binary { id, value_type: target.attribute("ValueType").unwrap_or_default() })
            }
            (WSSE, "KeyIdentifier") => {
                let id = target
                    .text()
                    .map(str::trim)
                    .filter(|id| !id.is_empty())
                    .ok_or(ReferenceError::Identifier)?;
                let is_saml = target.attribute("ValueType") == Some(SAML_ID);
                if is_saml { Ok(Self::Assertion { id }) } else { Err(ReferenceError::Identifier) }
            }
            _ => Err(ReferenceError::Unknown),
        }
    }
}

fn only_child(element: Element<'_>, error: ReferenceError) -> Result<Element<'_>, ReferenceError> {
    let mut children = element.children();
    match (children.next(), children.next()) {
        (Some(child), None) => Ok(child),
        _ => Err(error),
    }
}

/// A key identifier that holds a SAML 2.0 assertion's `ID`.
pub const SAML_ID: &str = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLID";
/// The token type that goes with it.
pub const SAML_V2: &str = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn document(inner: &str) -> Document {
        let text = format!("<d:KeyInfo xmlns:d='{DS}' xmlns='{WSSE}'>{inner}</d:KeyInfo>");
        Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap()
    }

    #[test]
    fn both_kinds_of_reference_are_read() {
        let binary = document(
            "\n<SecurityTokenReference><Reference URI='#_b' ValueType='t'/></SecurityTokenReference>",
        );
        assert_eq!(
            TokenReference::read(Some(binary.root())),
            Ok(TokenReference::Binary { id: "_b", value_type: "t" })
        );
        let saml = document(&format!(
            "<SecurityTokenReference><KeyIdentifier ValueType='{SAML_ID}'>_a</KeyIdentifier></SecurityTokenReference>"
        ));
        assert_eq!(TokenReference::read(Some(saml.root())), Ok(TokenReference::Assertion { id: "_a" }));
    }

    #[test]
    fn a_key_is_never_taken_from_key_info() {
        use ReferenceError::{Empty, Identifier, NoKeyInfo, NoReference, Unknown};
        assert_eq!(TokenReference::read(None), Err(NoKeyInfo));
        for (inner, error) in [
            ("", NoReference),
            ("<d:KeyValue/>", NoReference),
            ("<d:X509Data/>", NoReference),
            ("<d:KeyName>k</d:KeyName>", NoReference),
            ("<SecurityTokenReference/><SecurityTokenReference/>", NoReference),
            ("<SecurityTokenReference/>", Empty),
            (
                "<SecurityTokenReference><Reference URI='#a'/><Reference URI='#b'/></SecurityTokenReference>",
                Empty,
            ),
            ("<SecurityTokenReference><Reference URI='http://x/'/></SecurityTokenReference>", Unknown),
            ("<SecurityTokenReference><Embedded/></SecurityTokenReference>", Unknown),
            (
                "<SecurityTokenReference><KeyIdentifier ValueType='x'>_a</KeyIdentifier></SecurityTokenReference>",
                Identifier,
            ),
        ] {
            assert_eq!(TokenReference::read(Some(document(inner).root())), Err(error), "{inner}");
        }
    }
}
