//! X.509 certificates as proofs of nothing but their own bytes: subject, validity, public key, fingerprint.
//!
//! Trust is equality of the whole certificate with one that was known before (`attacks.md` R14, T03); no chain is
//! built here and nothing is fetched.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::key::{Hash, PublicKey};
use crate::clock::Moment;

/// A certificate. Cheap to copy.
#[derive(Clone, Debug)]
pub struct Certificate(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    der: Box<[u8]>,
    sha256: [u8; 32],
    not_before: Moment,
    not_after: Moment,
    key: PublicKey,
}

/// Bytes that are no certificate this house can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not DER of an X.509 certificate.
    #[error("not an X.509 certificate")]
    Malformed,
    /// More bytes after it.
    #[error("{0} bytes after the certificate")]
    Trailing(usize),
    /// More bytes than any real certificate has.
    #[error("{seen} bytes, at most {MAX_CERTIFICATE} are read")]
    Size {
        /// Length of the input.
        seen: usize,
    },
}

impl Certificate {
    /// Reads one certificate, DER, and nothing after it.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (certificate, rest) = Self::first(der)?;
        if rest == 0 { Ok(certificate) } else { Err(CertificateError::Trailing(rest)) }
    }

    /// Reads the first certificate of concatenated DER: pyVmomi sends a whole chain file like that
    /// (`clients.md` §2.2).
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn first_of(der: &[u8]) -> Result<Self, CertificateError> {
        Self::first(der).map(|(certificate, _)| certificate)
    }

    /// The bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.0.sha256
    }

    /// SHA-256 of the bytes, lower-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        crate::entropy::hex(&self.0.sha256)
    }

    /// The subject, as text.
    #[must_use]
    pub fn subject(&self) -> String {
        let parsed = X509Certificate::from_der(self.der());
        parsed.map(|(_, certificate)| certificate.subject().to_string()).unwrap_or_default()
    }

    /// The host names and addresses it is for.
    #[must_use]
    pub fn host_names(&self) -> Vec<String> {
        let Ok((_, parsed)) = X509Certificate::from_der(self.der()) else { return Vec::new() };
        let Ok(Some(names)) = parsed.subject_alternative_name() else { return Vec::new() };
        let name = |name: &GeneralName<'_>| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        };
        names.value.general_names.iter().filter_map(name).collect()
    }

    /// Whether a chain leads over it to another certificate of these: it signed one, other than itself.
    #[must_use]
    pub fn has_issued_one_of(&self, others: &[Self]) -> bool {
        let Ok((_, own)) = X509Certificate::from_der(self.der()) else { return false };
        others.iter().filter(|other| *other != self).any(|other| {
            let other = X509Certificate::from_der(other.der());
            other.is_ok_and(|(_, other)| other.issuer() == own.subject() && other.issuer() != other.subject())
        })
    }

    /// The public key, PEM, whatever its kind.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        let parsed = X509Certificate::from_der(self.der());
        let key = parsed.map(|(_, certificate)| certificate.public_key().raw.to_vec()).unwrap_or_default();
        super::pem::encode("PUBLIC KEY", &key)
    }

    /// First moment of validity.
    #[must_use]
    pub fn not_before(&self) -> Moment {
        self.0.not_before
    }

    /// Last moment of validity, itself included: certificates count in whole seconds.
    #[must_use]
    pub fn not_after(&self) -> Moment {
        self.0.not_after
    }

    /// The public key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.0.key
    }

    fn first(der: &[u8]) -> Result<(Self, usize), CertificateError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError::Size { seen: der.len() });
        }
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::Malformed)?;
        let own = der.get(..der.len().saturating_sub(rest.len())).unwrap_or_default();
        let validity = parsed.validity();
        let parts = Parts {
            der: own.into(),
            sha256: sha256(own),
            not_before: moment(validity.not_before.timestamp()),
            not_after: moment(validity.not_after.timestamp()),
            key: PublicKey::new(parsed.public_key().raw),
        };
        Ok((Self(Arc::new(parts)), rest.len()))
    }
}

impl PartialEq for Certificate {
    /// The whole certificate, in constant time.
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.der(), other.der()).is_ok()
    }
}

impl Eq for Certificate {}

/// How vSphere's clients name a certificate: upper-case hexadecimal with colons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thumbprints {
    /// SHA-1. It is a name here, and secures nothing.
    pub sha1: String,
    /// SHA-256.
    pub sha256: String,
}

impl Thumbprints {
    /// Those of a certificate, DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let sha1 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
        Self { sha1: colons(sha1.as_ref()), sha256: colons(&sha256(der)) }
    }
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// SHA-256.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    <[u8; 32]>::try_from(Hash::Sha256.of(data).as_ref()).unwrap_or_default()
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).to_string());
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).to_string())).ok()
}

const fn moment(seconds: i64) -> Moment {
    Moment::from_micros(seconds.saturating_mul(1_000_000))
}

/// Real ones have about 1.2 KiB; a chain of four in one file stays below this too.
const MAX_CERTIFICATE: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::super::make;
    use super::*;

    #[test]
    fn a_certificate_tells_its_subject_validity_and_key() {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let made = make::self_signed("robot", now).unwrap();
        let certificate = Certificate::from_der(made.certificate.der()).unwrap();
        assert_eq!(certificate.subject(), "CN=robot");
        assert!(certificate.not_before() <= now && now < certificate.not_after());
        let signature = made.key.sign(Hash::Sha256, b"m").unwrap();
        assert!(certificate.key().verifies(Hash::Sha256, b"m", &signature));
        assert_eq!(certificate, made.certificate);
    }

    #[test]
    fn bytes_after_a_certificate_are_ignored_only_where_a_client_needs_it() {
        let made = make::self_signed("robot", Moment::EPOCH).unwrap();
        let twice = [made.certificate.der(), made.certificate.der()].concat();
        assert_eq!(Certificate::first_of(&twice).unwrap(), made.certificate);
        assert_eq!(
            Certificate::from_der(&twice).unwrap_err(),
            CertificateError::Trailing(made.certificate.der().len())
        );
        assert_eq!(Certificate::from_der(b"no").unwrap_err(), CertificateError::Malformed);
        assert_eq!(
            Certificate::from_der(&vec![0; 20_000]).unwrap_err(),
            CertificateError::Size { seen: 20_000 }
        );
    }
}
