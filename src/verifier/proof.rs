//! What a judgement proves. The constructors are private to the verifier, and `seal` wants a report without refusal.

use super::report::Report;
use crate::clock::Moment;
use crate::jwt::Claims;
use crate::pki::Certificate;
use crate::saml::Assertion;
use crate::wsse::UnverifiedLogin;
use crate::xml::{Document, Element};

/// Everything that a message proved.
#[derive(Debug)]
pub struct Proven {
    /// A name and a password: still only what somebody says.
    pub login: Option<UnverifiedLogin>,
    /// A certificate whose key signed the message.
    pub certificate: Option<VerifiedCertificate>,
    /// A token that its presenter may use.
    pub token: Option<VerifiedToken>,
    /// The message is signed: by the certificate's key, or by the one the token confirms.
    pub signed: Option<SignedMessage>,
}

/// An assertion of a trusted issuer, unchanged, in force, for us, and presented by whom it is for.
#[derive(Debug)]
pub struct VerifiedToken {
    assertion: Assertion,
    signer: Signer,
}

/// A JSON Web Token of this house, in force, for this service, of the kind that was wanted.
#[derive(Debug)]
pub struct VerifiedJsonToken(Claims);

/// Who signed a token.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub certificate: Certificate,
    pub is_external: bool,
}

/// A certificate with proof that the sender holds its key.
#[derive(Debug)]
pub struct VerifiedCertificate(Certificate);

/// Timestamp and Body of the message, signed with one key.
#[derive(Debug)]
pub struct SignedMessage {
    pub(super) id: String,
    pub(super) replay_key: [u8; 32],
    pub(super) expires: Moment,
    pub(super) body: Document,
}

/// An HTTP request, signed with the key of the token it came with.
#[derive(Debug)]
pub struct SignedRequest {
    pub(super) replay_key: [u8; 32],
    pub(super) expires: Moment,
}

/// What the steps found, before the report as a whole is known to hold.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub login: Option<UnverifiedLogin>,
    pub certificate: Option<Certificate>,
    pub token: Option<(Assertion, Signer)>,
    pub signed: Option<SignedMessage>,
}

/// The only place where a proof of a JSON Web Token is made.
pub(super) fn seal_json(report: &Report, claims: Option<Claims>) -> Option<VerifiedJsonToken> {
    if report.refusal().is_some() {
        return None;
    }
    claims.map(VerifiedJsonToken)
}

/// The only place where the other proofs are made.
pub(super) fn seal(report: &Report, findings: Findings) -> Option<Proven> {
    if report.refusal().is_some() {
        return None;
    }
    Some(Proven {
        login: findings.login,
        certificate: findings.certificate.map(VerifiedCertificate),
        token: findings.token.map(|(assertion, signer)| VerifiedToken { assertion, signer }),
        signed: findings.signed,
    })
}

impl VerifiedToken {
    /// What it says.
    #[must_use]
    pub const fn assertion(&self) -> &Assertion {
        &self.assertion
    }

    /// Who signed it.
    #[must_use]
    pub const fn signer(&self) -> &Certificate {
        &self.signer.certificate
    }

    /// Another house signed it.
    #[must_use]
    pub const fn is_external(&self) -> bool {
        self.signer.is_external
    }
}

impl VerifiedJsonToken {
    /// What it says.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.0
    }
}

impl VerifiedCertificate {
    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.0
    }
}

impl SignedRequest {
    /// What makes the request unique: SHA-256 of the signed text and the signer.
    #[must_use]
    pub const fn replay_key(&self) -> &[u8; 32] {
        &self.replay_key
    }

    /// How long the request could be accepted.
    #[must_use]
    pub const fn expires(&self) -> Moment {
        self.expires
    }
}

impl SignedMessage {
    /// `Id` of the signature, empty when it has none.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What makes the message unique: SHA-256 of the canonical `SignedInfo` and the signer (`attacks.md` §2.6).
    #[must_use]
    pub const fn replay_key(&self) -> &[u8; 32] {
        &self.replay_key
    }

    /// How long the message could be accepted.
    #[must_use]
    pub const fn expires(&self) -> Moment {
        self.expires
    }

    /// The signed body, read again from the bytes whose digest held.
    #[must_use]
    pub const fn body(&self) -> Element<'_> {
        self.body.root()
    }
}
