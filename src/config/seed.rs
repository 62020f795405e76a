//! The seed file: what the operator wants to exist, as typed data. Nothing behind it checks a name, a hash or a
//! certificate again.
//!
//! It is read whole or refused; applying it is `app`'s. Every entry has a canonical text, whose keyed hash tells whether
//! the entry changed since it was last applied (`decisions.md` §27).

mod entry;
mod read;

use std::path::Path;

pub use entry::{Entry, Extension, Group, Password, Permission, Role, SolutionUser, User};

use super::document::{FileKind, Section, Source};
use super::error::ConfigError;
use super::layers::{Assignment, assignments};

/// Everything a seed file can ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seed {
    /// `[[user]]`.
    pub users: Vec<User>,
    /// `[[solution_user]]`.
    pub solution_users: Vec<SolutionUser>,
    /// `[[group]]`.
    pub groups: Vec<Group>,
    /// `[[extension]]`.
    pub extensions: Vec<Extension>,
    /// `[[role]]`.
    pub roles: Vec<Role>,
    /// `[[permission]]`.
    pub permissions: Vec<Permission>,
    /// `[policy.…]`, `[sspi]`, `[personality]`: settings that hide those of the configuration.
    pub policy: Vec<Assignment>,
}

/// The arrays of a seed file.
pub(super) const ENTRIES: &[&str] = &["user", "solution_user", "group", "extension", "role", "permission"];

impl Seed {
    /// Reads a seed file, and the certificate files it names.
    ///
    /// # Errors
    /// [`ConfigError`]: the first thing that is wrong, with its place.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        Self::of(&Source::read(FileKind::Seed, file)?)
    }

    /// Reads the text of a seed file; `file` names it in errors, and its folder is where certificate files are looked for.
    ///
    /// # Errors
    /// [`ConfigError`]: the first thing that is wrong, with its place.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        Self::of(&Source::of(FileKind::Seed, file, text))
    }

    /// Every entry, in the order in which they can be applied: what is referred to comes first.
    pub fn entries(&self) -> impl Iterator<Item = &dyn Entry> {
        fn each<E: Entry>(entries: &[E]) -> impl Iterator<Item = &dyn Entry> {
            entries.iter().map(|entry| {
                let entry: &dyn Entry = entry;
                entry
            })
        }
        let people = each(&self.users).chain(each(&self.solution_users)).chain(each(&self.groups));
        people
            .chain(each(&self.extensions))
            .chain(each(&self.roles))
            .chain(each(&self.permissions))
            .chain(each(&self.policy))
    }

    fn of(source: &Source) -> Result<Self, ConfigError> {
        let table = source.parse()?;
        let root = Section::root(source, &table);
        let policy = assignments(&root, ENTRIES)?;
        let mut names = read::Names::default();
        Ok(Self {
            users: read::users(&root, &mut names)?,
            solution_users: read::solution_users(&root, &mut names)?,
            groups: read::groups(&root)?,
            extensions: read::extensions(&root)?,
            roles: read::roles(&root)?,
            permissions: read::permissions(&root)?,
            policy,
        })
    }
}
