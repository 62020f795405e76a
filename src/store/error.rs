//! What can go wrong between the house and its memory. Every variant says what was seen; none holds a secret.

use std::fmt;
use std::sync::Arc;

/// Why the store did not do what it was asked.
///
/// Cloned to everybody whose work shared one commit, so causes are behind an `Arc`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The text is no database URL of ours.
    #[error("{seen:?} is not a database: wanted sqlite:PATH or postgres://…")]
    Target {
        /// The text, without its password.
        seen: String,
    },
    /// The file of an `SQLite` database cannot be made or opened.
    #[error("cannot make the database file {path}: {source}")]
    File {
        /// Where it should be.
        path: String,
        /// Why not.
        source: Arc<std::io::Error>,
    },
    /// The schema could not be brought up to date.
    #[error("cannot migrate {target}: {source}")]
    Migration {
        /// Which database.
        target: String,
        /// Why not.
        source: Arc<sqlx::migrate::MigrateError>,
    },
    /// The database cannot be reached, or cannot write.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// No connection or lock became free in time; trying again is safe.
    #[error("the database is busy: {0}")]
    Busy(#[source] Arc<sqlx::Error>),
    /// The database refused the statement or gave something that cannot be read.
    #[error("the database refused: {0}")]
    Rejected(#[source] Arc<sqlx::Error>),
    /// A column holds something that this program never writes.
    #[error("{value:?} in {column} is not a value of this program")]
    Corrupt {
        /// Where.
        column: &'static str,
        /// What.
        value: String,
    },
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// Users, solution users and groups share one name space, and so do roles.
    #[error("the name {name:?} is taken")]
    NameTaken {
        /// The name that was wanted.
        name: String,
    },
    /// The certificate belongs to another solution user.
    #[error("the certificate {sha256} is registered for another solution user")]
    CertificateTaken {
        /// Its SHA-256, lower-case hexadecimal.
        sha256: String,
    },
    /// There is none.
    #[error("no {what} {name:?}")]
    NotFound {
        /// What was looked for.
        what: Noun,
        /// By which name or identifier.
        name: String,
    },
    /// A group would contain itself.
    #[error("the group {group:?} already belongs to {member:?}")]
    Cycle {
        /// The group that should get a member.
        group: String,
        /// The group that contains it.
        member: String,
    },
    /// Something still refers to it.
    #[error("the {what} {name:?} is used by {users} permissions")]
    InUse {
        /// What should be removed.
        what: Noun,
        /// Which one.
        name: String,
        /// How many refer to it.
        users: i64,
    },
}

/// What the store keeps, for [`StoreError::NotFound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// A person.
    User,
    /// A machine.
    SolutionUser,
    /// A group.
    Group,
    /// A user, a solution user or a group.
    Principal,
    /// A membership.
    Member,
    /// A role.
    Role,
    /// A permission.
    Permission,
    /// A session.
    Session,
    /// An issued token.
    Token,
    /// A signing key.
    SigningKey,
    /// An extension.
    Extension,
    /// An external issuer.
    ExternalIssuer,
    /// A directory that was registered.
    IdentitySource,
    /// A certificate that a directory may show.
    TrustedCertificate,
}

impl StoreError {
    /// The database is away or overloaded: nothing was wrong with the question (503, readiness red).
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_) | Self::Closed)
    }

    pub(super) fn not_found(what: Noun, name: impl Into<String>) -> Self {
        Self::NotFound { what, name: name.into() }
    }
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::SolutionUser => "solution user",
            Self::Group => "group",
            Self::Principal => "principal",
            Self::Member => "member",
            Self::Role => "role",
            Self::Permission => "permission",
            Self::Session => "session",
            Self::Token => "token",
            Self::SigningKey => "signing key",
            Self::Extension => "extension",
            Self::ExternalIssuer => "external issuer",
            Self::IdentitySource => "identity source",
            Self::TrustedCertificate => "trusted certificate",
        })
    }
}
