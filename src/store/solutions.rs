//! Solution users: machines that sign with a registered certificate.

use super::error::Noun;
use super::groups::{PrincipalKind, add_principal};
use super::native::rows;
use super::{Store, StoreError, Unit, sql, text};
use crate::clock::Moment;
use crate::identity::AccountName;

/// A machine to be added.
#[derive(Clone, Debug)]
pub struct NewSolution {
    /// The row's identifier, random.
    pub id: String,
    /// The name, free among users, solution users and groups.
    pub name: AccountName,
    /// For lists.
    pub description: Option<String>,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// Its SHA-256, lower-case hexadecimal.
    pub certificate_sha256: String,
}

/// A machine in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// The row's identifier.
    pub id: String,
    /// The name as registered.
    pub name: String,
    /// For lists.
    pub description: Option<String>,
    /// Switched off by an administrator.
    pub disabled: bool,
    /// When it was added.
    pub created_at: Moment,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// Its SHA-256, lower-case hexadecimal.
    pub certificate_sha256: String,
}

impl Store {
    /// All solution users, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn solutions(&self) -> Result<Vec<Solution>, StoreError> {
        let solutions: Vec<SolutionRow> = rows!(&mut self.reader().await?.link(), sql::SOLUTIONS)?;
        Ok(solutions.into_iter().map(Solution::from).collect())
    }

    /// The registered certificate of a solution user in DER; nothing when the principal is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn certificate_of(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found: Vec<(Vec<u8>,)> = rows!(&mut self.reader().await?.link(), sql::CERTIFICATE_OF, text(id))?;
        Ok(found.into_iter().next().map(|(der,)| der))
    }
}

impl Unit {
    /// Adds a solution user. It belongs to `SolutionUsers` without being listed there.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`], [`StoreError::CertificateTaken`].
    pub async fn add_solution(&mut self, solution: &NewSolution, now: Moment) -> Result<(), StoreError> {
        self.refuse_taken(&solution.id, &solution.certificate_sha256).await?;
        self.bump().await?;
        let NewSolution { id, name, description, certificate, certificate_sha256 } = solution;
        let link = &mut self.link();
        add_principal(link, id, PrincipalKind::Solution, name, description.as_deref(), now).await?;
        let _: Vec<(String,)> =
            rows!(link, sql::ADD_SOLUTION, id, certificate.as_slice(), certificate_sha256)?;
        Ok(())
    }

    /// Replaces the certificate of a solution user.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::CertificateTaken`].
    pub async fn set_certificate(
        &mut self,
        id: &str,
        certificate: &[u8],
        sha256: &str,
    ) -> Result<(), StoreError> {
        self.refuse_taken(id, sha256).await?;
        self.bump().await?;
        let set: Vec<(String,)> = rows!(&mut self.link(), sql::SET_CERTIFICATE, id, certificate, sha256)?;
        if set.is_empty() { Err(StoreError::not_found(Noun::SolutionUser, id)) } else { Ok(()) }
    }

    /// Removes a solution user with memberships, permissions and sessions.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_solution(&mut self, id: &str) -> Result<(), StoreError> {
        self.remove_principal(id, PrincipalKind::Solution).await
    }

    async fn refuse_taken(&mut self, id: &str, sha256: &str) -> Result<(), StoreError> {
        let owners: Vec<(String,)> = rows!(&mut self.link(), sql::SOLUTION_BY_CERTIFICATE, sha256)?;
        let taken = owners.iter().any(|(owner,)| owner != id);
        if taken { Err(StoreError::CertificateTaken { sha256: sha256.to_owned() }) } else { Ok(()) }
    }
}

#[derive(sqlx::FromRow)]
struct SolutionRow {
    id: String,
    name: String,
    description: Option<String>,
    disabled: i64,
    created_at: i64,
    certificate: Vec<u8>,
    certificate_sha256: String,
}

impl From<SolutionRow> for Solution {
    fn from(row: SolutionRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            disabled: row.disabled != 0,
            created_at: Moment::from_micros(row.created_at),
            certificate: row.certificate,
            certificate_sha256: row.certificate_sha256,
        }
    }
}
