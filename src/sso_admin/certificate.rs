//! Certificates as texts: base64 of DER, as govmomi sends them, or PEM; and the fingerprints that name them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pki::{Certificate, Thumbprints, pem};

/// Reads one.
#[must_use]
pub fn read(text: &str) -> Option<Certificate> {
    pem::pasted_certificate(text).ok()
}

/// Writes one: base64 of DER on one line, as it may be sent back.
#[must_use]
pub fn write(der: &[u8]) -> String {
    STANDARD.encode(der)
}

/// Whether a text is the fingerprint of this certificate: SHA-1 or SHA-256, with colons or without, in any case.
#[must_use]
pub fn has_fingerprint(certificate: &Certificate, text: &str) -> bool {
    let named = |known: &str| {
        let digits = |text: &str| text.replace([':', ' '], "").to_ascii_lowercase();
        digits(known) == digits(text)
    };
    let prints = Thumbprints::of(certificate.der());
    named(&prints.sha1) || named(&prints.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::pki::make::self_signed;

    #[test]
    fn a_certificate_is_read_as_it_is_written_and_known_by_either_fingerprint() {
        let made = self_signed("one", Moment::EPOCH).unwrap().certificate;
        assert_eq!(read(&write(made.der())), Some(made.clone()));
        assert_eq!(read(&pem::encode("CERTIFICATE", made.der())), Some(made.clone()));
        assert_eq!(read("bm8="), None);
        let Thumbprints { sha1, sha256 } = Thumbprints::of(made.der());
        for text in [&sha1, &sha256, &sha1.to_lowercase(), &sha256.replace(':', "")] {
            assert!(has_fingerprint(&made, text), "{text}");
        }
        for text in ["", "aa", &sha1[1..]] {
            assert!(!has_fingerprint(&made, text), "{text}");
        }
    }
}
