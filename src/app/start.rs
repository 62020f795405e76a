//! The first start: roles, groups, Administrator, signing keys. Every later start changes nothing.

use serde_json::json;

use super::audit::{Action, accepted};
use super::error::Failure;
use super::users::{Password, Person, hash, write_person};
use super::{App, Peer, keys, nt_hashes};
use crate::entropy::uuid;
use crate::identity::{AccountName, well_known};
use crate::pki::{TokenSigner, pem};
use crate::store::{Append, AuditRow, KeyStatus, NewSigningKey, Profile};

/// Whether Administrator has to be made: then its password is needed.
///
/// # Errors
/// [`Failure::Store`].
pub async fn needs_administrator(app: &App) -> Result<bool, Failure> {
    Ok(app.store.users().await?.is_empty() && app.store.find(well_known::ADMINISTRATOR).await?.is_none())
}

/// Makes what every system has, and Administrator where a password is given.
///
/// # Errors
/// [`Failure`].
pub async fn prepare(app: &App, administrator: Option<Password>) -> Result<(), Failure> {
    let administrator_hash = hash(app, administrator).await?;
    let id = uuid(&*app.entropy)?;
    let mut unit = app.store.begin().await?;
    unit.bootstrap(app.now()).await?;
    if let (Some(hash), Ok(name)) = (administrator_hash, AccountName::new(well_known::ADMINISTRATOR)) {
        let groups = vec![well_known::ADMINISTRATORS.to_owned(), "Users".to_owned()];
        let person = Person { name, password: None, profile: Profile::default(), groups, ntlm: false };
        write_person(&mut unit, &person, Some(hash), id, app.now()).await?;
    }
    nt_hashes::forget_where_off(app, &mut unit).await?;
    unit.commit().await?;
    register_signers(app).await?;
    // The first hash of a process takes 19 MiB that a quiet service does not need.
    app.hashing.rest();
    app.trust.current(app).await?;
    Ok(())
}

/// The service begins: everybody can read when.
///
/// # Errors
/// [`Failure`].
pub async fn started(app: &App) -> Result<(), Failure> {
    let peer = Peer { trace: uuid(&*app.entropy)?, ..Peer::default() };
    let row = AuditRow { principal: None, ..accepted(app, Action::Start, "", &json!({}), &peer) };
    app.store.append(Append { audit: vec![row], ..Append::default() }).await?;
    keys::watch(app).await
}

/// The newest key of the folder becomes active when no key is.
async fn register_signers(app: &App) -> Result<(), Failure> {
    let (known, _) = app.store.signing_keys().await?;
    if known.iter().any(|key| key.status == KeyStatus::Active) {
        return Ok(());
    }
    let Some(signer) = app.trust.first_signer() else { return Err(Failure::NoSigner) };
    let mut unit = app.store.begin().await?;
    unit.add_signing_key(&row_of(&signer), app.now()).await?;
    unit.commit().await?;
    Ok(())
}

/// The row of a key that signs from now on.
pub(super) fn row_of(signer: &TokenSigner) -> NewSigningKey {
    let leaf = signer.certificate();
    let chain: String = signer.chain.iter().map(|link| pem::encode("CERTIFICATE", link.der())).collect();
    NewSigningKey {
        sha256: leaf.fingerprint(),
        chain_pem: chain,
        status: KeyStatus::Active,
        not_before: leaf.not_before(),
        not_on_or_after: leaf.not_after().plus(std::time::Duration::from_millis(1)),
    }
}
