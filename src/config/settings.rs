//! The settings as types, each with its origin.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::address::Advertise;
use super::database_url::DatabaseUrl;
use super::error::{ConfigError, Place};
use super::layers::{Assignment, Layers};
use super::policies::{self, Personality};
use super::setting::Setting;
use super::sspi::Sspi;
use super::state::Ephemeral;
use crate::app::Policies;
use crate::identity::Domain;
use crate::secret::Secret;

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The HTTPS listener; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The health listener; port 0 picks a free one.
    pub health: SocketAddr,
    /// The database.
    pub database: DatabaseUrl,
    /// The folder of the database file and the first-start credentials.
    pub state: PathBuf,
    /// The folder of keys and certificates.
    pub keys: PathBuf,
    /// The seed file.
    pub seed: Option<PathBuf>,
    /// Database, state and keys in a temporary folder.
    pub ephemeral: bool,
    /// The listener of the extension tunnel.
    pub tunnel: Option<SocketAddr>,
    /// What this server is called.
    pub advertise: Option<Advertise>,
    /// The system domain.
    pub domain: Domain,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// The policies: those of the seed on top of those of the configuration.
    pub policy: Policies,
    /// `[sspi]`.
    pub sspi: Sspi,
    /// `[personality]`.
    pub personality: Personality,
    /// What only the environment says.
    pub start: StartVariables,
    layers: Layers,
}

/// What only the environment says: a secret, and what is wanted of the log.
#[derive(Clone, Debug, Default)]
pub struct StartVariables {
    /// The password of the administrator at first start, from `VCSSO_ADMIN_PASSWORD`.
    pub administrator_password: Option<Secret>,
    /// The filter of the log, from `VCSSO_LOG`.
    pub log: Option<String>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The configuration file.
    File,
    /// The seed file.
    Seed,
    /// Nobody set it.
    Default,
}

impl Settings {
    /// The settings of these layers.
    ///
    /// # Errors
    /// [`ConfigError`] for a value that means nothing, or two that exclude each other.
    pub(super) fn of(layers: Layers, start: StartVariables) -> Result<Self, ConfigError> {
        let address = |setting, default| {
            let given = layers.parse(setting, "ADDRESS:PORT", |text| text.parse().ok())?;
            Ok::<_, ConfigError>(given.unwrap_or(default))
        };
        let state = layers.path(Setting::State).unwrap_or_else(|| "./state".into());
        Ok(Self {
            listen: address(Setting::Listen, SocketAddr::from(([127, 0, 0, 1], 8443)))?,
            health: address(Setting::Health, SocketAddr::from(([127, 0, 0, 1], 8080)))?,
            database: database(&layers)?.unwrap_or_else(|| DatabaseUrl::in_folder(&state)),
            state,
            keys: layers.path(Setting::Keys).unwrap_or_else(|| "./keys".into()),
            seed: layers.path(Setting::Seed),
            ephemeral: ephemeral(&layers)?,
            tunnel: layers.parse(Setting::Tunnel, "ADDRESS:PORT", |text| text.parse().ok())?,
            advertise: layers.parse(Setting::Advertise, Advertise::WANTED, Advertise::parse)?,
            domain: domain(&layers)?,
            config: layers.path(Setting::Config),
            policy: policies::of(&layers)?,
            sspi: Sspi::of(&layers)?,
            personality: Personality { host: layers.switch(Setting::PersonalityHost, false) },
            start,
            layers,
        })
    }

    /// The same with the policies of a seed on top.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for a value that means nothing.
    pub(super) fn with_seed(mut self, policy: &[Assignment]) -> Result<Self, ConfigError> {
        self.layers.put_all(policy.iter().cloned());
        Self::of(self.layers, self.start)
    }

    /// The same with state and keys in the temporary folder, and the database unless a flag names another one.
    #[must_use]
    pub fn moved_to(mut self, folder: &Ephemeral) -> Self {
        folder.path().clone_into(&mut self.state);
        self.keys = folder.path().join("keys");
        if self.origin(Setting::Database) != Origin::Flag {
            self.database = DatabaseUrl::in_folder(folder.path());
        }
        self
    }

    /// Where the value of a setting comes from.
    #[must_use]
    pub fn origin(&self, setting: Setting) -> Origin {
        self.layers.place(setting).map_or(Origin::Default, Origin::of)
    }
}

impl Origin {
    const fn of(place: &Place) -> Self {
        match place {
            Place::Flag(_) => Self::Flag,
            Place::Environment(_) => Self::Environment,
            Place::File { .. } => Self::File,
            Place::Seed { .. } => Self::Seed,
        }
    }

    /// As it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "file",
            Self::Seed => "seed",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A relative `SQLite` path in a file starts from the folder of that file, as every other path does.
fn database(layers: &Layers) -> Result<Option<DatabaseUrl>, ConfigError> {
    let Some((text, place)) = layers.text(Setting::Database) else { return Ok(None) };
    let url = place.folder().map_or_else(|| text.to_owned(), |folder| DatabaseUrl::rooted(text, folder));
    DatabaseUrl::parse(&url).map(Some).ok_or_else(|| ConfigError::Value {
        key: Setting::Database.key().into(),
        place: place.clone(),
        seen: super::database_url::mask(text).into(),
        wanted: DatabaseUrl::WANTED.into(),
        hint: super::error::Hint::None,
    })
}

fn domain(layers: &Layers) -> Result<Domain, ConfigError> {
    let wanted = "a domain of letters, digits, `-`, `_` and `.`";
    let given = layers.parse(Setting::Domain, wanted, |text| Domain::new(text).ok())?;
    // The default is a valid name; were it none, this says so instead of stopping.
    given.map_or_else(|| Domain::new(DOMAIN).map_err(|_| default_domain()), Ok)
}

fn default_domain() -> ConfigError {
    ConfigError::Missing {
        inside: DOMAIN.to_owned(),
        place: Place::Flag("--domain"),
        wanted: "valid domain name",
    }
}

/// What `--ephemeral` decides cannot be decided by another flag as well.
fn ephemeral(layers: &Layers) -> Result<bool, ConfigError> {
    let ephemeral = layers.switch(Setting::Ephemeral, false);
    for setting in [Setting::State, Setting::Keys] {
        if let Some(Place::Flag(flag)) = layers.place(setting).filter(|_| ephemeral) {
            return Err(ConfigError::Conflict { first: "--ephemeral".into(), second: (*flag).to_owned() });
        }
    }
    Ok(ephemeral)
}

const DOMAIN: &str = "vsphere.local";
