//! Privilege identifiers and the root of the inventory (`session-manager.md` §2.4).

/// The root folder, on which the privileges of the `SessionManager` are checked.
pub const ROOT: &str = "group-d1";

/// Held by everybody, logged in or not.
pub const ANONYMOUS: &str = "System.Anonymous";
/// Held by everybody who is logged in.
pub const VIEW: &str = "System.View";
/// Read on an object.
pub const READ: &str = "System.Read";
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
    "Extension.Register",
    "Extension.Unregister",
    "Extension.Update",
    "Global.Settings",
    "Sessions.CollectPrivilegeChecks",
    "Sessions.GlobalMessage",
    "Sessions.ImpersonateUser",
    TERMINATE_SESSION,
    "Sessions.ValidateSession",
];
