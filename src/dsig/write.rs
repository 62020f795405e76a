//! Signatures as this house writes them: already in canonical form, so that nothing is parsed again to sign it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::algorithm::{ENVELOPED, SignatureAlgorithm};
use crate::pki::SigningKey;
use crate::pki::key::KeyError;
use crate::xml::names::{DS, EC};

/// One reference to be signed.
#[derive(Clone, Copy, Debug)]
pub struct NewReference<'a> {
    /// The identifier, without `#`.
    pub id: &'a str,
    /// `PrefixList` of an enveloped signature; none = a plain reference.
    pub enveloped: Option<&'a str>,
    /// Base64 of the digest of the target's canonical bytes.
    pub digest: &'a str,
}

/// The inside of a `ds:SignedInfo`, without its start tag.
pub fn signed_info(out: &mut String, algorithm: SignatureAlgorithm, references: &[NewReference<'_>]) {
    let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    put(&["<ds:CanonicalizationMethod Algorithm=\"", EC, "\"></ds:CanonicalizationMethod>"]);
    put(&["<ds:SignatureMethod Algorithm=\"", algorithm.uri(), "\"></ds:SignatureMethod>"]);
    for reference in references {
        put(&["<ds:Reference URI=\"#", reference.id, "\"><ds:Transforms>"]);
        match reference.enveloped {
            Some(prefixes) => {
                put(&["<ds:Transform Algorithm=\"", ENVELOPED, "\"></ds:Transform>"]);
                put(&["<ds:Transform Algorithm=\"", EC, "\"><ec:InclusiveNamespaces xmlns:ec=\"", EC]);
                put(&["\" PrefixList=\"", prefixes, "\"></ec:InclusiveNamespaces></ds:Transform>"]);
            }
            None => put(&["<ds:Transform Algorithm=\"", EC, "\"></ds:Transform>"]),
        }
        put(&[
            "</ds:Transforms><ds:DigestMethod Algorithm=\"",
            algorithm.digest().uri(),
            "\"></ds:DigestMethod>",
        ]);
        put(&["<ds:DigestValue>", reference.digest, "</ds:DigestValue></ds:Reference>"]);
    }
}

/// The canonical bytes of a `ds:SignedInfo` with this inside: the one namespace it uses stands on itself.
#[must_use]
pub fn canonical_signed_info(inside: &str) -> String {
    ["<ds:SignedInfo xmlns:ds=\"", DS, "\">", inside, "</ds:SignedInfo>"].concat()
}

/// Signs a `ds:SignedInfo` with this inside; base64 on one line.
///
/// # Errors
/// [`KeyError`] when the engine refuses.
pub fn sign(key: &SigningKey, algorithm: SignatureAlgorithm, inside: &str) -> Result<String, KeyError> {
    Ok(STANDARD.encode(key.sign(algorithm.hash(), canonical_signed_info(inside).as_bytes())?))
}

/// Base64 of the digest of canonical bytes.
#[must_use]
pub fn digest(algorithm: SignatureAlgorithm, canonical: &[u8]) -> String {
    STANDARD.encode(algorithm.hash().of(canonical))
}
