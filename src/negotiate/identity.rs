//! What an exchange proves: an [`Identity`], which is believed only once its [`Claim`] has been won.

use std::fmt;

use zeroize::Zeroizing;

use crate::clock::Moment;

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// Kerberos 5 (RFC 4121).
    Kerberos,
    /// `NTLMv2` (MS-NLMP).
    Ntlm,
}

/// Somebody who proved who they are, as they proved it. Which person of this house that is, is not said here.
#[derive(Debug)]
pub struct Identity {
    mechanism: Mechanism,
    name: Vec<String>,
    realm: String,
    key: SessionKey,
}

/// The secret that client and acceptor now share.
pub struct SessionKey(Zeroizing<Vec<u8>>);

/// A proof that may still be somebody else's, sent a second time.
#[derive(Debug)]
#[must_use = "a proof is believed only after its claim"]
pub struct Unclaimed {
    identity: Identity,
    claim: Claim,
}

/// What must be claimed, in one statement, before the proof is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// SHA-256 of what the client can send only once.
    pub key: [u8; 32],
    /// The claim must be remembered until then; afterwards the same bytes are refused anyway.
    pub until: Moment,
}

/// The proof was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this proof was used before")]
pub struct Replayed;

impl Mechanism {
    /// Its name in logs and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kerberos => "kerberos",
            Self::Ntlm => "ntlm",
        }
    }
}

impl Identity {
    /// How it was proven.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The user, when the proven name has exactly one component; `alice/evil` is not `alice`, and is nobody unless the
    /// caller says who by [`Identity::components`].
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self.name.as_slice() {
            [user] => Some(user),
            _ => None,
        }
    }

    /// The proven name: one component, or as many as a Kerberos principal has.
    #[must_use]
    pub fn components(&self) -> &[String] {
        &self.name
    }

    /// The Kerberos realm, or the NTLM domain (which is empty when the client named none).
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The shared secret.
    #[must_use]
    pub const fn key(&self) -> &SessionKey {
        &self.key
    }
}

impl SessionKey {
    /// The bytes. Every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

impl Unclaimed {
    pub(super) fn new(
        (mechanism, name, realm): (Mechanism, Vec<String>, String),
        key: Zeroizing<Vec<u8>>,
        claim: Claim,
    ) -> Self {
        Self { identity: Identity { mechanism, name, realm, key: SessionKey(key) }, claim }
    }

    /// What to claim, in a memory that every process of the house shares.
    #[must_use]
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Who it will be if the claim is won: for a decision that is committed together with the claim, and void without.
    #[must_use]
    pub const fn presumed(&self) -> &Identity {
        &self.identity
    }

    /// The identity, if the claim was won: `won` is false when the key had been claimed before, and when it could not
    /// be asked.
    ///
    /// # Errors
    /// [`Replayed`].
    pub fn claimed(self, won: bool) -> Result<Identity, Replayed> {
        if won { Ok(self.identity) } else { Err(Replayed) }
    }
}
