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

/// Rows under names: columns for people, objects for programs.
#[derive(Clone, Debug)]
pub(super) struct Table {
    names: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(names: &[&'static str], rows: Vec<Vec<String>>) -> Self {
        Self { names: names.to_vec(), rows }
    }

    /// What an act that returns nothing has to say.
    pub(super) fn done(what: &'static str, name: &str) -> Self {
        Self::did("added", what, name)
    }

    /// What an act has done, to what kind of thing, and its name.
    pub(super) fn did(act: &'static str, what: &str, name: &str) -> Self {
        Self::new(&[act, "name"], vec![vec![what.to_owned(), name.to_owned()]])
    }

    /// Prints it.
    ///
    /// # Errors
    /// As [`print`].
    pub(super) fn print(&self, output: Output) -> io::Result<()> {
        match output {
            Output::Json => print_json(&self.json()),
            Output::Text => print(&self.text()),
        }
    }

    fn json(&self) -> Value {
        let object = |row: &Vec<String>| -> Value {
            self.names
                .iter()
                .zip(row)
                .map(|(name, cell)| (name.replace(' ', "_"), Value::from(cell.as_str())))
                .collect()
        };
        self.rows.iter().map(object).collect()
    }

    fn text(&self) -> String {
        let cells = |place: usize| {
            self.rows.iter().filter_map(move |row| row.get(place)).map(|cell| cell.chars().count())
        };
        let widths: Vec<usize> = (0..self.names.len())
            .map(|place| {
                cells(place).max().unwrap_or(0).max(self.names.get(place).map_or(0, |name| name.len()))
            })
            .collect();
        let line = |row: Vec<&str>| {
            let cells = row.into_iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        let head = line(self.names.clone());
        head + &self.rows.iter().map(|row| line(row.iter().map(String::as_str).collect())).collect::<String>()
    }
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
