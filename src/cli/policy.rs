//! `vcsso policy`: rules that are changed while the service runs.

use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::{Exit, Problem, World, world};
use crate::app::policies::{self, Line, Policy, PolicyRefused, Scalar};
use crate::config::{Hint, Setting, Settings, load};

/// Policies. A running service goes by a change from its next request on.
#[derive(Clone, Debug, Subcommand)]
pub enum Policies {
    /// Print every policy, where its value comes from, and what it may be.
    List(StoreFlags),
    /// Set a policy.
    Set(Set),
    /// Take a change back: the seed and the configuration count again.
    Reset(Reset),
}

/// Set a policy.
#[derive(Clone, Debug, Args)]
pub struct Set {
    /// Its name, as in the configuration file
    pub name: String,
    /// The value
    pub value: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Take a change back.
#[derive(Clone, Debug, Args)]
pub struct Reset {
    /// Its name, as in the configuration file
    pub name: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Policies {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(store) => {
                let settings = load(&store.given(), world.environment)?.settings;
                world::act(store, world, async |app| {
                    let lines = policies::list(&app).await?;
                    let rows = lines.iter().map(|line| row(&settings, line)).collect();
                    Ok(Table::new(&["name", "value", "origin", "allowed"], rows))
                })
            }
            Self::Set(set) => {
                let policy = named(&set.name)?;
                let value = policy.kind().read(&set.value).ok_or_else(|| {
                    let (key, wanted) = (policy.key(), policy.kind().allowed());
                    Problem::Usage(format!("{key} is {:?}, wanted {wanted}", set.value))
                })?;
                change(&set.store, world, "set", &(policy, Some(value)))
            }
            Self::Reset(reset) => change(&reset.store, world, "reset", &(named(&reset.name)?, None)),
        }
    }
}

fn change(
    store: &StoreFlags,
    world: &World<'_>,
    done: &'static str,
    change: &(Policy, Option<Scalar>),
) -> anyhow::Result<Exit> {
    world::act(store, world, async |app| {
        let peer = world::operator(&app)?;
        match policies::change(&app, std::slice::from_ref(change), "operator", &peer).await {
            Ok(()) => Ok(Table::did(done, "policy", change.0.key())),
            Err(PolicyRefused::Failure(failure)) => Err(failure.into()),
            Err(refused) => Err(Problem::Usage(refused.to_string()).into()),
        }
    })
}

fn named(name: &str) -> Result<Policy, Problem> {
    let keys: Vec<&'static str> = Policy::ALL.iter().map(|policy| policy.key()).collect();
    let unknown = || Problem::Usage(format!("there is no policy {name:?}{}", Hint::of(name, &keys)));
    Policy::by_key(name).ok_or_else(unknown)
}

fn row(settings: &Settings, line: &Line) -> Vec<String> {
    let value = line.value.as_ref().map(Scalar::written).unwrap_or_default();
    let origin =
        if line.changed { "run time" } else { settings.origin(Setting::Policy(line.policy)).as_str() };
    vec![line.policy.key().to_owned(), value, origin.to_owned(), line.policy.kind().allowed()]
}
