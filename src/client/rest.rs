//! `Authorization: SIGN`, as govmomi writes it (`clients.md` §6.1).

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::SignError;
use crate::pki::{Hash, SigningKey};
use crate::vapi_sign::Target;

/// A bearer token alone.
///
/// # Errors
/// [`SignError`].
pub fn bearer(token: &str) -> Result<String, SignError> {
    Ok(format!("SIGN token=\"{}\"", packed(token)?))
}

/// A token with a signature over a request to `target`. The nonce is `<milliseconds since 1970>:<number>`.
///
/// # Errors
/// [`SignError`].
pub fn signed(token: &str, key: &SigningKey, target: &Target<'_>, nonce: &str) -> Result<String, SignError> {
    let text = target.texts(nonce).next().unwrap_or_default();
    let signature = STANDARD.encode(key.sign(Hash::Sha256, &text)?);
    let (token, body_hash) = (packed(token)?, STANDARD.encode(target.body_hash));
    Ok(format!(
        "SIGN token=\"{token}\", signature_alg=\"RSA-SHA256\", signature=\"{signature}\", nonce=\"{nonce}\", bodyhash=\"{body_hash}\""
    ))
}

fn packed(token: &str) -> Result<String, SignError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(token.as_bytes()).and_then(|()| encoder.finish());
    Ok(STANDARD.encode(packed.map_err(|_| SignError::Packing)?))
}
