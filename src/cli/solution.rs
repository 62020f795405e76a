//! `vcsso solution`: solution users of the store.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::world::Named;
use super::{Exit, World, world};
use crate::app::users::{self, Machine};
use crate::app::{accounts, details};
use crate::identity::AccountName;
use crate::pki::pem;
use crate::store::PrincipalKind;

/// Solution users: machines that sign with a certificate.
#[derive(Clone, Debug, Subcommand)]
pub enum Solution {
    /// Register a solution user.
    Add(Add),
    /// Give a solution user another certificate to sign with.
    Certificate(NewCertificate),
    /// Remove a solution user, with memberships, permissions and sessions. `vcsso user disable` switches one off.
    Remove(Named),
    /// Print every solution user.
    List(StoreFlags),
}

/// Register a solution user.
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// The account name, without domain
    pub name: String,
    /// Its certificate, PEM; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub certificate: PathBuf,
    /// A group to join; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Give a solution user another certificate.
#[derive(Clone, Debug, Args)]
pub struct NewCertificate {
    /// The account name, without domain
    pub name: String,
    /// The certificate, PEM; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub certificate: PathBuf,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Solution {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => add.run(world),
            Self::Certificate(new) => {
                let (name, text) = (AccountName::new(&new.name)?, world::text_of(&new.certificate)?);
                let certificate = pem::certificates(&text)?.into_iter().next().context("no certificate")?;
                world::act(&new.store, world, async |app| {
                    details::set_certificate(&app, &name, &certificate, &world::operator(&app)?).await?;
                    Ok(Table::did("changed", "solution user", &new.name))
                })
            }
            Self::Remove(named) => named.act(world, "removed", async |app, name, by| {
                accounts::remove(app, name, PrincipalKind::Solution, by).await
            }),
            Self::List(store) => world::act(store, world, async |app| {
                let machines = app.store.solutions().await?.into_iter();
                let row = |machine: crate::store::Solution| {
                    let state = if machine.disabled { "disabled" } else { "active" };
                    vec![machine.name, machine.certificate_sha256, state.to_owned()]
                };
                Ok(Table::new(&["name", "certificate sha256", "state"], machines.map(row).collect()))
            }),
        }
    }
}

impl Add {
    fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let text = world::text_of(&self.certificate)?;
        let certificate = pem::certificates(&text)?.into_iter().next().context("no certificate")?;
        let machine =
            Machine { name: AccountName::new(&self.name)?, certificate, groups: self.groups.clone() };
        world::act(&self.store, world, async |app| {
            users::add_machine(&app, machine, &world::operator(&app)?).await?;
            Ok(Table::done("solution user", &self.name))
        })
    }
}
