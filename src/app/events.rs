//! What the audit has to say to `EventManager`: there is no second table of events. The door knows the words
//! (`session-manager.md` §2.6).

use serde_json::Value;

use super::App;
use super::error::Failure;
use crate::clock::Moment;
pub use crate::store::{EventRange, Outcome};

/// A row of the audit that may be an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// Its number in the order of writing.
    pub number: i64,
    /// When it was decided.
    pub at: Moment,
    /// What was asked for.
    pub action: String,
    /// How it went.
    pub outcome: Outcome,
    /// Who asked.
    pub principal: String,
    /// The peer's address.
    pub source: String,
    /// The id of the failing step.
    pub reason: String,
    /// More.
    pub detail: Value,
}

/// The rows of a range that may be events.
///
/// # Errors
/// [`Failure::Store`].
pub async fn happenings(app: &App, range: &EventRange, at_most: u32) -> Result<Vec<Happening>, Failure> {
    let rows = app.store.events(range, at_most).await?;
    let happening = |(number, row): (i64, crate::store::AuditRow)| Happening {
        number,
        at: row.at,
        action: row.action.into_owned(),
        outcome: row.outcome,
        principal: row.principal.unwrap_or_default(),
        source: row.source,
        reason: row.reason.unwrap_or_default(),
        detail: row.detail.and_then(|detail| serde_json::from_str(&detail).ok()).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(happening).collect())
}
