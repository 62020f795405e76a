//! `vcsso group`: groups of the running service.

use clap::{Args, Subcommand};

use super::flags::RemoteFlags;
use super::{Exit, World};

/// Groups.
#[derive(Clone, Debug, Subcommand)]
pub enum Group {
    /// Make a group.
    Add(Add),
    /// Print every group.
    List(RemoteFlags),
}

/// Make a group.
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// Its name, without domain
    pub name: String,
    /// A user, solution user or group that joins it; may be repeated
    #[arg(long = "member", value_name = "NAME")]
    pub members: Vec<String>,
    /// The service.
    #[command(flatten)]
    pub remote: RemoteFlags,
}

impl Group {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => run_add(add, world),
            Self::List(remote) => run_list(remote, world),
        }
    }
}

fn run_add(_add: &Add, _world: &World<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("group add: not wired yet")
}

fn run_list(_remote: &RemoteFlags, _world: &World<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("group list: not wired yet")
}
