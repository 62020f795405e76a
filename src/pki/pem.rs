//! PEM (RFC 7468): what stands in files, to DER and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::Pem;

use super::certificate::{Certificate, CertificateError};

/// Text that is no PEM this house can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// Not PEM, or nothing of this kind in it.
    #[error("no {0} in the PEM text")]
    Missing(&'static str),
    /// A block is damaged.
    #[error("damaged PEM")]
    Damaged,
    /// A block says it is a certificate and is none.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Every certificate of the text, in order; at least one.
///
/// # Errors
/// [`PemError`].
pub fn certificates(text: &str) -> Result<Vec<Certificate>, PemError> {
    let blocks = blocks(text, "CERTIFICATE")?;
    if blocks.is_empty() {
        return Err(PemError::Missing("certificate"));
    }
    blocks.iter().map(|der| Certificate::from_der(der).map_err(PemError::from)).collect()
}

/// The certificates of the text that issued none of the others: of a chain its leaf, of several all.
///
/// # Errors
/// [`PemError`].
pub fn leaves(text: &str) -> Result<Vec<Certificate>, PemError> {
    let all = certificates(text)?;
    Ok(all.iter().filter(|certificate| !certificate.has_issued_one_of(&all)).cloned().collect())
}

/// A certificate as people paste it: the first of a PEM text, or the bare base64 of one.
///
/// # Errors
/// [`PemError`].
pub fn pasted_certificate(text: &str) -> Result<Certificate, PemError> {
    if text.contains("-----BEGIN") {
        return certificates(text)?.into_iter().next().ok_or(PemError::Missing("certificate"));
    }
    let bare: String = text.split_whitespace().collect();
    if bare.is_empty() {
        return Err(PemError::Missing("certificate"));
    }
    let der = STANDARD.decode(bare).map_err(|_| PemError::Damaged)?;
    Ok(Certificate::from_der(&der)?)
}

/// The private key of the text, PKCS #8.
///
/// # Errors
/// [`PemError`].
pub fn private_key(text: &str) -> Result<Vec<u8>, PemError> {
    blocks(text, "PRIVATE KEY")?.into_iter().next().ok_or(PemError::Missing("private key"))
}

/// One block.
#[must_use]
pub fn encode(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

fn blocks(text: &str, label: &str) -> Result<Vec<Vec<u8>>, PemError> {
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(text.as_bytes()) {
        let block = block.map_err(|_| PemError::Damaged)?;
        if block.label == label {
            found.push(block.contents);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::make;
    use super::*;
    use crate::clock::Moment;

    #[test]
    fn what_is_written_is_read_back() {
        let made = make::self_signed("robot", Moment::EPOCH).unwrap();
        let text = encode("CERTIFICATE", made.certificate.der());
        assert_eq!(
            certificates(&format!("{text}{text}")).unwrap(),
            vec![made.certificate.clone(), made.certificate]
        );
        assert_eq!(certificates("nothing").unwrap_err(), PemError::Missing("certificate"));
        assert_eq!(private_key(&text).unwrap_err(), PemError::Missing("private key"));
    }

    #[test]
    fn a_certificate_is_pasted_with_its_armour_or_without() {
        let made = make::self_signed("robot", Moment::EPOCH).unwrap().certificate;
        let armoured = encode("CERTIFICATE", made.der());
        let bare = armoured.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n");
        let other = encode("CERTIFICATE", make::self_signed("b", Moment::EPOCH).unwrap().certificate.der());
        for text in [
            &armoured,
            &bare,
            &bare.replace('\n', ""),
            &format!(" {bare}\n\n"),
            &format!("{armoured}{other}"),
        ] {
            assert_eq!(pasted_certificate(text).as_ref(), Ok(&made), "{text}");
        }
        assert_eq!(pasted_certificate(" \n"), Err(PemError::Missing("certificate")));
        assert_eq!(pasted_certificate("????"), Err(PemError::Damaged));
        assert_eq!(pasted_certificate("AAAA"), Err(PemError::Certificate(CertificateError::Malformed)));
        let key = armoured.replace("CERTIFICATE", "PUBLIC KEY");
        assert_eq!(pasted_certificate(&key), Err(PemError::Missing("certificate")));
    }
}
