//! `vcsso env`: the variables with which govc (and what reads the same ones) uses the running service.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::flags::PlaceFlags;
use super::output::{Output, print, print_json};
use super::{Exit, Problem, World};
use crate::config::{Settings, StateFolder, load_settings};
use crate::identity::well_known::ADMINISTRATOR;

/// Print what govc needs to use the running service.
#[derive(Clone, Debug, Args)]
pub struct Env {
    /// The service [default: what it wrote into its state folder]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// For which shell or tool
    #[arg(long, value_enum, default_value_t = Format::Sh)]
    pub format: Format,
    /// Where the service keeps its things.
    #[command(flatten)]
    pub place: PlaceFlags,
}

/// How the variables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// `export NAME='value'`, to be evaluated by a POSIX shell.
    Sh,
    /// A JSON object.
    Json,
    /// `NAME=value`, for .env files.
    Dotenv,
    /// `$env:NAME = 'value'`, for PowerShell.
    Ps1,
}

type Variables = Vec<(&'static str, String)>;

impl Env {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let settings = load_settings(&self.place.given(), world.environment)?;
        let variables = variables(&settings, self.url.as_deref())?;
        match (self.format, world.output) {
            (Format::Json, _) | (_, Output::Json) => print_json(&object(&variables))?,
            (format, Output::Text) => print(&lines(&variables, format))?,
        }
        Ok(Exit::Ok)
    }
}

fn variables(settings: &Settings, url: Option<&str>) -> anyhow::Result<Variables> {
    let state = StateFolder::look_at(&settings.state);
    let url = match url {
        Some(url) => url.to_owned(),
        None => state.url()?.ok_or_else(|| not_running(settings))?,
    };
    let mut variables =
        vec![("GOVC_URL", url), ("GOVC_USERNAME", format!("{ADMINISTRATOR}@{}", settings.domain.as_str()))];
    if let Some(password) = state.administrator_password()? {
        variables.push(("GOVC_PASSWORD", password.expose().to_owned()));
    }
    let ca = settings.keys.join("ca.crt");
    if let Ok(ca) = std::fs::canonicalize(ca) {
        variables.push(("GOVC_TLS_CA_CERTS", ca.display().to_string()));
    }
    Ok(variables)
}

fn not_running(settings: &Settings) -> Problem {
    let state = settings.state.display();
    Problem::Unreachable(format!(
        "no service has written its URL into {state}: start `vcsso serve`, or give --state or --url"
    ))
}

fn lines(variables: &Variables, format: Format) -> String {
    let line = |(name, value): &(&str, String)| match format {
        Format::Sh | Format::Json => format!("export {name}={}\n", quoted(value, "'\\''")),
        Format::Dotenv => format!("{name}={}\n", dotenv(value)),
        Format::Ps1 => format!("$env:{name} = {}\n", quoted(value, "''")),
    };
    variables.iter().map(line).collect()
}

/// In single quotes, one within written as `quote`.
fn quoted(value: &str, quote: &str) -> String {
    format!("'{}'", value.replace('\'', quote))
}

/// Bare where every reader of .env files agrees, quoted otherwise.
fn dotenv(value: &str) -> String {
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/@+,%".contains(&byte));
    match value {
        value if plain => value.to_owned(),
        value if !value.contains('\'') => format!("'{value}'"),
        value => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$")),
    }
}

fn object(variables: &Variables) -> Value {
    let members = variables.iter().map(|(name, value)| ((*name).to_owned(), Value::String(value.clone())));
    Value::Object(members.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_can_end_its_quotes() {
        let variables = vec![("A", "it's $HOME".to_owned()), ("B", "plain@host".to_owned())];
        assert_eq!(lines(&variables, Format::Sh), "export A='it'\\''s $HOME'\nexport B='plain@host'\n");
        assert_eq!(lines(&variables, Format::Ps1), "$env:A = 'it''s $HOME'\n$env:B = 'plain@host'\n");
        assert_eq!(lines(&variables, Format::Dotenv), "A=\"it's \\$HOME\"\nB=plain@host\n");
    }
}
