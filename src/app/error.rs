//! Why an act was refused: the whole report for the operator, and as much as a door needs to find its fault.

use crate::identity::PasswordViolation;
use crate::identity::password::PasswordError;
use crate::store::StoreError;
use crate::sts;
use crate::verifier::Report;
use crate::wstrust::RequestError;

/// A refusal. It is in the audit before it is seen here.
#[derive(Debug)]
pub struct Refused {
    /// Every step.
    pub report: Report,
    /// What the door may tell.
    pub cause: Cause,
}

/// What the refusal comes from, where the failing step alone does not say enough.
#[derive(Debug)]
pub enum Cause {
    /// The report's first failing step says it all.
    Step,
    /// The request could not be read.
    Request(RequestError),
    /// The Security Token Service decided against it.
    Decision(sts::Refusal),
    /// The account is locked, and the client may know.
    Locked {
        /// Its name, as registered.
        name: String,
        /// Its domain.
        domain: String,
    },
    /// The password was right and is too old, and the client may know.
    Expired {
        /// The account's name, as registered.
        name: String,
        /// Its domain.
        domain: String,
    },
    /// Too much to do: the client should come back.
    Overloaded,
    /// The store, a key or chance is not available.
    Unavailable,
}

/// An act failed for a reason that is nobody's fault but ours.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No hashing thread is free, and too many wait.
    #[error("too many passwords are being checked")]
    Overloaded,
    /// Chance.
    #[error(transparent)]
    Entropy(#[from] crate::entropy::NoEntropy),
    /// A password or a stored hash that cannot be used.
    #[error(transparent)]
    Password(#[from] crate::identity::password::PasswordError),
    /// A password that the policy does not allow.
    #[error("the password of {name}: {why} ([policy.password] has the rules)")]
    PasswordRefused {
        /// Whose it should be.
        name: String,
        /// The first rule that it breaks.
        #[source]
        why: PasswordViolation,
    },
    /// Another password was set meanwhile.
    #[error("another password was set meanwhile")]
    PasswordMoved,
    /// No signing key is active here.
    #[error("no active signing key is in the key folder")]
    NoSigner,
    /// The key folder, which is not known here or cannot be used.
    #[error("the key folder cannot be used")]
    KeyFolder(#[source] super::keys::FolderError),
    /// An issuer cannot be trusted.
    #[error(transparent)]
    Issuer(#[from] super::issuers::IssuerRefused),
    /// A user cannot have an NT hash.
    #[error(transparent)]
    Ntlm(#[from] super::nt_hashes::NtlmRefused),
    /// The directory changed under every attempt.
    #[error("the directory kept changing while the request was decided")]
    Unsettled,
}

/// What a failure is to whoever asked for the act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Another has the name or the certificate.
    Taken,
    /// What was named is not there.
    Missing,
    /// Something still needs it.
    InUse,
    /// A group would contain itself.
    Cycle,
    /// A value is not allowed.
    NotAllowed,
    /// Somebody else was quicker.
    Moved,
    /// Too much to do.
    Overloaded,
    /// Nobody's fault but ours.
    Ours,
}

impl Failure {
    /// See [`Nature`].
    #[must_use]
    pub const fn nature(&self) -> Nature {
        match self {
            Self::Store(StoreError::NameTaken { .. } | StoreError::CertificateTaken { .. }) => Nature::Taken,
            Self::Store(StoreError::NotFound { .. }) => Nature::Missing,
            Self::Store(StoreError::InUse { .. }) => Nature::InUse,
            Self::Store(StoreError::Cycle { .. }) => Nature::Cycle,
            Self::Password(PasswordError::TooLong(_))
            | Self::PasswordRefused { .. }
            | Self::Issuer(_)
            | Self::Ntlm(_) => Nature::NotAllowed,
            Self::PasswordMoved => Nature::Moved,
            Self::Overloaded => Nature::Overloaded,
            Self::Store(_)
            | Self::Password(_)
            | Self::Entropy(_)
            | Self::NoSigner
            | Self::KeyFolder(_)
            | Self::Unsettled => Nature::Ours,
        }
    }
}

impl From<&Failure> for Cause {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Overloaded => Self::Overloaded,
            Failure::Store(_)
            | Failure::Entropy(_)
            | Failure::Password(_)
            | Failure::PasswordRefused { .. }
            | Failure::PasswordMoved
            | Failure::NoSigner
            | Failure::KeyFolder(_)
            | Failure::Issuer(_)
            | Failure::Ntlm(_)
            | Failure::Unsettled => Self::Unavailable,
        }
    }
}
