//! The audit as whoever operates the house reads it: looked through in either direction, and followed.

use std::time::Duration;

use serde_json::Value;

use super::App;
use super::error::Failure;
use crate::clock::Moment;
use crate::store::AuditRow;
pub use crate::store::{AuditRange, Outcome};

/// A row with its number.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number in the order of writing.
    pub number: i64,
    /// When it was decided.
    pub at: Moment,
    /// The request.
    pub trace: String,
    /// What was asked for.
    pub action: String,
    /// How it went.
    pub outcome: Outcome,
    /// Who asked, as far as that is known.
    pub principal: Option<String>,
    /// The peer's address.
    pub source: String,
    /// The id of the failing step.
    pub reason: Option<String>,
    /// More; of a refusal its report without evidence.
    pub detail: Value,
}

/// The rows of a range.
///
/// # Errors
/// [`Failure::Store`].
pub async fn page(app: &App, range: &AuditRange, at_most: u32) -> Result<Vec<Entry>, Failure> {
    Ok(app.store.audit(range, at_most).await?.into_iter().map(entry).collect())
}

/// The rows that come after a number, the oldest first; where there are none, those that come within `patience`.
///
/// On Postgres a row may be seen before one with a lower number. So what is new is read again while nobody writes: who goes
/// on after the last number misses nothing.
///
/// # Errors
/// [`Failure::Store`].
pub async fn follow(
    app: &App,
    range: &AuditRange,
    at_most: u32,
    patience: Duration,
) -> Result<Vec<Entry>, Failure> {
    let mut watch = app.changes.watch();
    let until = app.now().plus(patience);
    loop {
        let open = watch.look();
        if !app.store.audit(range, 1).await?.is_empty() {
            let mut unit = app.store.begin().await?;
            let rows = unit.settled_audit(range, at_most).await?;
            return Ok(rows.into_iter().map(entry).collect());
        }
        if app.now() >= until || !open {
            return Ok(Vec::new());
        }
        tokio::time::sleep(MOMENT).await;
        // What is written on another replica, and refusals, are seen so much later.
        drop(tokio::time::timeout(LOOK_AGAIN, watch.news()).await);
    }
}

fn entry((number, row): (i64, AuditRow)) -> Entry {
    Entry {
        number,
        at: row.at,
        trace: row.trace,
        action: row.action.into_owned(),
        outcome: row.outcome,
        principal: row.principal,
        source: row.source,
        reason: row.reason,
        detail: row.detail.and_then(|detail| serde_json::from_str(&detail).ok()).unwrap_or_default(),
    }
}

const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A storm of changes makes nobody look more often than this.
const MOMENT: Duration = Duration::from_millis(50);
