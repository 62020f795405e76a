//! Why a configuration or a seed is refused: always the key, the place, what was seen and what was wanted.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the command line.
    Flag(&'static str),
    /// In an environment variable.
    Environment(&'static str),
    /// In the configuration file.
    File {
        /// Which file.
        file: PathBuf,
        /// Which line, counted from one.
        line: usize,
    },
    /// In the seed file.
    Seed {
        /// Which file.
        file: PathBuf,
        /// Which line, counted from one.
        line: usize,
    },
}

/// Why the configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A file that cannot be read.
    #[error("cannot read {}: {why}", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        why: String,
    },
    /// A file that is not TOML.
    #[error("{place}: not valid TOML: {why}")]
    Syntax {
        /// Where reading stopped.
        place: Place,
        /// What the parser says.
        why: String,
    },
    /// A key that nobody reads.
    #[error("{place}: unknown key `{key}`{}{hint}", Inside(inside))]
    UnknownKey {
        /// The key.
        key: String,
        /// The section it stands in, empty at the top.
        inside: String,
        /// Where.
        place: Place,
        /// What was probably meant.
        hint: Hint,
    },
    /// A value of another type.
    #[error("{place}: `{key}` is {seen}, wanted {wanted}")]
    Type {
        /// The key, with its section.
        key: String,
        /// Where.
        place: Place,
        /// The type that was written.
        seen: &'static str,
        /// The type that is read.
        wanted: &'static str,
    },
    /// A value of the right type that means nothing here.
    #[error("{place}: `{key}` is {seen:?}, wanted {wanted}{hint}")]
    Value {
        /// The key, with its section.
        key: Box<str>,
        /// Where.
        place: Place,
        /// What was written; never a secret.
        seen: Box<str>,
        /// What is allowed.
        wanted: Box<str>,
        /// What was probably meant.
        hint: Hint,
    },
    /// Something that an entry needs.
    #[error("{place}: {inside} has no {wanted}")]
    Missing {
        /// The entry.
        inside: String,
        /// Where it begins.
        place: Place,
        /// What it needs.
        wanted: &'static str,
    },
    /// The same thing twice.
    #[error("{place}: {what} {name:?} is already declared at line {first}")]
    Duplicate {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
        /// Where the second one stands.
        place: Place,
        /// The line of the first one.
        first: usize,
    },
    /// A thing that needs another.
    #[error("{what} needs {wanted}")]
    Needs {
        /// What is there.
        what: String,
        /// What is not.
        wanted: String,
    },
    /// Values that do not fit together.
    #[error("{0}")]
    Contradiction(String),
    /// Two things that exclude each other.
    #[error("{first} and {second} exclude each other: give one of them")]
    Conflict {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
}

/// The end of an error text: what was probably meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hint {
    /// No idea.
    #[default]
    None,
    /// A known word that looks like it.
    DidYouMean(String),
    /// The key belongs into the other file.
    BelongsIn(&'static str),
    /// Nothing looks like it: the words that are known here.
    OneOf(Vec<&'static str>),
}

impl Hint {
    /// The nearest of the known words, or all of them when none is near.
    #[must_use]
    pub fn of(word: &str, known: &[&'static str]) -> Self {
        // What was begun right and left unfinished is as near as a single slip: `idle` for `idle_seconds`.
        let near = |candidate: &&str| {
            let begun = word.len() >= 3 && candidate.starts_with(word);
            let slips = strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
            if begun { 1 } else { slips }
        };
        let nearest = known.iter().copied().min_by_key(near);
        match nearest.filter(|candidate| near(candidate) <= candidate.len().max(word.len()).div_ceil(3)) {
            Some(candidate) => Self::DidYouMean(candidate.to_owned()),
            None if known.is_empty() => Self::None,
            None => Self::OneOf(known.to_vec()),
        }
    }
}

impl Place {
    /// The line, where there is one; zero elsewhere.
    #[must_use]
    pub const fn line(&self) -> usize {
        match self {
            Self::File { line, .. } | Self::Seed { line, .. } => *line,
            Self::Flag(_) | Self::Environment(_) => 0,
        }
    }

    /// The folder that relative paths start from: that of the file, or the working folder.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::File { file, .. } | Self::Seed { file, .. } => file.parent(),
            Self::Flag(_) | Self::Environment(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Environment(name) => f.write_str(name),
            Self::File { file, line } | Self::Seed { file, line } => {
                write!(f, "{} line {line}", file.display())
            }
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::DidYouMean(word) => write!(f, "; did you mean `{word}`?"),
            Self::BelongsIn(file) => write!(f, "; it belongs in {file}"),
            Self::OneOf(known) => write!(f, "; known here: {}", known.join(", ")),
        }
    }
}

struct Inside<'a>(&'a str);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " in {}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_gets_the_list() {
        assert_eq!(Hint::of("lisen", &["listen", "health"]), Hint::DidYouMean("listen".into()));
        assert_eq!(Hint::of("Listen", &["listen", "health"]), Hint::DidYouMean("listen".into()));
        assert_eq!(Hint::of("idle", &["token", "idle_seconds"]), Hint::DidYouMean("idle_seconds".into()));
        assert_eq!(Hint::of("zzz", &["listen", "health"]), Hint::OneOf(vec!["listen", "health"]));
    }
}
