//! What was configured, with what was changed while running laid over it: run-time changes live in the store and win
//! (`decisions.md` §27). Read once for each epoch, so a change counts from the next request on, on every replica.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::json;

use super::audit::Action;
use super::caller::SessionCaller;
use super::error::Failure;
use super::objection::Objection;
use super::roles::finish;
use super::standings::Epoch;
use super::{App, Peer};
use crate::session::SessionPolicy;

/// The policies at one epoch.
#[derive(Clone, Debug)]
pub struct Policies {
    /// When they were read.
    pub epoch: Epoch,
    /// When sessions end, and how many there may be.
    pub sessions: SessionPolicy,
    /// What the house calls itself, if it was given a name.
    pub instance_name: Option<String>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sessions end when they are unused for so many minutes.
    SessionMinutes(u32),
    /// At most so many sessions; zero = no limit.
    MaxSessions(u32),
    /// What the house calls itself.
    InstanceName(String),
}

/// The newest [`Policies`].
#[derive(Debug, Default)]
pub struct PolicyCell(RwLock<Option<Arc<Policies>>>);

impl PolicyCell {
    /// The policies at the newest epoch that was seen.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn current(&self, app: &App) -> Result<Arc<Policies>, Failure> {
        let newest = app.standings.epoch();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(policies) = known.filter(|policies| policies.epoch == newest) {
            return Ok(policies);
        }
        let (changed, epoch) = app.store.settings().await?;
        let policies = Arc::new(Policies {
            epoch,
            sessions: sessions(app.settings.sessions, &changed),
            instance_name: changed.get(INSTANCE_NAME).cloned(),
        });
        app.standings.saw(epoch);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&policies));
        Ok(policies)
    }
}

/// Makes changes, all of them or none.
///
/// # Errors
/// [`Objection::BadValue`].
pub async fn change(app: &App, by: &SessionCaller, changes: &[Change], peer: &Peer) -> Result<(), Objection> {
    let mut unit = app.store.begin().await?;
    let mut written = serde_json::Map::new();
    for change in changes {
        let (name, value) = stored(change)?;
        unit.set_setting(name, Some(&value)).await?;
        written.insert(name.to_owned(), json!(value));
    }
    finish(app, unit, Action::ChangeSettings, by, &written.into(), peer).await
}

fn stored(change: &Change) -> Result<(&'static str, String), Objection> {
    let refused = Err(Objection::BadValue { path: "changedValue.value" });
    match change {
        Change::SessionMinutes(minutes) if !(1..=MOST_MINUTES).contains(minutes) => refused,
        Change::SessionMinutes(minutes) => Ok((IDLE_SECONDS, (u64::from(*minutes) * 60).to_string())),
        Change::MaxSessions(most) => Ok((MAX_SESSIONS, most.to_string())),
        Change::InstanceName(name) if name.trim().is_empty() || name.len() > LONGEST_NAME => refused,
        Change::InstanceName(name) => Ok((INSTANCE_NAME, name.clone())),
    }
}

/// What this program cannot read it did not write: then the configuration counts.
fn sessions(configured: SessionPolicy, changed: &BTreeMap<String, String>) -> SessionPolicy {
    let number = |name: &str| changed.get(name).and_then(|value| value.parse::<u32>().ok());
    SessionPolicy {
        idle: number(IDLE_SECONDS).map_or(configured.idle, |seconds| Duration::from_secs(seconds.into())),
        max_sessions: number(MAX_SESSIONS).unwrap_or(configured.max_sessions),
        ..configured
    }
}

/// The names are those of the configuration, where it has the setting.
const IDLE_SECONDS: &str = "policy.session.idle_seconds";
const MAX_SESSIONS: &str = "policy.session.max_sessions";
const INSTANCE_NAME: &str = "sdk.instance_name";
/// A month: longer is a mistake for a unit.
const MOST_MINUTES: u32 = 31 * 24 * 60;
const LONGEST_NAME: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_wins_and_the_rest_is_as_configured() {
        let configured = SessionPolicy::default();
        let changed = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let policy = sessions(configured, &changed(IDLE_SECONDS, "60"));
        assert_eq!((policy.idle, policy.max_sessions), (Duration::from_mins(1), configured.max_sessions));
        assert_eq!(sessions(configured, &changed(MAX_SESSIONS, "7")).max_sessions, 7);
        for unreadable in ["", "-1", "many"] {
            assert_eq!(sessions(configured, &changed(IDLE_SECONDS, unreadable)), configured);
        }
    }

    #[test]
    fn a_session_lasts_from_a_minute_to_a_month() {
        for (minutes, allowed) in [(0, false), (1, true), (MOST_MINUTES, true), (MOST_MINUTES + 1, false)] {
            assert_eq!(stored(&Change::SessionMinutes(minutes)).is_ok(), allowed, "{minutes}");
        }
        assert_eq!(stored(&Change::SessionMinutes(2)).unwrap(), (IDLE_SECONDS, "120".to_owned()));
        assert!(stored(&Change::InstanceName(" ".into())).is_err());
        assert!(stored(&Change::InstanceName("vc".into())).is_ok());
    }
}
