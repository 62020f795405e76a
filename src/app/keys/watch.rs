//! What is looked at without anybody asking: how long the signing key is still good, and which keys are over.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::super::audit::{Action, accepted};
use super::super::error::Failure;
use super::super::standings::Epoch;
use super::super::{App, Peer};
use super::tolerance;
use crate::clock::Moment;
use crate::entropy::uuid;
use crate::store::{KeyStatus, SigningKey};

/// What was seen and said last.
#[derive(Debug, Default)]
pub struct Watch {
    said: Mutex<Option<Moment>>,
    /// Previous keys need not be looked at before this moment, as long as the epoch is this one.
    idle: Mutex<Option<(Epoch, Moment)>>,
}

/// Tells how long the active key is good: always in the numbers, once a day in the log when it ends within ninety days.
///
/// # Errors
/// [`Failure::Store`].
pub async fn watch(app: &App) -> Result<(), Failure> {
    let (keys, _) = app.store.signing_keys().await?;
    for status in KeyStatus::ALL {
        let count = u32::try_from(keys.iter().filter(|key| key.status == status).count()).unwrap_or(u32::MAX);
        metrics::gauge!("vcsso_signing_keys", "status" => status.as_str()).set(count);
    }
    let Some(active) = keys.iter().find(|key| key.status == KeyStatus::Active) else { return Ok(()) };
    let (now, end) = (app.now(), active.not_on_or_after);
    metrics::gauge!("vcsso_signing_key_days_left").set(days(now, end));
    metrics::gauge!("vcsso_signing_key_expires_timestamp_seconds").set(seconds(end));
    if app.key_watch.is_to_be_said(now, end) {
        let days_left = days(now, end).floor();
        tracing::warn!(
            key = active.sha256,
            until = %end,
            days_left,
            "the signing key ends soon, and no token outlives it: vcsso keys rotate"
        );
    }
    Ok(())
}

/// Retires previous keys whose tokens have ended, each with a row in the audit.
///
/// # Errors
/// [`Failure`].
pub async fn tend(app: &App) -> Result<(), Failure> {
    let now = app.now();
    let (keys, epoch) = app.store.signing_keys().await?;
    if app.key_watch.is_idle(epoch, now) {
        return Ok(());
    }
    let tolerance = tolerance(app).await?;
    let mut idle_until = Moment::FAR_FUTURE;
    for key in keys.iter().filter(|key| key.status == KeyStatus::Previous) {
        let over = over_at(key, app.store.last_token_end(&key.sha256).await?, tolerance);
        if now < over {
            idle_until = idle_until.min(over);
        } else {
            retire(app, key).await?;
        }
    }
    app.key_watch.rests(epoch, idle_until);
    Ok(())
}

async fn retire(app: &App, key: &SigningKey) -> Result<(), Failure> {
    let peer = Peer { trace: uuid(&*app.entropy)?, ..Peer::default() };
    let mut unit = app.store.begin().await?;
    // Another replica may have been first.
    let (keys, _) = unit.signing_keys().await?;
    if keys.iter().any(|now| now.sha256 == key.sha256 && now.status == KeyStatus::Previous) {
        unit.set_key_status(&key.sha256, KeyStatus::Retired, app.now()).await?;
        let detail = json!({ "key": key.sha256 });
        unit.audit(&accepted(app, Action::RetireKey, "housekeeping", &detail, &peer)).await?;
        unit.commit().await?;
        tracing::info!(key = key.sha256, "the tokens of a previous signing key have ended: it is retired");
    }
    Ok(())
}

/// When nobody can present a token of a previous key any more. One that has none waits for the tolerance all the same.
fn over_at(key: &SigningKey, last_token_end: Option<Moment>, tolerance: Duration) -> Moment {
    last_token_end.unwrap_or(key.status_at).max(key.status_at).plus(tolerance)
}

impl Watch {
    fn is_to_be_said(&self, now: Moment, end: Moment) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = now >= end.minus(WARNED) && said.is_none_or(|said| now >= said.plus(DAY));
        if is_due {
            *said = Some(now);
        }
        is_due
    }

    fn is_idle(&self, epoch: Epoch, now: Moment) -> bool {
        let idle = *self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.is_some_and(|(seen, until)| seen == epoch && now < until)
    }

    fn rests(&self, epoch: Epoch, until: Moment) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some((epoch, until));
    }
}

/// Days from now to the end; negative when it is over.
fn days(now: Moment, end: Moment) -> f64 {
    (seconds(end) - seconds(now)) / DAY.as_secs_f64()
}

/// As Prometheus counts time.
fn seconds(at: Moment) -> f64 {
    at.since(Moment::EPOCH).as_secs_f64()
}

const DAY: Duration = Duration::from_hours(24);
/// As vCenter's alarm for certificates, with time left to act.
const WARNED: Duration = Duration::from_hours(24 * 90);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_spoken_of_once_a_day_from_ninety_days_on() {
        let end = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let (watch, second) = (Watch::default(), Duration::from_secs(1));
        let first = end.minus(WARNED);
        assert!(!watch.is_to_be_said(first.minus(second), end));
        assert!(watch.is_to_be_said(first, end));
        assert!(!watch.is_to_be_said(first.plus(DAY).minus(second), end));
        assert!(watch.is_to_be_said(first.plus(DAY), end));
        assert!(watch.is_to_be_said(end.plus(DAY), end), "and when it is over");
    }

    #[test]
    fn days_are_counted_down_to_the_end_and_below_it() {
        let end = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let left = |now: Moment| format!("{:.2}", days(now, end));
        assert_eq!(left(end.minus(DAY / 2)), "0.50");
        assert_eq!(left(end.minus(DAY * 100)), "100.00");
        assert_eq!(left(end.plus(DAY)), "-1.00");
    }
}
