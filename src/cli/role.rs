//! `vcsso role`: roles of the store.

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::{Exit, World, world};
use crate::app::App;
use crate::app::caller::OPERATOR;
use crate::app::roles;
use crate::identity::principal::fold;

/// Roles.
#[derive(Clone, Debug, Subcommand)]
pub enum Role {
    /// Make a role.
    Add(Privileged),
    /// Give a role other privileges.
    Set(Privileged),
    /// Remove a role that no permission has.
    Remove(Remove),
    /// Print every role.
    List(StoreFlags),
}

/// A role and its privileges.
#[derive(Clone, Debug, Args)]
pub struct Privileged {
    /// Its name
    pub name: String,
    /// A privilege, as vSphere calls it: `Sessions.TerminateSession`; may be repeated
    #[arg(long = "privilege", value_name = "ID")]
    pub privileges: Vec<String>,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Remove a role.
#[derive(Clone, Debug, Args)]
pub struct Remove {
    /// Its name
    pub name: String,
    /// Although there are permissions with it: they go with it
    #[arg(long)]
    pub force: bool,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Role {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(Privileged { name, privileges, store }) => world::act(store, world, async |app| {
                roles::add(&app, OPERATOR, name, privileges, &world::operator(&app)?).await?;
                Ok(Table::done("role", name))
            }),
            Self::Set(Privileged { name, privileges, store }) => world::act(store, world, async |app| {
                let role = named(&app, name).await?;
                let peer = world::operator(&app)?;
                roles::update(&app, OPERATOR, role.id, &role.name, privileges, &peer).await?;
                Ok(Table::did("changed", "role", name))
            }),
            Self::Remove(Remove { name, force, store }) => world::act(store, world, async |app| {
                let role = named(&app, name).await?;
                roles::remove(&app, OPERATOR, role.id, *force, &world::operator(&app)?).await?;
                Ok(Table::did("removed", "role", name))
            }),
            Self::List(store) => world::act(store, world, async |app| {
                let rows = roles::list(&app).await?.into_iter().map(|role| row(&role)).collect();
                Ok(Table::new(&["id", "name", "privileges"], rows))
            }),
        }
    }
}

pub(super) async fn named(app: &App, name: &str) -> anyhow::Result<roles::Role> {
    let found = roles::list(app).await?.into_iter().find(|role| fold(&role.name) == fold(name));
    found.with_context(|| format!("no role {name:?}: vcsso role list"))
}

/// A role with more privileges than a line holds says how many there are.
fn row(role: &roles::Role) -> Vec<String> {
    let privileges: Vec<&str> = role.privileges.iter().collect();
    let shown = if privileges.len() > MOST_SHOWN {
        format!("{} privileges", privileges.len())
    } else {
        privileges.join(" ")
    };
    vec![role.id.to_string(), role.name.clone(), shown]
}

const MOST_SHOWN: usize = 12;
