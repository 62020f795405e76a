//! `vcsso extension`: extensions of the store, which log in by a certificate.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::{Exit, World, world};
use crate::app::extensions::{self, Editor, StoredExtension};
use crate::app::{App, Peer, caller::OPERATOR};
use crate::identity::ExtensionKey;
use crate::pki::{Certificate, pem};
use crate::vim::values::Extension as Registered;

/// Extensions.
#[derive(Clone, Debug, Subcommand)]
pub enum Extension {
    /// Register an extension.
    Add(Add),
    /// Set the certificate that an extension logs in with.
    Certificate(NewCertificate),
    /// Remove an extension: it opens no session any more, those it has stay.
    Remove(Remove),
    /// Print every extension.
    List(StoreFlags),
}

/// Register an extension.
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// Its key
    pub key: String,
    /// The certificate that it logs in with, PEM; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// The subject of the certificate of the lab CA that it logs in with
    #[arg(long, value_name = "NAME")]
    pub subject_name: Option<String>,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Set the certificate of an extension.
#[derive(Clone, Debug, Args)]
pub struct NewCertificate {
    /// Its key
    pub key: String,
    /// The certificate, PEM; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub certificate: PathBuf,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Remove an extension.
#[derive(Clone, Debug, Args)]
pub struct Remove {
    /// Its key
    pub key: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Extension {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => add.run(world),
            Self::Certificate(new) => {
                let text = world::text_of(&new.certificate)?;
                world::act(&new.store, world, async |app| {
                    let peer = world::operator(&app)?;
                    editor(&app, &peer).set_certificate(&new.key, Some(&text)).await?;
                    Ok(Table::did("changed", "extension", &new.key))
                })
            }
            Self::Remove(Remove { key, store }) => world::act(store, world, async |app| {
                let peer = world::operator(&app)?;
                editor(&app, &peer).unregister(key).await?;
                Ok(Table::did("removed", "extension", key))
            }),
            Self::List(store) => world::act(store, world, async |app| {
                let rows = extensions::registered(&app).await?.into_iter().map(row).collect();
                Ok(Table::new(&["key", "subject name", "certificate sha256", "registered"], rows))
            }),
        }
    }
}

impl Add {
    fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let key = ExtensionKey::new(&self.key)?;
        let text = self.certificate.as_deref().map(world::text_of).transpose()?;
        let certificate = text.as_deref().map(pem::pasted_certificate).transpose()?;
        world::act(&self.store, world, async |app| {
            let peer = world::operator(&app)?;
            let extension = Registered::minimal(key.as_str(), self.subject_name.as_deref(), app.now());
            editor(&app, &peer).register(&extension, certificate.as_ref()).await?;
            Ok(Table::done("extension", &self.key))
        })
    }
}

const fn editor<'a>(app: &'a App, peer: &'a Peer) -> Editor<'a> {
    Editor { app, name: OPERATOR, peer }
}

fn row(extension: StoredExtension) -> Vec<String> {
    let certificate = extension.certificate.and_then(|der| Certificate::from_der(&der).ok());
    let sha256 = certificate.map(|certificate| certificate.fingerprint()).unwrap_or_default();
    let registered = extension.registered_at.to_string();
    vec![extension.key, extension.subject_name.unwrap_or_default(), sha256, registered]
}
