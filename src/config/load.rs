//! Reading the configuration: once, from flags, environment, configuration file and seed file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{FileKind, Section, Source};
use super::error::{ConfigError, Place};
use super::layers::{Assignment, Layers, assignments};
use super::seed::Seed;
use super::setting::{Kind, Scalar, Setting};
use super::settings::Settings;
use crate::secret::Secret;

/// The settings, and what the seed file wants to exist.
#[derive(Debug)]
pub struct Configuration {
    /// The settings, the policies of the seed included.
    pub settings: Settings,
    /// The seed; empty when there is none.
    pub seed: Seed,
}

/// The variables of the environment that concern this program. A value, so that tests can have another.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, std::ffi::OsString>);

impl Environment {
    /// Those of the process. A variable that is set but empty counts as not set, as compose files write them.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))))
    }

    /// These.
    pub fn of(variables: impl IntoIterator<Item = (String, std::ffi::OsString)>) -> Self {
        let ours =
            |(name, value): &(String, std::ffi::OsString)| name.starts_with("VCSSO_") && !value.is_empty();
        Self(variables.into_iter().filter(ours).collect())
    }

    fn get(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.to_str().map(Some).ok_or(ConfigError::Type {
            key: name.to_owned(),
            place: Place::Environment(name),
            seen: "not UTF-8",
            wanted: "UTF-8 text",
        })
    }
}

/// Reads everything, the seed file included.
///
/// # Errors
/// [`ConfigError`]: the first thing that is wrong, with its place.
pub fn load(flags: &[(Setting, Scalar)], environment: &Environment) -> Result<Configuration, ConfigError> {
    let settings = load_settings(flags, environment)?;
    let seed = settings.seed.as_deref().map(Seed::read).transpose()?.unwrap_or_default();
    let settings = settings.with_seed(&seed.policy)?;
    Ok(Configuration { settings, seed })
}

/// Reads everything but the seed file: enough for commands that only need to know where things are.
///
/// # Errors
/// [`ConfigError`]: the first thing that is wrong, with its place.
pub fn load_settings(
    flags: &[(Setting, Scalar)],
    environment: &Environment,
) -> Result<Settings, ConfigError> {
    let given = [of_environment(environment)?, of_flags(flags)].concat();
    let mut layers = Layers::default();
    if let Some(file) = config_file(&given) {
        of_file(&file)?.into_iter().for_each(|assignment| layers.put(assignment));
    }
    given.into_iter().for_each(|assignment| layers.put(assignment));
    Settings::of(layers, environment.get("VCSSO_ADMIN_PASSWORD")?.map(Secret::new))
}

fn of_flags(flags: &[(Setting, Scalar)]) -> Vec<Assignment> {
    let assignment = |(setting, value): &(Setting, Scalar)| {
        let place = Place::Flag(setting.flag()?);
        Some(Assignment { setting: *setting, value: value.clone(), place })
    };
    flags.iter().filter_map(assignment).collect()
}

fn of_environment(environment: &Environment) -> Result<Vec<Assignment>, ConfigError> {
    let mut given = Vec::new();
    for setting in Setting::ALL.iter().copied().filter(|setting| setting.kind() == Kind::Text) {
        let Some(name) = setting.environment() else { continue };
        if let Some(value) = environment.get(name)? {
            given.push(Assignment {
                setting,
                value: Scalar::Text(value.to_owned()),
                place: Place::Environment(name),
            });
        }
    }
    if let Some(file) = environment.get(DATABASE_FILE)? {
        if given.iter().any(|assignment| assignment.setting == Setting::Database) {
            let (first, second) = ("VCSSO_DATABASE".to_owned(), DATABASE_FILE.to_owned());
            return Err(ConfigError::Conflict { first, second });
        }
        let value = Scalar::Text(database_file(Path::new(file))?);
        given.push(Assignment {
            setting: Setting::Database,
            value,
            place: Place::Environment(DATABASE_FILE),
        });
    }
    Ok(given)
}

fn database_file(file: &Path) -> Result<String, ConfigError> {
    let unreadable =
        |error: std::io::Error| ConfigError::Unreadable { file: file.to_owned(), why: error.to_string() };
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    Ok(text.trim().to_owned())
}

fn config_file(given: &[Assignment]) -> Option<PathBuf> {
    let last = given.iter().rev().find(|assignment| assignment.setting == Setting::Config)?;
    match &last.value {
        Scalar::Text(file) => Some(PathBuf::from(file)),
        Scalar::Switch(_) | Scalar::Number(_) => None,
    }
}

fn of_file(file: &Path) -> Result<Vec<Assignment>, ConfigError> {
    let source = Source::read(FileKind::Config, file)?;
    let table = source.parse()?;
    assignments(&Section::root(&source, &table), &[])
}

const DATABASE_FILE: &str = "VCSSO_DATABASE_FILE";
