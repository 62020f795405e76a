//! When too many wrong passwords lock an account, and how much of that the client learns (`decisions.md` §21).

use std::time::Duration;

/// The lockout rules. The counting itself is one statement of the store, so that parallel tries cannot slip through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// Failures within the window that lock the account; zero switches locking off.
    pub max_failures: u32,
    /// How long a failure counts.
    pub window: Duration,
    /// How long the lock holds; zero = until an administrator unlocks.
    pub unlock_after: Duration,
    /// What the client is told.
    pub reveal: Reveal,
    /// Wrong passwords from one address within the window, whoever is meant, after which its passwords are checked one
    /// after the other; zero switches that off.
    pub address_failures: u32,
    /// How long a wrong password then holds up the next.
    pub delay: Duration,
}

/// Whether a client learns that the account is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reveal {
    /// Only somebody who knows the password: nobody can probe for locked accounts.
    AfterCorrectPassword,
    /// Everybody, as vCenter does.
    Vcenter,
    /// Nobody.
    Never,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self {
            max_failures: 5,
            window: Duration::from_mins(3),
            unlock_after: Duration::from_mins(5),
            reveal: Reveal::AfterCorrectPassword,
            address_failures: 100,
            delay: Duration::from_secs(3),
        }
    }
}
