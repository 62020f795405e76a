//! `vcsso group`: groups of the store.

use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::world::Named;
use super::{Exit, World, world};
use crate::app::{accounts, details, users};
use crate::identity::AccountName;
use crate::store::PrincipalKind;

/// Groups.
#[derive(Clone, Debug, Subcommand)]
pub enum Group {
    /// Make a group.
    Add(Add),
    /// Make a user, solution user or group a member.
    Join(Membership),
    /// End a membership.
    Leave(Membership),
    /// Remove a group; its members stay.
    Remove(Named),
    /// Print every group.
    List(StoreFlags),
}

/// Make a group.
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// Its name, without domain
    pub name: String,
    /// A user, solution user or group that joins it; may be repeated
    #[arg(long = "member", value_name = "NAME")]
    pub members: Vec<String>,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// A membership.
#[derive(Clone, Debug, Args)]
pub struct Membership {
    /// The group, without domain
    pub name: String,
    /// The user, solution user or group that is meant
    pub member: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Group {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => {
                let name = AccountName::new(&add.name)?;
                world::act(&add.store, world, async |app| {
                    users::add_group(&app, &name, &add.members, &world::operator(&app)?).await?;
                    Ok(Table::done("group", &add.name))
                })
            }
            Self::Join(join) => {
                let (group, member) = (AccountName::new(&join.name)?, AccountName::new(&join.member)?);
                world::act(&join.store, world, async |app| {
                    details::join(&app, &group, &member, &world::operator(&app)?).await?;
                    Ok(Table::did("joined", &join.name, &join.member))
                })
            }
            Self::Leave(leave) => {
                let (group, member) = (AccountName::new(&leave.name)?, AccountName::new(&leave.member)?);
                world::act(&leave.store, world, async |app| {
                    let peer = world::operator(&app)?;
                    accounts::leave(&app, &group, &member, ("operator", &peer)).await?;
                    Ok(Table::did("left", &leave.name, &leave.member))
                })
            }
            Self::Remove(named) => named.act(world, "removed", async |app, name, by| {
                accounts::remove(app, name, PrincipalKind::Group, by).await
            }),
            Self::List(store) => world::act(store, world, async |app| {
                let groups = app.store.groups().await?.into_iter();
                Ok(Table::new(
                    &["name", "members"],
                    groups.map(|g| vec![g.name, g.members.join(", ")]).collect(),
                ))
            }),
        }
    }
}
