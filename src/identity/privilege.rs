//! Privilege identifiers and the root of the inventory (`session-manager.md` §2.4).

mod every;

pub use crate::vim::access::{EXTENSION_REGISTER, EXTENSION_UNREGISTER, EXTENSION_UPDATE, READ, VIEW};
pub use crate::vim::object::ROOT;
pub use every::ALL;

/// Held by everybody, logged in or not.
pub const ANONYMOUS: &str = "System.Anonymous";
/// See and end other people's sessions.
pub const TERMINATE_SESSION: &str = "Sessions.TerminateSession";
/// Say who has which role on an entity.
pub const MODIFY_PERMISSIONS: &str = "Authorization.ModifyPermissions";

/// What every role made by people allows, whatever else it does.
pub const OF_EVERY_ROLE: &[&str] = &[ANONYMOUS, READ, VIEW];

/// The privilege of this identifier.
#[must_use]
pub fn known(id: &str) -> Option<&'static str> {
    ALL.binary_search(&id).ok().and_then(|place| ALL.get(place)).copied()
}

/// Needed for ciphered machines; roles without cryptography lack it.
pub(super) fn is_cryptographic(id: &str) -> bool {
    id.starts_with("Cryptographer.")
        || matches!(
            id,
            "Global.Diagnostics"
                | "Host.Inventory.AddHostToCluster"
                | "Host.Inventory.AddStandaloneHost"
                | "Host.Local.ManageUserGroups"
                | "VirtualMachine.Interact.GuestControl"
        )
}

/// Belongs to the administration of trusted hosts.
pub(super) fn is_trusted(id: &str) -> bool {
    id.starts_with("TrustedAdmin.") || id.starts_with("Host.Tpm.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::access::Access;
    use crate::vim::method::MethodName;

    #[test]
    fn the_list_is_sorted_and_knows_itself() {
        assert!(ALL.is_sorted_by(|a, b| a < b));
        assert!(ALL.iter().all(|id| known(id) == Some(*id)));
        assert_eq!(known("System.Nothing"), None);
        assert_eq!(ALL.len(), 482);
    }

    #[test]
    fn every_privilege_that_a_method_takes_can_be_granted() {
        for name in MethodName::ALL {
            if let Access::Privilege(id) = name.facts().access {
                assert!(known(id).is_some(), "{id}");
            }
        }
        assert!([ANONYMOUS, TERMINATE_SESSION, MODIFY_PERMISSIONS].iter().all(|id| known(id).is_some()));
    }
}
