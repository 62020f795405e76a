//! Managed entities by their identifiers. Permissions may stand on any of them, whether or not the inventory here holds
//! it; what kind it is, vCenter's way of naming says (`session-manager.md` §2.4).

use crate::vim::Reference;

/// The reference to the entity of this identifier.
#[must_use]
pub fn reference(value: &str) -> Reference {
    let numbered = |prefix: &str| {
        let number = value.strip_prefix(prefix);
        number.is_some_and(|n| !n.is_empty() && n.bytes().all(|digit| digit.is_ascii_digit()))
    };
    let kind = KINDS.iter().find(|(prefix, _)| numbered(prefix)).map_or(ANY, |(_, kind)| kind);
    Reference::new(kind, value)
}

/// Whether a reference can name an entity: its type and its identifier agree.
#[must_use]
pub fn is_one(object: &Reference) -> bool {
    reference(&object.value).kind == object.kind
}

/// What is of none of these kinds.
const ANY: &str = "ManagedEntity";

/// How identifiers begin.
const KINDS: &[(&str, &str)] = &[
    ("group-d", "Folder"),
    ("group-h", "Folder"),
    ("group-n", "Folder"),
    ("group-p", "StoragePod"),
    ("group-s", "Folder"),
    ("group-v", "Folder"),
    ("datacenter-", "Datacenter"),
    ("domain-c", "ClusterComputeResource"),
    ("domain-s", "ComputeResource"),
    ("host-", "HostSystem"),
    ("resgroup-v", "VirtualApp"),
    ("resgroup-", "ResourcePool"),
    ("vm-", "VirtualMachine"),
    ("datastore-", "Datastore"),
    ("network-", "Network"),
    ("dvs-", "VmwareDistributedVirtualSwitch"),
    ("dvportgroup-", "DistributedVirtualPortgroup"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_says_what_it_names() {
        for (value, kind) in [
            ("group-d1", "Folder"),
            ("datacenter-2", "Datacenter"),
            ("resgroup-v10", "VirtualApp"),
            ("resgroup-10", "ResourcePool"),
            ("vm-", "ManagedEntity"),
            ("vm-x", "ManagedEntity"),
            ("anything", "ManagedEntity"),
        ] {
            assert_eq!(reference(value), Reference::new(kind, value));
        }
        assert!(is_one(&Reference::root()) && is_one(&Reference::new("VirtualMachine", "vm-7")));
        assert!(!is_one(&Reference::new("Folder", "vm-7")) && !is_one(&Reference::new("Folder", "nope")));
    }
}
