//! A password that is set: judged by the policy, compared with the account's earlier ones, hashed, and written only if
//! the account still has the password it was compared with (`sts.md` §7.4; `attacks.md` U05, U07).
//!
//! All that is slow is done before a unit is opened: at most as many comparisons as the policy says, and one hash.

use std::sync::Arc;

use super::App;
use super::error::Failure;
use super::users::Password;
use crate::identity::password::{MAX_PASSWORD, PasswordError};
use crate::identity::{AccountName, PasswordViolation};
use crate::secret::Secret;
use crate::store::Unit;

/// A password that may be written.
#[derive(Clone, Debug)]
pub struct Ready {
    hash: String,
    /// The hash of the password in use when this one was judged.
    replaces: Option<String>,
}

impl Ready {
    /// The stored form.
    #[must_use]
    pub fn into_hash(self) -> String {
        self.hash
    }
}

/// Judges and hashes a password; `id` is the account that has it already, if there is one. What arrives as a hash cannot
/// be judged.
///
/// # Errors
/// [`Failure::PasswordRefused`], [`Failure::Password`], [`Failure::Overloaded`], [`Failure::Store`].
pub async fn ready(
    app: &App,
    name: &AccountName,
    id: Option<&str>,
    password: Password,
) -> Result<Ready, Failure> {
    let policy = app.policies.now(app).await?.password;
    let most = usize::try_from(policy.recycle).unwrap_or(usize::MAX).max(1);
    let known = match id {
        Some(id) => app.store.passwords(id, most).await?,
        None => Vec::new(),
    };
    let replaces = known.first().cloned();
    let password = match password {
        Password::Hashed(hash) => return Ok(Ready { hash, replaces }),
        Password::Plain(password) => password,
    };
    judge(app, name, &password).await?;
    for earlier in known.iter().take(usize::try_from(policy.recycle).unwrap_or(usize::MAX)) {
        if is(app, &password, earlier).await? {
            return Err(refused(name, PasswordViolation::Recycled(policy.recycle)));
        }
    }
    let hash = app.hashing.hash(password, Arc::clone(&app.entropy)).await?;
    Ok(Ready { hash, replaces })
}

/// Judges a password by itself.
///
/// # Errors
/// As [`ready`].
pub async fn judge(app: &App, name: &AccountName, password: &Secret) -> Result<(), Failure> {
    let length = password.expose().len();
    if length > MAX_PASSWORD {
        return Err(PasswordError::TooLong(length).into());
    }
    let policy = app.policies.now(app).await?.password;
    policy.judge(password).map_err(|why| refused(name, why))
}

/// Whether an account has this password now.
///
/// # Errors
/// As [`ready`].
pub async fn is_in_use(app: &App, id: &str, password: &Secret) -> Result<bool, Failure> {
    match app.store.passwords(id, 1).await?.first() {
        Some(stored) if password.expose().len() <= MAX_PASSWORD => is(app, password, stored).await,
        _ => Ok(false),
    }
}

/// Writes it, in a unit that is open.
///
/// # Errors
/// [`Failure::PasswordMoved`] when another one was set since it was judged, [`Failure::Store`].
pub async fn write(app: &App, unit: &mut Unit, id: &str, ready: &Ready) -> Result<(), Failure> {
    if unit.passwords(id, 1).await?.into_iter().next() != ready.replaces {
        return Err(Failure::PasswordMoved);
    }
    Ok(unit.set_password_hash(id, &ready.hash, app.now()).await?)
}

/// A hash that cannot be read is that of no password.
async fn is(app: &App, password: &Secret, stored: &str) -> Result<bool, Failure> {
    match app.hashing.check(password.clone(), Some(stored.to_owned())).await {
        Ok(checked) => Ok(checked.matches),
        Err(Failure::Password(PasswordError::Stored)) => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn refused(name: &AccountName, why: PasswordViolation) -> Failure {
    Failure::PasswordRefused { name: name.as_str().to_owned(), why }
}
