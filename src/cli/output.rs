//! Printing results: for people or as JSON, and a closed pipe is the reader's business.

use std::io::{self, Write as _};

use clap::ValueEnum;
use serde_json::Value;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Prints a text, with a line end if it has none.
///
/// # Errors
/// What the system says; a closed pipe is no error.
pub(super) fn print(text: &str) -> io::Result<()> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut out = io::stdout().lock();
    match out.write_all([text, end].concat().as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Prints a value as JSON.
///
/// # Errors
/// As [`print`].
pub(super) fn print_json(value: &Value) -> io::Result<()> {
    print(&format!("{value:#}"))
}
