//! One login and what vim25 shows of it (`session-manager.md` §1.2, §1.22).

use std::time::Duration;

use crate::clock::Moment;

/// Where sessions are opened. The cookie of one is good there and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Service {
    /// `/sdk`, and what shares its sessions.
    #[default]
    Vim,
    /// The SSO administration service.
    SsoAdmin,
}

/// A session. The secret cookie is not part of it: the store knows only its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Where it was opened.
    pub service: Service,
    /// The public identifier, argument of `TerminateSession`; never the cookie.
    pub key: String,
    /// Row of the subject; its groups and roles are read at each call, not remembered here.
    pub subject_id: String,
    /// Of the subject of another issuer, which has no row, the groups of this domain that it was mapped to when the session
    /// began (`decisions.md` §19).
    pub mapped_groups: Option<Vec<String>>,
    /// `DOMAIN\name`.
    pub user_name: String,
    /// "Given Surname", or the user name.
    pub full_name: String,
    /// When it began.
    pub login_time: Moment,
    /// When it was last used.
    pub last_active_time: Moment,
    /// The effective locale.
    pub locale: String,
    /// The locale whose messages are used.
    pub message_locale: String,
    /// Opened by an extension.
    pub extension_session: bool,
    /// The peer's address without port.
    pub ip_address: String,
    /// The latest `User-Agent`.
    pub user_agent: String,
    /// API calls since the login.
    pub call_count: i64,
    /// Identifier of the token that opened it, if one did.
    pub token_id: Option<String>,
    /// When that token ends.
    pub token_not_on_or_after: Option<Moment>,
}

/// When sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Unused for so long.
    pub idle: Duration,
    /// At the latest so long after the login; zero = no such end, as vCenter.
    pub absolute: Duration,
    /// With the token that opened it.
    pub end_with_token: bool,
    /// At most so many at once; zero = no limit.
    pub max_sessions: u32,
}

impl SessionPolicy {
    /// Whether the session still lives at `now`. The one predicate: every door and the housekeeping ask it.
    #[must_use]
    pub fn is_live(&self, session: &Session, now: Moment) -> bool {
        let idle_end = session.last_active_time.plus(self.idle);
        let absolute_end =
            if self.absolute.is_zero() { Moment::FAR_FUTURE } else { session.login_time.plus(self.absolute) };
        let token_end =
            session.token_not_on_or_after.filter(|_| self.end_with_token).unwrap_or(Moment::FAR_FUTURE);
        now < idle_end && now < absolute_end && now < token_end
    }
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(30),
            absolute: Duration::ZERO,
            end_with_token: false,
            max_sessions: 2_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(at: i64) -> Session {
        Session {
            service: Service::Vim,
            key: "k".into(),
            subject_id: "1".into(),
            mapped_groups: None,
            user_name: "D\\a".into(),
            full_name: "a".into(),
            login_time: Moment::from_micros(at),
            last_active_time: Moment::from_micros(at),
            locale: "en".into(),
            message_locale: "en".into(),
            extension_session: false,
            ip_address: "127.0.0.1".into(),
            user_agent: String::new(),
            call_count: 0,
            token_id: None,
            token_not_on_or_after: Some(Moment::from_micros(at + 60_000_000)),
        }
    }

    #[test]
    fn a_session_ends_when_it_was_idle_too_long_and_not_before() {
        let policy = SessionPolicy::default();
        assert!(policy.is_live(&session(0), Moment::from_micros(1_799_999_999)));
        assert!(!policy.is_live(&session(0), Moment::from_micros(1_800_000_000)));
    }

    #[test]
    fn a_session_outlives_its_token_unless_the_policy_says_otherwise() {
        let later = Moment::from_micros(60_000_000);
        assert!(SessionPolicy::default().is_live(&session(0), later));
        assert!(
            !SessionPolicy { end_with_token: true, ..SessionPolicy::default() }.is_live(&session(0), later)
        );
    }

    #[test]
    fn an_absolute_limit_ends_even_a_busy_session() {
        let policy = SessionPolicy { absolute: Duration::from_secs(10), ..SessionPolicy::default() };
        let mut busy = session(0);
        busy.last_active_time = Moment::from_micros(9_999_999);
        assert!(policy.is_live(&busy, Moment::from_micros(9_999_999)));
        assert!(!policy.is_live(&busy, Moment::from_micros(10_000_000)));
    }
}
