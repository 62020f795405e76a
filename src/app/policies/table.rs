//! Every policy there is: one closed list with its name, its kind and its place in [`Policies`]. Configuration, seed,
//! run-time changes and `vcsso policy` follow from it.

use std::time::Duration;

use super::value::{Held, Kind, Scalar, words};
use crate::app::ReplayMode;
use crate::identity::lockout::Reveal;
use crate::identity::{LockoutPolicy, MethodPolicy, PasswordPolicy};
use crate::jwt::Algorithm;
use crate::session::SessionPolicy;
use crate::sts::TokenPolicy;

/// All policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// Limits of tokens.
    pub token: TokenPolicy,
    /// How people and machines may authenticate.
    pub authentication: MethodPolicy,
    /// What a password must be, and how long it is good.
    pub password: PasswordPolicy,
    /// Limits of wrong passwords.
    pub lockout: LockoutPolicy,
    /// Limits of sessions.
    pub session: SessionPolicy,
    /// How long a ticket may be spent (`decisions.md` §17).
    pub ticket_life: Duration,
    /// What happens to a signed message that is seen twice.
    pub replay: ReplayMode,
    /// How much of the audit log is kept.
    pub audit: AuditPolicy,
    /// How long a verified password is remembered; zero = not at all.
    pub remember_passwords: Duration,
    /// What is said of the rules for passwords.
    pub password_description: Option<String>,
    /// What is said of the limits of wrong passwords.
    pub lockout_description: Option<String>,
    /// What the house calls itself, if it was given a name.
    pub instance_name: Option<String>,
}

/// How much of the audit log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditPolicy {
    /// Age of the oldest row, in days.
    pub keep_days: u32,
    /// Number of rows.
    pub max_rows: u32,
}

/// Declares the list once, in the order in which it is printed.
macro_rules! policies {
    ($($name:ident $key:literal $kind:expr, $($field:ident).+;)*) => {
        /// One policy.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Policy { $(#[doc = concat!("`", $key, "`")] $name,)* }

        impl Policy {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name: the key in the configuration file, with the sections.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What it holds.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => $kind,)* }
            }

            /// Its value; nothing when it is not set and has no default.
            #[must_use]
            pub fn of(self, policies: &Policies) -> Option<Scalar> {
                match self { $(Self::$name => policies.$($field).+.shown(),)* }
            }

            /// Sets it, to a value that its kind allows.
            pub fn set(self, policies: &mut Policies, value: &Scalar) {
                match self { $(Self::$name => policies.$($field).+.hold(value),)* }
            }
        }
    };
}

policies! {
    ClockTolerance "policy.token.clock_tolerance_seconds" Kind::Number { least: 0, most: DAY }, token.clock_tolerance;
    BearerLifetime "policy.token.max_bearer_lifetime_seconds" SECONDS, token.max_bearer_lifetime;
    HokLifetime "policy.token.max_hok_lifetime_seconds" SECONDS, token.max_hok_lifetime;
    JwtLifetime "policy.token.max_jwt_lifetime_seconds" SECONDS, token.max_jwt_lifetime;
    JwtAlgorithm "policy.token.jwt_algorithm" Kind::Word(JWT_ALGORITHMS), token.jwt_algorithm;
    DelegationCount "policy.token.delegation_count" COUNT, token.delegation_count;
    RenewCount "policy.token.renew_count" COUNT, token.renew_count;
    Cancel "policy.token.cancel" Kind::Switch, token.cancel;
    OnBehalfOf "policy.token.on_behalf_of" Kind::Switch, token.on_behalf_of;
    ByPassword "policy.authentication.password" Kind::Switch, authentication.password;
    ByWindows "policy.authentication.windows" Kind::Switch, authentication.windows;
    ByCertificate "policy.authentication.certificate" Kind::Switch, authentication.certificate;
    ByToken "policy.authentication.token" Kind::Switch, authentication.token;
    PasswordMinLength "policy.password.min_length" LENGTH, password.min_length;
    PasswordMaxLength "policy.password.max_length" LENGTH, password.max_length;
    PasswordAlphabetic "policy.password.alphabetic" CHARACTERS, password.alphabetic;
    PasswordUpper "policy.password.upper" CHARACTERS, password.upper;
    PasswordLower "policy.password.lower" CHARACTERS, password.lower;
    PasswordDigit "policy.password.digit" CHARACTERS, password.digit;
    PasswordSpecial "policy.password.special" CHARACTERS, password.special;
    PasswordAdjacent "policy.password.identical_adjacent" LENGTH, password.identical_adjacent;
    PasswordRecycle "policy.password.recycle" Kind::Number { least: 0, most: 24 }, password.recycle;
    PasswordExpiry "policy.password.expire_days" Kind::Number { least: 0, most: 36_500 }, password.expire_days;
    LockoutFailures "policy.lockout.max_failures" COUNT, lockout.max_failures;
    LockoutWindow "policy.lockout.window_seconds" SECONDS, lockout.window;
    LockoutUnlock "policy.lockout.unlock_after_seconds" SECONDS_OR_NONE, lockout.unlock_after;
    LockoutReveal "policy.lockout.reveal" Kind::Word(REVEALS), lockout.reveal;
    LockoutAddress "policy.lockout.address_failures" COUNT, lockout.address_failures;
    LockoutDelay "policy.lockout.delay_seconds" Kind::Number { least: 0, most: 60 }, lockout.delay;
    SessionIdle "policy.session.idle_seconds" SECONDS, session.idle;
    SessionAbsolute "policy.session.absolute_seconds" SECONDS_OR_NONE, session.absolute;
    SessionEndWithToken "policy.session.end_with_token" Kind::Switch, session.end_with_token;
    SessionMax "policy.session.max_sessions" COUNT, session.max_sessions;
    SessionTicket "policy.session.ticket_seconds" SECONDS, ticket_life;
    ReplayMode "policy.replay.mode" Kind::Word(REPLAY_MODES), replay;
    AuditDays "policy.audit.keep_days" Kind::Number { least: 1, most: 36_500 }, audit.keep_days;
    AuditRows "policy.audit.max_rows" Kind::Number { least: 1, most: 1_000_000_000 }, audit.max_rows;
    PasswordCache "policy.password_cache.seconds" Kind::Number { least: 0, most: DAY }, remember_passwords;
    PasswordDescription "policy.password.description" Kind::Name, password_description;
    LockoutDescription "policy.lockout.description" Kind::Name, lockout_description;
    InstanceName "sdk.instance_name" Kind::Name, instance_name;
}

words! { REVEALS Reveal:
    "after-correct-password" Self::AfterCorrectPassword,
    "vcenter" Self::Vcenter,
    "never" Self::Never,
}

words! { JWT_ALGORITHMS Algorithm:
    "RS256" Self::Rs256,
    "ES256" Self::Es256,
}

words! { REPLAY_MODES ReplayMode:
    "enforce" Self::Enforce,
    "log" Self::Log,
    "off" Self::Off,
}

impl Policy {
    /// The policy with this name.
    #[must_use]
    pub fn by_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|policy| policy.key() == key)
    }
}

impl Policies {
    /// What stands against these values together, in words.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        self.password.contradiction().map(str::to_owned)
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            token: TokenPolicy::default(),
            authentication: MethodPolicy::default(),
            password: PasswordPolicy::default(),
            lockout: LockoutPolicy::default(),
            session: SessionPolicy::default(),
            ticket_life: Duration::from_mins(2),
            replay: ReplayMode::default(),
            audit: AuditPolicy::default(),
            remember_passwords: Duration::from_mins(1),
            password_description: None,
            lockout_description: None,
            instance_name: None,
        }
    }
}

impl Default for AuditPolicy {
    fn default() -> Self {
        Self { keep_days: 30, max_rows: 1_000_000 }
    }
}

impl AuditPolicy {
    /// Age of the oldest row.
    #[must_use]
    pub fn keep(self) -> Duration {
        Duration::from_secs(u64::from(self.keep_days) * DAY)
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
/// Of a password: nothing longer is hashed.
const LENGTH: Kind = Kind::Number { least: 1, most: 1_024 };
/// Of a password, of one sort.
const CHARACTERS: Kind = Kind::Number { least: 0, most: 1_024 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_found_by_its_name_and_holds_what_it_shows() {
        for policy in Policy::ALL.iter().copied() {
            assert_eq!(Policy::by_key(policy.key()), Some(policy));
            let mut policies = Policies::default();
            let other = match policy.kind() {
                Kind::Number { least, most } => {
                    let known = policy.of(&policies);
                    let number = if known == Some(Scalar::Number(most)) { least } else { most };
                    Scalar::Number(number)
                }
                Kind::Switch => Scalar::Switch(policy.of(&policies) == Some(Scalar::Switch(false))),
                Kind::Word(words) => Scalar::Text((*words.last().unwrap()).to_owned()),
                Kind::Name | Kind::Text | Kind::List => Scalar::Text("lab".into()),
            };
            policy.set(&mut policies, &other);
            assert_eq!(policy.of(&policies), Some(other.clone()), "{}", policy.key());
            let changed =
                Policy::ALL.iter().filter(|other| other.of(&policies) != other.of(&Policies::default()));
            assert_eq!(changed.count(), 1, "{} alone", policy.key());
            assert_eq!(policy.kind().read(&other.written()), Some(other), "{}", policy.key());
        }
    }

    #[test]
    fn the_defaults_are_allowed_and_fit_together() {
        let policies = Policies::default();
        for policy in Policy::ALL {
            assert!(
                policy.of(&policies).is_none_or(|value| policy.kind().allows(&value)),
                "{}",
                policy.key()
            );
        }
        assert_eq!(policies.contradiction(), None);
    }
}
