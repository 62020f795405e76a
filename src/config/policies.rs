//! The policies: rules of the house that an operator may set, in the types of the floors that keep them.

use std::time::Duration;

use super::error::ConfigError;
use super::layers::Layers;
use super::setting::Setting;
use crate::app::ReplayMode;
use crate::identity::LockoutPolicy;
use crate::identity::lockout::Reveal;
use crate::session::SessionPolicy;
use crate::sts::TokenPolicy;

/// All policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// `[policy.token]`.
    pub token: TokenPolicy,
    /// `[policy.lockout]`.
    pub lockout: LockoutPolicy,
    /// `[policy.session]`, without the life of tickets.
    pub session: SessionPolicy,
    /// `[policy.session] ticket_seconds`.
    pub ticket: Ticket,
    /// `[policy.replay] mode`.
    pub replay: ReplayMode,
    /// `[policy.audit]`.
    pub audit: AuditPolicy,
    /// `[policy.password_cache]`.
    pub password_cache: PasswordCache,
}

/// How long a clone ticket may be used (`decisions.md` §17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(pub Duration);

/// How much of the audit log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditPolicy {
    /// Age of the oldest row, in days.
    pub keep_days: u32,
    /// Number of rows.
    pub max_rows: u64,
}

/// How long verified credentials are remembered; zero = not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCache(pub Duration);

/// `[personality]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Personality {
    /// `AcquireLocalTicket` answers as an `ESXi` host.
    pub host: bool,
}

/// The words of `[policy.lockout] reveal`.
pub(super) const REVEALS: &[(&str, Reveal)] = &[
    ("after-correct-password", Reveal::AfterCorrectPassword),
    ("vcenter", Reveal::Vcenter),
    ("never", Reveal::Never),
];

/// The words of `[policy.replay] mode`.
pub(super) const REPLAY_MODES: &[(&str, ReplayMode)] =
    &[("enforce", ReplayMode::Enforce), ("log", ReplayMode::Log), ("off", ReplayMode::Off)];

impl Default for Ticket {
    fn default() -> Self {
        Self(Duration::from_mins(2))
    }
}

impl Default for AuditPolicy {
    fn default() -> Self {
        Self { keep_days: 30, max_rows: 1_000_000 }
    }
}

impl Default for PasswordCache {
    fn default() -> Self {
        Self(Duration::from_mins(1))
    }
}

impl Policies {
    /// The policies that were given, defaults for the rest.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for a word that is none of the list.
    pub(super) fn of(layers: &Layers) -> Result<Self, ConfigError> {
        let default = Self::default();
        let audit = AuditPolicy {
            keep_days: layers.count(Setting::AuditDays, default.audit.keep_days),
            max_rows: layers.number(Setting::AuditRows, default.audit.max_rows),
        };
        Ok(Self {
            token: token(layers, default.token),
            lockout: lockout(layers, default.lockout)?,
            session: session(layers, default.session),
            ticket: Ticket(layers.seconds(Setting::SessionTicket, default.ticket.0)),
            replay: layers.word(Setting::ReplayMode, REPLAY_MODES, default.replay)?,
            audit,
            password_cache: PasswordCache(layers.seconds(Setting::PasswordCache, default.password_cache.0)),
        })
    }
}

fn token(layers: &Layers, default: TokenPolicy) -> TokenPolicy {
    TokenPolicy {
        clock_tolerance: layers.seconds(Setting::ClockTolerance, default.clock_tolerance),
        max_bearer_lifetime: layers.seconds(Setting::BearerLifetime, default.max_bearer_lifetime),
        max_hok_lifetime: layers.seconds(Setting::HokLifetime, default.max_hok_lifetime),
        delegation_count: layers.count(Setting::DelegationCount, default.delegation_count),
        renew_count: layers.count(Setting::RenewCount, default.renew_count),
        cancel: layers.switch(Setting::Cancel, default.cancel),
        on_behalf_of: layers.switch(Setting::OnBehalfOf, default.on_behalf_of),
    }
}

fn lockout(layers: &Layers, default: LockoutPolicy) -> Result<LockoutPolicy, ConfigError> {
    Ok(LockoutPolicy {
        max_failures: layers.count(Setting::LockoutFailures, default.max_failures),
        window: layers.seconds(Setting::LockoutWindow, default.window),
        unlock_after: layers.seconds(Setting::LockoutUnlock, default.unlock_after),
        reveal: layers.word(Setting::LockoutReveal, REVEALS, default.reveal)?,
    })
}

fn session(layers: &Layers, default: SessionPolicy) -> SessionPolicy {
    SessionPolicy {
        idle: layers.seconds(Setting::SessionIdle, default.idle),
        absolute: layers.seconds(Setting::SessionAbsolute, default.absolute),
        end_with_token: layers.switch(Setting::SessionEndWithToken, default.end_with_token),
        max_sessions: layers.count(Setting::SessionMax, default.max_sessions),
    }
}
