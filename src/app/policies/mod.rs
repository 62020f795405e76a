//! What was configured, with what was changed while running laid over it: run-time changes live in the store and win
//! (`decisions.md` §27). Read once for each epoch, so a change counts from the next request on, on every replica.

mod table;
mod value;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::json;

pub use table::{AuditPolicy, Policies, Policy};
pub use value::{Kind, Scalar};

use super::audit::{Action, accepted};
use super::error::Failure;
use super::standings::Epoch;
use super::{App, Peer};
use crate::store::Unit;

/// The policies at one epoch.
#[derive(Clone, Debug)]
pub struct InForce {
    /// When they were read.
    pub epoch: Epoch,
    policies: Policies,
}

impl Deref for InForce {
    type Target = Policies;

    fn deref(&self) -> &Policies {
        &self.policies
    }
}

/// Why policies are not changed.
#[derive(Debug, thiserror::Error)]
pub enum PolicyRefused {
    /// No policy has the name.
    #[error("there is no policy {0:?}")]
    Unknown(String),
    /// The value is none of the policy's kind, or out of its bounds.
    #[error("{key} is {seen:?}, wanted {wanted}")]
    Value {
        /// The policy.
        key: &'static str,
        /// The value.
        seen: String,
        /// What it may be.
        wanted: String,
    },
    /// The values would not fit together.
    #[error("{0}")]
    Contradiction(String),
    /// Something of ours failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// One policy as it stands.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which.
    pub policy: Policy,
    /// Its value.
    pub value: Option<Scalar>,
    /// It was changed at run time.
    pub changed: bool,
}

/// The policies of the start, and the newest that are in force.
#[derive(Debug, Default)]
pub struct PolicyCell {
    configured: Policies,
    newest: RwLock<Option<Arc<InForce>>>,
}

impl PolicyCell {
    /// With what configuration and seed say.
    #[must_use]
    pub fn new(configured: Policies) -> Self {
        Self { configured, newest: RwLock::default() }
    }

    /// The policies at the newest epoch that was seen. Who decides by them and by keys or standings reads those first:
    /// then a commit at their epoch was decided by the policies of that epoch.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn current(&self, app: &App) -> Result<Arc<InForce>, Failure> {
        let newest = app.standings.epoch();
        let known = self.newest.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(policies) = known.filter(|policies| policies.epoch == newest) {
            return Ok(policies);
        }
        let (changed, epoch) = app.store.settings().await?;
        let policies = Arc::new(InForce { epoch, policies: laid_over(&self.configured, &changed) });
        app.standings.saw(epoch);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&policies));
        Ok(policies)
    }

    /// As [`Self::current`], by the store of now: for a refusal, which has no commit that would turn it away.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn now(&self, app: &App) -> Result<Arc<InForce>, Failure> {
        app.standings.saw(app.store.epoch().await?);
        self.current(app).await
    }
}

/// What this program cannot read it did not write: then the configuration counts.
fn laid_over(configured: &Policies, changed: &BTreeMap<String, String>) -> Policies {
    let mut policies = configured.clone();
    for policy in Policy::ALL {
        if let Some(value) = changed.get(policy.key()).and_then(|text| policy.kind().read(text)) {
            policy.set(&mut policies, &value);
        }
    }
    policies
}

/// Every policy as it stands.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<Line>, Failure> {
    let (changed, _) = app.store.settings().await?;
    let policies = laid_over(&app.policies.configured, &changed);
    let line = |policy: &Policy| Line {
        policy: *policy,
        value: policy.of(&policies),
        changed: changed.get(policy.key()).is_some_and(|text| policy.kind().read(text).is_some()),
    };
    Ok(Policy::ALL.iter().map(line).collect())
}

/// Makes changes, all of them or none; without a value a policy is again what configuration and seed say.
///
/// # Errors
/// [`PolicyRefused`].
pub async fn change(
    app: &App,
    changes: &[(Policy, Option<Scalar>)],
    by: &str,
    peer: &Peer,
) -> Result<(), PolicyRefused> {
    let mut unit = app.store.begin().await.map_err(Failure::from)?;
    let (mut stored, _) = unit.settings().await.map_err(Failure::from)?;
    let mut written = serde_json::Map::new();
    for (policy, value) in changes {
        let text = value.as_ref().map(Scalar::written);
        if let Some(value) = value.as_ref().filter(|value| !policy.kind().allows(value)) {
            let (key, seen, wanted) = (policy.key(), value.written(), policy.kind().allowed());
            return Err(PolicyRefused::Value { key, seen, wanted });
        }
        unit.set_setting(policy.key(), text.as_deref()).await.map_err(Failure::from)?;
        written.insert(policy.key().to_owned(), json!(text));
        match text {
            Some(text) => drop(stored.insert(policy.key().to_owned(), text)),
            None => drop(stored.remove(policy.key())),
        }
    }
    if let Some(contradiction) = laid_over(&app.policies.configured, &stored).contradiction() {
        return Err(PolicyRefused::Contradiction(contradiction));
    }
    finish(app, unit, by, &written.into(), peer).await?;
    Ok(())
}

/// The audit row goes into the same commit; this replica knows the new epoch at once.
async fn finish(
    app: &App,
    mut unit: Unit,
    by: &str,
    detail: &serde_json::Value,
    peer: &Peer,
) -> Result<(), Failure> {
    unit.audit(&accepted(app, Action::ChangeSettings, by, detail, peer)).await?;
    let epoch = unit.epoch().await?;
    unit.commit().await?;
    app.standings.saw(epoch);
    app.changes.happened();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_wins_and_the_rest_is_as_configured() {
        let mut configured = Policies::default();
        configured.session.max_sessions = 3;
        let changed = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let policies = laid_over(&configured, &changed("policy.session.idle_seconds", "60"));
        assert_eq!((policies.session.idle.as_secs(), policies.session.max_sessions), (60, 3));
        let policies = laid_over(&configured, &changed("policy.session.max_sessions", "7"));
        assert_eq!((policies.session.idle, policies.session.max_sessions), (configured.session.idle, 7));
        for unreadable in ["", "-1", "many", "0"] {
            assert_eq!(
                laid_over(&configured, &changed("policy.session.idle_seconds", unreadable)),
                configured
            );
        }
        assert_eq!(laid_over(&configured, &changed("no.such.policy", "1")), configured);
    }
}
