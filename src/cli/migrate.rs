//! `vcsso migrate`: brings the database up to date without serving.

use clap::Args;

use super::flags::flag;
use super::{Exit, World};
use crate::config::{Setting, Settings, load_settings};

/// Bring the database up to date, and stop.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::doc_markdown,
    reason = "the lines on the fields are the help of the program, printed as they are"
)]
pub struct Migrate {
    /// sqlite: or postgres: [env: VCSSO_DATABASE or VCSSO_DATABASE_FILE] [default: vcsso.db in the state folder]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// The state folder [env: VCSSO_STATE] [default: ./state]
    #[arg(long, value_name = "DIR")]
    pub state: Option<String>,
    /// The configuration of the service [env: VCSSO_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
}

impl Migrate {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let texts = [
            (Setting::Database, &self.database),
            (Setting::State, &self.state),
            (Setting::Config, &self.config),
        ];
        let given: Vec<_> =
            texts.into_iter().filter_map(|(setting, text)| flag(setting, text.as_ref())).collect();
        run(&load_settings(&given, world.environment)?, world)
    }
}

fn run(settings: &Settings, _world: &World<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("migrate {}: not wired yet", settings.database.masked())
}
