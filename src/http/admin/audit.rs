//! The audit: looked through, and followed; and what is known of one exchange.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Empty, Json};
use super::problem::{Kind, Problem};
use super::values::{Limit, Page, Time, described};
use crate::app::explain::explain;
use crate::app::history::{self, AuditRange, Entry};

/// A decision.
#[derive(JsonSchema, Serialize)]
pub(super) struct AuditEntry {
    /// Its number in the order of writing.
    number: i64,
    /// When it was decided.
    at: Time,
    /// The exchange: `X-Vcsso-Trace` of its answer.
    trace: String,
    /// What was asked for.
    action: String,
    /// How it went.
    outcome: Outcome,
    /// Who asked, as far as that is known.
    principal: Option<String>,
    /// The address it came from.
    source: String,
    /// The step that failed.
    reason: Option<String>,
    /// More; of a refusal its report without evidence.
    detail: serde_json::Value,
}

/// How a decision went.
#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It was done.
    Accepted,
    /// It was refused.
    Refused,
    /// The service could not.
    Failed,
}

/// In which order.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// Which decisions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// How many at most.
    limit: Option<Limit>,
    /// Only what comes after this number in the order that is asked for: `next` of the page before.
    #[schemars(range(min = 0))]
    after: Option<i64>,
    /// The newest or the oldest first.
    #[serde(default)]
    order: Order,
    /// With the oldest first: how many seconds to wait where nothing is there yet. The page then has a `next` even when it
    /// is empty, so that the audit is followed by asking again.
    #[serde(default)]
    wait: Wait,
    /// Only those of this principal, as it is written there.
    principal: Option<String>,
    /// Only those that went so.
    outcome: Option<Outcome>,
    /// Only those about this.
    action: Option<String>,
    /// Only those of this exchange.
    trace: Option<String>,
}

/// Seconds to wait.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "u8")]
pub(super) struct Wait(u8);

described! {
    Wait, "Wait", { "type": "integer", "minimum": 0, "maximum": 30 };
}

/// Which exchange.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Trace {
    /// `X-Vcsso-Trace` of its answer.
    trace: String,
}

/// What is known of an exchange.
#[derive(JsonSchema, Serialize)]
pub(super) struct Exchange {
    /// The trace.
    trace: String,
    /// Its decisions, as `vcsso explain` prints them: of a refusal the report, step by step, with its evidence as long as
    /// it is in memory.
    decisions: Vec<serde_json::Map<String, serde_json::Value>>,
}

pub(super) async fn list(asked: Asked, wanted: Wanted, _: Empty) -> Result<Json<Page<AuditEntry>>, Problem> {
    let Limit(most) = wanted.limit.unwrap_or_default();
    let down = wanted.order == Order::Newest;
    if down && wanted.wait.0 > 0 {
        return Err(Problem::seen(Kind::NotAllowed, "wait: only with order=oldest"));
    }
    let range = AuditRange {
        after: if down { -1 } else { wanted.after.unwrap_or(-1) },
        before: if down { wanted.after.unwrap_or(i64::MAX) } else { i64::MAX },
        principal: wanted.principal,
        outcome: wanted.outcome.map(Outcome::known),
        action: wanted.action,
        trace: wanted.trace,
        down,
    };
    if !down {
        let patience = Duration::from_secs(wanted.wait.0.into());
        let entries = history::follow(&asked.app, &range, most, patience).await?;
        let next = entries.last().map_or(wanted.after.unwrap_or(0), |last| last.number);
        return Ok(Json(page(entries, Some(next))));
    }
    let mut entries = history::page(&asked.app, &range, most + 1).await?;
    let whole = usize::try_from(most).unwrap_or(usize::MAX);
    let more = entries.len() > whole;
    entries.truncate(whole);
    let next = entries.last().filter(|_| more).map(|last| last.number);
    Ok(Json(page(entries, next)))
}

pub(super) async fn exchange(asked: Asked, of: Trace, _: Empty) -> Result<Json<Exchange>, Problem> {
    let decisions = explain(&asked.app, &of.trace).await?.into_iter();
    let decisions: Vec<_> = decisions.filter_map(|decision| decision.as_object().cloned()).collect();
    if decisions.is_empty() {
        return Err(Problem::missing("exchange", &of.trace));
    }
    Ok(Json(Exchange { trace: of.trace, decisions }))
}

fn page(entries: Vec<Entry>, next: Option<i64>) -> Page<AuditEntry> {
    Page {
        items: entries.into_iter().map(AuditEntry::from).collect(),
        next: next.map(|number| number.to_string()),
    }
}

impl Outcome {
    const fn known(self) -> history::Outcome {
        match self {
            Self::Accepted => history::Outcome::Accepted,
            Self::Refused => history::Outcome::Refused,
            Self::Failed => history::Outcome::Failed,
        }
    }

    const fn of(outcome: history::Outcome) -> Self {
        match outcome {
            history::Outcome::Accepted => Self::Accepted,
            history::Outcome::Refused => Self::Refused,
            history::Outcome::Failed => Self::Failed,
        }
    }
}

impl TryFrom<u8> for Wait {
    type Error = &'static str;

    fn try_from(seconds: u8) -> Result<Self, Self::Error> {
        if seconds <= LONGEST_WAIT { Ok(Self(seconds)) } else { Err("wait is 0 to 30") }
    }
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        Self {
            number: entry.number,
            at: Time(entry.at),
            trace: entry.trace,
            action: entry.action,
            outcome: Outcome::of(entry.outcome),
            principal: entry.principal,
            source: entry.source,
            reason: entry.reason,
            detail: entry.detail,
        }
    }
}

/// Whoever stands between client and service lets a request wait for a minute, mostly.
const LONGEST_WAIT: u8 = 30;
