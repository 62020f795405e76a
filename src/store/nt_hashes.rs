//! NT hashes, sealed by `app`: a row is made for who asked for it, and filled when a password is set.

use super::native::rows;
use super::{Store, StoreError, Unit, sql};

impl Store {
    /// The sealed NT hash of a user, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn nt_hash(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found: Vec<(Vec<u8>,)> = rows!(&mut self.reader().await?.link(), sql::NT_HASH, id)?;
        Ok(found.into_iter().next().map(|(sealed,)| sealed))
    }
}

impl Unit {
    /// From the next password on a user has an NT hash, or has none from now on; whether that is new.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Rejected`] when there is no such user.
    pub async fn allow_nt_hash(&mut self, id: &str, allowed: bool) -> Result<bool, StoreError> {
        let statement = if allowed { sql::ALLOW_NT_HASH } else { sql::FORBID_NT_HASH };
        let changed: Vec<(String,)> = rows!(&mut self.link(), statement, id)?;
        if !changed.is_empty() {
            self.bump().await?;
        }
        Ok(!changed.is_empty())
    }

    /// The sealed NT hash of the password that was just set; false, and nothing kept, for who has not asked for it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_nt_hash(&mut self, id: &str, sealed: Option<&[u8]>) -> Result<bool, StoreError> {
        let set: Vec<(String,)> = rows!(&mut self.link(), sql::SET_NT_HASH, id, sealed)?;
        Ok(!set.is_empty())
    }

    /// Deletes every NT hash; who asked for one may have one again. How many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_nt_hashes(&mut self) -> Result<usize, StoreError> {
        let forgotten: Vec<(String,)> = rows!(&mut self.link(), sql::FORGET_NT_HASHES)?;
        if !forgotten.is_empty() {
            self.bump().await?;
        }
        Ok(forgotten.len())
    }
}
