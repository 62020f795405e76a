//! The `--keys` folder (`decisions.md` §26, §29): the lab CA, the token-signing keys, the TLS leaf.
//!
//! ```text
//! ca.crt  ca.key                       the lab CA; yours, if you put one here before the first start
//! sts-<sha256>.crt  sts-<sha256>.key   a token-signing key with its chain, named by the leaf's fingerprint
//! tls.crt  tls.key                     the HTTPS leaf: made by the lab CA, or your own
//! tls.made                             which TLS files were made here; what is not in it is never touched
//! ```
//! Of every pair the certificate is written first and the key completes it: a killed first start leaves nothing that
//! the next one cannot finish. Processes that share the folder make things one after the other, under a lock.

mod authority;
mod signers;
mod tls;

use std::path::{Path, PathBuf};

use authority::Authority;

pub use tls::TlsIdentity;

use super::files::{FileError, FolderLock, private_folder, read_private, read_public};
use crate::app::keys::{FolderError, KeyFolder};
use crate::clock::Moment;
use crate::pki::make::MakeError;
use crate::pki::pem::PemError;
use crate::pki::{Certificate, TokenSigner};

/// Everything of the folder, read and checked.
#[derive(Debug)]
pub struct KeyFiles {
    /// The certificate of the lab CA.
    pub ca: Certificate,
    /// The same in PEM: what `/ca.pem` serves.
    pub ca_pem: String,
    /// The token-signing keys, the newest first. The store says which is active; at first start it is the first.
    pub signers: Vec<TokenSigner>,
    /// The HTTPS identity.
    pub tls: TlsIdentity,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFilesError {
    /// See [`FileError`].
    #[error(transparent)]
    File(#[from] FileError),
    /// See [`MakeError`].
    #[error(transparent)]
    Make(#[from] MakeError),
    /// Not PEM, or not of the wanted kind.
    #[error("{}: {why}", file.display())]
    Pem {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        why: PemError,
    },
    /// A key that cannot be used.
    #[error("{}: not a private key that can be used here, wanted {wanted}", file.display())]
    Key {
        /// Which file.
        file: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// A key and a certificate that do not belong together.
    #[error("{} is not the key of the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The key file.
        key: PathBuf,
        /// The certificate file.
        certificate: PathBuf,
    },
    /// Half of a pair.
    #[error("{} is there and {} is not: add it, or remove the first", present.display(), missing.display())]
    Half {
        /// What is there.
        present: PathBuf,
        /// What belongs beside it.
        missing: PathBuf,
    },
    /// Nothing is made in a folder that no service has made its own.
    #[error("{} has no lab CA: is it the key folder of the service?", folder.display())]
    NoAuthority {
        /// The folder.
        folder: PathBuf,
    },
    /// A signing certificate under another name than its fingerprint.
    #[error("{} holds another certificate than its name says, wanted sts-{wanted}.crt", file.display())]
    Name {
        /// Which file.
        file: PathBuf,
        /// The fingerprint of what is in it.
        wanted: String,
    },
}

impl KeyFiles {
    /// Reads the folder, and makes what is missing. `names` are those of the TLS leaf; a made leaf that has other
    /// names, or ends within thirty days, is made again.
    ///
    /// # Errors
    /// [`KeyFilesError`].
    pub fn open(folder: &Path, names: &[String], now: Moment) -> Result<Self, KeyFilesError> {
        private_folder(folder)?;
        // A complete folder may be read-only: it is not even locked. What looks wrong while another process is writing
        // is looked at again under the lock.
        let at_first = Self::read(folder, names, now);
        if let Ok(Some(complete)) = at_first {
            return Ok(complete);
        }
        let _lock =
            FolderLock::take(folder).map_err(|unlockable| at_first.err().unwrap_or(unlockable.into()))?;
        let authority = Authority::ensure(folder, now)?;
        if signers::read(folder)?.is_empty() {
            signers::make(folder, &authority, now)?;
        }
        let tls = tls::ensure(folder, &authority, names, now)?;
        Ok(Self::of(authority, signers::read(folder)?, tls))
    }

    fn read(folder: &Path, names: &[String], now: Moment) -> Result<Option<Self>, KeyFilesError> {
        let Some(authority) = Authority::read(folder)? else { return Ok(None) };
        let signers = signers::read(folder)?;
        let tls = tls::read(folder, &authority, names, now)?;
        Ok(tls.filter(|_| !signers.is_empty()).map(|tls| Self::of(authority, signers, tls)))
    }

    fn of(authority: Authority, signers: Vec<TokenSigner>, tls: TlsIdentity) -> Self {
        Self { ca: authority.certificate, ca_pem: authority.pem, signers, tls }
    }
}

/// Every signing key of the folder, the newest first.
///
/// # Errors
/// [`KeyFilesError`].
pub fn read_signers(folder: &Path) -> Result<Vec<TokenSigner>, KeyFilesError> {
    signers::read(folder)
}

/// The folder of a running service: other processes add keys to it.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder of this path.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl KeyFolder for Folder {
    fn find(&self, sha256: &str) -> Result<Option<TokenSigner>, FolderError> {
        Ok(signers::find(&self.0, sha256)?)
    }

    fn make(&self, now: Moment) -> Result<TokenSigner, FolderError> {
        Ok(make_signer(&self.0, now)?)
    }
}

/// One more signing key, signed by the lab CA that is there.
fn make_signer(folder: &Path, now: Moment) -> Result<TokenSigner, KeyFilesError> {
    let missing = || KeyFilesError::NoAuthority { folder: folder.to_owned() };
    if !folder.is_dir() {
        return Err(missing());
    }
    private_folder(folder)?;
    let _lock = FolderLock::take(folder)?;
    let authority = Authority::read(folder)?.ok_or_else(missing)?;
    signers::make(folder, &authority, now)
}

/// The certificates of a file; nothing when it does not exist.
fn read_certificates(file: &Path) -> Result<Option<(String, Vec<Certificate>)>, KeyFilesError> {
    let Some(text) = read_public(file)? else { return Ok(None) };
    let certificates = crate::pki::pem::certificates(&text)
        .map_err(|why| KeyFilesError::Pem { file: file.to_owned(), why })?;
    Ok(Some((text.to_string(), certificates)))
}

/// The text of a key file; nothing when it does not exist.
fn read_key(file: &Path) -> Result<Option<zeroize::Zeroizing<String>>, KeyFilesError> {
    Ok(read_private(file)?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::state::Ephemeral;
    use super::*;
    use crate::entropy::SystemEntropy;
    use crate::pki::make;

    fn now() -> Moment {
        Moment::parse("2026-11-24T08:00:00Z").unwrap()
    }

    fn names(extra: &[&str]) -> Vec<String> {
        ["localhost", "127.0.0.1", "::1"].iter().chain(extra).map(ToString::to_string).collect()
    }

    fn open(folder: &Ephemeral, extra: &[&str]) -> Result<KeyFiles, KeyFilesError> {
        KeyFiles::open(&folder.path().join("keys"), &names(extra), now())
    }

    fn snapshot(folder: &Ephemeral) -> std::collections::BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(folder.path().join("keys")).unwrap().map(Result::unwrap);
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect()
    }

    fn folder() -> Ephemeral {
        Ephemeral::new(&SystemEntropy).unwrap()
    }

    #[test]
    fn the_folder_is_made_once_and_read_identical_ever_after() {
        let folder = folder();
        let made = open(&folder, &[]).unwrap();
        let before = snapshot(&folder);
        let read = open(&folder, &[]).unwrap();
        assert_eq!(before, snapshot(&folder));
        assert_eq!(made.ca, read.ca);
        assert_eq!(made.tls.certificate, read.tls.certificate);
        assert_eq!(made.signers[0].certificate(), read.signers[0].certificate());
        assert_eq!(made.signers[0].chain[1], made.ca);
        let fingerprint = made.signers[0].certificate().fingerprint();
        assert!(before.contains_key(&format!("sts-{fingerprint}.key")));
    }

    #[test]
    fn many_first_starts_at_once_make_one_set_of_keys() {
        let folder = folder();
        let open = || open(&folder, &[]).unwrap();
        let opened: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for one in &opened {
            assert_eq!(one.ca, opened[0].ca);
            assert_eq!(one.tls.certificate, opened[0].tls.certificate);
            assert_eq!((one.signers.len(), one.tls.is_made), (1, true));
        }
    }

    #[test]
    fn everything_in_the_folder_is_private() {
        let folder = folder();
        open(&folder, &[]).unwrap();
        let keys = folder.path().join("keys");
        assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o700);
        for entry in fs::read_dir(keys).unwrap().map(Result::unwrap) {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        }
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_and_so_is_a_link() {
        let folder = folder();
        open(&folder, &[]).unwrap();
        let keys: Vec<_> = snapshot(&folder).into_keys().filter(|name| name.contains(".key")).collect();
        assert_eq!(keys.len(), 3);
        for name in keys {
            let path = folder.path().join("keys").join(name);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(
                open(&folder, &[]),
                Err(KeyFilesError::File(FileError::Open { mode: 0o640, .. }))
            ));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let elsewhere = folder.path().join("elsewhere");
            fs::rename(&path, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
            assert!(matches!(open(&folder, &[]), Err(KeyFilesError::File(FileError::NotAFile { .. }))));
            fs::remove_file(&path).unwrap();
            fs::rename(&elsewhere, &path).unwrap();
        }
        open(&folder, &[]).unwrap();
    }

    #[test]
    fn the_ca_key_is_checked_even_when_nothing_has_to_be_made() {
        let folder = folder();
        open(&folder, &[]).unwrap();
        let path = folder.path().join("keys/ca.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(open(&folder, &[]), Err(KeyFilesError::File(FileError::Open { .. }))));
    }

    #[test]
    fn the_tls_leaf_is_made_again_when_its_names_change_and_nothing_else_is() {
        let folder = folder();
        let first = open(&folder, &[]).unwrap();
        let second = open(&folder, &["vc.lab.test"]).unwrap();
        assert_ne!(first.tls.certificate, second.tls.certificate);
        assert_eq!(first.ca, second.ca);
        assert_eq!(first.signers[0].certificate(), second.signers[0].certificate());
        assert_eq!(open(&folder, &["vc.lab.test"]).unwrap().tls.certificate, second.tls.certificate);
    }

    #[test]
    fn the_tls_leaf_is_made_again_thirty_days_before_its_end_and_not_earlier() {
        let folder = folder();
        let first = open(&folder, &[]).unwrap().tls.certificate;
        let renewed = |at: Moment| {
            KeyFiles::open(&folder.path().join("keys"), &names(&[]), at).unwrap().tls.certificate != first
        };
        let edge = first.not_after().minus(std::time::Duration::from_hours(720));
        assert!(!renewed(edge.minus(std::time::Duration::from_secs(1))));
        assert!(renewed(edge));
    }

    #[test]
    fn your_own_tls_files_are_used_as_they_are() {
        let folder = folder();
        let keys = folder.path().join("keys");
        private_folder(&keys).unwrap();
        let stranger = make::authority("my CA", now()).unwrap();
        let own = make::tls_leaf(&stranger, &["my.host".into()], now()).unwrap();
        super::super::files::replace(&keys.join("tls.crt"), &own.certificate).unwrap();
        super::super::files::replace(&keys.join("tls.key"), &own.key).unwrap();
        let opened = open(&folder, &[]).unwrap();
        assert!(!opened.tls.is_made);
        assert_eq!(opened.tls.certificate.subject(), "CN=my.host");
        assert_eq!(snapshot(&folder)["tls.crt"], own.certificate.as_bytes());
        assert!(!open(&folder, &["other"]).unwrap().tls.is_made);
    }

    #[test]
    fn your_own_key_beside_a_made_certificate_is_not_overwritten() {
        let folder = folder();
        open(&folder, &[]).unwrap();
        let stranger = make::authority("my CA", now()).unwrap();
        let own = make::tls_leaf(&stranger, &["my.host".into()], now()).unwrap();
        super::super::files::replace(&folder.path().join("keys/tls.key"), &own.key).unwrap();
        assert!(matches!(open(&folder, &[]), Err(KeyFilesError::Mismatch { .. })));
        assert_eq!(snapshot(&folder)["tls.key"], own.key.as_bytes());
    }

    #[test]
    fn a_start_that_was_killed_between_any_two_files_is_finished_by_the_next() {
        let folder = folder();
        open(&folder, &[]).unwrap();
        let full = snapshot(&folder);
        let signer = full
            .keys()
            .find(|name| name.starts_with("sts-"))
            .unwrap()
            .trim_end_matches(".crt")
            .trim_end_matches(".key");
        let (certificate, key) = (format!("{signer}.crt"), format!("{signer}.key"));
        let order = ["ca.crt", "ca.key", &certificate, &key, "tls.made", "tls.crt", "tls.key"];
        for kept in 0..=order.len() {
            let again = Ephemeral::new(&SystemEntropy).unwrap();
            private_folder(&again.path().join("keys")).unwrap();
            for name in &order[..kept] {
                let text = std::str::from_utf8(&full[*name]).unwrap();
                super::super::files::replace(&again.path().join("keys").join(name), text).unwrap();
            }
            let opened = open(&again, &[]).unwrap_or_else(|error| panic!("{kept}: {error}"));
            assert_eq!(opened.signers.len(), 1, "{kept}");
            assert!(opened.tls.is_made, "{kept}");
        }
    }

    #[test]
    fn a_re_issue_that_was_killed_is_finished_by_the_next_start() {
        let folder = folder();
        open(&folder, &[]).unwrap();
        let old = snapshot(&folder);
        open(&folder, &["vc.lab.test"]).unwrap();
        let new = snapshot(&folder);
        for (certificate, key) in [(&old, &old), (&new, &old)] {
            for (name, files) in [("tls.made", &new), ("tls.crt", certificate), ("tls.key", key)] {
                let text = std::str::from_utf8(&files[name]).unwrap();
                super::super::files::replace(&folder.path().join("keys").join(name), text).unwrap();
            }
            assert!(open(&folder, &["vc.lab.test"]).unwrap().tls.is_made);
        }
    }

    #[test]
    fn half_of_a_pair_is_refused_where_it_may_be_yours() {
        for name in ["ca.crt", "tls.crt"] {
            let folder = folder();
            open(&folder, &[]).unwrap();
            fs::remove_file(folder.path().join("keys").join(name)).unwrap();
            let refused = open(&folder, &[]).unwrap_err();
            assert!(
                matches!(&refused, KeyFilesError::Half { missing, .. } if missing.ends_with(name)),
                "{refused}"
            );
        }
    }

    #[test]
    fn without_its_key_a_ca_serves_until_something_has_to_be_made() {
        let folder = folder();
        let made = open(&folder, &[]).unwrap();
        fs::remove_file(folder.path().join("keys/ca.key")).unwrap();
        assert_eq!(open(&folder, &[]).unwrap().ca, made.ca);
        assert!(matches!(open(&folder, &["other"]), Err(KeyFilesError::Half { .. })));
    }

    #[test]
    fn a_second_signing_key_comes_first_when_it_is_newer() {
        let folder = folder();
        let first = open(&folder, &[]).unwrap();
        let later = now().plus(std::time::Duration::from_mins(1));
        let made = make_signer(&folder.path().join("keys"), later).unwrap();
        let read = read_signers(&folder.path().join("keys")).unwrap();
        let order: Vec<_> = read.iter().map(|signer| signer.certificate().clone()).collect();
        assert_eq!(order, [made.certificate().clone(), first.signers[0].certificate().clone()]);
    }

    #[test]
    fn a_signing_certificate_under_another_name_is_refused() {
        let folder = folder();
        let made = open(&folder, &[]).unwrap();
        let keys = folder.path().join("keys");
        let fingerprint = made.signers[0].certificate().fingerprint();
        for ending in ["crt", "key"] {
            fs::rename(
                keys.join(format!("sts-{fingerprint}.{ending}")),
                keys.join(format!("sts-mine.{ending}")),
            )
            .unwrap();
        }
        assert!(
            matches!(open(&folder, &[]), Err(KeyFilesError::Name { wanted, .. }) if wanted == fingerprint)
        );
    }
}
