//! RSA keys, held as `aws-lc-rs` objects: importing one costs more than using it (`stack.md` §2.2).

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, EcdsaVerificationAlgorithm,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, RsaParameters,
};
use x509_parser::prelude::{FromDer as _, SubjectPublicKeyInfo};
use x509_parser::public_key::PublicKey as Parsed;

use super::elliptic::EllipticKey;

/// The hash functions that signatures and digests use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// The kinds of keys that sign vAPI calls. XML signatures are RSA's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureScheme {
    /// RSA, PKCS #1 v1.5.
    Rsa,
    /// An elliptic key on the curve that goes with the hash: P-256, P-384 or P-521. The signature is DER.
    Ecdsa,
}

/// An RSA public key of 2,048 to 8,192 bits (`attacks.md` K09); imported for each hash when first used.
pub struct PublicKey {
    spki: Box<[u8]>,
    imported: [OnceLock<Option<ParsedPublicKey>>; 3],
}

/// A private RSA key. It cannot be copied or printed.
pub struct SigningKey(KeyPair);

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an RSA key of a size that is allowed, or not a key at all.
    #[error("not a usable RSA key of 2048 to 8192 bits")]
    Unusable,
    /// The signing operation failed.
    #[error("signing failed")]
    Signing,
}

impl Hash {
    /// The hash of `data`.
    #[must_use]
    pub fn of(self, data: &[u8]) -> Digest {
        digest::digest(self.algorithm(), data)
    }

    /// The hash of two pieces, one after the other.
    #[must_use]
    pub fn of_both(self, first: &[u8], second: &[u8]) -> Digest {
        let mut context = digest::Context::new(self.algorithm());
        context.update(first);
        context.update(second);
        context.finish()
    }

    const fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    const fn verifying(self) -> &'static RsaParameters {
        match self {
            Self::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
            Self::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        }
    }

    const fn verifying_elliptic(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::Sha256 => &ECDSA_P256_SHA256_ASN1,
            Self::Sha384 => &ECDSA_P384_SHA384_ASN1,
            Self::Sha512 => &ECDSA_P521_SHA512_ASN1,
        }
    }

    fn signing(self) -> &'static dyn RsaEncoding {
        match self {
            Self::Sha256 => &RSA_PKCS1_SHA256,
            Self::Sha384 => &RSA_PKCS1_SHA384,
            Self::Sha512 => &RSA_PKCS1_SHA512,
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Sha256 => 0,
            Self::Sha384 => 1,
            Self::Sha512 => 2,
        }
    }
}

impl PublicKey {
    /// A key from its `SubjectPublicKeyInfo`, DER.
    #[must_use]
    pub fn new(spki: &[u8]) -> Self {
        Self { spki: spki.into(), imported: [const { OnceLock::new() }; 3] }
    }

    /// Whether it is a key this house verifies with.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.import(Hash::Sha256).is_some()
    }

    /// Whether `signature` over `message` was made with the private half (PKCS #1 v1.5).
    #[must_use]
    pub fn verifies(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        self.import(hash).is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }

    /// The same by either kind of key, if this is one.
    #[must_use]
    pub fn verifies_by(&self, scheme: SignatureScheme, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        match scheme {
            SignatureScheme::Rsa => self.verifies(hash, message, signature),
            SignatureScheme::Ecdsa => {
                let key = ParsedPublicKey::new(hash.verifying_elliptic(), &self.spki).ok();
                key.and_then(|key| self.in_one_spelling(key))
                    .is_some_and(|key| key.verify_sig(message, signature).is_ok())
            }
        }
    }

    /// The `SubjectPublicKeyInfo`, DER.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Modulus and exponent, big-endian, as short as they are (RFC 7518 §6.3.1).
    #[must_use]
    pub fn components(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let (_, info) = SubjectPublicKeyInfo::from_der(&self.spki).ok()?;
        let Ok(Parsed::RSA(key)) = info.parsed() else { return None };
        let short = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        Some((short(key.modulus), short(key.exponent)))
    }

    fn import(&self, hash: Hash) -> Option<&ParsedPublicKey> {
        let place = self.imported.get(hash.index())?;
        place.get_or_init(|| self.parse(hash)).as_ref()
    }

    /// A key has one spelling, the engine's own. The engine reads others too (id-RSAES-OAEP for rsaEncryption), and a
    /// message could come again under another one: what it is remembered by holds these bytes (`attacks.md` K07).
    fn parse(&self, hash: Hash) -> Option<ParsedPublicKey> {
        ParsedPublicKey::new(hash.verifying(), &self.spki).ok().and_then(|key| self.in_one_spelling(key))
    }

    fn in_one_spelling(&self, key: ParsedPublicKey) -> Option<ParsedPublicKey> {
        let spelling = key.as_der().ok()?;
        (spelling.as_ref() == &*self.spki).then_some(key)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(…)")
    }
}

impl SigningKey {
    /// A key from PKCS #8, DER.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] for anything but an RSA key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        KeyPair::from_pkcs8(der).map(Self).map_err(|_| KeyError::Unusable)
    }

    /// A new RSA-2048 key.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] when the system has no chance to offer.
    pub fn generate() -> Result<Self, KeyError> {
        KeyPair::generate(KeySize::Rsa2048).map(Self).map_err(|_| KeyError::Unusable)
    }

    /// The P-256 key beside it.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] when the engine refuses.
    pub fn elliptic(&self) -> Result<EllipticKey, KeyError> {
        EllipticKey::beside(&self.0)
    }

    /// Length of a signature in bytes.
    #[must_use]
    pub fn signature_length(&self) -> usize {
        self.0.public_modulus_len()
    }

    /// Signs `message` (PKCS #1 v1.5).
    ///
    /// # Errors
    /// [`KeyError::Signing`] when the engine refuses.
    #[expect(
        clippy::disallowed_methods,
        reason = "the engine wants a source for blinding; PKCS #1 v1.5 uses no chance"
    )]
    pub fn sign(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.signature_length()];
        self.0
            .sign(hash.signing(), &SystemRandom::new(), message, &mut signature)
            .map_err(|_| KeyError::Signing)?;
        Ok(signature)
    }

    /// The public half.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] when the engine cannot write it.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        use aws_lc_rs::signature::KeyPair as _;
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().map_err(|_| KeyError::Unusable)?;
        Ok(PublicKey::new(der.as_ref()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_signature_verifies_with_its_key_message_and_hash_only() {
        let key = SigningKey::generate().unwrap();
        let signature = key.sign(Hash::Sha384, b"message").unwrap();
        let public = key.public().unwrap();
        assert!(public.verifies(Hash::Sha384, b"message", &signature));
        assert!(!public.verifies(Hash::Sha256, b"message", &signature));
        assert!(!public.verifies(Hash::Sha384, b"massage", &signature));
        assert!(!SigningKey::generate().unwrap().public().unwrap().verifies(
            Hash::Sha384,
            b"message",
            &signature
        ));
        let padded: Vec<u8> = std::iter::once(0).chain(signature).collect();
        assert!(!public.verifies(Hash::Sha384, b"message", &padded));
    }

    #[test]
    fn a_key_has_one_spelling() {
        let spki = SigningKey::generate().unwrap().public().unwrap().spki().to_vec();
        let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
        let end = spki.windows(oid.len()).position(|window| window == oid).unwrap() + oid.len() - 1;
        assert!(PublicKey::new(&spki).is_usable());
        for other in 2..16 {
            let mut spki = spki.clone();
            spki[end] = other;
            assert!(!PublicKey::new(&spki).is_usable(), "1.2.840.113549.1.1.{other}");
        }
    }

    /// An elliptic key signs calls with the hash of its curve, and nothing else.
    #[test]
    fn an_elliptic_key_verifies_by_its_own_scheme_and_hash() {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "the engine wants a source of chance for each signature"
        )]
        let signature = key.sign(&SystemRandom::new(), b"message").unwrap();
        let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        let public = PublicKey::new(der.as_ref());
        let by = |scheme, hash, message: &[u8]| public.verifies_by(scheme, hash, message, signature.as_ref());
        assert!(by(SignatureScheme::Ecdsa, Hash::Sha256, b"message"));
        assert!(!by(SignatureScheme::Ecdsa, Hash::Sha256, b"massage"));
        assert!(!by(SignatureScheme::Ecdsa, Hash::Sha384, b"message"));
        assert!(!by(SignatureScheme::Rsa, Hash::Sha256, b"message"));
        let rsa = SigningKey::generate().unwrap();
        let signature = rsa.sign(Hash::Sha256, b"message").unwrap();
        let public = rsa.public().unwrap();
        assert!(public.verifies_by(SignatureScheme::Rsa, Hash::Sha256, b"message", &signature));
        assert!(!public.verifies_by(SignatureScheme::Ecdsa, Hash::Sha256, b"message", &signature));
    }

    /// sts.md §10: 19+10; `attacks.md` K09. Both keys and signatures are `openssl`'s: `genrsa`, `dgst -sha256 -sign`.
    #[test]
    fn a_good_signature_of_a_short_key_is_worth_nothing() {
        let verifies = |spki: &str, signature: &str| {
            let bytes = |text: &str| STANDARD.decode(text).unwrap();
            PublicKey::new(&bytes(spki)).verifies(Hash::Sha256, b"message", &bytes(signature))
        };
        assert!(!verifies(SHORT.0, SHORT.1), "1,024 bits");
        assert!(verifies(LONG.0, LONG.1), "2,048 bits");
    }

    #[test]
    fn what_is_no_rsa_key_is_not_usable() {
        assert!(!PublicKey::new(b"").is_usable());
        assert!(!PublicKey::new(&[0x30, 0x03, 0x02, 0x01, 0x00]).is_usable());
    }

    const SHORT: (&str, &str) = (
        "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+M+r5MEubHOCWw3T1GLH8IsjJiz1osJ6oNjaNScSDVftJFaar8EUHDvvA\
         8X9UvfT7HO9NQi41VWIYEr6EvR1++VStSg18cyI0m6su/d8M9qA3n81+w2V53XSEyQchl88g1Rb3f/v/9VdZYjlhZPlgsnDI\
         SRva1I//tgDWXVvIXQIDAQAB",
        "GGcWNgBvwzawxog16jXJ43mGma5CtNQE/RsLVCLIH1+hUvnAylk5Z6Y4UKvlePaZox48dK5nUzmH5IFQbottYn+/8Luy/Idw\
         jFOB9ds6sgI8y1PC11n0wA93JLwPTmO/OT14P7B8KZ0OXWi7lVgI7sTObIpwXfE3+mHAwBGg+5Q=",
    );
    const LONG: (&str, &str) = (
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxO1NjgtI90AIzHqBLkRQSUFi/unJ8OgzOT6+gWMgv5C9OiNeVJlG\
         ncyS5uDyQvSsB6BX3abgfL91xuSNoszXU022NYTKQ5XA8zKtHR0irC7Xjlrit7bT+acV3C5W1AVZ3CtaF8Zpd4TuqUDPqzZ7\
         rky6gBrxHz6L9rEi9OGEaK7aE9Crb8sESnCGrInRlvfvWvV9CIyr7UgruivYTDQePbbaocm1rFZRLr4vM/iqd/FWHg+oTfrL\
         JaPy9ogZmEAKpiWKZzYgno+X2TQsbxjuLKZr1IOLyafJAnV2qWHnMhOcwY/j5at4Qzby3qim3r65qD8asfmkglQmj7RlhSBc\
         vQIDAQAB",
        "BoOIAXnlOnkCjqYgA07h0oratDx8AuHy33uiN33Ov7umDgTnbCigMuP6hB+4NcKYXVmvquWlmLq2tBkGJkfl2cgzYYvaa+RV\
         /Bzd70DFtBtkeka2qMCkk219YRENvMhs/Ji9RJ0DaqI+dFi8uxG5/8FcuJOvokfld2u7vv7tn3/anGFoXa6IAvquvZitAekP\
         23d2NUiKnyU9vDpA5jn71kpvqcj82xSZiH80nWnlrCQfiwtPYAUc5TGPd1/p8t1Oxh1s4F1WYkbJdVZkqxhurAn/2jmy5xGQ\
         hUBT9eXHHGw3Q1pxpbAOfT9xP+Dg4Fv1XPLaJK4zZrJn8umbet0aQg==",
    );
}
