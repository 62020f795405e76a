//! Whose keys sign: what everybody may read of them, as a set of keys (RFC 7517) and as SAML metadata.

use super::App;
use super::error::Failure;
use crate::jwt::VerificationKey;

/// The keys of JSON Web Tokens, of now: who asks has no commit that would turn an old answer away.
///
/// # Errors
/// [`Failure::Store`].
pub async fn json_keys(app: &App) -> Result<Vec<VerificationKey>, Failure> {
    app.standings.saw(app.store.epoch().await?);
    Ok(app.trust.current(app).await?.json_keys.clone())
}

/// The certificates that assertions of this house are signed with, in base64 of their DER.
///
/// # Errors
/// [`Failure::Store`].
pub async fn signing_certificates(app: &App) -> Result<Vec<String>, Failure> {
    app.standings.saw(app.store.epoch().await?);
    let trust = app.trust.current(app).await?;
    let ours = trust.anchors.all().filter(|anchor| !anchor.is_external);
    Ok(ours.map(|anchor| anchor.base64.clone()).collect())
}
