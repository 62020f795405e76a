//! Group commit: what only adds rows shares one commit with whatever else is waiting (`decisions.md` §24).
//!
//! This is the way in: what can be appended, and the bounded queue. `commit` takes it out, `batch` writes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::{mpsc, oneshot};

use super::commit::Task;
use super::native::Pool;
use super::sessions::{Cutoff, NewSession};
use super::{AuditRow, Epoch, Issued, NewTicket, Sequence, Spend, Store, StoreError};
use crate::clock::Moment;

/// Rows to be written together, provided that the world is still as it was when they were decided.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// The epoch of the standings and keys behind the decision; nothing = it rests on none.
    pub expects: Option<Epoch>,
    /// The thing that is accepted only once.
    pub claim: Option<Claim>,
    /// The ticket that is spent by it.
    pub spends: Option<Spend>,
    /// The ticket that is given out.
    pub ticket: Option<NewTicket>,
    /// The token that was issued.
    pub issued: Option<Issued>,
    /// The session that was opened.
    pub session: Option<NewSession>,
    /// How many sessions there may be.
    pub session_limit: Option<SessionLimit>,
    /// What is said about it.
    pub audit: Vec<AuditRow>,
}

/// Something that is accepted once, by its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The digest (`decisions.md` §7).
    pub key: [u8; 32],
    /// From when on it would be refused anyway.
    pub expires_at: Moment,
}

/// At most so many living sessions.
///
/// Exact within one store; replicas on Postgres may together pass it by what they commit in the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimit {
    /// How many.
    pub at_most: u32,
    /// Which ones live.
    pub cutoff: Cutoff,
}

/// What became of an [`Append`]. Only `Committed` wrote anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Everything is written and will stay.
    Committed,
    /// The epoch is another one now: decide again.
    Stale(Epoch),
    /// Somebody claimed it before, or spent the ticket.
    Replayed,
    /// There are enough sessions.
    SessionLimit {
        /// How many live.
        seen: u32,
        /// How many may.
        wanted: u32,
    },
}

impl Store {
    /// Writes rows and waits until they are safe. A caller who goes away leaves them written whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::Rejected`], [`StoreError::Closed`]. After an
    /// outage during the commit itself the rows may yet be there; a claim is then spent, never doubled.
    pub async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        #[cfg(feature = "unwritten-appends")]
        if self.inner.appends.unwritten.load(Ordering::Relaxed) {
            return Ok(Appended::Committed);
        }
        let (answer, answered) = oneshot::channel();
        self.inner.appends.send(Work::Append(Box::new(Waiting { append, answer }))).await?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// For a bench, and in no other build: from now on every append is answered at once and *nothing is written*.
    /// What a request costs beside its commit is measured so (`benches/load`). Reads and units of work stay real.
    #[cfg(feature = "unwritten-appends")]
    pub fn leave_appends_unwritten(&self) {
        self.inner.appends.unwritten.store(true, Ordering::Relaxed);
    }

    /// Queues an audit row, to be written within 100 ms.
    ///
    /// # Errors
    /// Gives the row back, counted as dropped, when the queue is full or the store closed: write it with
    /// [`Store::append`].
    pub fn append_later(&self, row: AuditRow) -> Result<(), Box<AuditRow>> {
        self.inner.appends.send_later(row)
    }

    /// Waits until everything queued so far is written.
    ///
    /// # Errors
    /// What kept it from being written; it stays queued.
    pub async fn drained(&self) -> Result<(), StoreError> {
        self.inner.appends.flush(false).await
    }

    /// Audit rows that could not be queued or written since the start.
    #[must_use]
    pub fn dropped_rows(&self) -> u64 {
        self.inner.appends.ledger.dropped.load(Ordering::Relaxed)
    }
}

/// The way to the task that commits.
pub(super) struct Appends {
    work: mpsc::Sender<Work>,
    ledger: Arc<Ledger>,
    #[cfg(feature = "unwritten-appends")]
    unwritten: std::sync::atomic::AtomicBool,
}

/// What became of queued rows.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) queued: AtomicUsize,
    pub(super) dropped: AtomicU64,
}

/// What the queue carries.
pub(super) enum Work {
    Append(Box<Waiting>),
    Later(Box<AuditRow>),
    Flush { answer: oneshot::Sender<Result<(), StoreError>>, closing: bool },
}

/// An append and whoever waits for it.
pub(super) struct Waiting {
    pub(super) append: Append,
    pub(super) answer: oneshot::Sender<Result<Appended, StoreError>>,
}

impl Appends {
    pub(super) fn start(pool: Pool, sequence: Sequence) -> Self {
        let (work, waiting) = mpsc::channel(QUEUE);
        let ledger = Arc::new(Ledger::default());
        tokio::spawn(Task::new(waiting, pool, sequence, Arc::clone(&ledger)).run());
        Self {
            work,
            ledger,
            #[cfg(feature = "unwritten-appends")]
            unwritten: false.into(),
        }
    }

    async fn send(&self, work: Work) -> Result<(), StoreError> {
        self.work.send(work).await.map_err(|_| StoreError::Closed)
    }

    fn send_later(&self, row: AuditRow) -> Result<(), Box<AuditRow>> {
        if self.ledger.queued.fetch_add(1, Ordering::Relaxed) < MAX_LATER {
            match self.work.try_send(Work::Later(Box::new(row))) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(work) | mpsc::error::TrySendError::Closed(work)) => {
                    return self.refuse_later(work);
                }
            }
        }
        self.refuse_later(Work::Later(Box::new(row)))
    }

    fn refuse_later(&self, work: Work) -> Result<(), Box<AuditRow>> {
        self.ledger.queued.fetch_sub(1, Ordering::Relaxed);
        self.ledger.dropped.fetch_add(1, Ordering::Relaxed);
        match work {
            Work::Later(row) => Err(row),
            Work::Append(_) | Work::Flush { .. } => Ok(()),
        }
    }

    async fn flush(&self, closing: bool) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Flush { answer, closing }).await?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        match self.flush(true).await {
            Err(StoreError::Closed) => Ok(()),
            written => written,
        }
    }
}

/// Audit rows waiting at most; a flood of refusals is then written by those who are refused.
const MAX_LATER: usize = 4_096;
/// All waiting work: queued rows can never fill it alone.
const QUEUE: usize = MAX_LATER + 1_024;
