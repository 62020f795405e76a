//! `vcsso solution`: solution users of the running service.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::flags::RemoteFlags;
use super::{Exit, World};

/// Solution users: machines that sign with a certificate.
#[derive(Clone, Debug, Subcommand)]
pub enum Solution {
    /// Register a solution user.
    Add(Add),
    /// Print every solution user.
    List(RemoteFlags),
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
    /// The service.
    #[command(flatten)]
    pub remote: RemoteFlags,
}

impl Solution {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => run_add(add, world),
            Self::List(remote) => run_list(remote, world),
        }
    }
}

fn run_add(_add: &Add, _world: &World<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("solution add: not wired yet")
}

fn run_list(_remote: &RemoteFlags, _world: &World<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("solution list: not wired yet")
}
