//! `vcsso issuer`: external issuers of the store, whose tokens a running service accepts from its next request on.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::{Exit, World, world};
use crate::app::issuers::{self, Issuer as Trusted};
use crate::identity::Domain;
use crate::pki::{Certificate, pem};
use crate::store::ExternalIssuer;

/// External issuers.
#[derive(Clone, Debug, Subcommand)]
pub enum Issuer {
    /// Accept tokens of another service for the users of its domain; of one that is known, by these certificates only.
    Add(Add),
    /// Print every external issuer.
    List(StoreFlags),
    /// Accept its tokens no more, and end the sessions of its users.
    Remove(Remove),
}

/// Trust an issuer.
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// Its entity identifier, as its tokens say it: <https://HOST/websso/SAML2/Metadata/DOMAIN>
    pub issuer: String,
    /// The domain of its users, as their names end
    #[arg(value_name = "DOMAIN")]
    pub users: String,
    /// The certificates it signs with, PEM; of a chain the leaf counts. `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub certificate: PathBuf,
    /// A group of this domain that its users belong to; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Trust an issuer no more.
#[derive(Clone, Debug, Args)]
pub struct Remove {
    /// Its entity identifier
    pub issuer: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Issuer {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => add.run(world),
            Self::List(store) => world::act(store, world, async |app| {
                let rows = issuers::list(&app).await?.into_iter().map(row).collect();
                Ok(Table::new(&["issuer", "domain", "groups", "certificates sha256"], rows))
            }),
            Self::Remove(Remove { issuer, store }) => world::act(store, world, async |app| {
                issuers::distrust(&app, issuer, &world::operator(&app)?).await?;
                Ok(Table::new(&["removed", "name"], vec![vec!["issuer".into(), issuer.clone()]]))
            }),
        }
    }
}

impl Add {
    fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let text = world::text_of(&self.certificate)?;
        let new = Trusted {
            issuer: self.issuer.clone(),
            domain: Domain::new(&self.users)?,
            certificates: pem::leaves(&text)?,
            groups: self.groups.clone(),
        };
        world::act(&self.store, world, async |app| {
            issuers::trust(&app, &new, &world::operator(&app)?).await?;
            Ok(Table::done("issuer", &self.issuer))
        })
    }
}

fn row(issuer: ExternalIssuer) -> Vec<String> {
    let certificates = pem::certificates(&issuer.certificates_pem).unwrap_or_default();
    let signers: Vec<String> = certificates.iter().map(Certificate::fingerprint).collect();
    vec![issuer.issuer, issuer.domain, issuer.groups.join(", "), signers.join(", ")]
}
