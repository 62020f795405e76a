//! Extensions: registered, changed, given what they log in with, removed (`session-manager.md` §2.5).

use serde_json::json;

use super::audit::{Action, accepted, note};
use super::error::Failure;
use super::{App, Peer};
use crate::identity::principal::fold;
use crate::identity::{ExtensionKey, LoginName};
use crate::pki::Certificate;
use crate::pki::pem::pasted_certificate;
pub use crate::store::StoredExtension;
use crate::store::{Lookup, StoreError, Unit};
use crate::vim::values::Extension;

/// Why an act on an extension was not done.
#[derive(Debug, thiserror::Error)]
pub enum ExtensionError {
    /// The key is none, or taken.
    #[error("the key of an extension cannot be used")]
    Key,
    /// It says more about itself than is kept, or there is no room for another one.
    #[error("an extension of {seen} bytes, at most {wanted} are kept")]
    Size {
        /// How much there would be.
        seen: usize,
        /// How much there may be.
        wanted: usize,
    },
    /// There is no such extension.
    #[error("no such extension")]
    NotFound,
    /// No certificate was given, and the connection has none.
    #[error("neither a certificate nor a connection with one")]
    NoClientCertificate,
    /// What was given is no certificate.
    #[error("not a certificate: {0}")]
    Certificate(String),
    /// There is no such account.
    #[error("no such account")]
    Account,
    /// Something of ours.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ExtensionError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::NotFound,
            StoreError::NameTaken { .. } => Self::Key,
            other => Self::Failure(Failure::Store(other)),
        }
    }
}

/// Every extension, by key.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<Extension>, Failure> {
    app.store.extensions().await?.iter().map(said).collect()
}

/// One extension, if it is registered.
///
/// # Errors
/// [`Failure::Store`].
pub async fn find(app: &App, key: &str) -> Result<Option<Extension>, Failure> {
    let (found, _) = app.store.extension(key).await?;
    found.as_ref().map(said).transpose()
}

/// Every extension as it is kept, by key: with what it logs in with.
///
/// # Errors
/// [`Failure::Store`].
pub async fn registered(app: &App) -> Result<Vec<StoredExtension>, Failure> {
    Ok(app.store.extensions().await?)
}

/// What an extension said of itself.
fn said(kept: &StoredExtension) -> Result<Extension, Failure> {
    let corrupt = || StoreError::Corrupt { column: "extensions.data", value: kept.key.clone() };
    Extension::of_json(&kept.data).ok_or_else(corrupt).map_err(Failure::Store)
}

/// Somebody who changes extensions, from somewhere.
#[derive(Clone, Copy)]
pub struct Editor<'a> {
    /// The world.
    pub app: &'a App,
    /// Who: the door has looked at their privilege.
    pub name: &'a str,
    /// From where.
    pub peer: &'a Peer,
}

impl Editor<'_> {
    /// Registers an extension, with a certificate to log in with if it has one.
    ///
    /// # Errors
    /// [`ExtensionError::Key`], [`ExtensionError::Size`].
    pub async fn register(
        self,
        extension: &Extension,
        certificate: Option<&Certificate>,
    ) -> Result<(), ExtensionError> {
        let key = ExtensionKey::new(extension.key()).map_err(|_| ExtensionError::Key)?;
        let data = bounded(extension)?;
        let mut unit = self.begin().await?;
        check_room(&mut unit, 1, data.len()).await?;
        unit.add_extension(&key, &data, extension.subject_name(), self.app.now()).await?;
        if let Some(certificate) = certificate {
            unit.set_extension_certificate(key.as_str(), certificate.der()).await?;
        }
        self.finish(unit, Action::RegisterExtension, extension.key(), &json!({})).await
    }

    /// Replaces what an extension says of itself; its certificate and public key stay.
    ///
    /// # Errors
    /// [`ExtensionError::NotFound`], [`ExtensionError::Size`].
    pub async fn update(self, extension: &Extension) -> Result<(), ExtensionError> {
        let data = bounded(extension)?;
        let mut unit = self.begin().await?;
        check_room(&mut unit, 0, data.len()).await?;
        unit.update_extension(extension.key(), &data, extension.subject_name()).await?;
        self.finish(unit, Action::UpdateExtension, extension.key(), &json!({})).await
    }

    /// Removes an extension: it opens no session any more, those it has stay until they end.
    ///
    /// # Errors
    /// [`ExtensionError::NotFound`].
    pub async fn unregister(self, key: &str) -> Result<(), ExtensionError> {
        let mut unit = self.begin().await?;
        unit.remove_extension(key).await?;
        self.finish(unit, Action::UnregisterExtension, key, &json!({})).await
    }

    /// Sets what an extension logs in with: the certificate of the text, or without one that of this connection.
    ///
    /// # Errors
    /// [`ExtensionError::NotFound`], [`ExtensionError::NoClientCertificate`], [`ExtensionError::Certificate`].
    pub async fn set_certificate(self, key: &str, pasted: Option<&str>) -> Result<(), ExtensionError> {
        let certificate = match (pasted, &self.peer.client_certificate) {
            (Some(text), _) => pasted_certificate(text).map_err(|why| why.to_string()),
            (None, Some(presented)) => Certificate::from_der(presented).map_err(|why| why.to_string()),
            (None, None) => return Err(ExtensionError::NoClientCertificate),
        };
        let certificate = certificate.map_err(ExtensionError::Certificate)?;
        let mut unit = self.begin().await?;
        unit.set_extension_certificate(key, certificate.der()).await?;
        let detail = json!({ "certificate_sha256": certificate.fingerprint() });
        self.finish(unit, Action::SetExtensionCertificate, key, &detail).await
    }

    /// Sets the public key of an extension, which nothing here uses.
    ///
    /// # Errors
    /// [`ExtensionError::NotFound`], [`ExtensionError::Size`].
    pub async fn set_public_key(self, key: &str, public_key: &str) -> Result<(), ExtensionError> {
        at_most(public_key.len(), MOST_KEY)?;
        let mut unit = self.begin().await?;
        unit.set_extension_public_key(key, public_key).await?;
        self.finish(unit, Action::SetExtensionPublicKey, key, &json!({})).await
    }

    /// Says which account an extension acts as. No method gives it back and nothing here depends on it: it is known to
    /// exist, and stands in the audit.
    ///
    /// # Errors
    /// [`ExtensionError::NotFound`], [`ExtensionError::Account`].
    pub async fn set_service_account(self, key: &str, account: &str) -> Result<(), ExtensionError> {
        let mut unit = self.begin().await?;
        unit.extension(key).await?.ok_or(ExtensionError::NotFound)?;
        let name = LoginName::parse(account).map_err(|_| ExtensionError::Account)?;
        let name = name.within(&self.app.settings.domain).ok_or(ExtensionError::Account)?;
        let (standing, _) = unit.standing(&Lookup::Name(fold(name))).await?.ok_or(ExtensionError::Account)?;
        let detail = json!({ "account": standing.name });
        self.finish(unit, Action::SetExtensionAccount, key, &detail).await
    }

    async fn begin(self) -> Result<Unit, ExtensionError> {
        Ok(self.app.store.begin().await?)
    }

    /// The audit row goes into the same commit as the change.
    async fn finish(
        self,
        mut unit: Unit,
        action: Action,
        key: &str,
        detail: &serde_json::Value,
    ) -> Result<(), ExtensionError> {
        let mut whole = json!({ "extension": key });
        if let (Some(whole), Some(more)) = (whole.as_object_mut(), detail.as_object()) {
            whole.extend(more.clone());
        }
        unit.audit(&accepted(self.app, action, self.name, &whole, self.peer)).await?;
        unit.commit().await?;
        note(action, self.name, self.peer);
        Ok(())
    }
}

/// The public key of this server, which signs its tokens.
///
/// # Errors
/// [`Failure::NoSigner`], [`Failure::Store`].
pub async fn public_key(app: &App) -> Result<String, Failure> {
    let trust = app.trust.current(app).await?;
    let signer = trust.signer.as_ref().ok_or(Failure::NoSigner)?;
    Ok(signer.certificate().public_key_pem())
}

/// An extension of a seed, written in a unit that is open: what it does not mention stays.
///
/// # Errors
/// [`Failure::Store`].
pub async fn write_seeded(
    app: &App,
    unit: &mut Unit,
    key: &ExtensionKey,
    subject_name: Option<&str>,
    certificate: Option<&Certificate>,
) -> Result<(), Failure> {
    let now = app.now();
    match unit.extension(key.as_str()).await? {
        None => {
            let data = Extension::minimal(key.as_str(), subject_name, now).to_json();
            unit.add_extension(key, &data, subject_name, now).await?;
        }
        Some(known) if subject_name.is_some() => {
            let data = said(&known)?.with_subject_name(subject_name).to_json();
            unit.update_extension(key.as_str(), &data, subject_name).await?;
        }
        Some(_) => {}
    }
    if let Some(certificate) = certificate {
        unit.set_extension_certificate(key.as_str(), certificate.der()).await?;
    }
    Ok(())
}

fn bounded(extension: &Extension) -> Result<String, ExtensionError> {
    let data = extension.to_json();
    at_most(data.len(), MOST_DATA)?;
    Ok(data)
}

async fn check_room(unit: &mut Unit, extensions: usize, more: usize) -> Result<(), ExtensionError> {
    let sizes = unit.extension_sizes().await?;
    at_most(sizes.len() + extensions, MOST_EXTENSIONS)?;
    let kept = sizes.into_iter().filter_map(|size| usize::try_from(size).ok()).sum::<usize>();
    at_most(kept.saturating_add(more), MOST_KEPT)
}

const fn at_most(seen: usize, wanted: usize) -> Result<(), ExtensionError> {
    if seen <= wanted { Ok(()) } else { Err(ExtensionError::Size { seen, wanted }) }
}

/// Real ones, with the texts of their events in several languages, stay below 100 KiB.
const MOST_DATA: usize = 256 * 1024;
/// All of them are one answer to whoever reads the list.
const MOST_KEPT: usize = 4 * 1024 * 1024;
/// A vCenter has about forty.
const MOST_EXTENSIONS: usize = 1_000;
/// An RSA key of 8,192 bits takes 1.5 KiB.
const MOST_KEY: usize = 16 * 1024;
