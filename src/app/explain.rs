//! Why was that refused? The report of an exchange, by its trace.

use serde_json::{Value, json};

use super::App;
use super::error::Failure;
use crate::store::Outcome;

/// Everything the audit knows of a trace, newest last; evidence only while it is still in memory.
///
/// # Errors
/// [`Failure::Store`].
pub async fn explain(app: &App, trace: &str) -> Result<Vec<Value>, Failure> {
    let remembered = app.exchanges.find(trace);
    if remembered.is_some() {
        // Refused a moment ago, and its row may still be queued.
        app.store.drained().await?;
    }
    let rows = app.store.audit_by_trace(trace).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let kept = row
                .detail
                .as_deref()
                .and_then(|detail| serde_json::from_str(detail).ok())
                .unwrap_or(Value::Null);
            let refused = row.outcome != Outcome::Accepted;
            json!({
                "at": row.at.millis_text().as_str(), "trace": row.trace, "action": row.action,
                "outcome": row.outcome.as_str(), "principal": row.principal, "source": row.source,
                "reason": row.reason, "detail": remembered.clone().filter(|_| refused).unwrap_or(kept),
            })
        })
        .collect())
}
