//! `vcsso session`: live sessions of the store. Calls of the last second may not be written down yet.

use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::{Exit, World, world};
use crate::app::sessions;

/// Sessions.
#[derive(Clone, Debug, Subcommand)]
pub enum Session {
    /// End a session, and with it its tickets.
    End(End),
    /// Print every live session.
    List(StoreFlags),
}

/// End a session.
#[derive(Clone, Debug, Args)]
pub struct End {
    /// Its public key, as the list has it
    pub key: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Session {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::End(End { key, store }) => world::act(store, world, async |app| {
                if !sessions::end(&app, key, &world::operator(&app)?).await? {
                    anyhow::bail!("no session {key:?}: vcsso session list");
                }
                Ok(Table::did("ended", "session", key))
            }),
            Self::List(store) => world::act(store, world, async |app| {
                let rows = sessions::list(&app).await?.into_iter().map(row).collect();
                Ok(Table::new(&["key", "user", "since", "last used", "address", "client"], rows))
            }),
        }
    }
}

fn row(session: crate::session::Session) -> Vec<String> {
    let [since, used] = [session.login_time, session.last_active_time].map(|moment| moment.to_string());
    vec![session.key, session.user_name, since, used, session.ip_address, session.user_agent]
}
