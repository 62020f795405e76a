//! Certificates that are trusted: those that sign the tokens of this house, and those that a registered directory may
//! show, which are configuration (`sts.md` §7.6).

use serde_json::json;

use super::App;
use super::accounts::{By, commit};
use super::audit::Action;
use super::error::Failure;
use super::registry::NotDone;
use crate::pki::{Certificate, pem};
use crate::store::KeyStatus;

/// The chains of the keys whose tokens are good, each with its leaf first: the active key's before the others'.
///
/// # Errors
/// [`Failure::Store`].
pub async fn signing_chains(app: &App) -> Result<Vec<Vec<Certificate>>, Failure> {
    let (mut keys, _) = app.store.signing_keys().await?;
    keys.retain(|key| matches!(key.status, KeyStatus::Active | KeyStatus::Previous));
    keys.sort_by_key(|key| key.status != KeyStatus::Active);
    Ok(keys.iter().map(|key| pem::certificates(&key.chain_pem).unwrap_or_default()).collect())
}

/// Certificates of other issuers whose tokens are good.
///
/// # Errors
/// [`Failure::Store`].
pub async fn of_other_issuers(app: &App) -> Result<Vec<Certificate>, Failure> {
    let (issuers, _) = app.store.external_issuers().await?;
    let certificates = issuers.iter().map(|issuer| pem::certificates(&issuer.certificates_pem));
    Ok(certificates.flat_map(Result::unwrap_or_default).collect())
}

/// Those of directories.
///
/// # Errors
/// [`Failure::Store`].
pub async fn of_directories(app: &App) -> Result<Vec<Certificate>, Failure> {
    let stored = app.store.trusted_certificates().await?;
    Ok(stored.iter().filter_map(|der| Certificate::from_der(der).ok()).collect())
}

/// One more; false when it is there already.
///
/// # Errors
/// [`NotDone::Failure`].
pub async fn trust(app: &App, certificate: &Certificate, by: By<'_>) -> Result<bool, NotDone> {
    let sha256 = certificate.fingerprint();
    let mut unit = app.store.begin().await?;
    let added = unit.add_trusted_certificate(&sha256, certificate.der(), app.now()).await?;
    commit(app, unit, Action::AddTrustedCertificate, &json!({ "certificate_sha256": sha256 }), by).await?;
    Ok(added)
}

/// One less.
///
/// # Errors
/// [`NotDone::Failure`], also when it is not there.
pub async fn distrust(app: &App, certificate: &Certificate, by: By<'_>) -> Result<(), NotDone> {
    let sha256 = certificate.fingerprint();
    let mut unit = app.store.begin().await?;
    unit.remove_trusted_certificate(&sha256).await?;
    Ok(commit(app, unit, Action::RemoveTrustedCertificate, &json!({ "certificate_sha256": sha256 }), by)
        .await?)
}
