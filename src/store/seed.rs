//! Which entries of the seed file were applied, by a keyed hash of each (`decisions.md` §27).

use super::native::{rows, run};
use super::{Store, StoreError, Unit, sql, text};

/// An applied entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SeedEntry {
    /// `user`, `group`, `policy.token`, …
    pub kind: String,
    /// The entry's name within its kind.
    pub name: String,
    /// Keyed hash of what was applied.
    pub hash: [u8; 32],
}

impl Store {
    /// Every applied entry.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn seed_entries(&self) -> Result<Vec<SeedEntry>, StoreError> {
        let lines: Vec<(String, String, Vec<u8>)> =
            rows!(&mut self.reader().await?.link(), sql::SEED_ENTRIES)?;
        // A hash of another length is of no use: the entry counts as changed.
        let entry =
            |(kind, name, hash): (_, _, Vec<u8>)| Some(SeedEntry { kind, name, hash: hash.try_into().ok()? });
        Ok(lines.into_iter().filter_map(entry).collect())
    }
}

impl Unit {
    /// Says that an entry was applied, in the unit that applies it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put_seed_entry(&mut self, entry: &SeedEntry) -> Result<(), StoreError> {
        let SeedEntry { kind, name, hash } = entry;
        run!(&mut self.link(), sql::PUT_SEED_ENTRY, text(kind), text(name), hash.as_slice())?;
        Ok(())
    }
}
