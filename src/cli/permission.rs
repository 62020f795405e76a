//! `vcsso permission`: who has which role on what.

use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::{Exit, World, role, world};
use crate::app::caller::OPERATOR;
use crate::app::permissions::{self, Wanted};
use crate::app::roles;
use crate::identity::privilege::ROOT;

/// Permissions.
#[derive(Clone, Debug, Subcommand)]
pub enum Permission {
    /// Give a principal a role on an entity, in place of the one it has there.
    Set(Set),
    /// Take it back.
    Remove(Which),
    /// Print every permission.
    List(StoreFlags),
}

/// Whose permission, and where.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// The user, solution user or group
    pub principal: String,
    /// It is a group
    #[arg(long)]
    pub group: bool,
    /// The entity; the root folder unless given
    #[arg(long, value_name = "ID", default_value = ROOT)]
    pub entity: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Set a permission.
#[derive(Clone, Debug, Args)]
pub struct Set {
    /// Whose.
    #[command(flatten)]
    pub which: Which,
    /// The name of the role
    #[arg(long, value_name = "NAME")]
    pub role: String,
    /// Not on what is below the entity
    #[arg(long)]
    pub here_only: bool,
}

impl Permission {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Set(Set { which, role, here_only }) => world::act(&which.store, world, async |app| {
                let (principal, group) = (which.principal.clone(), which.group);
                let role_id = role::named(&app, role).await?.id;
                let wanted = [Wanted { principal, group, role_id, propagate: !here_only }];
                let peer = world::operator(&app)?;
                permissions::set(&app, OPERATOR, &which.entity, &wanted, false, &peer).await?;
                Ok(Table::did("set", "permission", &which.principal))
            }),
            Self::Remove(which) => world::act(&which.store, world, async |app| {
                let (peer, principal) = (world::operator(&app)?, &which.principal);
                permissions::remove(&app, OPERATOR, &which.entity, principal, which.group, &peer).await?;
                Ok(Table::did("removed", "permission", principal))
            }),
            Self::List(store) => world::act(store, world, async |app| {
                let roles = roles::list(&app).await?;
                let found = permissions::list(&app).await?;
                let rows = found.into_iter().map(|permission| row(permission, &roles)).collect();
                Ok(Table::new(&["entity", "principal", "kind", "role", "reach"], rows))
            }),
        }
    }
}

fn row(permission: permissions::Permission, roles: &[roles::Role]) -> Vec<String> {
    let role = roles.iter().find(|role| role.id == permission.role_id);
    let kind = if permission.group { "group" } else { "user" };
    let reach = if permission.propagate { "and below" } else { "here only" };
    let role = role.map(|role| role.name.clone()).unwrap_or_default();
    vec![permission.entity, permission.principal, kind.to_owned(), role, reach.to_owned()]
}
