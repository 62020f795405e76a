//! Why a change that somebody is allowed to make is not made, in words that every door can turn into its own.

use super::error::Failure;
use crate::store::StoreError;

/// What stands against a change to roles, permissions or settings. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Objection {
    /// Another thing has the name.
    #[error("the name {name:?} is taken")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The text is no name, or nothing has it.
    #[error("{name:?} is not a name")]
    BadName {
        /// The text.
        name: String,
    },
    /// What is to be changed is not there.
    #[error("what is to be changed is not there")]
    Missing,
    /// A value is not allowed.
    #[error("the value of {path} is not allowed")]
    BadValue {
        /// Which.
        path: &'static str,
    },
    /// There is no such user or group.
    #[error("there is no principal {principal:?}")]
    NoSuchPrincipal {
        /// Who was named, as typed.
        principal: String,
    },
    /// Something still needs it.
    #[error("it is in use")]
    InUse,
    /// Every system has it.
    #[error("{name:?} is part of every system")]
    BuiltIn {
        /// Its name.
        name: String,
    },
    /// The old password is not the one in use.
    #[error("the old password is wrong")]
    WrongPassword,
    /// Nobody would be left who administers the house.
    #[error("no administrator would be left")]
    LastAdministrator,
    /// Something of ours failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for Objection {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NameTaken { name } => Self::NameTaken { name },
            StoreError::NotFound { .. } => Self::Missing,
            StoreError::InUse { .. } => Self::InUse,
            other => Self::Failure(other.into()),
        }
    }
}
