//! Floor 4, memory: what the house remembers, in `SQLite` or Postgres, by one code path.
//!
//! [`Store`] answers questions and takes appends; [`Unit`] is a unit of work, rolled back when dropped. One file per
//! noun adds its verbs to both. It sees no XML, and nothing slow or remote happens while a unit is open: hash
//! passwords and sign tokens before [`Store::begin`].
//!
//! **Invariant:** every change that could alter a [`Standing`](crate::identity::Standing) or a key bumps the
//! [`Epoch`] in its own transaction. A standing read at one epoch is good for as long as [`Store::append`] still
//! finds that epoch.

mod append;
mod audit;
mod batch;
mod bootstrap;
mod commit;
mod error;
mod extensions;
mod external_issuers;
mod groups;
mod identity_sources;
mod issued;
mod native;
mod nt_hashes;
mod permissions;
mod pool;
mod repeat;
mod replay;
mod roles;
mod seed;
mod sessions;
mod settings;
mod signing_keys;
mod solutions;
mod sql;
mod standings;
mod tickets;
mod trusted_certificates;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub use append::{Append, Appended, Claim, SessionLimit};
pub use audit::{AuditFilter, AuditRange, AuditRow, EventRange, Outcome};
pub use error::{Noun, StoreError};
pub use extensions::StoredExtension;
pub use external_issuers::ExternalIssuer;
pub use groups::{Found, Group, PrincipalKind};
pub use identity_sources::{IdentitySource, SourceDetails};
pub use issued::{Issued, IssuedToken};
pub use permissions::Permission;
pub use pool::Target;
pub use roles::Role;
pub use seed::SeedEntry;
pub use sessions::{Cutoff, NewSession, Use};
pub use signing_keys::{KeyStatus, NewSigningKey, SigningKey};
pub use solutions::{NewSolution, Solution};
pub use standings::Lookup;
pub use tickets::{NewTicket, Purpose, Spend};
pub use users::{Attempts, NewUser, Profile, User};

use append::Appends;
use native::{Link, Reader, Tx, rows};
use pool::{Mode, Pools};
use repeat::Repeated;

use crate::clock::Moment;

/// The memory of the house. Cheap to clone; the last one dropped writes what is still queued.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pools: Pools,
    appends: Appends,
    sequence: Sequence,
    flush: Repeated,
}

/// A unit of work: everything it does is seen together or not at all. Dropped without [`Unit::commit`], it never was.
///
/// While it is open nothing else writes, so be quick.
pub struct Unit {
    tx: Tx,
    bumped: bool,
    sequence: Sequence,
}

/// The number of changes to people, rights and keys so far. Equal epochs, equal standings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(i64);

/// Numbers audit rows within a process; with the random trace they are unique everywhere.
#[derive(Clone, Default)]
struct Sequence(Arc<AtomicI64>);

impl Store {
    /// Opens the database, after bringing its schema up to date; several replicas may do so at once.
    ///
    /// Must be called within the runtime that will outlive the others: it commits the appends of all of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached, [`StoreError::File`] or [`StoreError::Migration`].
    pub async fn open(target: &Target) -> Result<Self, StoreError> {
        let pools = target.open().await?;
        let sequence = Sequence::default();
        let appends = Appends::start(pools.appends.clone_handle(), sequence.clone());
        Ok(Self {
            inner: Arc::new(Inner { pools, appends, sequence, flush: Repeated::new(sql::FLUSH_USES) }),
        })
    }

    /// Begins a unit of work.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when others kept the house too long, [`StoreError::Unavailable`].
    pub async fn begin(&self) -> Result<Unit, StoreError> {
        // Spawned, so that a caller who goes away cannot leave a half-begun transaction in the pool.
        let store = self.clone();
        let begun = tokio::spawn(async move { store.inner.pools.units.begin(Mode::Alone).await });
        let tx = begun.await.map_err(|_| StoreError::Closed)??;
        Ok(Unit { tx, bumped: false, sequence: self.inner.sequence.clone() })
    }

    /// The current epoch; also the question that tells whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn epoch(&self) -> Result<Epoch, StoreError> {
        epoch(&mut self.reader().await?.link()).await
    }

    /// The time by the database's clock where that is another machine's (Postgres); nothing on `SQLite`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn database_time(&self) -> Result<Option<Moment>, StoreError> {
        self.inner.pools.reads.time().await
    }

    /// Writes what is queued and closes every connection. Afterwards everything answers [`StoreError::Closed`].
    ///
    /// # Errors
    /// What kept queued audit rows from being written.
    pub async fn close(&self) -> Result<(), StoreError> {
        let written = self.inner.appends.close().await;
        self.inner.pools.close().await;
        written
    }

    async fn reader(&self) -> Result<Reader, StoreError> {
        self.inner.pools.reads.reader().await
    }
}

impl Unit {
    /// Makes everything of this unit true.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: then whether it was committed is not known.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }

    /// The epoch as this unit sees it, its own change included. It cannot change while the unit is open.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn epoch(&mut self) -> Result<Epoch, StoreError> {
        epoch(&mut self.link()).await
    }

    /// Says that standings or keys are about to change. Once per unit is enough.
    async fn bump(&mut self) -> Result<(), StoreError> {
        if !self.bumped {
            let _: Vec<(i64,)> = rows!(&mut self.link(), sql::BUMP_EPOCH)?;
            self.bumped = true;
        }
        Ok(())
    }

    fn link(&mut self) -> Link<'_> {
        self.tx.link()
    }
}

impl Epoch {
    /// For logs, and for whoever remembers the newest one.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The epoch of a remembered number.
    #[must_use]
    pub const fn numbered(number: i64) -> Self {
        Self(number)
    }
}

impl Sequence {
    fn next(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

async fn epoch(link: &mut Link<'_>) -> Result<Epoch, StoreError> {
    let epochs: Vec<(i64,)> = rows!(link, sql::EPOCH)?;
    match epochs.first() {
        Some((value,)) => Ok(Epoch(*value)),
        None => Err(StoreError::Corrupt { column: "epoch.value", value: "no row".into() }),
    }
}

/// A text as both databases can keep it: Postgres takes no NUL, and one such text must not fail the batch of others.
fn text(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

fn flag(truth: bool) -> i64 {
    i64::from(truth)
}
