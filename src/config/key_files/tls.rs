//! The HTTPS leaf: your own files as they are, or one made by the lab CA and made again when it no longer fits.
//!
//! `tls.made` lists the digests of the files that were made here, with the names and the CA they were made for. It is
//! written first, so that a file of ours is never taken for yours, and one of yours never for ours.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::super::files::{read_public, replace};
use super::authority::Authority;
use super::{KeyFilesError, read_certificates, read_key};
use crate::clock::Moment;
use crate::entropy::hex;
use crate::pki::certificate::sha256;
use crate::pki::{Certificate, make};

/// The HTTPS listener's certificate with its key.
#[derive(Debug)]
pub struct TlsIdentity {
    /// The leaf.
    pub certificate: Certificate,
    /// The chain as it is sent, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The private key.
    pub key: PrivateKeyDer<'static>,
    /// Made by the lab CA, not brought by the operator.
    pub is_made: bool,
}

/// What was made here, and for what.
#[derive(Debug, Default, PartialEq, Eq)]
struct Made {
    authority: String,
    names: BTreeSet<String>,
    files: BTreeSet<String>,
}

/// The two files as they are.
struct Pair {
    pem: String,
    chain: Vec<Certificate>,
    key: Option<Zeroizing<String>>,
}

/// Reads the identity; nothing when it has to be made.
pub(super) fn read(
    folder: &Path,
    authority: &Authority,
    names: &[String],
    now: Moment,
) -> Result<Option<TlsIdentity>, KeyFilesError> {
    let (certificate_file, key_file) = (folder.join("tls.crt"), folder.join("tls.key"));
    let made = Made::read(folder)?;
    let key = read_key(&key_file)?;
    let Some((pem, chain)) = read_certificates(&certificate_file)? else {
        let is_ours = key.as_ref().is_none_or(|key| made.lists(key));
        // Ours to make only before the first certificate: one that was removed may have been yours.
        return if is_ours && key.is_none() {
            Ok(None)
        } else {
            Err(KeyFilesError::Half { present: key_file, missing: certificate_file })
        };
    };
    let pair = Pair { pem, chain, key };
    let is_made = made.lists(&pair.pem) && pair.key.as_ref().is_none_or(|key| made.lists(key));
    if is_made && !(made.fits(authority, names) && pair.is_in_force(now)) {
        return Ok(None);
    }
    let Some(key) = &pair.key else {
        return if is_made {
            Ok(None)
        } else {
            Err(KeyFilesError::Half { present: certificate_file, missing: key_file })
        };
    };
    let Some(leaf) = pair.chain.first() else { return Ok(None) };
    match belong_together(leaf, key, &certificate_file, &key_file) {
        Ok(key) => Ok(Some(pair.identity(leaf.clone(), key, is_made))),
        Err(KeyFilesError::Mismatch { .. }) if is_made => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the identity, or makes it, under the folder's lock.
pub(super) fn ensure(
    folder: &Path,
    authority: &Authority,
    names: &[String],
    now: Moment,
) -> Result<TlsIdentity, KeyFilesError> {
    if let Some(found) = read(folder, authority, names, now)? {
        return Ok(found);
    }
    let leaf = make::tls_leaf(&authority.signing()?, names, now)?;
    let mut made = Made { authority: authority.certificate.fingerprint(), ..Made::default() };
    made.names.extend(names.iter().cloned());
    made.files.extend([digest(&leaf.certificate), digest(&leaf.key)]);
    // Until both are replaced, the old ones are still ours.
    let old = Made::read(folder)?;
    made.files.extend(old.files.into_iter().filter(|file| is_here(folder, file)));
    replace(&folder.join("tls.made"), &made.to_text())?;
    replace(&folder.join("tls.crt"), &leaf.certificate)?;
    replace(&folder.join("tls.key"), &leaf.key)?;
    let half = || KeyFilesError::Half { present: folder.join("tls.key"), missing: folder.join("tls.crt") };
    read(folder, authority, names, now)?.ok_or_else(half)
}

/// Checks that the key is that of the certificate, and gives it back as DER.
pub(super) fn belong_together(
    certificate: &Certificate,
    key: &str,
    certificate_file: &Path,
    key_file: &Path,
) -> Result<PrivateKeyDer<'static>, KeyFilesError> {
    let unusable = || KeyFilesError::Key { file: key_file.to_owned(), wanted: "a private key in PEM" };
    let der = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| unusable())?;
    let usable = rustls::crypto::aws_lc_rs::sign::any_supported_type(&der).map_err(|_| unusable())?;
    let own = usable.public_key().ok_or_else(unusable)?;
    if own.as_ref() == certificate.key().spki() {
        return Ok(der);
    }
    Err(KeyFilesError::Mismatch { key: key_file.to_owned(), certificate: certificate_file.to_owned() })
}

impl Pair {
    fn is_in_force(&self, now: Moment) -> bool {
        self.chain
            .first()
            .is_some_and(|leaf| leaf.not_before() <= now && now < leaf.not_after().minus(RENEWED_BEFORE_END))
    }

    fn identity(&self, certificate: Certificate, key: PrivateKeyDer<'static>, is_made: bool) -> TlsIdentity {
        let chain =
            self.chain.iter().map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect();
        TlsIdentity { certificate, chain, key, is_made }
    }
}

impl Made {
    fn read(folder: &Path) -> Result<Self, KeyFilesError> {
        let mut made = Self::default();
        let Some(text) = read_public(&folder.join("tls.made"))? else { return Ok(made) };
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("authority", fingerprint)) => fingerprint.clone_into(&mut made.authority),
                Some(("name", name)) => drop(made.names.insert(name.to_owned())),
                Some(("file", digest)) => drop(made.files.insert(digest.to_owned())),
                // A comment, or what a later version wrote.
                Some(_) | None => {}
            }
        }
        Ok(made)
    }

    fn to_text(&self) -> String {
        let mut text = String::from(
            "# Made by vcsso, and made again when the names or the CA change.\n\
             # Put your own tls.crt and tls.key in their place: files that are not listed here are never touched.\n",
        );
        let lines = std::iter::once(("authority", &self.authority));
        let lines = lines.chain(self.names.iter().map(|name| ("name", name)));
        for (word, value) in lines.chain(self.files.iter().map(|file| ("file", file))) {
            text.extend([word, " ", value, "\n"]);
        }
        text
    }

    fn lists(&self, text: &str) -> bool {
        self.files.contains(&digest(text))
    }

    fn fits(&self, authority: &Authority, names: &[String]) -> bool {
        self.authority == authority.certificate.fingerprint() && self.names == names.iter().cloned().collect()
    }
}

/// Whether one of the two files has this digest.
fn is_here(folder: &Path, file: &str) -> bool {
    let here =
        |name| read_public(&folder.join(name)).ok().flatten().is_some_and(|text| digest(&text) == file);
    here("tls.crt") || here("tls.key")
}

fn digest(text: &str) -> String {
    hex(&sha256(text.as_bytes()))
}

/// A leaf lives a year; a service that starts in its last month gets a new one.
const RENEWED_BEFORE_END: Duration = Duration::from_hours(30 * 24);
