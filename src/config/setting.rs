//! Every setting there is: one closed list with its key, its type, its flag and its environment variable.

/// What kind of value a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number, bounds included.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A list of texts.
    List,
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// `true` or `false`.
    Switch(bool),
    /// A whole number.
    Number(u64),
    /// A list of texts.
    List(Vec<String>),
}

/// Declares the list once, in the order in which `config show` prints it.
macro_rules! settings {
    ($($name:ident $key:literal $kind:expr, $flag:expr, $environment:expr;)*) => {
        /// One setting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Setting { $(#[doc = concat!("`", $key, "`")] $name,)* }

        impl Setting {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its key in the configuration file, with the sections.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What it holds.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => $kind,)* }
            }

            /// Its flag, if it has one.
            #[must_use]
            pub const fn flag(self) -> Option<&'static str> {
                match self { $(Self::$name => $flag,)* }
            }

            /// Its environment variable, if it has one.
            #[must_use]
            pub const fn environment(self) -> Option<&'static str> {
                match self { $(Self::$name => $environment,)* }
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
    ClockTolerance "policy.token.clock_tolerance_seconds" Kind::Number { least: 0, most: DAY }, None, None;
    BearerLifetime "policy.token.max_bearer_lifetime_seconds" SECONDS, None, None;
    HokLifetime "policy.token.max_hok_lifetime_seconds" SECONDS, None, None;
    DelegationCount "policy.token.delegation_count" COUNT, None, None;
    RenewCount "policy.token.renew_count" COUNT, None, None;
    Cancel "policy.token.cancel" Kind::Switch, None, None;
    OnBehalfOf "policy.token.on_behalf_of" Kind::Switch, None, None;
    LockoutFailures "policy.lockout.max_failures" COUNT, None, None;
    LockoutWindow "policy.lockout.window_seconds" SECONDS, None, None;
    LockoutUnlock "policy.lockout.unlock_after_seconds" SECONDS_OR_NONE, None, None;
    LockoutReveal "policy.lockout.reveal" Kind::Text, None, None;
    SessionIdle "policy.session.idle_seconds" SECONDS, None, None;
    SessionAbsolute "policy.session.absolute_seconds" SECONDS_OR_NONE, None, None;
    SessionEndWithToken "policy.session.end_with_token" Kind::Switch, None, None;
    SessionMax "policy.session.max_sessions" COUNT, None, None;
    SessionTicket "policy.session.ticket_seconds" SECONDS, None, None;
    ReplayMode "policy.replay.mode" Kind::Text, None, None;
    AuditDays "policy.audit.keep_days" Kind::Number { least: 1, most: 36_500 }, None, None;
    AuditRows "policy.audit.max_rows" Kind::Number { least: 1, most: 1_000_000_000 }, None, None;
    PasswordCache "policy.password_cache.seconds" Kind::Number { least: 0, most: DAY }, None, None;
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
    /// The setting with this key.
    #[must_use]
    pub fn by_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.key() == key)
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

impl Kind {
    /// In words.
    #[must_use]
    pub const fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Switch => "true or false",
            Self::Number { .. } => "a whole number",
            Self::List => "a list of strings",
        }
    }
}

const DAY: u64 = 86_400;
/// A hundred years: longer is a mistake, and the arithmetic of time stays far from its ends.
const LONGEST: u64 = 36_500 * DAY;
/// A period that cannot be nothing.
const SECONDS: Kind = Kind::Number { least: 1, most: LONGEST };
/// A period; zero switches it off.
const SECONDS_OR_NONE: Kind = Kind::Number { least: 0, most: LONGEST };
/// A count that fits 32 bits.
const COUNT: Kind = Kind::Number { least: 0, most: 4_294_967_295 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_unique_and_found_by_its_name() {
        for setting in Setting::ALL {
            assert_eq!(Setting::by_key(setting.key()), Some(*setting));
        }
    }

    #[test]
    fn a_flag_and_a_variable_are_named_after_the_key() {
        for setting in Setting::ALL {
            if let Some(flag) = setting.flag() {
                assert_eq!(flag, format!("--{}", setting.key()));
            }
            if let Some(name) = setting.environment() {
                assert_eq!(name, format!("VCSSO_{}", setting.key().to_uppercase()));
            }
        }
    }
}
