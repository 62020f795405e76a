//! Directories that were registered, as they were configured. Nobody here connects to one: what is stored can be shown,
//! but for the password, which no statement reads (`sts.md` §7.3).

use super::error::Noun;
use super::native::rows;
use super::{Store, StoreError, Unit, sql, text};
use crate::clock::Moment;
use crate::identity::principal::fold;
use crate::secret::Secret;

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySource {
    /// The domain of its users.
    pub name: String,
    /// A shorter name of the domain.
    pub alias: Option<String>,
    /// What sort of directory it is: `ActiveDirectory`.
    pub kind: String,
    /// Where it is, and what is looked for in it.
    pub details: SourceDetails,
    /// How whoever asks it would show who he is: `password`.
    pub authentication: String,
    /// As whom.
    pub bind_user: Option<String>,
}

/// Where a directory is, and what is looked for in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDetails {
    /// For lists.
    pub friendly_name: String,
    /// Where its users are.
    pub user_base_dn: Option<String>,
    /// Where its groups are.
    pub group_base_dn: Option<String>,
    /// Its address.
    pub primary_url: String,
    /// Another address.
    pub failover_url: Option<String>,
    /// How long a search may take, in seconds; zero = as long as it likes.
    pub search_timeout_seconds: i64,
}

impl Store {
    /// Every directory, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn identity_sources(&self) -> Result<Vec<IdentitySource>, StoreError> {
        let found: Vec<Row> = rows!(&mut self.reader().await?.link(), sql::IDENTITY_SOURCES)?;
        Ok(found.into_iter().map(IdentitySource::from).collect())
    }
}

impl Unit {
    /// Registers a directory.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`].
    pub async fn add_identity_source(
        &mut self,
        source: &IdentitySource,
        bind_password: Option<&Secret>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let IdentitySource { name, alias, kind, details, authentication, bind_user } = source;
        let added: Vec<(String,)> = rows!(
            &mut self.link(),
            sql::ADD_IDENTITY_SOURCE,
            text(&fold(name)),
            text(name),
            alias.as_deref().map(text),
            text(kind),
            text(&details.friendly_name),
            details.user_base_dn.as_deref().map(text),
            details.group_base_dn.as_deref().map(text),
            text(&details.primary_url),
            details.failover_url.as_deref().map(text),
            details.search_timeout_seconds,
            text(authentication),
            bind_user.as_deref().map(text),
            bind_password.map(|password| text(password.expose())),
            now.micros(),
        )?;
        if added.is_empty() { Err(StoreError::NameTaken { name: name.clone() }) } else { Ok(()) }
    }

    /// Another address, other places to look at.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_source_details(
        &mut self,
        name: &str,
        details: &SourceDetails,
    ) -> Result<(), StoreError> {
        let set: Vec<(String,)> = rows!(
            &mut self.link(),
            sql::SET_SOURCE_DETAILS,
            text(&fold(name)),
            text(&details.friendly_name),
            details.user_base_dn.as_deref().map(text),
            details.group_base_dn.as_deref().map(text),
            text(&details.primary_url),
            details.failover_url.as_deref().map(text),
            details.search_timeout_seconds,
        )?;
        found(&set, name)
    }

    /// Another name and password to ask it with.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_source_authentication(
        &mut self,
        name: &str,
        authentication: &str,
        bind: Option<(&str, &Secret)>,
    ) -> Result<(), StoreError> {
        let set: Vec<(String,)> = rows!(
            &mut self.link(),
            sql::SET_SOURCE_AUTHENTICATION,
            text(&fold(name)),
            text(authentication),
            bind.map(|(user, _)| text(user)),
            bind.map(|(_, password)| text(password.expose())),
        )?;
        found(&set, name)
    }

    /// Forgets a directory.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_identity_source(&mut self, name: &str) -> Result<(), StoreError> {
        let removed: Vec<(String,)> =
            rows!(&mut self.link(), sql::REMOVE_IDENTITY_SOURCE, text(&fold(name)))?;
        found(&removed, name)
    }
}

fn found(changed: &[(String,)], name: &str) -> Result<(), StoreError> {
    if changed.is_empty() { Err(StoreError::not_found(Noun::IdentitySource, name)) } else { Ok(()) }
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    alias: Option<String>,
    kind: String,
    friendly_name: String,
    user_base_dn: Option<String>,
    group_base_dn: Option<String>,
    primary_url: String,
    failover_url: Option<String>,
    search_timeout_seconds: i64,
    authentication: String,
    bind_user: Option<String>,
}

impl From<Row> for IdentitySource {
    fn from(row: Row) -> Self {
        Self {
            name: row.name,
            alias: row.alias,
            kind: row.kind,
            details: SourceDetails {
                friendly_name: row.friendly_name,
                user_base_dn: row.user_base_dn,
                group_base_dn: row.group_base_dn,
                primary_url: row.primary_url,
                failover_url: row.failover_url,
                search_timeout_seconds: row.search_timeout_seconds,
            },
            authentication: row.authentication,
            bind_user: row.bind_user,
        }
    }
}
