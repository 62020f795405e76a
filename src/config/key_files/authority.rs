//! The lab CA of the folder.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::super::files::replace;
use super::tls::belong_together;
use super::{KeyFilesError, read_certificates, read_key, signers};
use crate::clock::Moment;
use crate::pki::Certificate;
use crate::pki::make::{self, MadePem};

/// The lab CA. Its key is only needed to make something.
pub(super) struct Authority {
    pub certificate: Certificate,
    pub pem: String,
    key: Option<Zeroizing<String>>,
    files: (PathBuf, PathBuf),
}

impl Authority {
    /// Reads it; nothing when there is none, or only what a killed first start left.
    pub fn read(folder: &Path) -> Result<Option<Self>, KeyFilesError> {
        let files = (folder.join("ca.crt"), folder.join("ca.key"));
        let key = read_key(&files.1)?;
        let Some((pem, certificates)) = read_certificates(&files.0)? else {
            return match key {
                Some(_) => Err(KeyFilesError::Half { present: files.1, missing: files.0 }),
                None => Ok(None),
            };
        };
        let Some(certificate) = certificates.into_iter().next() else { return Ok(None) };
        let unused =
            || Ok::<_, KeyFilesError>(signers::read(folder)?.is_empty() && !folder.join("tls.crt").exists());
        if key.is_none() && certificate.subject() == SUBJECT && unused()? {
            return Ok(None);
        }
        if let Some(key) = &key {
            belong_together(&certificate, key, &files.0, &files.1)?;
        }
        Ok(Some(Self { certificate, pem, key, files }))
    }

    /// Reads it, or makes it.
    pub fn ensure(folder: &Path, now: Moment) -> Result<Self, KeyFilesError> {
        if let Some(found) = Self::read(folder)? {
            return Ok(found);
        }
        let made = make::authority(NAME, now)?;
        let files = (folder.join("ca.crt"), folder.join("ca.key"));
        replace(&files.0, &made.certificate)?;
        replace(&files.1, &made.key)?;
        Self::read(folder)?.ok_or(KeyFilesError::Half { present: files.1, missing: files.0 })
    }

    /// Certificate and key, to sign with.
    pub fn signing(&self) -> Result<MadePem, KeyFilesError> {
        let (certificate, key) = &self.files;
        let half = || KeyFilesError::Half { present: certificate.clone(), missing: key.clone() };
        Ok(MadePem { certificate: self.pem.clone(), key: self.key.clone().ok_or_else(half)? })
    }
}

const NAME: &str = "vcsso lab CA";
/// The subject of what is made here: one of yours is never made again.
const SUBJECT: &str = "CN=vcsso lab CA";
