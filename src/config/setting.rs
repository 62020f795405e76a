//! Every setting there is: one closed list with its key, its type, its flag and its environment variable; and the
//! policies, which have a list of their own.

use crate::app::policies::Policy;
pub use crate::app::policies::{Kind, Scalar};

/// Declares the list once, in the order in which `config show` prints it.
macro_rules! settings {
    ($($name:ident $key:literal $kind:expr, $flag:expr, $environment:expr;)*) => {
        /// One setting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Setting {
            $(#[doc = concat!("`", $key, "`")] $name,)*
            /// A policy.
            Policy(Policy),
        }

        impl Setting {
            /// Those that are no policy.
            const OWN: &'static [Self] = &[$(Self::$name,)*];

            /// Its key in the configuration file, with the sections.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* Self::Policy(policy) => policy.key() }
            }

            /// What it holds.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => $kind,)* Self::Policy(policy) => policy.kind() }
            }

            /// Its flag, if it has one.
            #[must_use]
            pub const fn flag(self) -> Option<&'static str> {
                match self { $(Self::$name => $flag,)* Self::Policy(_) => None }
            }

            /// Its environment variable, if it has one.
            #[must_use]
            pub const fn environment(self) -> Option<&'static str> {
                match self { $(Self::$name => $environment,)* Self::Policy(_) => None }
            }
        }
    };
}

settings! {
    Listen "listen" Kind::Text, Some("--listen"), Some("VCSSO_LISTEN");
    Health "health" Kind::Text, Some("--health"), Some("VCSSO_HEALTH");
    Database "database" Kind::Text, Some("--database"), Some("VCSSO_DATABASE");
    State "state" Kind::Text, Some("--state"), Some("VCSSO_STATE");
    Keys "keys" Kind::Text, Some("--keys"), Some("VCSSO_KEYS");
    Seed "seed" Kind::Text, Some("--seed"), Some("VCSSO_SEED");
    Ephemeral "ephemeral" Kind::Switch, Some("--ephemeral"), None;
    Tunnel "tunnel" Kind::Text, Some("--tunnel"), Some("VCSSO_TUNNEL");
    Advertise "advertise" Kind::Text, Some("--advertise"), Some("VCSSO_ADVERTISE");
    Domain "domain" Kind::Text, Some("--domain"), Some("VCSSO_DOMAIN");
    Config "config" Kind::Text, Some("--config"), Some("VCSSO_CONFIG");
    SspiNtlm "sspi.ntlm" Kind::Switch, None, None;
    SspiKeytab "sspi.keytab" Kind::Text, None, None;
    SspiServices "sspi.services" Kind::List, None, None;
    SspiRealms "sspi.realms" Kind::List, None, None;
    SspiPrincipals "sspi.principals" Kind::List, None, None;
    SspiRequireMic "sspi.require_mic" Kind::Switch, None, None;
    SspiRequireBinding "sspi.require_channel_binding" Kind::Switch, None, None;
    SspiAdministrators "sspi.ntlm_administrators" Kind::Switch, None, None;
    PersonalityHost "personality.host" Kind::Switch, None, None;
}

impl Setting {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OWN.iter().copied().chain(Policy::ALL.iter().copied().map(Self::Policy))
    }

    /// The setting with this key.
    #[must_use]
    pub fn by_key(key: &str) -> Option<Self> {
        Self::all().find(|setting| setting.key() == key)
    }

    /// It may stand in the configuration file: everything but the name of that file.
    #[must_use]
    pub fn is_in_file(self) -> bool {
        self != Self::Config
    }

    /// It may stand in the seed file: the policies, and how the service presents itself.
    #[must_use]
    pub fn is_in_seed(self) -> bool {
        self.key().contains('.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_unique_and_found_by_its_name() {
        for setting in Setting::all() {
            assert_eq!(Setting::by_key(setting.key()), Some(setting));
        }
    }

    #[test]
    fn a_flag_and_a_variable_are_named_after_the_key() {
        for setting in Setting::all() {
            if let Some(flag) = setting.flag() {
                assert_eq!(flag, format!("--{}", setting.key()));
            }
            if let Some(name) = setting.environment() {
                assert_eq!(name, format!("VCSSO_{}", setting.key().to_uppercase()));
            }
        }
    }
}
