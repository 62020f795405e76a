//! The life of signing keys (`sts.md` §7.6, `decisions.md` §26): several are trusted at once, one signs. A key is made by
//! a rotation, steps back at the next one, is retired when its tokens have ended, or is revoked, and they with it.
//!
//! What becomes of tokens: those of an active or previous key are good, those of a retired or revoked one are not.

mod watch;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

pub use watch::{Watch, tend, watch};

use super::audit::{Action, accepted};
use super::error::Failure;
use super::start::row_of;
use super::{Actor, App};
use crate::clock::Moment;
use crate::pki::TokenSigner;
pub use crate::store::KeyStatus;
use crate::store::{SigningKey, StoreError, Unit};

/// Where the private keys lie. Everything here may wait for a disk.
pub trait KeyFolder: Send + Sync {
    /// The key of a certificate, by its SHA-256 in lower-case hexadecimal, if it is there.
    ///
    /// # Errors
    /// Why the folder cannot be read.
    fn find(&self, sha256: &str) -> Result<Option<TokenSigner>, FolderError>;

    /// A new key, kept before this returns.
    ///
    /// # Errors
    /// Why none can be made.
    fn make(&self, now: Moment) -> Result<TokenSigner, FolderError>;
}

/// Why a key folder cannot be used.
pub type FolderError = Box<dyn std::error::Error + Send + Sync>;

/// No folder was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key folder is known here")]
pub struct NoFolder;

/// A key in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub key: SigningKey,
    /// Until when a token of it may still be presented, if one was issued that has not ended.
    pub tokens_until: Option<Moment>,
}

/// What a rotation, a retirement or a revocation did: which keys have which status now.
pub type Done = Vec<(String, KeyStatus)>;

/// Why a key was not given another status. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// No key is called so.
    #[error("no signing key begins with {0:?}: vcsso keys list")]
    Unknown(String),
    /// Several are.
    #[error("several signing keys begin with {0:?}: give more of it")]
    Ambiguous(String),
    /// Only a previous key can be retired.
    #[error("the key {sha256} is {}, only a previous key can be retired", .status.as_str())]
    NotPrevious {
        /// Which.
        sha256: String,
        /// What it is.
        status: KeyStatus,
    },
    /// It is revoked already.
    #[error("the key {0} is revoked already")]
    Revoked(String),
    /// Its tokens are good for a while yet.
    #[error(
        "tokens of the key {sha256} are good until {until}: wait, or refuse them from now on with --force"
    )]
    InUse {
        /// Which.
        sha256: String,
        /// Until when.
        until: Moment,
    },
    /// Something of ours failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Every key, the oldest first.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<Listed>, Failure> {
    let tolerance = tolerance(app).await?;
    let (keys, _) = app.store.signing_keys().await?;
    let mut listed = Vec::with_capacity(keys.len());
    for key in keys {
        let end = app.store.last_token_end(&key.sha256).await?.map(|end| end.plus(tolerance));
        listed.push(Listed { key, tokens_until: end.filter(|end| app.now() < *end) });
    }
    Ok(listed)
}

/// Makes a key and lets it sign from now on; the tokens of the former one stay good until they end.
///
/// # Errors
/// [`Failure`].
pub async fn rotate(app: &App, by: impl Into<Actor<'_>>) -> Result<Done, Failure> {
    let fresh = make(app).await?;
    let mut unit = app.store.begin().await?;
    let done = activate(app, &mut unit, &fresh, by.into()).await?;
    finish(app, unit, Some(fresh)).await?;
    Ok(done)
}

/// Refuses the tokens of a previous key because all have ended; with `force`, whether or not.
///
/// # Errors
/// [`NotDone`].
pub async fn retire(app: &App, key: &str, force: bool, by: impl Into<Actor<'_>>) -> Result<Done, NotDone> {
    let tolerance = tolerance(app).await?;
    let mut unit = app.store.begin().await?;
    let (keys, _) = unit.signing_keys().await?;
    let SigningKey { sha256, status, .. } = named(keys, key)?;
    if status != KeyStatus::Previous {
        return Err(NotDone::NotPrevious { sha256, status });
    }
    let end = unit.last_token_end(&sha256).await?.map(|end| end.plus(tolerance));
    if let Some(until) = end.filter(|end| !force && app.now() < *end) {
        return Err(NotDone::InUse { sha256, until });
    }
    let done = set(app, &mut unit, sha256, KeyStatus::Retired, by.into()).await?;
    finish(app, unit, None).await?;
    Ok(vec![done])
}

/// Refuses the tokens of a key from now on, on every replica. Of the active key there is a new one in the same act: whose
/// key was stolen needs both, at once.
///
/// # Errors
/// [`NotDone`].
pub async fn revoke(app: &App, key: &str, by: impl Into<Actor<'_>>) -> Result<Done, NotDone> {
    let by = by.into();
    let mut fresh = None;
    loop {
        let mut unit = app.store.begin().await?;
        let (keys, _) = unit.signing_keys().await?;
        let SigningKey { sha256, status, .. } = named(keys, key)?;
        let mut done = match (status, &fresh) {
            (KeyStatus::Revoked, _) => return Err(NotDone::Revoked(sha256)),
            (KeyStatus::Active, Some(fresh)) => activate(app, &mut unit, fresh, by).await?,
            // Nothing slow is done while a unit is open.
            (KeyStatus::Active, None) => {
                drop(unit);
                fresh = Some(make(app).await?);
                continue;
            }
            (KeyStatus::Previous | KeyStatus::Retired, _) => Vec::new(),
        };
        let revoked = set(app, &mut unit, sha256, KeyStatus::Revoked, by).await?;
        done.retain(|(other, _)| *other != revoked.0);
        done.push(revoked);
        finish(app, unit, fresh).await?;
        return Ok(done);
    }
}

async fn make(app: &App) -> Result<TokenSigner, Failure> {
    let folder = app.key_folder.clone().ok_or_else(|| Failure::KeyFolder(NoFolder.into()))?;
    let now = app.now();
    let made = tokio::task::spawn_blocking(move || folder.make(now)).await;
    made.map_err(|stopped| Failure::KeyFolder(stopped.into()))?.map_err(Failure::KeyFolder)
}

async fn activate(app: &App, unit: &mut Unit, fresh: &TokenSigner, by: Actor<'_>) -> Result<Done, Failure> {
    let (keys, _) = unit.signing_keys().await?;
    let former = keys.into_iter().find(|key| key.status == KeyStatus::Active).map(|key| key.sha256);
    let sha256 = fresh.certificate().fingerprint();
    unit.add_signing_key(&row_of(fresh), app.now()).await?;
    let detail = json!({ "key": sha256, "former": former });
    unit.audit(&accepted(app, Action::RotateKey, by.name, &detail, by.peer)).await?;
    let former = former.map(|former| (former, KeyStatus::Previous));
    Ok([(sha256, KeyStatus::Active)].into_iter().chain(former).collect())
}

async fn set(
    app: &App,
    unit: &mut Unit,
    sha256: String,
    status: KeyStatus,
    by: Actor<'_>,
) -> Result<(String, KeyStatus), Failure> {
    unit.set_key_status(&sha256, status, app.now()).await?;
    let action = if status == KeyStatus::Revoked { Action::RevokeKey } else { Action::RetireKey };
    unit.audit(&accepted(app, action, by.name, &json!({ "key": sha256 }), by.peer)).await?;
    Ok((sha256, status))
}

async fn finish(app: &App, mut unit: Unit, fresh: Option<TokenSigner>) -> Result<(), Failure> {
    let epoch = unit.epoch().await?;
    unit.commit().await?;
    if let Some(fresh) = fresh {
        app.trust.learn(Arc::new(fresh));
    }
    app.standings.saw(epoch);
    Ok(())
}

/// A token is accepted for as long after its end.
async fn tolerance(app: &App) -> Result<Duration, Failure> {
    Ok(app.policies.now(app).await?.token.clock_tolerance)
}

/// The one key whose SHA-256 begins so.
fn named(keys: Vec<SigningKey>, beginning: &str) -> Result<SigningKey, NotDone> {
    let wanted = beginning.to_ascii_lowercase();
    let unknown = || NotDone::Unknown(beginning.to_owned());
    let mut found = keys.into_iter().filter(|key| !wanted.is_empty() && key.sha256.starts_with(&wanted));
    let first = found.next().ok_or_else(unknown)?;
    if found.next().is_some() { Err(NotDone::Ambiguous(beginning.to_owned())) } else { Ok(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(sha256: &str) -> SigningKey {
        SigningKey {
            sha256: sha256.into(),
            chain_pem: String::new(),
            status: KeyStatus::Active,
            created_at: Moment::EPOCH,
            status_at: Moment::EPOCH,
            not_before: Moment::EPOCH,
            not_on_or_after: Moment::EPOCH,
        }
    }

    #[test]
    fn a_key_is_named_by_as_much_of_its_hash_as_tells_it_from_the_others() {
        let keys = || vec![key("aabb"), key("aacc"), key("dd")];
        let found = |text: &str| named(keys(), text).map(|key| key.sha256).map_err(|error| error.to_string());
        assert_eq!(found("aab"), Ok("aabb".into()));
        assert_eq!(found("AABB"), Ok("aabb".into()));
        assert_eq!(found("d"), Ok("dd".into()));
        assert!(found("aa").unwrap_err().starts_with("several signing keys begin with \"aa\""));
        for unknown in ["", "e", "aabbc"] {
            assert!(found(unknown).unwrap_err().starts_with("no signing key begins with"), "{unknown}");
        }
    }
}
