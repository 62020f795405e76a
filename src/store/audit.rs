//! The audit log: what was decided, for whom, why, and where to read more. Never a secret, never evidence
//! (`decisions.md` §10).

use std::borrow::Cow;
use std::time::Duration;

use super::native::{Link, both, rows, run};
use super::repeat::{Repeated, portions};
use super::{Sequence, Store, StoreError, Unit, sql, text};
use crate::clock::Moment;

/// One decision. The store numbers the rows of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The request's id.
    pub trace: String,
    /// When it was decided.
    pub at: Moment,
    /// What was asked for: `token.issue`, `session.login`, `user.add`, …
    pub action: Cow<'static, str>,
    /// How it went.
    pub outcome: Outcome,
    /// Who asked, as far as that is known.
    pub principal: Option<String>,
    /// The peer's address.
    pub source: String,
    /// The id of the failing step, or a refusal's code.
    pub reason: Option<String>,
    /// More, as JSON: for a judged message its report without evidence.
    pub detail: Option<String>,
}

/// How a decision went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Accepted,
    /// It was refused.
    Refused,
    /// We could not.
    Failed,
}

/// Which rows to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only older ones.
    pub before: Option<Moment>,
    /// Only this principal, as it was written.
    pub principal: Option<String>,
    /// Only this outcome.
    pub outcome: Option<Outcome>,
    /// Only this action.
    pub action: Option<String>,
}

/// Which rows to list, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRange {
    /// Only rows after this number.
    pub after: i64,
    /// Only rows before this number.
    pub before: i64,
    /// Only this principal, as it was written.
    pub principal: Option<String>,
    /// Only this outcome.
    pub outcome: Option<Outcome>,
    /// Only this action.
    pub action: Option<String>,
    /// Only this request.
    pub trace: Option<String>,
    /// The newest first.
    pub down: bool,
}

/// Which rows may be events, by number and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRange {
    /// Only rows after this number.
    pub after: i64,
    /// Only rows before this number.
    pub before: i64,
    /// Not before this time.
    pub from: Moment,
    /// Not after this time.
    pub until: Moment,
    /// The newest first.
    pub down: bool,
}

impl Default for EventRange {
    fn default() -> Self {
        Self { after: 0, before: i64::MAX, from: Moment::EPOCH, until: Moment::FAR_FUTURE, down: true }
    }
}

impl Store {
    /// Rows that may be events, with their numbers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn events(&self, range: &EventRange, at_most: u32) -> Result<Vec<(i64, AuditRow)>, StoreError> {
        let statement = if range.down { sql::EVENTS_DOWN } else { sql::EVENTS_UP };
        let (from, until, limit) = (range.from.micros(), range.until.micros(), i64::from(at_most));
        let mut reader = self.reader().await?;
        let lines: Vec<Numbered> =
            rows!(&mut reader.link(), statement, range.after, range.before, from, until, limit)?;
        lines.into_iter().map(|line| Ok((line.number, line.line.try_into()?))).collect()
    }

    /// Rows of a range, with their numbers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn audit(&self, range: &AuditRange, at_most: u32) -> Result<Vec<(i64, AuditRow)>, StoreError> {
        audit(&mut self.reader().await?.link(), range, at_most).await
    }

    /// Everything a request led to, in order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn audit_by_trace(&self, trace: &str) -> Result<Vec<AuditRow>, StoreError> {
        let lines: Vec<Line> = rows!(&mut self.reader().await?.link(), sql::AUDIT_BY_TRACE, text(trace))?;
        lines.into_iter().map(AuditRow::try_from).collect()
    }

    /// The newest rows first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn audit_recent(
        &self,
        at_most: u32,
        filter: &AuditFilter,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let before = filter.before.unwrap_or(Moment::FAR_FUTURE).micros();
        let (principal, action) = (filter.principal.as_deref().map(text), filter.action.as_deref().map(text));
        let (outcome, limit) = (filter.outcome.map(Outcome::as_str), i64::from(at_most));
        let lines: Vec<Line> = rows!(
            &mut self.reader().await?.link(),
            sql::AUDIT_RECENT,
            before,
            principal,
            outcome,
            action,
            limit
        )?;
        lines.into_iter().map(AuditRow::try_from).collect()
    }

    /// Forgets rows older than `keep`, and the oldest of more than `max_rows`; how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn sweep_audit(&self, keep: Duration, max_rows: u32, now: Moment) -> Result<u64, StoreError> {
        let overflow: Vec<(i64,)> =
            rows!(&mut self.reader().await?.link(), sql::AUDIT_OVERFLOW, i64::from(max_rows))?;
        let overflow = overflow.first().map_or(Moment::EPOCH, |(at,)| Moment::from_micros(*at));
        self.sweep(sql::SWEEP_AUDIT, now.minus(keep).max(overflow)).await
    }

    /// Deletes what ended at `until` or before in small units, so that nobody waits long; how many rows.
    pub(super) async fn sweep(&self, statement: &'static str, until: Moment) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let mut unit = self.begin().await?;
            let swept = run!(&mut unit.link(), statement, until.micros(), SWEEP)?;
            unit.commit().await?;
            total += swept;
            if swept < SWEEP.unsigned_abs() {
                return Ok(total);
            }
        }
    }
}

impl Unit {
    /// As [`Store::audit`], while nobody writes: whatever is written later has a higher number than all that are seen.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn settled_audit(
        &mut self,
        range: &AuditRange,
        at_most: u32,
    ) -> Result<Vec<(i64, AuditRow)>, StoreError> {
        audit(&mut self.link(), range, at_most).await
    }

    /// Writes a row that is true exactly if this unit is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        let sequence = self.sequence.clone();
        insert(&mut self.link(), &Repeated::new(sql::ADD_AUDIT), &sequence, &[row]).await
    }
}

impl Outcome {
    /// As it is written in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        [Self::Accepted, Self::Refused, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| StoreError::Corrupt { column: "audit.outcome", value: text.to_owned() })
    }
}

async fn audit(
    link: &mut Link<'_>,
    range: &AuditRange,
    at_most: u32,
) -> Result<Vec<(i64, AuditRow)>, StoreError> {
    let statement = if range.down { sql::AUDIT_DOWN } else { sql::AUDIT_UP };
    let [principal, action, trace] =
        [&range.principal, &range.action, &range.trace].map(|filter| filter.as_deref().map(text));
    let (outcome, limit) = (range.outcome.map(Outcome::as_str), i64::from(at_most));
    let lines: Vec<Numbered> =
        rows!(link, statement, range.after, range.before, principal, outcome, action, trace, limit)?;
    lines.into_iter().map(|line| Ok((line.number, line.line.try_into()?))).collect()
}

pub(super) async fn insert(
    link: &mut Link<'_>,
    texts: &Repeated,
    sequence: &Sequence,
    said: &[&AuditRow],
) -> Result<(), StoreError> {
    for portion in portions(said) {
        let statement = texts.of(portion.len());
        both!(link, c => {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
            for row in portion {
                query = query
                    .bind(text(&row.trace))
                    .bind(sequence.next())
                    .bind(row.at.micros())
                    .bind(text(&row.action))
                    .bind(row.outcome.as_str())
                    .bind(row.principal.as_deref().map(text))
                    .bind(text(&row.source))
                    .bind(row.reason.as_deref().map(text))
                    .bind(row.detail.as_deref().map(text));
            }
            query.execute(&mut **c).await.map(drop)
        })?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Line {
    trace: String,
    at: i64,
    action: String,
    outcome: String,
    principal: Option<String>,
    source: String,
    reason: Option<String>,
    detail: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Numbered {
    number: i64,
    #[sqlx(flatten)]
    line: Line,
}

impl TryFrom<Line> for AuditRow {
    type Error = StoreError;

    fn try_from(line: Line) -> Result<Self, StoreError> {
        Ok(Self {
            trace: line.trace,
            at: Moment::from_micros(line.at),
            action: line.action.into(),
            outcome: Outcome::read(&line.outcome)?,
            principal: line.principal,
            source: line.source,
            reason: line.reason,
            detail: line.detail,
        })
    }
}

/// Rows per unit of a sweep: some milliseconds.
const SWEEP: i64 = 2_000;
