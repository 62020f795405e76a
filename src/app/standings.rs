//! Standings, remembered as long as the directory does not change.
//!
//! The store counts every change that could alter a standing or a key (its *epoch*). What was read at one epoch is used
//! until a newer one is seen; every commit names the epoch it was decided at and is turned away when that is over. So
//! a decision is never older than its commit, on any replica, and a login costs no read at all while nothing changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use quick_cache::sync::Cache;

use super::App;
use super::error::Failure;
use crate::clock::Moment;
use crate::identity::Standing;
pub use crate::store::{Epoch, Lookup};

/// The memory.
pub struct Standings {
    newest: AtomicI64,
    known: Cache<Lookup, (Epoch, Arc<Standing>)>,
}

impl Default for Standings {
    fn default() -> Self {
        Self { newest: AtomicI64::new(0), known: Cache::new(MOST_KNOWN) }
    }
}

impl Standings {
    /// The newest epoch seen anywhere.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        Epoch::numbered(self.newest.load(Ordering::Acquire))
    }

    /// Learns of an epoch.
    pub fn saw(&self, epoch: Epoch) {
        self.newest.fetch_max(epoch.number(), Ordering::AcqRel);
    }

    /// The standing of a subject at the newest epoch that was seen.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn find(&self, app: &App, lookup: Lookup) -> Result<Option<(Arc<Standing>, Epoch)>, Failure> {
        if let Some((epoch, standing)) = self.known.get(&lookup).filter(|(epoch, _)| *epoch == self.epoch()) {
            return Ok(Some((standing, epoch)));
        }
        let Some((standing, epoch)) = app.store.standing(&lookup).await? else { return Ok(None) };
        self.saw(epoch);
        let standing = Arc::new(standing);
        self.known.insert(lookup, (epoch, Arc::clone(&standing)));
        Ok(Some((standing, epoch)))
    }

    /// As [`Self::find`]; who is remembered as not active is looked at again.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn find_active(
        &self,
        app: &App,
        lookup: Lookup,
        now: Moment,
    ) -> Result<Option<(Arc<Standing>, Epoch)>, Failure> {
        match self.find(app, lookup.clone()).await? {
            Some((standing, _)) if !standing.is_active(now) => self.find_now(app, lookup).await,
            found => Ok(found),
        }
    }

    /// As [`Self::find`], by the directory of now. Who is about to refuse asks so: a refusal has no commit that would
    /// turn an old decision away.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn find_now(
        &self,
        app: &App,
        lookup: Lookup,
    ) -> Result<Option<(Arc<Standing>, Epoch)>, Failure> {
        self.saw(app.store.epoch().await?);
        self.find(app, lookup).await
    }

    /// Whether the directory has changed since `epoch`, by the store.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn has_moved(&self, app: &App, epoch: Epoch) -> Result<bool, Failure> {
        self.saw(app.store.epoch().await?);
        Ok(self.epoch() != epoch)
    }
}

/// A standing has about 1 KiB; more people than this in one lab are read again when they come.
const MOST_KNOWN: usize = 4_096;
