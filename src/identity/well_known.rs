//! The groups and the account that exist before anybody makes one (`sts.md` §7.2, `decisions.md` §18).

use super::principal::fold;

/// Members have the role Admin on the root.
pub const ADMINISTRATORS: &str = "Administrators";
/// Members may ask for tokens in another subject's name.
pub const ACT_AS_USERS: &str = "ActAsUsers";
/// Every solution user belongs to it.
pub const SOLUTION_USERS: &str = "SolutionUsers";
/// Every subject of an external issuer belongs to it.
pub const EXTERNAL_IDP_USERS: &str = "ExternalIDPUsers";
/// Every subject of the domain belongs to it; it has no row and no member list.
pub const EVERYONE: &str = "Everyone";
/// The account made at first start. It is slowed down, never locked (`decisions.md` §21).
pub const ADMINISTRATOR: &str = "Administrator";

/// Whether this is the name of that account.
#[must_use]
pub fn is_administrator(name: &str) -> bool {
    fold(name) == fold(ADMINISTRATOR)
}

/// The groups made at first start.
pub const GROUPS: &[&str] = &[
    ADMINISTRATORS,
    ACT_AS_USERS,
    "CAAdmins",
    EXTERNAL_IDP_USERS,
    SOLUTION_USERS,
    "SystemConfiguration.Administrators",
    "TrustedUsers",
    "Users",
];
