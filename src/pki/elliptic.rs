//! The P-256 key beside a token-signing key, for those who want JSON Web Tokens signed with ES256.
//!
//! It is derived from the private RSA key (HKDF, RFC 5869): whoever has the one has the other, so it is in the same file of
//! the key folder, has the same life, and every replica that shares the folder has the same.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use zeroize::Zeroizing;

use super::key::KeyError;

/// A private P-256 key. It cannot be copied or printed.
pub struct EllipticKey(EcdsaKeyPair);

/// A public P-256 key: the uncompressed point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EllipticPublicKey(Box<[u8]>);

impl EllipticKey {
    /// The key beside an RSA key: always the same one.
    pub(super) fn beside(key: &KeyPair) -> Result<Self, KeyError> {
        let private: Pkcs8V1Der<'_> = key.as_der().map_err(|_| KeyError::Unusable)?;
        let secret = Salt::new(HKDF_SHA256, SALT).extract(private.as_ref());
        for attempt in 0..=u8::MAX {
            let mut scalar = Zeroizing::new([0; SCALAR]);
            let attempt = [attempt];
            let info = [attempt.as_slice()];
            let expanded = secret.expand(&info, HKDF_SHA256).map_err(|_| KeyError::Unusable)?;
            expanded.fill(scalar.as_mut_slice()).map_err(|_| KeyError::Unusable)?;
            let der = Zeroizing::new([BEFORE.as_slice(), scalar.as_slice(), AFTER.as_slice()].concat());
            // One scalar in four thousand million is none of the curve.
            if let Ok(key) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der) {
                return Ok(Self(key));
            }
        }
        Err(KeyError::Unusable)
    }

    /// Signs a message: `r` and `s` one after the other, 64 bytes (RFC 7518 §3.4).
    ///
    /// # Errors
    /// [`KeyError::Signing`] when the engine refuses.
    #[expect(clippy::disallowed_methods, reason = "the engine wants a source of chance for each signature")]
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Signing)?;
        Ok(signature.as_ref().to_vec())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> EllipticPublicKey {
        EllipticPublicKey(self.0.public_key().as_ref().into())
    }
}

impl EllipticPublicKey {
    /// Whether `signature` over `message` was made with the private half.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0).verify(message, signature).is_ok()
    }

    /// The point, uncompressed: a byte, then both coordinates.
    #[must_use]
    pub fn point(&self) -> &[u8] {
        &self.0
    }

    /// Both coordinates.
    #[must_use]
    pub fn coordinates(&self) -> (&[u8], &[u8]) {
        self.0.get(1..).and_then(|both| both.split_at_checked(SCALAR)).unwrap_or_default()
    }
}

impl fmt::Debug for EllipticKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EllipticKey(…)")
    }
}

const SALT: &[u8] = b"vcsso: the P-256 key beside a token-signing key";
/// Bytes of a scalar, and of a coordinate.
const SCALAR: usize = 32;
/// RFC 5915: the scalar in an `ECPrivateKey`, version 1, that names the curve.
const BEFORE: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
const AFTER: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

#[cfg(test)]
mod tests {
    use super::super::SigningKey;

    #[test]
    fn each_key_has_one_beside_it_and_always_the_same() {
        let (one, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let (first, again) = (one.elliptic().unwrap(), one.elliptic().unwrap());
        let signature = first.sign(b"message").unwrap();
        assert_eq!((signature.len(), first.public()), (64, again.public()));
        assert!(again.public().verifies(b"message", &signature));
        assert!(!again.public().verifies(b"massage", &signature));
        assert!(!other.elliptic().unwrap().public().verifies(b"message", &signature));
    }

    /// `attacks.md` K06, J14.
    #[test]
    fn a_signature_of_zeros_is_none() {
        let public = SigningKey::generate().unwrap().elliptic().unwrap().public();
        for signature in [vec![0; 64], vec![], vec![0; 63], vec![0xff; 64]] {
            assert!(!public.verifies(b"message", &signature), "{signature:?}");
        }
    }
}
