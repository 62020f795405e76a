//! Verifying, in the order that gives an attacker nothing to choose (`attacks.md` §2.2 steps 7 to 9): `SignedInfo` first,
//! then its references, read from the canonical bytes that were verified, then one digest for each.

use super::algorithm::{DigestAlgorithm, ENVELOPED};
use super::signature::{SignatureElement, algorithm_of, base64_text, only_attributes, unknown};
use crate::pki::PublicKey;
use crate::xml::names::{DS, EC};
use crate::xml::{Cursor, Document, Element, Limits, Unexpected, c14n};

/// `SignedInfo` whose signature held: its canonical bytes, parsed again.
#[derive(Debug)]
pub struct VerifiedInfo {
    document: Document,
}

/// One reference of a verified `SignedInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The identifier it names, without `#`.
    pub id: String,
    /// The signature takes itself out.
    pub enveloped: bool,
    /// Prefixes that are canonicalised inclusively.
    pub inclusive: Vec<String>,
    /// How it is digested.
    pub algorithm: DigestAlgorithm,
    /// The digest that was signed.
    pub digest: Vec<u8>,
}

/// Why a signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Outside the profile.
    #[error("{0}")]
    Shape(&'static str),
    /// Elements that do not belong there.
    #[error(transparent)]
    Unexpected(#[from] Unexpected),
    /// An algorithm that is not on the list.
    #[error("the algorithm {0} is not allowed")]
    Algorithm(String),
    /// The signature does not fit the key and the signed bytes.
    #[error("the signature value does not fit the key and SignedInfo")]
    Value,
}

impl VerifiedInfo {
    /// Verifies the signature value with a key that was chosen beforehand.
    ///
    /// # Errors
    /// [`SignatureError::Value`] when it does not hold.
    pub fn verify(signature: &SignatureElement<'_>, key: &PublicKey) -> Result<Self, SignatureError> {
        let canonical = c14n::canonical(signature.signed_info, &[], None);
        if !key.verifies(signature.algorithm.hash(), canonical.as_bytes(), &signature.value) {
            return Err(SignatureError::Value);
        }
        let document =
            Document::read(canonical, &Limits::MESSAGE).map_err(|_| SignatureError::Shape("SignedInfo"))?;
        Ok(Self { document })
    }

    /// The bytes that were signed: what makes a message unique (`attacks.md` §2.6).
    #[must_use]
    pub fn canonical(&self) -> &str {
        self.document.root().raw()
    }

    /// The references, at most `most`.
    ///
    /// # Errors
    /// [`SignatureError`] when one of them is outside the profile.
    pub fn references(&self, most: usize) -> Result<Vec<Reference>, SignatureError> {
        let mut parts = Cursor::over(self.document.root())?;
        parts.required(DS, "CanonicalizationMethod")?;
        parts.required(DS, "SignatureMethod")?;
        let mut references = vec![read_reference(parts.required(DS, "Reference")?)?];
        while let Some(reference) = parts.optional(DS, "Reference") {
            if references.len() >= most {
                return Err(SignatureError::Shape("more references than this kind of signature has"));
            }
            references.push(read_reference(reference)?);
        }
        parts.end()?;
        Ok(references)
    }
}

impl Reference {
    /// The canonical bytes of `target`, if their digest is the signed one; otherwise those bytes as evidence.
    ///
    /// # Errors
    /// The canonical bytes, when the digest is another one.
    pub fn digest(&self, target: Element<'_>, signature: Element<'_>) -> Result<String, String> {
        let inclusive: Vec<&str> = self.inclusive.iter().map(String::as_str).collect();
        let canonical = c14n::canonical(target, &inclusive, self.enveloped.then_some(signature));
        let digest = self.algorithm.hash().of(canonical.as_bytes());
        match aws_lc_rs::constant_time::verify_slices_are_equal(digest.as_ref(), &self.digest) {
            Ok(()) => Ok(canonical),
            Err(_) => Err(canonical),
        }
    }
}

fn read_reference(element: Element<'_>) -> Result<Reference, SignatureError> {
    only_attributes(element, &["URI"])?;
    let uri = element.attribute("URI").ok_or(SignatureError::Shape("a reference without URI"))?;
    let id = uri.strip_prefix('#').filter(|id| !id.is_empty() && !id.contains(['(', '/', ':']));
    let id = id
        .ok_or(SignatureError::Shape("a reference to something other than an identifier of this document"))?;
    let mut parts = Cursor::over(element)?;
    let (enveloped, inclusive) = read_transforms(parts.required(DS, "Transforms")?)?;
    let method = parts.required(DS, "DigestMethod")?;
    let algorithm = DigestAlgorithm::from_uri(algorithm_of(method)?).ok_or_else(|| unknown(method))?;
    let value = parts.required(DS, "DigestValue")?;
    parts.end()?;
    let digest = base64_text(value).ok_or(SignatureError::Shape("DigestValue is not base64"))?;
    Ok(Reference { id: id.to_owned(), enveloped, inclusive, algorithm, digest })
}

/// `[enveloped-signature]? exc-c14n`, in this order, and nothing else.
fn read_transforms(element: Element<'_>) -> Result<(bool, Vec<String>), SignatureError> {
    let mut parts = Cursor::over(element)?;
    let mut transform = parts.required(DS, "Transform")?;
    let enveloped = algorithm_of(transform)? == ENVELOPED;
    if enveloped {
        if transform.children().next().is_some() {
            return Err(SignatureError::Shape("parameters of a transform"));
        }
        transform = parts.required(DS, "Transform")?;
    }
    parts.end()?;
    if algorithm_of(transform)? != EC {
        return Err(unknown(transform));
    }
    let mut parameters = Cursor::over(transform)?;
    let inclusive = match parameters.optional(EC, "InclusiveNamespaces") {
        Some(list) => read_prefix_list(list)?,
        None => Vec::new(),
    };
    parameters.end()?;
    Ok((enveloped, inclusive))
}

fn read_prefix_list(element: Element<'_>) -> Result<Vec<String>, SignatureError> {
    only_attributes(element, &["PrefixList"])?;
    let list = element.attribute("PrefixList").ok_or(SignatureError::Shape("no PrefixList"))?;
    let prefixes: Vec<String> = list.split_ascii_whitespace().map(str::to_owned).collect();
    if prefixes.len() > MAX_PREFIXES {
        return Err(SignatureError::Shape("too many prefixes in PrefixList"));
    }
    Ok(prefixes)
}

/// Tokens list two to four; more is a load, not a use (`attacks.md` C08).
const MAX_PREFIXES: usize = 16;
