//! Extensions: what they said of themselves, and what they prove themselves with.
//!
//! **Invariant:** whether one is registered, and its certificate and subject, decide who logs in: changing them bumps the
//! epoch. `data` is a text of its own; nothing here looks into it.

use super::error::Noun;
use super::native::{Link, rows};
use super::{Epoch, Store, StoreError, Unit, sql, text};
use crate::clock::Moment;
use crate::identity::ExtensionKey;

/// A registered extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredExtension {
    /// Its key.
    pub key: String,
    /// The data object it registered with.
    pub data: String,
    /// The subject of its certificate, for logins by subject.
    pub subject_name: Option<String>,
    /// Its certificate in DER, for logins by certificate.
    pub certificate: Option<Vec<u8>>,
    /// Its public key, as it gave it.
    pub public_key: Option<String>,
    /// When it was registered.
    pub registered_at: Moment,
}

impl Store {
    /// All extensions, by key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn extensions(&self) -> Result<Vec<StoredExtension>, StoreError> {
        let extensions: Vec<ExtensionRow> = rows!(&mut self.reader().await?.link(), sql::EXTENSIONS)?;
        Ok(extensions.into_iter().map(StoredExtension::from).collect())
    }

    /// An extension, if it is registered, and the epoch for which that is so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn extension(&self, key: &str) -> Result<(Option<StoredExtension>, Epoch), StoreError> {
        extension(&mut self.reader().await?.link(), key).await
    }
}

impl Unit {
    /// As [`Store::extension`], within the unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn extension(&mut self, key: &str) -> Result<Option<StoredExtension>, StoreError> {
        Ok(extension(&mut self.link(), key).await?.0)
    }

    /// How many characters each extension takes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn extension_sizes(&mut self) -> Result<Vec<i64>, StoreError> {
        let sizes: Vec<(i64,)> = rows!(&mut self.link(), sql::EXTENSION_SIZES)?;
        Ok(sizes.into_iter().map(|(size,)| size).collect())
    }

    /// Adds an extension, without certificate or public key.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`].
    pub async fn add_extension(
        &mut self,
        key: &ExtensionKey,
        data: &str,
        subject_name: Option<&str>,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.bump().await?;
        let subject_name = subject_name.map(text);
        let added: Vec<(String,)> = rows!(
            &mut self.link(),
            sql::ADD_EXTENSION,
            key.as_str(),
            text(data),
            subject_name,
            now.micros()
        )?;
        if added.is_empty() { Err(StoreError::NameTaken { name: key.as_str().into() }) } else { Ok(()) }
    }

    /// Replaces what an extension says of itself.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_extension(
        &mut self,
        key: &str,
        data: &str,
        subject_name: Option<&str>,
    ) -> Result<(), StoreError> {
        self.bump().await?;
        let subject_name = subject_name.map(text);
        found(key, rows!(&mut self.link(), sql::UPDATE_EXTENSION, text(key), text(data), subject_name)?)
    }

    /// Sets the certificate of an extension.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_extension_certificate(&mut self, key: &str, der: &[u8]) -> Result<(), StoreError> {
        self.bump().await?;
        found(key, rows!(&mut self.link(), sql::SET_EXTENSION_CERTIFICATE, text(key), der)?)
    }

    /// Sets the public key of an extension.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_extension_public_key(&mut self, key: &str, public_key: &str) -> Result<(), StoreError> {
        found(key, rows!(&mut self.link(), sql::SET_EXTENSION_PUBLIC_KEY, text(key), text(public_key))?)
    }

    /// Removes an extension. Its sessions stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_extension(&mut self, key: &str) -> Result<(), StoreError> {
        self.bump().await?;
        found(key, rows!(&mut self.link(), sql::REMOVE_EXTENSION, text(key))?)
    }
}

/// Whether an extension is registered, and the epoch for which that is so.
pub(super) async fn is_registered(link: &mut Link<'_>, key: &str) -> Result<(bool, Epoch), StoreError> {
    let (found, epoch) = extension(link, key).await?;
    Ok((found.is_some(), epoch))
}

async fn extension(link: &mut Link<'_>, key: &str) -> Result<(Option<StoredExtension>, Epoch), StoreError> {
    let found: Vec<EpochRow> = rows!(link, sql::EXTENSION, text(key))?;
    let Some(row) = found.into_iter().next() else {
        return Err(StoreError::Corrupt { column: "epoch.value", value: "no row".into() });
    };
    let epoch = Epoch(row.epoch);
    let (Some(key), Some(data), Some(registered_at)) = (row.extension_key, row.data, row.registered_at)
    else {
        return Ok((None, epoch));
    };
    let (subject_name, certificate, public_key) = (row.subject_name, row.certificate, row.public_key);
    let registered_at = Moment::from_micros(registered_at);
    Ok((Some(StoredExtension { key, data, subject_name, certificate, public_key, registered_at }), epoch))
}

#[expect(clippy::needless_pass_by_value, reason = "the rows are what a RETURNING gave, and are drained here")]
fn found(key: &str, changed: Vec<(String,)>) -> Result<(), StoreError> {
    if changed.is_empty() { Err(StoreError::not_found(Noun::Extension, key)) } else { Ok(()) }
}

#[derive(sqlx::FromRow)]
struct ExtensionRow {
    extension_key: String,
    data: String,
    subject_name: Option<String>,
    certificate: Option<Vec<u8>>,
    public_key: Option<String>,
    registered_at: i64,
}

/// With the epoch; nothing else where there is no such extension.
#[derive(sqlx::FromRow)]
struct EpochRow {
    epoch: i64,
    extension_key: Option<String>,
    data: Option<String>,
    subject_name: Option<String>,
    certificate: Option<Vec<u8>>,
    public_key: Option<String>,
    registered_at: Option<i64>,
}

impl From<ExtensionRow> for StoredExtension {
    fn from(row: ExtensionRow) -> Self {
        Self {
            key: row.extension_key,
            data: row.data,
            subject_name: row.subject_name,
            certificate: row.certificate,
            public_key: row.public_key,
            registered_at: Moment::from_micros(row.registered_at),
        }
    }
}
