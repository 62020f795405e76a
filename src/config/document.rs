//! TOML files with places: tables and values that know their line, and say what is wrong with them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Hint, Place};

/// Which of the two files it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// The configuration.
    Config,
    /// The seed.
    Seed,
}

/// The text of a file, with its name.
#[derive(Debug)]
pub struct Source {
    kind: FileKind,
    file: PathBuf,
    text: zeroize::Zeroizing<String>,
}

/// A table of the file.
#[derive(Clone, Debug)]
pub struct Section<'t> {
    source: &'t Source,
    name: String,
    at: usize,
    table: &'t DeTable<'t>,
}

/// A text with its place.
pub type Placed<'t> = (&'t str, Place);

impl Source {
    /// Reads a file, at most [`MOST_BYTES`].
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`].
    pub fn read(kind: FileKind, file: &Path) -> Result<Self, ConfigError> {
        let unreadable = |why: String| ConfigError::Unreadable { file: file.to_owned(), why };
        let mut text = zeroize::Zeroizing::new(String::new());
        let opened = std::fs::File::open(file).map_err(|error| unreadable(error.to_string()))?;
        opened
            .take(MOST_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(|error| unreadable(error.to_string()))?;
        if u64::try_from(text.len()).is_ok_and(|length| length > MOST_BYTES) {
            return Err(unreadable(format!("more than {MOST_BYTES} bytes")));
        }
        Ok(Self { kind, file: file.to_owned(), text })
    }

    /// A file that is already read.
    #[must_use]
    pub fn of(kind: FileKind, file: &Path, text: &str) -> Self {
        Self { kind, file: file.to_owned(), text: zeroize::Zeroizing::new(text.to_owned()) }
    }

    /// Its tables.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`].
    pub fn parse(&self) -> Result<Spanned<DeTable<'_>>, ConfigError> {
        // The parser's own text quotes the line, which may hold a password; its message alone does not.
        DeTable::parse(&self.text).map_err(|error| ConfigError::Syntax {
            place: self.place(error.span().map_or(0, |span| span.start)),
            why: error.message().lines().collect::<Vec<_>>().join(", "),
        })
    }

    /// Which of the two files it is.
    #[must_use]
    pub const fn kind(&self) -> FileKind {
        self.kind
    }

    /// The folder it lies in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.text.get(..offset).unwrap_or_default().matches('\n').count() + 1;
        match self.kind {
            FileKind::Config => Place::File { file: self.file.clone(), line },
            FileKind::Seed => Place::Seed { file: self.file.clone(), line },
        }
    }
}

impl<'t> Section<'t> {
    /// The whole file.
    #[must_use]
    pub fn root(source: &'t Source, table: &'t Spanned<DeTable<'t>>) -> Self {
        Self { source, name: String::new(), at: 0, table: table.get_ref() }
    }

    /// The file.
    #[must_use]
    pub const fn source(&self) -> &'t Source {
        self.source
    }

    /// Its name, `[policy.token]` or `[[user]]`; empty for the whole file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it begins.
    #[must_use]
    pub fn place(&self) -> Place {
        self.source.place(self.at)
    }

    /// Every key with its place and value.
    pub fn entries(&self) -> impl Iterator<Item = (&'t str, Place, &'t Spanned<DeValue<'t>>)> + '_ {
        let place = |key: &Spanned<_>| self.source.place(key.span().start);
        self.table.iter().map(move |(key, value)| (key.get_ref().as_ref(), place(key), value))
    }

    /// Refuses every key that is not in the list.
    ///
    /// # Errors
    /// [`ConfigError::UnknownKey`].
    pub fn only(&self, known: &[&'static str]) -> Result<(), ConfigError> {
        match self.entries().find(|(key, ..)| !known.contains(key)) {
            None => Ok(()),
            Some((key, place, _)) => Err(self.unknown(key, place, Hint::of(key, known))),
        }
    }

    /// The error about a key nobody reads.
    #[must_use]
    pub fn unknown(&self, key: &str, place: Place, hint: Hint) -> ConfigError {
        ConfigError::UnknownKey { key: key.to_owned(), inside: self.name.clone(), place, hint }
    }

    /// The error about a value that means nothing.
    #[must_use]
    pub fn wrong(&self, key: &str, place: Place, seen: &str, wanted: impl Into<Box<str>>) -> ConfigError {
        let (key, hint) = (self.path_of(key).into(), Hint::None);
        ConfigError::Value { key, place, seen: seen.into(), wanted: wanted.into(), hint }
    }

    /// A text, if it is there.
    ///
    /// # Errors
    /// [`ConfigError::Type`].
    pub fn text(&self, key: &str) -> Result<Option<Placed<'t>>, ConfigError> {
        let Some((place, value)) = self.get(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::String(text) => Ok(Some((text.as_ref(), place))),
            other => Err(self.mistyped(key, place, other, "a string")),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`ConfigError::Type`] or [`ConfigError::Missing`].
    pub fn required(&self, key: &'static str) -> Result<Placed<'t>, ConfigError> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    /// The error about something that the entry needs.
    #[must_use]
    pub fn missing(&self, wanted: &'static str) -> ConfigError {
        ConfigError::Missing { inside: self.name.clone(), place: self.place(), wanted }
    }

    /// A switch, or its default.
    ///
    /// # Errors
    /// [`ConfigError::Type`].
    pub fn switch(&self, key: &str, default: bool) -> Result<bool, ConfigError> {
        let Some((place, value)) = self.get(key) else { return Ok(default) };
        value.get_ref().as_bool().ok_or_else(|| self.mistyped(key, place, value.get_ref(), "true or false"))
    }

    /// A list of texts; empty when it is not there.
    ///
    /// # Errors
    /// [`ConfigError::Type`].
    pub fn texts(&self, key: &str) -> Result<Vec<Placed<'t>>, ConfigError> {
        let Some((place, value)) = self.get(key) else { return Ok(Vec::new()) };
        let wanted = "a list of strings";
        let items = value.get_ref().as_array();
        let items = items.ok_or_else(|| self.mistyped(key, place, value.get_ref(), wanted))?;
        let item = |item: &'t Spanned<DeValue<'t>>| {
            let place = self.source.place(item.span().start);
            match item.get_ref() {
                DeValue::String(text) => Ok((text.as_ref(), place)),
                other => Err(self.mistyped(key, place, other, wanted)),
            }
        };
        items.iter().map(item).collect()
    }

    /// The tables of an array `[[key]]`; none when it is not there.
    ///
    /// # Errors
    /// [`ConfigError::Type`].
    pub fn each(&self, key: &str) -> Result<Vec<Self>, ConfigError> {
        let Some((place, value)) = self.get(key) else { return Ok(Vec::new()) };
        let wanted = "an array of tables";
        let items = value.get_ref().as_array();
        let items = items.ok_or_else(|| self.mistyped(key, place, value.get_ref(), wanted))?;
        let item = |item: &'t Spanned<DeValue<'t>>| match item.get_ref() {
            DeValue::Table(table) => {
                Ok(Self { source: self.source, name: format!("[[{key}]]"), at: item.span().start, table })
            }
            other => Err(self.mistyped(key, self.source.place(item.span().start), other, wanted)),
        };
        items.iter().map(item).collect()
    }

    /// The table of an entry, `path` being its full key; nothing when it is no table.
    #[must_use]
    pub fn inner(&self, path: &str, value: &'t Spanned<DeValue<'t>>) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else { return None };
        Some(Self { source: self.source, name: format!("[{path}]"), at: value.span().start, table })
    }

    fn get(&self, key: &str) -> Option<(Place, &'t Spanned<DeValue<'t>>)> {
        self.entries().find(|(name, ..)| *name == key).map(|(_, place, value)| (place, value))
    }

    fn mistyped(&self, key: &str, place: Place, value: &DeValue<'_>, wanted: &'static str) -> ConfigError {
        ConfigError::Type { key: self.path_of(key), place, seen: kind_of(value), wanted }
    }

    /// The key with its section, without brackets: `user.name`.
    fn path_of(&self, key: &str) -> String {
        let section = self.name.trim_start_matches('[').trim_end_matches(']');
        if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
    }
}

/// The type of a value, in words.
#[must_use]
pub const fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A seed of ten thousand users with inline certificates has about as much.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
