//! The token-signing keys of the folder: `sts-<sha256>.crt` with the chain, `sts-<sha256>.key`.

use std::path::Path;

use super::super::files::{FileError, replace};
use super::authority::Authority;
use super::{KeyFilesError, read_certificates, read_key};
use crate::clock::Moment;
use crate::pki::{SigningKey, TokenSigner, make, pem};

/// Every complete pair, the newest first. A certificate without key is what a killed process left, or a signer whose key
/// was taken away on purpose: it signs nothing.
pub(super) fn read(folder: &Path) -> Result<Vec<TokenSigner>, KeyFilesError> {
    let unlistable = |why| FileError::System { what: "list", path: folder.to_owned(), why };
    let mut signers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unlistable)? {
        let name = entry.map_err(unlistable)?.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with("sts-")) else { continue };
        if let Some(stem) = name.strip_suffix(".key") {
            signers.push(read_one(folder, stem)?);
        }
    }
    signers.sort_by_key(|signer: &TokenSigner| {
        let certificate = signer.certificate();
        (std::cmp::Reverse(certificate.not_before()), certificate.fingerprint())
    });
    Ok(signers)
}

/// The pair of this certificate; nothing when its key is not there.
pub(super) fn find(folder: &Path, sha256: &str) -> Result<Option<TokenSigner>, KeyFilesError> {
    let stem = format!("sts-{sha256}");
    let is_there = read_key(&folder.join(format!("{stem}.key")))?.is_some();
    is_there.then(|| read_one(folder, &stem)).transpose()
}

/// Makes one, under the folder's lock.
pub(super) fn make(folder: &Path, authority: &Authority, now: Moment) -> Result<TokenSigner, KeyFilesError> {
    let made = make::token_signer(&authority.signing()?, now)?;
    let leaf = pem::certificates(&made.certificate);
    let leaf = leaf.map_err(|why| KeyFilesError::Pem { file: folder.to_owned(), why })?;
    let fingerprint = leaf.first().map(crate::pki::Certificate::fingerprint).unwrap_or_default();
    let stem = format!("sts-{fingerprint}");
    replace(&folder.join(format!("{stem}.crt")), &[made.certificate.as_str(), &authority.pem].concat())?;
    replace(&folder.join(format!("{stem}.key")), &made.key)?;
    read_one(folder, &stem)
}

fn read_one(folder: &Path, stem: &str) -> Result<TokenSigner, KeyFilesError> {
    let (certificate, key) = (folder.join(format!("{stem}.crt")), folder.join(format!("{stem}.key")));
    let half = |present: &Path, missing: &Path| KeyFilesError::Half {
        present: present.into(),
        missing: missing.into(),
    };
    let text = read_key(&key)?.ok_or_else(|| half(&certificate, &key))?;
    let (_, chain) = read_certificates(&certificate)?.ok_or_else(|| half(&key, &certificate))?;
    let der = pem::private_key(&text).map(zeroize::Zeroizing::new);
    let der = der.map_err(|why| KeyFilesError::Pem { file: key.clone(), why })?;
    let unusable = |_| KeyFilesError::Key { file: key.clone(), wanted: "an RSA key in PKCS #8" };
    let signing = SigningKey::from_pkcs8(&der).map_err(unusable)?;
    let signer = TokenSigner::new(signing, chain);
    let signer = signer
        .ok_or_else(|| KeyFilesError::Mismatch { key: key.clone(), certificate: certificate.clone() })?;
    let wanted = signer.certificate().fingerprint();
    if stem == format!("sts-{wanted}") {
        Ok(signer)
    } else {
        Err(KeyFilesError::Name { file: certificate, wanted })
    }
}
