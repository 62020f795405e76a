//! Channel bindings: the certificate of the TLS connection, as Kerberos and NTLM clients hash it (RFC 5929 §4
//! `tls-server-end-point`, RFC 4121 §4.1.1.2, MS-NLMP §3.1.5.1.2).

use md5::{Digest as _, Md5};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::pki::{Certificate, Hash};

/// The binding of connections that show one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelBinding([u8; 16]);

/// The client and this end do not see the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// The client is bound to a connection with another certificate: somebody stands between.
    #[error("the client is bound to another connection")]
    Mismatch,
    /// Bindings are required and the client sent none.
    #[error("the client sent no channel binding, and one is required")]
    Missing,
    /// Bindings are required and this end does not know its certificate.
    #[error("a channel binding is required, and that of this connection is not known")]
    Unknown,
}

impl ChannelBinding {
    /// The binding of a server's certificate; none for a signature algorithm whose hash RFC 5929 leaves undefined.
    #[must_use]
    pub fn of_server(certificate: &Certificate) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate.der()).ok()?;
        let algorithm = parsed.signature_algorithm.algorithm.to_id_string();
        let hash = HASHES.iter().find(|(_, algorithms)| algorithms.contains(&algorithm.as_str()))?.0;
        Some(Self::of_end_point(hash.of(certificate.der()).as_ref()))
    }

    /// The binding of a certificate's hash.
    #[must_use]
    pub fn of_end_point(hash: &[u8]) -> Self {
        let application = [PREFIX, hash].concat();
        let length = u32::try_from(application.len()).unwrap_or(u32::MAX).to_le_bytes();
        // Initiator and acceptor address: type 0, length 0 each.
        Self(Md5::digest([&[0; 16], &length[..], &application].concat()).into())
    }

    pub(super) const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// What the client sent, if anything, is the binding of this connection. A binding that cannot be compared, as this end
/// does not know its own certificate, is accepted unless one is required, as MIT's library does.
pub(super) fn judge(
    ours: Option<&ChannelBinding>,
    sent: Option<&[u8]>,
    required: bool,
) -> Result<(), BindingError> {
    let sent = sent.filter(|bytes| bytes.iter().any(|byte| *byte != 0));
    match (ours, sent) {
        (Some(ours), Some(sent)) if ours.bytes() != sent => Err(BindingError::Mismatch),
        (_, None) if required => Err(BindingError::Missing),
        (None, _) if required => Err(BindingError::Unknown),
        (None | Some(_), _) => Ok(()),
    }
}

const PREFIX: &[u8] = b"tls-server-end-point:";
/// The hash of the certificate's own signature; SHA-256 where that is MD5 or SHA-1 (RFC 5929 §4.1).
const HASHES: [(Hash, &[&str]); 3] = [
    (
        Hash::Sha256,
        &[
            "1.2.840.113549.1.1.4",
            "1.2.840.113549.1.1.5",
            "1.2.840.10045.4.1",
            "1.2.840.113549.1.1.11",
            "1.2.840.10045.4.3.2",
        ],
    ),
    (Hash::Sha384, &["1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"]),
    (Hash::Sha512, &["1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::pki::make;

    #[test]
    fn a_binding_is_the_hash_of_the_certificate_that_the_server_shows() {
        let shown = make::self_signed("vcsso", Moment::EPOCH).unwrap().certificate;
        let binding = ChannelBinding::of_server(&shown).unwrap();
        assert_eq!(binding, ChannelBinding::of_end_point(shown.sha256()));
        let other = make::self_signed("vcsso", Moment::EPOCH).unwrap().certificate;
        assert_ne!(Some(binding), ChannelBinding::of_server(&other));
    }

    #[test]
    fn a_binding_is_compared_when_sent_and_missed_only_when_required() {
        let ours = ChannelBinding::of_end_point(&[1; 32]);
        let same = *ours.bytes();
        assert_eq!(judge(Some(&ours), Some(&same), true), Ok(()));
        assert_eq!(judge(Some(&ours), Some(&[9; 16]), false), Err(BindingError::Mismatch));
        assert_eq!(judge(Some(&ours), Some(&[0; 16]), false), Ok(()));
        assert_eq!(judge(Some(&ours), Some(&[0; 16]), true), Err(BindingError::Missing));
        assert_eq!(judge(Some(&ours), None, true), Err(BindingError::Missing));
        assert_eq!(judge(None, Some(&same), false), Ok(()));
        assert_eq!(judge(None, Some(&same), true), Err(BindingError::Unknown));
    }
}
