//! How a command ended: the exit codes scripts rely on (`contract.md`, `decisions.md` §36).

use std::process::ExitCode;

use crate::app::error::Failure;
use crate::app::keys::NotDone;
use crate::config::state::StateError;
use crate::config::{ConfigError, FileError, KeyFilesError, SspiError};
use crate::identity::PasswordViolation;
use crate::telemetry::TelemetryError;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It is done.
    Ok,
    /// It went wrong while running: a taken port, a database that is not there.
    Runtime,
    /// It cannot begin: arguments, configuration, seed, key files, a password that is not allowed.
    Usage,
    /// A check said no.
    Refused,
    /// The service is not reachable, or not ready.
    Unreachable,
}

/// What a command cannot go on with, and which code says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The service is not there.
    #[error("{0}")]
    Unreachable(String),
}

impl Exit {
    /// The code of an error: that of the first cause that has one.
    #[must_use]
    pub fn of(error: &anyhow::Error) -> Self {
        error.chain().find_map(code_of).unwrap_or(Self::Runtime)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        let code: u8 = match exit {
            Exit::Ok => 0,
            Exit::Runtime => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Unreachable => 4,
        };
        code.into()
    }
}

fn code_of(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(problem) = cause.downcast_ref::<Problem>() {
        return Some(match problem {
            Problem::Usage(_) => Exit::Usage,
            Problem::Unreachable(_) => Exit::Unreachable,
        });
    }
    // What failed there is another cause of the same error, which comes next.
    if cause.downcast_ref::<NotDone>().is_some_and(|why| !matches!(why, NotDone::Failure(_))) {
        return Some(Exit::Refused);
    }
    let is_configuration = matches!(cause.downcast_ref(), Some(Failure::Issuer(_)))
        || cause.is::<ConfigError>()
        || cause.is::<KeyFilesError>()
        || cause.is::<FileError>()
        || cause.is::<SspiError>()
        || cause.is::<PasswordViolation>()
        || cause.is::<StateError>()
        || cause.is::<TelemetryError>();
    is_configuration.then_some(Exit::Usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_error_is_a_usage_error_however_deep_it_lies() {
        let deep = anyhow::Error::new(ConfigError::Conflict { first: "a".into(), second: "b".into() })
            .context("at start");
        assert_eq!(Exit::of(&deep), Exit::Usage);
        assert_eq!(Exit::of(&anyhow::anyhow!("the port is taken")), Exit::Runtime);
        assert_eq!(Exit::of(&Problem::Unreachable("x".into()).into()), Exit::Unreachable);
    }
}
