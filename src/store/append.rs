//! Group commit: what only adds rows shares one commit with whatever else is waiting (`decisions.md` §24).
//!
//! There is no waiting on purpose: one task commits what is there, and while it does the next batch gathers by itself.
//! A batch is one transaction: read the epoch, count sessions, claim, insert, commit, answer everybody. An item whose
//! text the database refuses fails alone: the batch is then written one by one.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::pool::{Link, Mode, Pool, Tx};
use super::repeat::Repeated;
use super::sessions::{self, Cutoff, NewSession};
use super::{AuditRow, Epoch, Issued, Sequence, Store, StoreError, audit, epoch, issued, replay, sql};
use crate::clock::Moment;

/// Rows to be written together, provided that the world is still as it was when they were decided.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// The epoch of the standings and keys behind the decision; nothing = it rests on none.
    pub expects: Option<Epoch>,
    /// The thing that is accepted only once.
    pub claim: Option<Claim>,
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
    /// Somebody claimed it before.
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

#[derive(Default)]
struct Ledger {
    queued: AtomicUsize,
    dropped: AtomicU64,
}

enum Work {
    Append(Box<Waiting>),
    Later(Box<AuditRow>),
    Flush { answer: oneshot::Sender<Result<(), StoreError>>, closing: bool },
}

struct Waiting {
    append: Append,
    answer: oneshot::Sender<Result<Appended, StoreError>>,
}

impl Appends {
    pub(super) fn start(pool: Pool, sequence: Sequence) -> Self {
        let (work, waiting) = mpsc::channel(QUEUE);
        let ledger = Arc::new(Ledger::default());
        let writer = Writer { pool, sequence, texts: Texts::new() };
        let task = Task { work: waiting, writer, ledger: Arc::clone(&ledger), later: Vec::new(), due: None };
        tokio::spawn(task.run());
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

/// The one task that commits.
struct Task {
    work: mpsc::Receiver<Work>,
    writer: Writer,
    ledger: Arc<Ledger>,
    later: Vec<AuditRow>,
    due: Option<Instant>,
}

impl Task {
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        loop {
            let ended = self.gather(&mut batch).await;
            let mut waiting = Vec::with_capacity(batch.len());
            let mut flushes = Vec::new();
            for work in batch.drain(..) {
                match work {
                    Work::Append(item) => waiting.push(*item),
                    Work::Later(row) => self.later.push(*row),
                    Work::Flush { answer, closing } => {
                        flushes.push(answer);
                        if closing {
                            // Nobody else gets in; what is in the queue is still taken out.
                            self.work.close();
                        }
                    }
                }
            }
            let due = ended || !flushes.is_empty() || !waiting.is_empty() || self.is_due();
            let written = if due { self.write(waiting).await } else { Ok(()) };
            for answer in flushes {
                drop(answer.send(written.clone()));
            }
            if ended {
                return;
            }
        }
    }

    /// Waits for work, but not longer than queued rows may wait; true when there will be no more.
    async fn gather(&mut self, batch: &mut Vec<Work>) -> bool {
        let received = match self.due {
            None => Ok(self.work.recv_many(batch, MAX_BATCH).await),
            Some(due) => timeout_at(due, self.work.recv_many(batch, MAX_BATCH)).await,
        };
        if self.due.is_none() && batch.iter().any(|work| matches!(work, Work::Later(_))) {
            self.due = Some(Instant::now() + LATEST);
        }
        matches!(received, Ok(0))
    }

    fn is_due(&self) -> bool {
        self.later.len() >= MAX_BATCH || self.due.is_some_and(|due| due <= Instant::now())
    }

    async fn write(&mut self, waiting: Vec<Waiting>) -> Result<(), StoreError> {
        let written = self.writer.write(&waiting, &self.later).await;
        match written {
            Ok(outcomes) => {
                for (item, outcome) in waiting.into_iter().zip(outcomes) {
                    drop(item.answer.send(Ok(outcome)));
                }
                self.forget_later(0);
                Ok(())
            }
            Err(StoreError::Rejected(_)) if waiting.len() + self.later.len() > 1 => {
                self.write_one_by_one(waiting).await
            }
            Err(error) => {
                for item in waiting {
                    drop(item.answer.send(Err(error.clone())));
                }
                self.keep_later(&error);
                Err(error)
            }
        }
    }

    /// Somebody's rows were refused: whose, shows when each stands alone.
    async fn write_one_by_one(&mut self, waiting: Vec<Waiting>) -> Result<(), StoreError> {
        for item in waiting {
            let written = self.writer.write(std::slice::from_ref(&item), &[]).await;
            drop(
                item.answer
                    .send(written.map(|outcomes| outcomes.first().copied().unwrap_or(Appended::Committed))),
            );
        }
        let mut refused = 0;
        while let Some(row) = self.later.last() {
            match self.writer.write(&[], std::slice::from_ref(row)).await {
                Ok(_) => {}
                Err(StoreError::Rejected(_)) => refused += 1,
                Err(error) => {
                    self.keep_later(&error);
                    return Err(error);
                }
            }
            self.later.pop();
            self.ledger.queued.fetch_sub(1, Ordering::Relaxed);
        }
        self.forget_later(refused);
        Ok(())
    }

    fn forget_later(&mut self, refused: u64) {
        self.ledger.queued.fetch_sub(self.later.len(), Ordering::Relaxed);
        self.ledger.dropped.fetch_add(refused, Ordering::Relaxed);
        self.later.clear();
        self.due = None;
    }

    /// An outage keeps the queued rows; a row that is refused alone is counted and given up.
    fn keep_later(&mut self, error: &StoreError) {
        if error.is_outage() {
            self.due = (!self.later.is_empty()).then(|| Instant::now() + LATEST);
        } else {
            self.forget_later(u64::try_from(self.later.len()).unwrap_or(u64::MAX));
        }
    }
}

/// Writes batches.
struct Writer {
    pool: Pool,
    sequence: Sequence,
    texts: Texts,
}

/// The statements that take many rows.
pub(super) struct Texts {
    pub(super) claims: Repeated,
    pub(super) issued: Repeated,
    pub(super) sessions: Repeated,
    pub(super) audit: Repeated,
}

impl Texts {
    pub(super) fn new() -> Self {
        Self {
            claims: Repeated::new(sql::ADD_CLAIMS),
            issued: Repeated::new(sql::ADD_ISSUED),
            sessions: Repeated::new(sql::ADD_SESSIONS),
            audit: Repeated::new(sql::ADD_AUDIT),
        }
    }
}

impl Writer {
    /// One transaction. Afterwards everything is written that is `Committed`, or, on an error, nothing at all.
    async fn write(&self, waiting: &[Waiting], later: &[AuditRow]) -> Result<Vec<Appended>, StoreError> {
        let items: Vec<&Append> = waiting.iter().map(|item| &item.append).collect();
        if items.is_empty() && later.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.pool.begin(Mode::Append).await?;
        let outcomes = self.judge(&mut tx, &items).await?;
        let good = || items.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Appended::Committed);
        let tokens: Vec<&Issued> = good().filter_map(|(item, _)| item.issued.as_ref()).collect();
        let opened: Vec<&NewSession> = good().filter_map(|(item, _)| item.session.as_ref()).collect();
        let said: Vec<&AuditRow> = good().flat_map(|(item, _)| &item.audit).chain(later).collect();
        if good().next().is_some() || !later.is_empty() {
            let link = &mut tx.link();
            issued::insert(link, &self.texts.issued, &tokens).await?;
            sessions::insert(link, &self.texts.sessions, &opened).await?;
            audit::insert(link, &self.texts.audit, &self.sequence, &said).await?;
            tx.commit().await?;
        }
        Ok(outcomes)
    }

    /// What becomes of each item; the claims of those that pass are made.
    async fn judge(&self, tx: &mut Tx, items: &[&Append]) -> Result<Vec<Appended>, StoreError> {
        let link = &mut tx.link();
        let mut outcomes = vec![Appended::Committed; items.len()];
        refuse_stale(link, items, &mut outcomes).await?;
        refuse_crowd(link, items, &mut outcomes).await?;
        refuse_replays(link, &self.texts.claims, items, &mut outcomes).await?;
        Ok(outcomes)
    }
}

async fn refuse_stale(
    link: &mut Link<'_>,
    items: &[&Append],
    outcomes: &mut [Appended],
) -> Result<(), StoreError> {
    if items.iter().all(|item| item.expects.is_none()) {
        return Ok(());
    }
    let current = epoch(link).await?;
    for (item, outcome) in items.iter().zip(outcomes) {
        if item.expects.is_some_and(|expected| expected != current) {
            *outcome = Appended::Stale(current);
        }
    }
    Ok(())
}

async fn refuse_crowd(
    link: &mut Link<'_>,
    items: &[&Append],
    outcomes: &mut [Appended],
) -> Result<(), StoreError> {
    let Some(first) = items.iter().find_map(|item| item.session_limit) else { return Ok(()) };
    let mut seen = sessions::count(link, &first.cutoff).await?;
    for (item, outcome) in items.iter().zip(outcomes).filter(|(item, _)| item.session.is_some()) {
        match item.session_limit {
            _ if *outcome != Appended::Committed => {}
            Some(limit) if seen >= limit.at_most => {
                *outcome = Appended::SessionLimit { seen, wanted: limit.at_most };
            }
            _ => seen = seen.saturating_add(1),
        }
    }
    Ok(())
}

async fn refuse_replays(
    link: &mut Link<'_>,
    text: &Repeated,
    items: &[&Append],
    outcomes: &mut [Appended],
) -> Result<(), StoreError> {
    let still_good = items.iter().zip(&*outcomes).filter(|(_, outcome)| **outcome == Appended::Committed);
    let claims: Vec<Claim> = still_good.filter_map(|(item, _)| item.claim).collect();
    if claims.is_empty() {
        return Ok(());
    }
    let mut won: HashSet<[u8; 32]> = replay::insert(link, text, claims).await?;
    for (item, outcome) in items.iter().zip(outcomes).filter(|(_, outcome)| **outcome == Appended::Committed)
    {
        // The first of equals takes the key out, so that the others find nothing.
        if item.claim.is_some_and(|claim| !won.remove(&claim.key)) {
            *outcome = Appended::Replayed;
        }
    }
    Ok(())
}

/// Items per commit: one repeated statement of the largest size.
const MAX_BATCH: usize = 64;
/// Audit rows waiting at most; a flood of refusals is then written by those who are refused.
const MAX_LATER: usize = 4_096;
/// All waiting work: queued rows can never fill it alone.
const QUEUE: usize = MAX_LATER + 1_024;
/// How far behind queued rows may be (`decisions.md` §10).
const LATEST: Duration = Duration::from_millis(100);
