//! The settings as somebody may read them: every one with its value, secrets masked.

use std::path::Path;

use super::setting::{Scalar, Setting};
use super::settings::Settings;

impl Settings {
    /// The value of a setting as it may be printed; nothing when it is not set and has no default.
    #[must_use]
    pub fn shown(&self, setting: Setting) -> Option<Scalar> {
        Some(match setting {
            Setting::Listen => text(&self.listen),
            Setting::Health => text(&self.health),
            Setting::Database | Setting::State | Setting::Keys if self.ephemeral => {
                text("in a temporary folder")
            }
            Setting::Database => text(&self.database.masked()),
            Setting::State => path(&self.state),
            Setting::Keys => path(&self.keys),
            Setting::Seed => path(self.seed.as_deref()?),
            Setting::Ephemeral => Scalar::Switch(self.ephemeral),
            Setting::Tunnel => text(&self.tunnel?),
            Setting::Advertise => text(self.advertise.as_ref()?),
            Setting::Domain => text(self.domain.as_str()),
            Setting::Config => path(self.config.as_deref()?),
            Setting::Policy(policy) => policy.of(&self.policy)?,
            Setting::SspiNtlm => Scalar::Switch(self.sspi.ntlm),
            Setting::SspiKeytab => path(self.sspi.keytab.as_deref()?),
            Setting::SspiServices => texts(&self.sspi.services)?,
            Setting::SspiRealms => texts(&self.sspi.realms)?,
            Setting::SspiPrincipals => texts(&self.sspi.principals)?,
            Setting::SspiRequireMic => Scalar::Switch(self.sspi.require_mic),
            Setting::SspiRequireBinding => Scalar::Switch(self.sspi.require_channel_binding),
            Setting::SspiAdministrators => Scalar::Switch(self.sspi.ntlm_administrators),
            Setting::PersonalityHost => Scalar::Switch(self.personality.host),
        })
    }
}

fn text(value: &(impl ToString + ?Sized)) -> Scalar {
    Scalar::Text(value.to_string())
}

/// An empty list is as good as none.
fn texts(values: &[impl ToString]) -> Option<Scalar> {
    (!values.is_empty()).then(|| Scalar::List(values.iter().map(ToString::to_string).collect()))
}

fn path(path: &Path) -> Scalar {
    Scalar::Text(path.display().to_string())
}
