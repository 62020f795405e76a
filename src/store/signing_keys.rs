//! Signing keys as the replicas know them: certificate, status, times. The private key is a file (`decisions.md` §26).

use super::error::Noun;
use super::native::{Link, rows, run};
use super::{Epoch, Store, StoreError, Unit, sql, text};
use crate::clock::Moment;

/// A key to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSigningKey {
    /// SHA-256 of the certificate, lower-case hexadecimal; also the name of the key file.
    pub sha256: String,
    /// The certificate and those above it, as concatenated PEM.
    pub chain_pem: String,
    /// Its first status. A new active key makes the former one `Previous`.
    pub status: KeyStatus,
    /// The certificate's beginning.
    pub not_before: Moment,
    /// The certificate's end.
    pub not_on_or_after: Moment,
}

/// A key in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// SHA-256 of the certificate, lower-case hexadecimal.
    pub sha256: String,
    /// The certificate and those above it, as concatenated PEM.
    pub chain_pem: String,
    /// What it is good for.
    pub status: KeyStatus,
    /// When it was added.
    pub created_at: Moment,
    /// When it got its status.
    pub status_at: Moment,
    /// The certificate's beginning.
    pub not_before: Moment,
    /// The certificate's end.
    pub not_on_or_after: Moment,
}

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// New tokens are signed with it. There is at most one.
    Active,
    /// Its tokens are good until they end.
    Previous,
    /// Its tokens have ended; kept for the record.
    Retired,
    /// Its tokens are refused.
    Revoked,
}

impl Store {
    /// All keys, the oldest first, and the epoch for which that is so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn signing_keys(&self) -> Result<(Vec<SigningKey>, Epoch), StoreError> {
        keys(&mut self.reader().await?.link()).await
    }

    /// When the last token of a key ends, of those that were written down and not revoked.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn last_token_end(&self, sha256: &str) -> Result<Option<Moment>, StoreError> {
        last_token_end(&mut self.reader().await?.link(), sha256).await
    }
}

impl Unit {
    /// As [`Store::signing_keys`], within the unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn signing_keys(&mut self) -> Result<(Vec<SigningKey>, Epoch), StoreError> {
        keys(&mut self.link()).await
    }

    /// As [`Store::last_token_end`], within the unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn last_token_end(&mut self, sha256: &str) -> Result<Option<Moment>, StoreError> {
        last_token_end(&mut self.link(), sha256).await
    }

    /// Adds a key; false when it is there already, whatever its status.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_signing_key(&mut self, key: &NewSigningKey, now: Moment) -> Result<bool, StoreError> {
        self.bump().await?;
        let NewSigningKey { sha256, chain_pem, status, not_before, not_on_or_after } = key;
        let (begin, end) = (not_before.micros(), not_on_or_after.micros());
        // Not active at first: the former active one steps back only for a key that is really new.
        let quiet = if *status == KeyStatus::Active { KeyStatus::Previous } else { *status };
        let added: Vec<(String,)> = rows!(
            &mut self.link(),
            sql::ADD_SIGNING_KEY,
            sha256,
            text(chain_pem),
            quiet.as_str(),
            now.micros(),
            begin,
            end
        )?;
        if !added.is_empty() && *status == KeyStatus::Active {
            self.set_key_status(sha256, KeyStatus::Active, now).await?;
        }
        Ok(!added.is_empty())
    }

    /// Gives a key another status; a key that becomes active makes the former one `Previous`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_key_status(
        &mut self,
        sha256: &str,
        status: KeyStatus,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.bump().await?;
        let link = &mut self.link();
        if status == KeyStatus::Active {
            run!(link, sql::RETIRE_ACTIVE, sha256, now.micros())?;
        }
        let set: Vec<(String,)> = rows!(link, sql::SET_KEY_STATUS, sha256, status.as_str(), now.micros())?;
        if set.is_empty() { Err(StoreError::not_found(Noun::SigningKey, sha256)) } else { Ok(()) }
    }
}

async fn keys(link: &mut Link<'_>) -> Result<(Vec<SigningKey>, Epoch), StoreError> {
    let lines: Vec<KeyRow> = rows!(link, sql::SIGNING_KEYS)?;
    let epoch = Epoch(lines.first().map_or(0, |line| line.epoch));
    let keys = lines.into_iter().filter_map(KeyRow::key).collect::<Result<_, _>>()?;
    Ok((keys, epoch))
}

async fn last_token_end(link: &mut Link<'_>, sha256: &str) -> Result<Option<Moment>, StoreError> {
    let ends: Vec<(Option<i64>,)> = rows!(link, sql::LAST_TOKEN_END, text(sha256))?;
    Ok(ends.into_iter().next().and_then(|(end,)| end).map(Moment::from_micros))
}

impl KeyStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Active, Self::Previous, Self::Retired, Self::Revoked];

    /// As it is written in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Previous => "previous",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| StoreError::Corrupt { column: "signing_keys.status", value: text.to_owned() })
    }
}

/// A key, or, when there is none, the epoch alone.
#[derive(sqlx::FromRow)]
struct KeyRow {
    epoch: i64,
    sha256: Option<String>,
    chain_pem: Option<String>,
    status: Option<String>,
    created_at: Option<i64>,
    status_at: Option<i64>,
    not_before: Option<i64>,
    not_on_or_after: Option<i64>,
}

impl KeyRow {
    fn key(self) -> Option<Result<SigningKey, StoreError>> {
        let at = |micros: Option<i64>| micros.map(Moment::from_micros);
        let status = match KeyStatus::read(&self.status?) {
            Ok(status) => status,
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(SigningKey {
            sha256: self.sha256?,
            chain_pem: self.chain_pem?,
            status,
            created_at: at(self.created_at)?,
            status_at: at(self.status_at)?,
            not_before: at(self.not_before)?,
            not_on_or_after: at(self.not_on_or_after)?,
        }))
    }
}
