//! The one task that commits what is appended, batch by batch.
//!
//! It commits what is there, and while it does the next batch gathers by itself. A caller who is alone never waits on
//! purpose; where several came at once, the next commit begins a moment after the last one did, to be worth its price.
//! Rows whose text the database refuses fail alone: a refused batch is written again, one by one. An outage is told to
//! everybody who waits; queued audit rows are kept for a better time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::append::{Appended, Ledger, Waiting, Work};
use super::batch::{Texts, Writer};
use super::native::Pool;
use super::{AuditRow, Sequence, StoreError};

/// The one task that commits.
pub(super) struct Task {
    work: mpsc::Receiver<Work>,
    writer: Writer,
    ledger: Arc<Ledger>,
    later: Vec<AuditRow>,
    due: Option<Instant>,
    /// Several came at once: until then the next commit waits for more.
    crowded: Option<Instant>,
}

impl Task {
    pub(super) fn new(
        work: mpsc::Receiver<Work>,
        pool: Pool,
        sequence: Sequence,
        ledger: Arc<Ledger>,
    ) -> Self {
        let writer = Writer { pool, sequence, texts: Texts::new() };
        Self { work, writer, ledger, later: Vec::new(), due: None, crowded: None }
    }

    pub(super) async fn run(mut self) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        loop {
            let ended = self.gather(&mut batch).await;
            self.gather_crowd(&mut batch).await;
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
            self.crowded = (waiting.len() > 1).then(|| soon(PACE));
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
            self.due = Some(soon(LATEST));
        }
        matches!(received, Ok(0))
    }

    /// Where several came at once before, waits until the moment is over for whoever else comes.
    async fn gather_crowd(&mut self, batch: &mut Vec<Work>) {
        let Some(until) = self.crowded else { return };
        let waits = |batch: &[Work]| {
            (1..MAX_BATCH).contains(&batch.len())
                && !batch.iter().any(|work| matches!(work, Work::Flush { .. }))
        };
        while waits(batch) {
            match timeout_at(until, self.work.recv_many(batch, MAX_BATCH - batch.len())).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    fn is_due(&self) -> bool {
        self.later.len() >= MAX_BATCH || self.due.is_some_and(has_come)
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
            self.due = (!self.later.is_empty()).then(|| soon(LATEST));
        } else {
            self.forget_later(u64::try_from(self.later.len()).unwrap_or(u64::MAX));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a timer that only says when to write; no decision knows it")]
fn soon(span: Duration) -> Instant {
    Instant::now() + span
}

#[expect(clippy::disallowed_methods, reason = "a timer that only says when to write; no decision knows it")]
fn has_come(due: Instant) -> bool {
    due <= Instant::now()
}

/// Items per commit: one repeated statement of the largest size.
const MAX_BATCH: usize = 64;
/// From the beginning of one commit to that of the next, where several wait. Timers are late by up to a millisecond, and
/// two are allowed (`decisions.md` §24).
const PACE: Duration = Duration::from_millis(1);
/// How far behind queued rows may be (`decisions.md` §10).
const LATEST: Duration = Duration::from_millis(100);
