//! The key that signs this house's tokens, with the certificate chain that travels in them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use std::sync::OnceLock;

use super::certificate::Certificate;
use super::elliptic::EllipticKey;
use super::key::{KeyError, SigningKey};

/// A token-signing key. Only `sts::mint` and `sts::exchange` sign with it.
#[derive(Debug)]
pub struct TokenSigner {
    /// The private key.
    pub key: SigningKey,
    /// The certificate chain, leaf first.
    pub chain: Vec<Certificate>,
    /// The chain in base64, as it stands in tokens.
    pub chain_base64: Vec<String>,
    elliptic: OnceLock<Result<EllipticKey, KeyError>>,
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
        Some(Self { key, chain, chain_base64, elliptic: OnceLock::new() })
    }

    /// The P-256 key beside it; made when first used.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] when the engine refuses.
    pub fn elliptic(&self) -> Result<&EllipticKey, KeyError> {
        self.elliptic.get_or_init(|| self.key.elliptic()).as_ref().map_err(|error| *error)
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
