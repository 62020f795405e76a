//! Certificates that a registered directory may show, as configuration.

use super::error::Noun;
use super::native::rows;
use super::{Store, StoreError, Unit, sql, text};
use crate::clock::Moment;

impl Store {
    /// Every one in DER, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn trusted_certificates(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let found: Vec<(Vec<u8>,)> = rows!(&mut self.reader().await?.link(), sql::TRUSTED_CERTIFICATES)?;
        Ok(found.into_iter().map(|(der,)| der).collect())
    }
}

impl Unit {
    /// One more; false when it is there already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_trusted_certificate(
        &mut self,
        sha256: &str,
        der: &[u8],
        now: Moment,
    ) -> Result<bool, StoreError> {
        let added: Vec<(String,)> =
            rows!(&mut self.link(), sql::ADD_TRUSTED_CERTIFICATE, sha256, der, now.micros())?;
        Ok(!added.is_empty())
    }

    /// One less.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_trusted_certificate(&mut self, sha256: &str) -> Result<(), StoreError> {
        let removed: Vec<(String,)> = rows!(&mut self.link(), sql::REMOVE_TRUSTED_CERTIFICATE, text(sha256))?;
        if removed.is_empty() { Err(StoreError::not_found(Noun::TrustedCertificate, sha256)) } else { Ok(()) }
    }
}
