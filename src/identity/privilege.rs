//! Privilege identifiers and the root of the inventory (`session-manager.md` §2.4).

pub use crate::vim::access::{EXTENSION_REGISTER, EXTENSION_UNREGISTER, EXTENSION_UPDATE, READ, VIEW};
pub use crate::vim::object::ROOT;

/// Held by everybody, logged in or not.
pub const ANONYMOUS: &str = "System.Anonymous";
/// See and end other people's sessions.
pub const TERMINATE_SESSION: &str = "Sessions.TerminateSession";

/// Every privilege that a role can hold here.
pub const ALL: &[&str] = &[
    ANONYMOUS,
    VIEW,
    READ,
    "Authorization.ModifyPermissions",
    "Authorization.ModifyRoles",
    "Authorization.ReassignRolePermissions",
    EXTENSION_REGISTER,
    EXTENSION_UNREGISTER,
    EXTENSION_UPDATE,
    "Global.Settings",
    "Sessions.CollectPrivilegeChecks",
    "Sessions.GlobalMessage",
    "Sessions.ImpersonateUser",
    TERMINATE_SESSION,
    "Sessions.ValidateSession",
];
