//! `vcsso user`: users of the running service.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::flags::RemoteFlags;
use super::{Exit, World};

/// Users.
#[derive(Clone, Debug, Subcommand)]
pub enum User {
    /// Make a user.
    Add(Add),
    /// Print every user.
    List(RemoteFlags),
}

/// Make a user.
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// The account name, without domain
    pub name: String,
    /// A file whose first line is the password; `-` reads stdin. Never an argument: others could see it
    #[arg(long, value_name = "FILE")]
    pub password_file: PathBuf,
    /// A group to join; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// Given name
    #[arg(long, value_name = "TEXT")]
    pub given_name: Option<String>,
    /// Surname
    #[arg(long, value_name = "TEXT")]
    pub surname: Option<String>,
    /// Mail address
    #[arg(long, value_name = "TEXT")]
    pub email: Option<String>,
    /// The service.
    #[command(flatten)]
    pub remote: RemoteFlags,
}

impl User {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => run_add(add, world),
            Self::List(remote) => run_list(remote, world),
        }
    }
}

fn run_add(_add: &Add, _world: &World<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("user add: not wired yet")
}

fn run_list(_remote: &RemoteFlags, _world: &World<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("user list: not wired yet")
}
