//! Signing keys. A private key never leaves its file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Empty, Json, Made, Nothing};
use super::problem::Problem;
use super::values::{Page, Paging, Time};
use crate::app::keys::{self, Listed};

/// A signing key.
#[derive(JsonSchema, Serialize)]
pub(super) struct SigningKey {
    /// SHA-256 of its certificate, lower-case hexadecimal.
    sha256: String,
    /// `active`, `previous`, `retired` or `revoked`.
    status: String,
    /// When it was made.
    created_at: Time,
    /// Since when it has this status.
    status_at: Time,
    /// From when on its certificate is in force.
    not_before: Time,
    /// From when on it is not.
    not_on_or_after: Time,
    /// Until when a token of it may still be presented, if one was issued that has not ended.
    tokens_until: Option<Time>,
    /// Its certificate and those that vouch for it, PEM.
    certificates: String,
}

/// Which keys have which status now.
#[derive(JsonSchema, Serialize)]
pub(super) struct KeysChanged {
    /// Each of them.
    keys: Vec<KeyStatus>,
}

/// A key and its status.
#[derive(JsonSchema, Serialize)]
struct KeyStatus {
    /// SHA-256 of its certificate, lower-case hexadecimal.
    sha256: String,
    /// `active`, `previous`, `retired` or `revoked`.
    status: String,
}

/// Which key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    /// SHA-256 of its certificate, or the beginning of it that tells it from the others.
    sha256: String,
}

/// How a key is retired.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Retirement {
    /// SHA-256 of its certificate, or the beginning of it that tells it from the others.
    sha256: String,
    /// Although some of its tokens have not ended.
    #[serde(default)]
    force: bool,
}

pub(super) async fn list(asked: Asked, paging: Paging, _: Empty) -> Result<Json<Page<SigningKey>>, Problem> {
    let keys = keys::list(&asked.app).await?;
    Ok(Json(paging.of(keys, |listed| listed.key.sha256.clone(), SigningKey::from)))
}

pub(super) async fn rotate(asked: Asked, _: Nothing, _: Empty) -> Result<Made<KeysChanged>, Problem> {
    Ok(Made(keys::rotate(&asked.app, asked.by()).await?.into()))
}

pub(super) async fn retire(asked: Asked, of: Retirement, _: Empty) -> Result<Json<KeysChanged>, Problem> {
    Ok(Json(keys::retire(&asked.app, &of.sha256, of.force, asked.by()).await?.into()))
}

pub(super) async fn revoke(asked: Asked, of: Key, _: Empty) -> Result<Json<KeysChanged>, Problem> {
    Ok(Json(keys::revoke(&asked.app, &of.sha256, asked.by()).await?.into()))
}

impl From<keys::Done> for KeysChanged {
    fn from(done: keys::Done) -> Self {
        let status = |(sha256, status): (String, crate::app::keys::KeyStatus)| KeyStatus {
            sha256,
            status: status.as_str().to_owned(),
        };
        Self { keys: done.into_iter().map(status).collect() }
    }
}

impl From<Listed> for SigningKey {
    fn from(Listed { key, tokens_until }: Listed) -> Self {
        Self {
            sha256: key.sha256,
            status: key.status.as_str().to_owned(),
            created_at: Time(key.created_at),
            status_at: Time(key.status_at),
            not_before: Time(key.not_before),
            not_on_or_after: Time(key.not_on_or_after),
            tokens_until: tokens_until.map(Time),
            certificates: key.chain_pem,
        }
    }
}
