//! `vcsso serve`: reads the configuration and runs the service.

use clap::Args;

use super::flags::SettingFlags;
use super::{Exit, World};
use crate::config::{Configuration, load};

/// Run the service.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// The settings.
    #[command(flatten)]
    pub flags: SettingFlags,
}

impl Serve {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        run(load(&self.flags.given(), world.environment)?)
    }
}

/// Runs the service until it is told to stop.
///
/// # Errors
/// Why it could not start, or stopped.
pub fn run(configuration: Configuration) -> anyhow::Result<Exit> {
    drop(configuration);
    anyhow::bail!("serve: not wired yet")
}
