//! The key that signs this house's tokens, with the certificate chain that travels in them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::certificate::Certificate;
use super::key::SigningKey;

/// A token-signing key. Only `sts::mint` signs with it.
#[derive(Debug)]
pub struct TokenSigner {
    /// The private key.
    pub key: SigningKey,
    /// The certificate chain, leaf first.
    pub chain: Vec<Certificate>,
    /// The chain in base64, as it stands in tokens.
    pub chain_base64: Vec<String>,
}

impl TokenSigner {
    /// A signer of a key and its chain; nothing when the chain is empty or the key is not the leaf's.
    #[must_use]
    pub fn new(key: SigningKey, chain: Vec<Certificate>) -> Option<Self> {
        let public = key.public().ok()?;
        if chain.first()?.key().spki() != public.spki() {
            return None;
        }
        let chain_base64 = chain.iter().map(|certificate| STANDARD.encode(certificate.der())).collect();
        Some(Self { key, chain, chain_base64 })
    }

    /// The signing certificate.
    ///
    /// # Panics
    /// Never: a signer is made with a chain.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "`new` is the only constructor and refuses an empty chain")]
    pub fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }
}
