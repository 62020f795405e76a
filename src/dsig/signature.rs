//! The grammar of `ds:Signature`: `SignedInfo, SignatureValue, KeyInfo?`, and nothing else anywhere inside.
//!
//! Position and grammar, never search (`attacks.md` R4): no `Object`, no second `SignedInfo`, no comment, no stray
//! text. What stands in `KeyInfo` is for the caller, who has chosen the key before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SignatureError;
use super::algorithm::SignatureAlgorithm;
use crate::xml::names::{DS, EC};
use crate::xml::{Cursor, Element};

/// A signature whose form is right. Nothing about it is verified.
#[derive(Debug)]
pub struct SignatureElement<'d> {
    /// The whole element.
    pub element: Element<'d>,
    /// `Id`, empty when absent or empty.
    pub id: &'d str,
    /// What is signed.
    pub signed_info: Element<'d>,
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// The signature.
    pub value: Vec<u8>,
    /// The hint about the key.
    pub key_info: Option<Element<'d>>,
}

/// Whether white space may stand between the elements (`decisions.md` §5): pyVmomi's message signatures have some,
/// tokens have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhiteSpace {
    /// None.
    Forbidden,
    /// White space only.
    Allowed,
}

impl<'d> SignatureElement<'d> {
    /// Reads a `ds:Signature`.
    ///
    /// # Errors
    /// [`SignatureError::Shape`] or [`SignatureError::Algorithm`].
    pub fn read(element: Element<'d>, white_space: WhiteSpace) -> Result<Self, SignatureError> {
        check_inside(element, white_space)?;
        only_attributes(element, &["Id"])?;
        let mut parts = Cursor::over(element)?;
        let signed_info = parts.required(DS, "SignedInfo")?;
        let value = parts.required(DS, "SignatureValue")?;
        let key_info = parts.optional(DS, "KeyInfo");
        parts.end()?;
        only_attributes(signed_info, &["Id"])?;
        only_attributes(value, &["Id"])?;
        let mut head = Cursor::over(signed_info)?;
        let method = head.required(DS, "CanonicalizationMethod")?;
        if algorithm_of(method)? != EC || method.children().next().is_some() {
            return Err(SignatureError::Shape(
                "the canonicalisation is not exclusive without comments and parameters",
            ));
        }
        let method = head.required(DS, "SignatureMethod")?;
        if method.children().next().is_some() {
            return Err(SignatureError::Shape("parameters in SignatureMethod"));
        }
        let algorithm = SignatureAlgorithm::from_uri(algorithm_of(method)?).ok_or_else(|| unknown(method))?;
        let value = base64_text(value).ok_or(SignatureError::Shape("SignatureValue is not base64"))?;
        let id = element.attribute("Id").unwrap_or_default();
        Ok(Self { element, id, signed_info, algorithm, value, key_info })
    }
}

/// The only attribute an algorithm element may have.
pub(super) fn algorithm_of(element: Element<'_>) -> Result<&str, SignatureError> {
    only_attributes(element, &["Algorithm"])?;
    element.attribute("Algorithm").ok_or(SignatureError::Shape("no Algorithm"))
}

pub(super) fn only_attributes(element: Element<'_>, allowed: &[&str]) -> Result<(), SignatureError> {
    let known = |a: &str, namespace: &str| namespace.is_empty() && allowed.contains(&a);
    match element.attributes().find(|attribute| !known(attribute.local, attribute.namespace)) {
        Some(_) => Err(SignatureError::Shape("an attribute that does not belong there")),
        None => Ok(()),
    }
}

pub(super) fn unknown(method: Element<'_>) -> SignatureError {
    SignatureError::Algorithm(method.attribute("Algorithm").unwrap_or_default().chars().take(128).collect())
}

/// Base64 in the standard alphabet with padding; white space of XML may stand in it, as wrapped lines do.
#[must_use]
pub fn base64_text(element: Element<'_>) -> Option<Vec<u8>> {
    let text = element.text()?;
    if memchr::memchr3(b' ', b'\n', b'\t', text.as_bytes()).is_some() || text.contains('\r') {
        let white = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        return STANDARD.decode(text.as_bytes().split(white).collect::<Vec<_>>().concat()).ok();
    }
    STANDARD.decode(text).ok()
}

/// No comment or CDATA anywhere, no text beside elements; recursion is bounded by the parser's depth.
fn check_inside(element: Element<'_>, white_space: WhiteSpace) -> Result<(), SignatureError> {
    if element.is_annotated() {
        return Err(SignatureError::Shape("a comment or CDATA section inside"));
    }
    let mut has_child = false;
    for child in element.children() {
        has_child = true;
        check_inside(child, white_space)?;
    }
    let stray = match white_space {
        WhiteSpace::Forbidden => element.has_text(),
        WhiteSpace::Allowed => element.has_loose_text(),
    };
    if has_child && stray { Err(SignatureError::Shape("text between its elements")) } else { Ok(()) }
}
