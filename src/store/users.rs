//! People: accounts with passwords, and what failed passwords do to them (`decisions.md` §21).

use std::time::Duration;

use super::error::Noun;
use super::groups::{PrincipalKind, add_principal};
use super::native::{Link, rows, run};
use super::{Store, StoreError, Unit, flag, sql, text};
use crate::clock::Moment;
use crate::identity::{AccountName, LockoutPolicy};

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The row's identifier, random.
    pub id: String,
    /// The name, free among users, solution users and groups.
    pub name: AccountName,
    /// For lists.
    pub description: Option<String>,
    /// Who it is.
    pub profile: Profile,
    /// The argon2id hash in PHC form; none = no password can be right.
    pub password_hash: Option<String>,
}

/// What can be told about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Given name.
    pub given_name: Option<String>,
    /// Surname.
    pub surname: Option<String>,
    /// Mail address.
    pub email: Option<String>,
}

/// A person in a list. The password hash stays in the store; a [`Standing`](crate::identity::Standing) has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The row's identifier.
    pub id: String,
    /// The name as registered.
    pub name: String,
    /// For lists.
    pub description: Option<String>,
    /// Who it is.
    pub profile: Profile,
    /// Switched off by an administrator.
    pub disabled: bool,
    /// A password is set.
    pub has_password: bool,
    /// When it was set.
    pub password_changed_at: Option<Moment>,
    /// Failed logins that still count.
    pub failures: u32,
    /// Locked by failed logins until then.
    pub locked_until: Option<Moment>,
    /// When the account was made.
    pub created_at: Moment,
}

/// What a wrong password led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Failures in the current window, this one included.
    pub failures: u32,
    /// The account is locked until then.
    pub locked_until: Option<Moment>,
    /// It was this failure that locked it.
    pub just_locked: bool,
}

impl Store {
    /// All people, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let users: Vec<UserRow> = rows!(&mut self.reader().await?.link(), sql::USERS)?;
        Ok(users.into_iter().map(User::from).collect())
    }

    /// The hashes of an account's passwords, the one in use first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn passwords(&self, id: &str, most: usize) -> Result<Vec<String>, StoreError> {
        passwords(&mut self.reader().await?.link(), id, most).await
    }

    /// Forgets the failures of an account after a correct password. Costs one read when there are none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn password_succeeded(&self, id: &str, now: Moment) -> Result<(), StoreError> {
        let failures: Vec<(i64,)> = rows!(&mut self.reader().await?.link(), sql::FAILURES, id)?;
        if failures.iter().any(|(failures,)| *failures > 0) {
            let mut unit = self.begin().await?;
            unit.password_succeeded(id, now).await?;
            unit.commit().await?;
        }
        Ok(())
    }
}

impl Unit {
    /// Adds a person.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`].
    pub async fn add_user(&mut self, user: &NewUser, now: Moment) -> Result<(), StoreError> {
        self.bump().await?;
        let link = &mut self.link();
        add_principal(link, &user.id, PrincipalKind::User, &user.name, user.description.as_deref(), now)
            .await?;
        let Profile { given_name, surname, email } = &user.profile;
        let changed_at = user.password_hash.as_ref().map(|_| now.micros());
        let details = [given_name, surname, email].map(|detail| detail.as_deref().map(text));
        let [given_name, surname, email] = details;
        run!(
            link,
            sql::ADD_USER,
            &user.id,
            given_name,
            surname,
            email,
            user.password_hash.as_deref(),
            changed_at
        )?;
        Ok(())
    }

    /// Removes a person with memberships, permissions and sessions.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_user(&mut self, id: &str) -> Result<(), StoreError> {
        self.remove_principal(id, PrincipalKind::User).await
    }

    /// Replaces names and address.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_profile(&mut self, id: &str, profile: &Profile) -> Result<(), StoreError> {
        self.bump().await?;
        let [given_name, surname, email] =
            [&profile.given_name, &profile.surname, &profile.email].map(|detail| detail.as_deref().map(text));
        let set: Vec<(String,)> = rows!(&mut self.link(), sql::SET_PROFILE, id, given_name, surname, email)?;
        found(&set, id)
    }

    /// As [`Store::passwords`], within the unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn passwords(&mut self, id: &str, most: usize) -> Result<Vec<String>, StoreError> {
        passwords(&mut self.link(), id, most).await
    }

    /// How many active people are in Administrators, directly or through a group.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn administrators(&mut self) -> Result<u64, StoreError> {
        let counted: Vec<(i64,)> = rows!(&mut self.link(), sql::ADMINISTRATORS)?;
        Ok(counted.first().and_then(|(count,)| u64::try_from(*count).ok()).unwrap_or(0))
    }

    /// Sets a new password, by its hash; the old one is kept among the earlier ones. A lock stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_password_hash(&mut self, id: &str, hash: &str, now: Moment) -> Result<(), StoreError> {
        self.bump().await?;
        let kept: Vec<(i64,)> = rows!(&mut self.link(), sql::KEEP_PASSWORD, id)?;
        if let Some((place,)) = kept.first() {
            let last = place.saturating_sub(MOST_EARLIER);
            let _: Vec<(i64,)> = rows!(&mut self.link(), sql::FORGET_PASSWORDS, id, last)?;
        }
        let set: Vec<(String,)> = rows!(&mut self.link(), sql::SET_PASSWORD, id, hash, now.micros())?;
        // Whoever sets a password and knows nothing of NTLM must not leave the old one good for it.
        self.set_nt_hash(id, None).await?;
        found(&set, id)
    }

    /// Replaces `old` by a stronger hash of the same password; false, and nothing done, when the password was changed
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rehash(&mut self, id: &str, old: &str, new: &str) -> Result<bool, StoreError> {
        let set: Vec<(String,)> = rows!(&mut self.link(), sql::REHASH, id, old, new)?;
        if !set.is_empty() {
            self.bump().await?;
        }
        Ok(!set.is_empty())
    }

    /// Switches a user or solution user off or on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_disabled(&mut self, id: &str, disabled: bool) -> Result<(), StoreError> {
        self.bump().await?;
        let set: Vec<(String,)> = rows!(&mut self.link(), sql::SET_DISABLED, id, flag(disabled))?;
        found(&set, id)
    }

    /// Opens a lock and forgets the failures.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn unlock(&mut self, id: &str) -> Result<(), StoreError> {
        self.bump().await?;
        let set: Vec<(String,)> = rows!(&mut self.link(), sql::UNLOCK, id)?;
        found(&set, id)
    }

    /// Counts a wrong password and locks the account when the policy says so; `never_locks` for Administrator.
    ///
    /// The epoch changes only when the account becomes locked.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn password_failed(
        &mut self,
        id: &str,
        policy: &LockoutPolicy,
        never_locks: bool,
        now: Moment,
    ) -> Result<Attempts, StoreError> {
        let window_start = now.minus(policy.window).micros();
        let counted: Vec<(i64, Option<i64>)> =
            rows!(&mut self.link(), sql::PASSWORD_FAILED, id, now.micros(), window_start)?;
        let Some((failures, locked_until)) = counted.first() else {
            return Err(StoreError::not_found(Noun::User, id));
        };
        let failures = u32::try_from(*failures).unwrap_or(u32::MAX);
        let locked_until = locked_until.map(Moment::from_micros);
        let locks = !never_locks && policy.max_failures > 0 && failures >= policy.max_failures;
        if !locks || locked_until.is_some() {
            return Ok(Attempts { failures, locked_until, just_locked: false });
        }
        let until = lock_end(policy.unlock_after, now);
        self.bump().await?;
        run!(&mut self.link(), sql::LOCK, id, until.micros())?;
        Ok(Attempts { failures, locked_until: Some(until), just_locked: true })
    }

    /// Counts a wrong password for a name that nobody has; how many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn stranger_failed(&mut self) -> Result<i64, StoreError> {
        let counted: Vec<(i64,)> = rows!(&mut self.link(), sql::STRANGER_FAILED)?;
        Ok(counted.first().map_or(0, |(failures,)| *failures))
    }

    /// Forgets the failures after a correct password; a lock that holds is left alone, so the epoch never changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn password_succeeded(&mut self, id: &str, now: Moment) -> Result<(), StoreError> {
        let _: Vec<(String,)> = rows!(&mut self.link(), sql::CLEAR_FAILURES, id, now.micros())?;
        Ok(())
    }
}

async fn passwords(link: &mut Link<'_>, id: &str, most: usize) -> Result<Vec<String>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let hashes: Vec<(String,)> = rows!(link, sql::PASSWORDS, id, most)?;
    Ok(hashes.into_iter().map(|(hash,)| hash).collect())
}

/// As many earlier passwords as a policy can ask for.
const MOST_EARLIER: i64 = 24;

/// Zero locks until an administrator unlocks.
fn lock_end(unlock_after: Duration, now: Moment) -> Moment {
    if unlock_after.is_zero() { Moment::FAR_FUTURE } else { now.plus(unlock_after) }
}

fn found(set: &[(String,)], id: &str) -> Result<(), StoreError> {
    if set.is_empty() { Err(StoreError::not_found(Noun::User, id)) } else { Ok(()) }
}

#[derive(sqlx::FromRow)]
struct UserRow {
    id: String,
    name: String,
    description: Option<String>,
    disabled: i64,
    created_at: i64,
    given_name: Option<String>,
    surname: Option<String>,
    email: Option<String>,
    has_password: i64,
    password_changed_at: Option<i64>,
    failures: i64,
    locked_until: Option<i64>,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            profile: Profile { given_name: row.given_name, surname: row.surname, email: row.email },
            disabled: row.disabled != 0,
            has_password: row.has_password != 0,
            password_changed_at: row.password_changed_at.map(Moment::from_micros),
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            locked_until: row.locked_until.map(Moment::from_micros),
            created_at: Moment::from_micros(row.created_at),
        }
    }
}
