//! Certificates of the lab: a root, the STS signer, the TLS leaf, and the throw-away ones of clients and tests.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SanType,
};
use time::OffsetDateTime;

use super::certificate::Certificate;
use super::key::SigningKey;
use crate::clock::Moment;

/// A certificate with its key, as it is written to files.
#[derive(Debug)]
pub struct MadePem {
    /// Certificate, PEM.
    pub certificate: String,
    /// Private key, PKCS #8, PEM.
    pub key: zeroize::Zeroizing<String>,
}

/// A certificate with its RSA key, ready for use.
#[derive(Debug)]
pub struct Made {
    /// The certificate.
    pub certificate: Certificate,
    /// Its key.
    pub key: SigningKey,
}

/// The engine or the encoder refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the certificate: {0}")]
pub struct MakeError(String);

/// The root of the lab: signs the STS certificate and the TLS leaf, and nothing else.
///
/// # Errors
/// [`MakeError`].
pub fn authority(name: &str, now: Moment) -> Result<MadePem, MakeError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(refused)?;
    let mut params = params(name, now, YEARS_10)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).map_err(refused)?;
    Ok(MadePem { certificate: certificate.pem(), key: key.serialize_pem().into() })
}

/// The certificate that signs tokens: RSA-2048, as every relying party expects (`decisions.md` §29).
///
/// # Errors
/// [`MakeError`].
pub fn token_signer(authority: &MadePem, now: Moment) -> Result<MadePem, MakeError> {
    let mut params = params("ssoserverSign", now, YEARS_10)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    issue(authority, &params, &KeyPair::generate_for(&PKCS_RSA_SHA256).map_err(refused)?)
}

/// The certificate of the HTTPS listener: ECDSA P-256, for these DNS names and addresses.
///
/// # Errors
/// [`MakeError`].
pub fn tls_leaf(authority: &MadePem, hosts: &[String], now: Moment) -> Result<MadePem, MakeError> {
    let mut params = params(hosts.first().map_or("localhost", String::as_str), now, YEAR_1)?;
    for host in hosts {
        let name = match host.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(host.as_str().try_into().map_err(refused)?),
        };
        params.subject_alt_names.push(name);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    issue(authority, &params, &KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(refused)?)
}

/// A certificate of the lab for a client of the HTTPS listener: ECDSA P-256.
///
/// # Errors
/// [`MakeError`].
pub fn client(authority: &MadePem, name: &str, now: Moment) -> Result<MadePem, MakeError> {
    let mut params = params(name, now, YEAR_1)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    issue(authority, &params, &KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(refused)?)
}

/// A self-signed RSA-2048 certificate: what clients throw together for a Holder-of-Key token.
///
/// # Errors
/// [`MakeError`].
pub fn self_signed(name: &str, now: Moment) -> Result<Made, MakeError> {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).map_err(refused)?;
    let certificate = params(name, now, YEAR_1)?.self_signed(&key).map_err(refused)?;
    let certificate = Certificate::from_der(certificate.der()).map_err(refused)?;
    Ok(Made { certificate, key: SigningKey::from_pkcs8(key.serialized_der()).map_err(refused)? })
}

fn issue(authority: &MadePem, params: &CertificateParams, key: &KeyPair) -> Result<MadePem, MakeError> {
    let authority_key = KeyPair::from_pem(&authority.key).map_err(refused)?;
    let issuer = Issuer::from_ca_cert_pem(&authority.certificate, authority_key).map_err(refused)?;
    let certificate = params.signed_by(key, &issuer).map_err(refused)?;
    Ok(MadePem { certificate: certificate.pem(), key: key.serialize_pem().into() })
}

fn params(name: &str, now: Moment, life: Duration) -> Result<CertificateParams, MakeError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = offset(now.minus(BACKDATED))?;
    params.not_after = offset(now.plus(life))?;
    Ok(params)
}

fn offset(at: Moment) -> Result<OffsetDateTime, MakeError> {
    OffsetDateTime::from_unix_timestamp(at.seconds().max(0)).map_err(refused)
}

fn refused(error: impl std::fmt::Display) -> MakeError {
    MakeError(error.to_string())
}

/// `VMware`'s signing certificates begin ten minutes in the past and last ten years (`sts.md` §5.5).
const BACKDATED: Duration = Duration::from_mins(10);
const YEAR_1: Duration = Duration::from_hours(8760);
const YEARS_10: Duration = Duration::from_hours(87600);

#[cfg(test)]
mod tests {
    use super::super::{TokenSigner, pem};
    use super::*;

    #[test]
    fn the_lab_makes_a_root_a_signer_and_a_tls_leaf() {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let root = authority("vcsso lab CA", now).unwrap();
        let signer = token_signer(&root, now).unwrap();
        let leaf = tls_leaf(&root, &["localhost".into(), "127.0.0.1".into(), "::1".into()], now).unwrap();
        let mut chain = pem::certificates(&signer.certificate).unwrap();
        chain.extend(pem::certificates(&root.certificate).unwrap());
        let key = SigningKey::from_pkcs8(&pem::private_key(&signer.key).unwrap()).unwrap();
        assert_eq!(TokenSigner::new(key, chain).unwrap().certificate().subject(), "CN=ssoserverSign");
        assert_eq!(pem::certificates(&leaf.certificate).unwrap()[0].subject(), "CN=localhost");
    }

    /// sts.md §10: 197.
    #[test]
    fn a_signer_is_not_made_of_a_strangers_key() {
        let made = self_signed("a", Moment::EPOCH).unwrap();
        let other = self_signed("a", Moment::EPOCH).unwrap();
        assert!(TokenSigner::new(other.key, vec![made.certificate.clone()]).is_none());
        assert!(TokenSigner::new(made.key, vec![]).is_none());
    }
}
