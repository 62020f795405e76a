//! A key that tokens are verified with: its name, its one algorithm, and how everybody may read it (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::algorithm::Algorithm;
use crate::pki::certificate::sha256;
use crate::pki::{Certificate, EllipticPublicKey, Hash};

/// A key of this house.
#[derive(Clone, Debug)]
pub struct VerificationKey {
    /// `kid`.
    pub name: String,
    /// The certificate that says from when and until when the key is good.
    pub certificate: Certificate,
    /// Nothing for the key of the certificate itself.
    beside: Option<EllipticPublicKey>,
}

impl VerificationKey {
    /// The key of a token-signing certificate.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        Self { name: certificate.fingerprint(), certificate: certificate.clone(), beside: None }
    }

    /// The P-256 key beside it.
    #[must_use]
    pub fn beside(certificate: &Certificate, key: EllipticPublicKey) -> Self {
        let name = crate::entropy::hex(&sha256(key.point()));
        Self { name, certificate: certificate.clone(), beside: Some(key) }
    }

    /// The one algorithm it is good for (`attacks.md` J02).
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.beside {
            None => Algorithm::Rs256,
            Some(_) => Algorithm::Es256,
        }
    }

    /// Whether the signature is of this key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.beside {
            None => self.certificate.key().verifies(Hash::Sha256, message, signature),
            Some(key) => key.verifies(message, signature),
        }
    }

    /// As it stands in a set of keys.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let algorithm = self.algorithm().name();
        match &self.beside {
            None => {
                let (modulus, exponent) = self.certificate.key().components().unwrap_or_default();
                json!({
                    "kty": "RSA", "use": "sig", "alg": algorithm, "kid": self.name, "n": text(&modulus),
                    "e": text(&exponent), "x5c": [STANDARD.encode(self.certificate.der())],
                })
            }
            Some(key) => {
                let (x, y) = key.coordinates();
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": algorithm, "kid": self.name, "x": text(x),
                    "y": text(y),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::pki::make;

    #[test]
    fn a_key_is_published_without_leading_zeros_and_verifies_what_it_signed() {
        let made = make::self_signed("signer", Moment::EPOCH).unwrap();
        let key = VerificationKey::of(&made.certificate);
        let jwk = key.to_jwk();
        let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
        assert_eq!(
            (modulus.len(), jwk["e"].as_str(), jwk["kid"].as_str()),
            (256, Some("AQAB"), Some(key.name.as_str()))
        );
        assert!(key.verifies(b"m", &made.key.sign(Hash::Sha256, b"m").unwrap()));
        assert!(!key.verifies(b"m", &made.key.sign(Hash::Sha384, b"m").unwrap()));
        let elliptic = made.key.elliptic().unwrap();
        let beside = VerificationKey::beside(&made.certificate, elliptic.public());
        assert_eq!((beside.algorithm(), beside.to_jwk()["crv"].as_str()), (Algorithm::Es256, Some("P-256")));
        assert!(beside.verifies(b"m", &elliptic.sign(b"m").unwrap()) && beside.name != key.name);
    }
}
