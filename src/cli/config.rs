//! `vcsso config`: what the service would run with, and where each value comes from.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::flags::SettingFlags;
use super::output::{Output, print, print_json};
use super::{Exit, World};
use crate::config::{Configuration, Scalar, Setting, Settings, load};

/// Show or check the configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum Config {
    /// Print every setting, secrets masked.
    Show(Show),
    /// Check the configuration and the seed file.
    Validate(Validate),
}

/// Print every setting, secrets masked.
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// Say where each value comes from
    #[arg(long)]
    pub origin: bool,
    /// The settings.
    #[command(flatten)]
    pub flags: SettingFlags,
}

/// Check the configuration and the seed file.
#[derive(Clone, Debug, Args)]
pub struct Validate {
    /// The settings.
    #[command(flatten)]
    pub flags: SettingFlags,
}

impl Config {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Show(show) => show.run(world),
            Self::Validate(validate) => validate.run(world),
        }
    }
}

impl Show {
    fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let settings = load(&self.flags.given(), world.environment)?.settings;
        match world.output {
            Output::Text => print(&as_toml(&settings, self.origin))?,
            Output::Json => print_json(&as_json(&settings, self.origin))?,
        }
        Ok(Exit::Ok)
    }
}

impl Validate {
    fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let loaded = load(&self.flags.given(), world.environment);
        match (&loaded, world.output) {
            (Ok(configuration), Output::Text) => print(&summary(configuration))?,
            (Ok(configuration), Output::Json) => {
                print_json(&json!({ "valid": true, "seed": counts(configuration) }))?;
            }
            (Err(error), Output::Json) => print_json(&json!({ "valid": false, "error": error.to_string() }))?,
            (Err(_), Output::Text) => {}
        }
        loaded?;
        Ok(Exit::Ok)
    }
}

/// Lines of TOML that can be put into a configuration file; what is not set stands in a comment.
fn as_toml(settings: &Settings, with_origin: bool) -> String {
    let line = |setting: Setting| {
        let origin = if with_origin { format!("  # {}", settings.origin(setting)) } else { String::new() };
        let key = setting.key();
        match settings.shown(setting) {
            Some(value) if setting.is_in_file() => format!("{key} = {}{origin}\n", toml_value(value)),
            Some(value) => format!("# {key} = {}{origin}\n", toml_value(value)),
            None => format!("# {key} is not set\n"),
        }
    };
    Setting::all().map(line).collect()
}

fn as_json(settings: &Settings, with_origin: bool) -> Value {
    let mut root = Value::Object(Map::new());
    for setting in Setting::all() {
        let value = settings.shown(setting).map_or(Value::Null, json_value);
        let value = if with_origin {
            json!({ "value": value, "origin": settings.origin(setting).as_str() })
        } else {
            value
        };
        put(&mut root, setting.key(), value);
    }
    root
}

/// Puts a value at a dotted path.
fn put(object: &mut Value, path: &str, value: Value) {
    let Value::Object(object) = object else { return };
    match path.split_once('.') {
        Some((section, rest)) => {
            put(object.entry(section).or_insert_with(|| Value::Object(Map::new())), rest, value);
        }
        None => drop(object.insert(path.to_owned(), value)),
    }
}

fn toml_value(value: Scalar) -> String {
    match value {
        Scalar::Text(text) => toml::Value::String(text).to_string(),
        Scalar::Switch(value) => value.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::List(texts) => toml::Value::from(texts).to_string(),
    }
}

fn json_value(value: Scalar) -> Value {
    match value {
        Scalar::Text(text) => json!(text),
        Scalar::Switch(value) => json!(value),
        Scalar::Number(number) => json!(number),
        Scalar::List(texts) => json!(texts),
    }
}

fn summary(configuration: &Configuration) -> String {
    let Value::Object(counts) = counts(configuration) else { return String::new() };
    let parts: Vec<String> =
        counts.iter().map(|(name, count)| format!("{count} {}", name.replace('_', " "))).collect();
    let seed = configuration
        .settings
        .seed
        .as_ref()
        .map_or("no seed file".to_owned(), |_| format!("seed: {}", parts.join(", ")));
    format!("the configuration is valid; {seed}")
}

fn counts(configuration: &Configuration) -> Value {
    let seed = &configuration.seed;
    json!({
        "users": seed.users.len(),
        "solution_users": seed.solution_users.len(),
        "groups": seed.groups.len(),
        "extensions": seed.extensions.len(),
        "external_issuers": seed.external_issuers.len(),
        "roles": seed.roles.len(),
        "permissions": seed.permissions.len(),
        "settings": seed.policy.len(),
    })
}
