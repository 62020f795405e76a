//! `vcsso keys`: the signing keys of a store and its key folder. A running service signs with a new key, and refuses the
//! tokens of a revoked one, from its next request on.

use clap::{Args, Subcommand};

use super::flags::KeyFlags;
use super::output::Table;
use super::{Exit, World, world};
use crate::app::keys::{self, Done, Listed};
use crate::clock::Moment;

/// Signing keys.
#[derive(Clone, Debug, Subcommand)]
pub enum Keys {
    /// Print every signing key, how long it is good, and until when its tokens are.
    List(KeyFlags),
    /// Sign with a new key from now on; tokens of the former one stay good until they end.
    Rotate(KeyFlags),
    /// Refuse the tokens of a previous key, when all of them have ended. The service does it by itself.
    Retire(Retire),
    /// Refuse the tokens of a key from now on. Of the active key a new one is made in the same act.
    Revoke(Revoke),
}

/// Retire a previous key.
#[derive(Clone, Debug, Args)]
pub struct Retire {
    /// The SHA-256 of its certificate, or the beginning of it
    pub key: String,
    /// Although some of its tokens have not ended
    #[arg(long)]
    pub force: bool,
    /// Store and keys.
    #[command(flatten)]
    pub place: KeyFlags,
}

/// Revoke a key.
#[derive(Clone, Debug, Args)]
pub struct Revoke {
    /// The SHA-256 of its certificate, or the beginning of it
    pub key: String,
    /// Store and keys.
    #[command(flatten)]
    pub place: KeyFlags,
}

impl Keys {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let place = match self {
            Self::List(place) | Self::Rotate(place) => place,
            Self::Retire(retire) => &retire.place,
            Self::Revoke(revoke) => &revoke.place,
        };
        let table = world::with_app(&place.given(), world, async |app| {
            let peer = world::operator(&app)?;
            Ok(match self {
                Self::List(_) => listed(&keys::list(&app).await?, app.now()),
                Self::Rotate(_) => done(keys::rotate(&app, &peer).await?),
                Self::Retire(retire) => done(keys::retire(&app, &retire.key, retire.force, &peer).await?),
                Self::Revoke(revoke) => done(keys::revoke(&app, &revoke.key, &peer).await?),
            })
        })?;
        table.print(world.output)?;
        Ok(Exit::Ok)
    }
}

fn listed(keys: &[Listed], now: Moment) -> Table {
    let row = |Listed { key, tokens_until }: &Listed| {
        let days = (key.not_on_or_after.seconds() - now.seconds()).div_euclid(SECONDS_OF_A_DAY);
        let until = tokens_until.map(|end| end.to_string()).unwrap_or_default();
        let [from, end] = [key.not_before, key.not_on_or_after].map(|moment| moment.to_string());
        vec![key.sha256.clone(), key.status.as_str().to_owned(), from, end, days.to_string(), until]
    };
    let names = ["sha256", "status", "from", "until", "days left", "tokens until"];
    Table::new(&names, keys.iter().map(row).collect())
}

fn done(changed: Done) -> Table {
    let rows = changed.into_iter().map(|(sha256, status)| vec![sha256, status.as_str().to_owned()]);
    Table::new(&["sha256", "status"], rows.collect())
}

const SECONDS_OF_A_DAY: i64 = 86_400;
