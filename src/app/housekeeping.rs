//! What is done without anybody asking: uses written down, what is over swept away, clocks compared.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::error::Failure;
use super::{App, keys, sessions};
use crate::clock::Clock as _;
use crate::lab::LabClock;
use crate::store::Store;

/// Runs until the program ends.
pub async fn keep_house(app: Arc<App>, clock: Arc<LabClock>) {
    let mut tick: u64 = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tick += 1;
        if let Err(error) = write_uses(&app).await {
            tracing::warn!(%error, "session uses could not be written down");
        }
        if let Some(tickets) = &app.local_tickets {
            tickets.sweep(app.now());
        }
        if !tick.is_multiple_of(SWEEP_SECONDS) {
            continue;
        }
        match agree_on_time(&app.store, &clock).await {
            Ok(()) => app.clock_off_micros.store(clock.offset_micros(), Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the database's clock could not be read"),
        }
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "what is over could not be swept away");
        }
    }
}

/// On Postgres every replica follows the database's clock; a clock that is far off is said aloud
/// (`decisions.md` §2).
///
/// # Errors
/// [`Failure::Store`].
pub async fn agree_on_time(store: &Store, clock: &LabClock) -> Result<(), Failure> {
    let before = clock.now();
    let Some(database) = store.database_time().await? else { return Ok(()) };
    let halfway = before.plus(clock.now().since(before) / 2);
    let moved = clock.agree_with(database, halfway);
    if moved.unsigned_abs() > MOST_DRIFT.as_micros().try_into().unwrap_or(u64::MAX) {
        tracing::warn!(moved_micros = moved, "this machine's clock is far from the database's");
    }
    Ok(())
}

/// Writes down what sessions did since the last time.
///
/// # Errors
/// [`Failure::Store`]; what was not written is lost for the counters only, never for a decision.
pub async fn write_uses(app: &App) -> Result<(), Failure> {
    let uses = app.uses.take();
    if !uses.is_empty() {
        app.store.flush_uses(uses).await?;
    }
    Ok(())
}

/// Removes claims, tickets, sessions, tokens and audit rows that are over, and retires keys that are; gives the hashing
/// memory back.
///
/// # Errors
/// [`Failure::Store`].
pub async fn sweep(app: &App) -> Result<(), Failure> {
    let now = app.now();
    app.hashing.rest();
    if let Some(negotiation) = &app.negotiation {
        negotiation.sweep(now);
    }
    write_uses(app).await?;
    app.standings.saw(app.store.epoch().await?);
    // Other replicas sweep by what is written down, and must not take who waits here for idle.
    let held = app.uses.held(now);
    if !held.is_empty() {
        app.store.flush_uses(held).await?;
    }
    sessions::sweep(app).await?;
    app.store.sweep_claims(now).await?;
    app.store.sweep_tickets(now).await?;
    let policies = app.policies.current(app).await?;
    // A token is accepted for a while after its end, and one that was taken back must not come back then.
    app.store.sweep_issued(now.minus(policies.token.clock_tolerance)).await?;
    app.store.sweep_audit(policies.audit.keep(), policies.audit.max_rows, now).await?;
    keys::tend(app).await?;
    keys::watch(app).await
}

/// Why the service should not get requests now, if it should not.
///
/// # Errors
/// The reason, in words.
pub async fn readiness(app: &App) -> Result<(), String> {
    let epoch = app.store.epoch().await.map_err(|error| error.to_string())?;
    app.standings.saw(epoch);
    let trust = app.trust.current(app).await.map_err(|error| error.to_string())?;
    let Some(signer) = &trust.signer else { return Err(Failure::NoSigner.to_string()) };
    let (from, until) = (signer.certificate().not_before(), signer.certificate().not_after());
    if app.now() < from || app.now() > until {
        return Err(format!("the signing key is in force from {from} to {until}: vcsso keys rotate"));
    }
    let off = Duration::from_micros(app.clock_off_micros.load(Ordering::Relaxed).unsigned_abs());
    if off > MOST_DRIFT {
        return Err(format!("this machine's clock is {} s off the database's", off.as_secs()));
    }
    Ok(())
}

/// Replicas that differ by more would disagree about what is in force.
const MOST_DRIFT: Duration = Duration::from_secs(30);
const SWEEP_SECONDS: u64 = 30;
