//! Who is trusted to sign tokens: certificates known before any message arrived, by issuer.

use super::certificate::Certificate;

/// The trusted token signers.
#[derive(Clone, Debug, Default)]
pub struct Anchors(Vec<Anchor>);

/// One trusted signer. Its leaf is the anchor: a certificate of the same CA is not (`attacks.md` T03).
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The entity that signs with it; none = any issuer, as the offline verifier trusts.
    pub issuer: Option<String>,
    /// The signing certificate.
    pub certificate: Certificate,
    /// Its base64 text, as it stands in tokens of this house.
    pub base64: String,
}

impl Anchors {
    /// Trusts these signers and nobody else.
    #[must_use]
    pub fn new(anchors: impl IntoIterator<Item = (Option<String>, Certificate)>) -> Self {
        use base64::Engine as _;
        let anchor = |(issuer, certificate): (Option<String>, Certificate)| {
            let base64 = base64::engine::general_purpose::STANDARD.encode(certificate.der());
            Anchor { issuer, certificate, base64 }
        };
        Self(anchors.into_iter().map(anchor).collect())
    }

    /// The signers of one issuer. The key is found by who claims to have signed, never by what the message carries
    /// (`attacks.md` T08).
    pub fn of<'a>(&'a self, issuer: &'a str) -> impl Iterator<Item = &'a Anchor> {
        self.0.iter().filter(move |anchor| anchor.issuer.as_deref().is_none_or(|trusted| trusted == issuer))
    }

    /// Every signer.
    pub fn all(&self) -> impl Iterator<Item = &Anchor> {
        self.0.iter()
    }
}
