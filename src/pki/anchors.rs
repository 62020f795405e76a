//! Who is trusted to sign tokens: certificates known before any message arrived, by issuer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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
    /// It signs for another house.
    pub is_external: bool,
}

impl Anchor {
    fn new(issuer: Option<String>, certificate: Certificate, is_external: bool) -> Self {
        let base64 = STANDARD.encode(certificate.der());
        Self { issuer, certificate, base64, is_external }
    }
}

impl Anchors {
    /// Trusts these signers and nobody else.
    #[must_use]
    pub fn new(anchors: impl IntoIterator<Item = (Option<String>, Certificate)>) -> Self {
        Self(
            anchors
                .into_iter()
                .map(|(issuer, certificate)| Anchor::new(issuer, certificate, false))
                .collect(),
        )
    }

    /// These too, as signers of other houses: what their tokens are good for is less.
    #[must_use]
    pub fn and_external(mut self, anchors: impl IntoIterator<Item = (String, Certificate)>) -> Self {
        self.0.extend(anchors.into_iter().map(|(issuer, leaf)| Anchor::new(Some(issuer), leaf, true)));
        self
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
