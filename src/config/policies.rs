//! The policies that were given, read into those of `app`; and how the service presents itself.

use super::error::ConfigError;
use super::layers::Layers;
use super::setting::Setting;
use crate::app::policies::{Policies, Policy};

/// `[personality]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Personality {
    /// `AcquireLocalTicket` answers as an `ESXi` host.
    pub host: bool,
}

/// The policies that were given, defaults for the rest.
///
/// # Errors
/// [`ConfigError::Contradiction`] for values that do not fit together.
pub(super) fn of(layers: &Layers) -> Result<Policies, ConfigError> {
    let mut policies = Policies::default();
    for policy in Policy::ALL.iter().copied() {
        if let Some(value) = layers.value(Setting::Policy(policy)) {
            policy.set(&mut policies, value);
        }
    }
    policies.contradiction().map_or(Ok(policies), |why| Err(ConfigError::Contradiction(why)))
}
