//! What is done without anybody asking: uses written down, what is over swept away, clocks compared.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::error::Failure;
use crate::store::Cutoff;

/// Runs until the program ends.
pub async fn keep_house(app: Arc<App>) {
    let mut tick: u64 = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tick += 1;
        if let Err(error) = write_uses(&app).await {
            tracing::warn!(%error, "session uses could not be written down");
        }
        if tick.is_multiple_of(SWEEP_SECONDS)
            && let Err(error) = sweep(&app).await
        {
            tracing::warn!(%error, "what is over could not be swept away");
        }
    }
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

/// Removes claims, sessions, tokens and audit rows that are over; gives the hashing memory back.
///
/// # Errors
/// [`Failure::Store`].
pub async fn sweep(app: &App) -> Result<(), Failure> {
    let now = app.now();
    app.hashing.rest();
    write_uses(app).await?;
    app.store.sweep_sessions(&Cutoff::of(&app.settings.sessions, now)).await?;
    app.store.sweep_claims(now).await?;
    app.store.sweep_issued(now).await?;
    app.store.sweep_audit(app.settings.audit_keep, app.settings.audit_rows, now).await?;
    Ok(())
}

/// Why the service should not get requests now, if it should not.
///
/// # Errors
/// The reason, in words.
pub async fn readiness(app: &App) -> Result<(), String> {
    let epoch = app.store.epoch().await.map_err(|error| error.to_string())?;
    app.standings.saw(epoch);
    let trust = app.trust.current(app).await.map_err(|error| error.to_string())?;
    if trust.signer.is_none() {
        return Err(Failure::NoSigner.to_string());
    }
    Ok(())
}

const SWEEP_SECONDS: u64 = 30;
