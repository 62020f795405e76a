//! NT hashes: what NTLM needs to know of a password (`decisions.md` §22). For NTLM they are as good as the password, and
//! unsalted, so they are kept only where `[sspi] ntlm` is on *and* the user asks for it, from the next password on.
//!
//! They lie in the database sealed (AES-256-GCM) under a key that is a file of the key folder, bound to the user's
//! identifier, so that neither the database alone nor a row moved to another user is of any use. Nothing prints them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::json;
use zeroize::Zeroizing;

use super::audit::{Action, accepted};
use super::error::Failure;
use super::users::{Password, Person};
use super::{App, Peer};
use crate::entropy::{Entropy, bytes, hex};
use crate::identity::{AccountName, Standing};
use crate::negotiate::NtHash;
use crate::secret::Secret;
use crate::store::{Lookup, Unit};

/// The key, and who may have a hash.
pub struct NtHashes {
    key: LessSafeKey,
    administrators: bool,
}

/// Why a user cannot have an NT hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NtlmRefused {
    /// NTLM is off.
    #[error("{0} cannot have an NT hash: [sspi] ntlm is off, or the service was never started with it")]
    Off(String),
    /// Whoever holds it is administrator.
    #[error("{0} is an administrator, whose NT hash is not kept ([sspi] ntlm_administrators allows it)")]
    Administrator(String),
    /// A hash of the password is not enough.
    #[error("the NT hash of {0} can be made of a password only, not of a hash")]
    NoPassword(String),
}

impl NtHashes {
    /// Under this key; `administrators` may have one too, except the built-in one, which nothing locks. Nothing when the
    /// engine takes no key.
    #[must_use]
    pub fn new(key: &[u8; 32], administrators: bool) -> Option<Self> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
        Some(Self { key, administrators })
    }

    /// Whether this subject may have a hash, and log in by it.
    #[must_use]
    pub fn allows(&self, standing: &Standing) -> bool {
        let built_in = standing.is_built_in_administrator();
        !built_in && (self.administrators || !standing.is_administrator())
    }

    fn seal(&self, user_id: &str, hash: &NtHash, entropy: &dyn Entropy) -> Result<Vec<u8>, Failure> {
        let nonce: [u8; NONCE_LEN] = bytes(entropy)?;
        let mut sealed = Zeroizing::new(hash.expose().to_vec());
        let unique = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(unique, Aad::from(user_id.as_bytes()), &mut sealed);
        let tag = tag.map_err(|_| crate::entropy::NoEntropy)?;
        Ok([&nonce[..], &sealed, tag.as_ref()].concat())
    }

    /// The hash, if these bytes are one that was sealed here for this user.
    #[must_use]
    pub fn open(&self, user_id: &str, sealed: &[u8]) -> Option<NtHash> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let hash = self.key.open_in_place(nonce, Aad::from(user_id.as_bytes()), &mut opened).ok()?;
        Some(NtHash::from_bytes(<[u8; 16]>::try_from(&*hash).ok()?))
    }
}

/// The hash of a person's password, if the person asks for it. Before the password is hashed otherwise.
pub(super) fn of(person: &Person) -> Option<NtHash> {
    match &person.password {
        Some(Password::Plain(password)) if person.ntlm => Some(NtHash::of_password(password)),
        _ => None,
    }
}

/// The hash of a new password, for who asked for one before.
pub(super) fn made_of(password: &Secret) -> NtHash {
    NtHash::of_password(password)
}

/// Keeps the hash of a new password, of who asked for one and may have it.
///
/// # Errors
/// [`Failure::Store`].
pub(super) async fn renew(
    app: &App,
    unit: &mut Unit,
    id: &str,
    name: &AccountName,
    hash: &NtHash,
    by: (&str, &Peer),
) -> Result<(), Failure> {
    let Some(hashes) = &app.nt_hashes else { return Ok(()) };
    let standing = unit.standing(&Lookup::Id(id.to_owned())).await?;
    if !standing.is_some_and(|(standing, _)| hashes.allows(&standing)) {
        return Ok(());
    }
    if unit.set_nt_hash(id, Some(&hashes.seal(id, hash, &*app.entropy)?)).await? {
        audit(app, unit, json!({ "name": name.as_str(), "nt_hash": "set" }), by).await?;
    }
    Ok(())
}

/// What a person asks for is done in the unit that writes the person and the password; `by` is told to the audit.
///
/// # Errors
/// [`Failure::Ntlm`], [`Failure::Store`].
pub(super) async fn settle(
    app: &App,
    unit: &mut Unit,
    id: &str,
    person: &Person,
    hash: Option<NtHash>,
    by: (&str, &Peer),
) -> Result<(), Failure> {
    if person.ntlm && hash.is_none() {
        return Err(NtlmRefused::NoPassword(person.name.as_str().to_owned()).into());
    }
    allow(app, unit, id, &person.name, person.ntlm, by).await?;
    let (Some(hash), Some(hashes)) = (hash, &app.nt_hashes) else { return Ok(()) };
    unit.set_nt_hash(id, Some(&hashes.seal(id, &hash, &*app.entropy)?)).await?;
    audit(app, unit, json!({ "name": person.name.as_str(), "nt_hash": "set" }), by).await
}

/// Lets a user have a hash, or takes it away.
///
/// # Errors
/// [`Failure::Ntlm`], [`Failure::Store`].
pub(super) async fn allow(
    app: &App,
    unit: &mut Unit,
    id: &str,
    name: &AccountName,
    allowed: bool,
    by: (&str, &Peer),
) -> Result<(), Failure> {
    if allowed {
        let name = || name.as_str().to_owned();
        let hashes = app.nt_hashes.as_ref().ok_or_else(|| NtlmRefused::Off(name()))?;
        let standing = unit.standing(&Lookup::Id(id.to_owned())).await?;
        let refused = standing.is_some_and(|(standing, _)| !hashes.allows(&standing));
        if refused {
            return Err(NtlmRefused::Administrator(name()).into());
        }
    }
    if !unit.allow_nt_hash(id, allowed).await? {
        return Ok(());
    }
    audit(app, unit, json!({ "name": name.as_str(), "ntlm": allowed }), by).await
}

/// Where NTLM is off, no hash stays: who switches it on again must set the passwords again.
///
/// # Errors
/// [`Failure::Store`].
pub(super) async fn forget_where_off(app: &App, unit: &mut Unit) -> Result<(), Failure> {
    if app.nt_hashes.is_some() {
        return Ok(());
    }
    let forgotten = unit.forget_nt_hashes().await?;
    if forgotten == 0 {
        return Ok(());
    }
    let peer =
        Peer { trace: hex(&bytes::<8>(&*app.entropy)?), ip_address: "local".into(), ..Peer::default() };
    audit(app, unit, json!({ "nt_hashes_deleted": forgotten }), ("configuration", &peer)).await
}

async fn audit(
    app: &App,
    unit: &mut Unit,
    detail: serde_json::Value,
    (who, peer): (&str, &Peer),
) -> Result<(), Failure> {
    Ok(unit.audit(&accepted(app, Action::SetNtlm, who, &detail, peer)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn a_hash_is_opened_only_for_its_user_under_its_key_and_unchanged() {
        let hashes = NtHashes::new(&[7; 32], false).unwrap();
        let hash = NtHash::of_password(&Secret::new("Secret!23"));
        let sealed = hashes.seal("1", &hash, &SystemEntropy).unwrap();
        assert_eq!(sealed.len(), 12 + 16 + 16);
        assert_eq!(hashes.open("1", &sealed).unwrap().expose(), hash.expose());
        assert_ne!(sealed, hashes.seal("1", &hash, &SystemEntropy).unwrap());
        assert!(hashes.open("2", &sealed).is_none());
        assert!(NtHashes::new(&[8; 32], false).unwrap().open("1", &sealed).is_none());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(hashes.open("1", &changed).is_none(), "{place}");
            assert!(hashes.open("1", &sealed[..place]).is_none(), "{place}");
        }
    }
}
