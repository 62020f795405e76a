//! `vcsso migrate`: brings the database up to date without serving.

use clap::Args;

use super::flags::StoreFlags;
use super::output::{Output, print, print_json};
use super::{Exit, World, world};
use crate::config::load_settings;

/// Bring the database up to date, and stop.
#[derive(Clone, Debug, Args)]
pub struct Migrate {
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Migrate {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let settings = load_settings(&self.store.given(), world.environment)?;
        let database = settings.database.masked();
        actix_web::rt::System::new().block_on(async {
            let store = world::open_store(&settings).await?;
            store.close().await?;
            anyhow::Ok(())
        })?;
        match world.output {
            Output::Json => print_json(&serde_json::json!({ "database": database, "migrated": true }))?,
            Output::Text => print(&format!("{database} is up to date"))?,
        }
        Ok(Exit::Ok)
    }
}
