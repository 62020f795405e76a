//! Roles: named sets of privileges, and the ones every vCenter has (`session-manager.md` §2.4).

use super::privilege::{ALL, ANONYMOUS, READ, VIEW};

/// A role as it is made at first start.
#[derive(Clone, Copy, Debug)]
pub struct SystemRole {
    /// Negative for system roles.
    pub id: i64,
    /// Its name on the wire.
    pub name: &'static str,
    /// What it allows.
    pub privileges: &'static [&'static str],
}

/// Everything.
pub const ADMIN: i64 = -1;
/// Look, do not touch.
pub const READ_ONLY: i64 = -2;
/// Nothing, explicitly.
pub const NO_ACCESS: i64 = -5;

/// The roles of a fresh system.
pub const SYSTEM_ROLES: &[SystemRole] = &[
    SystemRole { id: ADMIN, name: "Admin", privileges: ALL },
    SystemRole { id: READ_ONLY, name: "ReadOnly", privileges: &[ANONYMOUS, VIEW, READ] },
    SystemRole { id: -3, name: "View", privileges: &[ANONYMOUS, VIEW] },
    SystemRole { id: -4, name: "Anonymous", privileges: &[ANONYMOUS] },
    SystemRole { id: NO_ACCESS, name: "NoAccess", privileges: &[] },
    SystemRole { id: -6, name: "NoCryptoAdmin", privileges: ALL },
];
