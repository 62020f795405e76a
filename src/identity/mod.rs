//! People and machines of the one tenant: their names, groups, roles, passwords, and the rules about them.
//!
//! Pure: what is known about a subject arrives as a [`Standing`], read by `store`; nothing here remembers anything.

pub mod extension;
pub mod external;
pub mod lockout;
pub mod method;
pub mod password;
pub mod password_policy;
pub mod principal;
pub mod privilege;
pub mod role;
pub mod standing;
pub mod well_known;

pub use extension::ExtensionKey;
pub use external::{ExternalSubject, Grantee};
pub use lockout::LockoutPolicy;
pub use method::{Method, MethodPolicy};
pub use password_policy::{PasswordPolicy, PasswordViolation};
pub use principal::{AccountName, Domain, LoginName, Principal};
pub use standing::{Grant, Kind, Standing};
