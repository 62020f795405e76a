//! Whether an authority issued a certificate, for clients, and both are in force: one link, no path, nothing fetched
//! (RFC 5280 §6.1 for a path of length one).

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::certificate::Certificate;
use crate::clock::Moment;

/// Why a certificate is not one of an authority, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotIssued {
    /// One of the two cannot be read.
    #[error("not an X.509 certificate")]
    Malformed,
    /// It names another issuer.
    #[error("issued by somebody else")]
    Issuer,
    /// The authority's key did not sign it.
    #[error("not signed with the authority's key")]
    Signature,
    /// One of the two is not in force.
    #[error("not in force")]
    NotInForce,
    /// It is an authority itself, or not for clients, or says something critical that nobody here understands.
    #[error("not a certificate for clients")]
    Usage,
    /// The issuer is no authority.
    #[error("the issuer is no authority")]
    NoAuthority,
}

/// Checks a client's certificate.
///
/// # Errors
/// [`NotIssued`], the first that applies.
pub fn check_issued(client: &Certificate, authority: &Certificate, now: Moment) -> Result<(), NotIssued> {
    let read = |certificate: &Certificate| certificate.not_before() <= now && now <= certificate.not_after();
    let (_, leaf) = X509Certificate::from_der(client.der()).map_err(|_| NotIssued::Malformed)?;
    let (_, issuer) = X509Certificate::from_der(authority.der()).map_err(|_| NotIssued::Malformed)?;
    if leaf.issuer().as_raw() != issuer.subject().as_raw() {
        return Err(NotIssued::Issuer);
    }
    if !issuer.is_ca() || issuer.key_usage().ok().flatten().is_some_and(|usage| !usage.value.key_cert_sign())
    {
        return Err(NotIssued::NoAuthority);
    }
    if !is_signed(&leaf, &issuer) {
        return Err(NotIssued::Signature);
    }
    if !read(client) || !read(authority) {
        return Err(NotIssued::NotInForce);
    }
    if is_for_clients(&leaf) { Ok(()) } else { Err(NotIssued::Usage) }
}

/// An end entity; where it says what its key is for, signing and client authentication are among it.
fn is_for_clients(leaf: &X509Certificate<'_>) -> bool {
    let known =
        |oid: &str| matches!(oid, BASIC_CONSTRAINTS | KEY_USAGE | EXTENDED_KEY_USAGE | ALTERNATIVE_NAME);
    let understood =
        |x: &x509_parser::extensions::X509Extension<'_>| !x.critical || known(&x.oid.to_id_string());
    let (Ok(usage), Ok(extended)) = (leaf.key_usage(), leaf.extended_key_usage()) else { return false };
    !leaf.is_ca()
        && leaf.extensions().iter().all(understood)
        && usage.is_none_or(|usage| usage.value.digital_signature())
        && extended.is_none_or(|extended| extended.value.client_auth || extended.value.any)
}

fn is_signed(leaf: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    let named = leaf.signature_algorithm.algorithm.to_id_string();
    // The signed part must name the same algorithm (RFC 5280 §4.1.1.2).
    if leaf.tbs_certificate.signature.algorithm.to_id_string() != named {
        return false;
    }
    let curve = issuer.public_key().algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
    let curve = curve.map(|curve| curve.to_id_string()).unwrap_or_default();
    let Some(algorithm) = algorithm(&named, &curve) else { return false };
    let key = UnparsedPublicKey::new(algorithm, &issuer.public_key().subject_public_key.data);
    key.verify(leaf.tbs_certificate.as_ref(), &leaf.signature_value.data).is_ok()
}

fn algorithm(signature: &str, curve: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (signature, curve) {
        ("1.2.840.113549.1.1.11", _) => &signature::RSA_PKCS1_2048_8192_SHA256,
        ("1.2.840.113549.1.1.12", _) => &signature::RSA_PKCS1_2048_8192_SHA384,
        ("1.2.840.113549.1.1.13", _) => &signature::RSA_PKCS1_2048_8192_SHA512,
        ("1.2.840.10045.4.3.2", P256) => &signature::ECDSA_P256_SHA256_ASN1,
        ("1.2.840.10045.4.3.3", P256) => &signature::ECDSA_P256_SHA384_ASN1,
        ("1.2.840.10045.4.3.2", P384) => &signature::ECDSA_P384_SHA256_ASN1,
        ("1.2.840.10045.4.3.3", P384) => &signature::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    })
}

const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const KEY_USAGE: &str = "2.5.29.15";
const ALTERNATIVE_NAME: &str = "2.5.29.17";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::make::{self, MadePem};
    use super::super::pem;
    use super::*;

    fn read(made: &MadePem) -> Certificate {
        pem::certificates(&made.certificate).unwrap().remove(0)
    }

    #[test]
    fn a_client_of_the_authority_is_one_from_its_first_moment_to_its_last() {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let lab = make::authority("lab", now).unwrap();
        let (client, ca) = (read(&make::client(&lab, "ext", now).unwrap()), read(&lab));
        let second = Duration::from_secs(1);
        for at in [client.not_before(), now, client.not_after()] {
            assert_eq!(check_issued(&client, &ca, at), Ok(()));
        }
        for at in [client.not_before().minus(second), client.not_after().plus(second)] {
            assert_eq!(check_issued(&client, &ca, at), Err(NotIssued::NotInForce));
        }
    }

    #[test]
    fn whoever_is_not_of_the_authority_or_not_a_client_is_refused() {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let lab = make::authority("lab", now).unwrap();
        let ca = read(&lab);
        let namesake = make::authority("lab", now).unwrap();
        let stranger = make::authority("other", now).unwrap();
        let check = |certificate: &Certificate| check_issued(certificate, &ca, now);
        assert_eq!(check(&read(&make::client(&namesake, "ext", now).unwrap())), Err(NotIssued::Signature));
        assert_eq!(check(&read(&make::client(&stranger, "ext", now).unwrap())), Err(NotIssued::Issuer));
        assert_eq!(check(&make::self_signed("ext", now).unwrap().certificate), Err(NotIssued::Issuer));
        assert_eq!(check(&read(&make::tls_leaf(&lab, &["h".into()], now).unwrap())), Err(NotIssued::Usage));
        assert_eq!(check(&ca), Err(NotIssued::Usage));
        let leaf = make::self_signed("lab", now).unwrap().certificate;
        let client = read(&make::client(&lab, "ext", now).unwrap());
        assert_eq!(check_issued(&client, &leaf, now), Err(NotIssued::NoAuthority));
    }
}
