//! Extensions: registered, given a certificate to log in with, removed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json, Made, Nothing};
use super::problem::{Kind, Problem};
use super::solution_users::NewCertificate;
use super::values::{Page, Paging, Short, Time, certificate, certificate_pem};
use crate::app::extensions::{self, Editor, StoredExtension};
use crate::identity::ExtensionKey;
use crate::vim::values::Extension as Registered;

/// An extension.
#[derive(JsonSchema, Serialize)]
pub(super) struct Extension {
    /// Its key.
    key: String,
    /// The subject of the certificate of the lab CA that it may log in with.
    subject_name: Option<String>,
    /// The certificate that it may log in with, PEM.
    certificate: Option<String>,
    /// When it was registered.
    registered_at: Time,
}

/// An extension to be registered.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewExtension {
    /// Its key.
    key: String,
    /// The subject of the certificate of the lab CA that it may log in with.
    subject_name: Option<Short>,
    /// The certificate that it may log in with, PEM.
    certificate: Option<String>,
}

/// Which extension.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    /// Its key, as it is written.
    key: String,
}

pub(super) async fn list(asked: Asked, paging: Paging, _: Empty) -> Result<Json<Page<Extension>>, Problem> {
    let extensions = extensions::registered(&asked.app).await?;
    Ok(Json(paging.of(extensions, |extension| extension.key.clone(), Extension::from)))
}

pub(super) async fn find(asked: Asked, of: Key, _: Empty) -> Result<Json<Extension>, Problem> {
    one(&asked, &of.key).await.map(Json)
}

pub(super) async fn add(
    asked: Asked,
    _: Nothing,
    Json(new): Json<NewExtension>,
) -> Result<Made<Extension>, Problem> {
    let key =
        ExtensionKey::new(&new.key).map_err(|error| Problem::seen(Kind::NotAllowed, error.to_string()))?;
    let certificate = new.certificate.as_deref().map(certificate).transpose()?;
    let subject = new.subject_name.as_ref().map(|name| name.0.as_str());
    let extension = Registered::minimal(key.as_str(), subject, asked.app.now());
    editor(&asked).register(&extension, certificate.as_ref()).await?;
    one(&asked, key.as_str()).await.map(Made)
}

pub(super) async fn set_certificate(
    asked: Asked,
    of: Key,
    Json(new): Json<NewCertificate>,
) -> Result<Json<Extension>, Problem> {
    editor(&asked).set_certificate(&of.key, Some(&new.certificate)).await?;
    one(&asked, &of.key).await.map(Json)
}

pub(super) async fn remove(asked: Asked, of: Key, _: Empty) -> Result<Done, Problem> {
    editor(&asked).unregister(&of.key).await?;
    Ok(Done)
}

fn editor(asked: &Asked) -> Editor<'_> {
    Editor { app: &asked.app, name: &asked.name, peer: &asked.peer }
}

async fn one(asked: &Asked, key: &str) -> Result<Extension, Problem> {
    let found = extensions::registered(&asked.app).await?.into_iter().find(|extension| extension.key == key);
    found.map(Extension::from).ok_or_else(|| Problem::missing("extension", key))
}

impl From<StoredExtension> for Extension {
    fn from(kept: StoredExtension) -> Self {
        Self {
            key: kept.key,
            subject_name: kept.subject_name,
            certificate: kept.certificate.as_deref().map(certificate_pem),
            registered_at: Time(kept.registered_at),
        }
    }
}
