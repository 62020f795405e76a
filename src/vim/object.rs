//! The managed objects of the house and the properties of their types, in two tables (`session-manager.md`
//! §2.1).
//!
//! What is published here must answer property reads, if only with nothing: a reference to an object that
//! does not exist ends `PowerCLI` and Java with `ManagedObjectNotFound`. That a type has a property says
//! nothing about a value.

use crate::vim::access::{Access, READ, VIEW};
use crate::vim::{ApiVersion, Reference};

/// A managed object that exists as long as the server does.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Its type on the wire.
    pub kind: &'static str,
    /// Its identifier, as vCenter calls it.
    pub value: &'static str,
    /// The member of `ServiceContent` that leads to it; none for the service itself.
    pub member: Option<&'static str>,
    /// Since when that member exists.
    pub since: ApiVersion,
}

/// A type of managed object.
#[derive(Clone, Copy, Debug)]
pub struct ManagedType {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its name inside vCenter, which fault texts print.
    pub full_name: &'static str,
    /// The type it extends.
    pub base: Option<&'static str>,
    /// Its own properties, in the order of the API.
    pub properties: &'static [Property],
}

/// A property and who may read it.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What reading it takes.
    pub access: Access,
}

impl Published {
    /// The reference to it.
    #[must_use]
    pub fn reference(&self) -> Reference {
        Reference::new(self.kind, self.value)
    }
}

/// The published object with this identifier.
#[must_use]
pub fn published(value: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|object| object.value == value)
}

/// The type of this name, if the house knows it.
#[must_use]
pub fn managed_type(name: &str) -> Option<&'static ManagedType> {
    TYPES.iter().find(|kind| kind.name == name)
}

/// The type and the ones it extends, nearest first; nothing for a type the house does not know.
pub fn lineage(name: &str) -> impl Iterator<Item = &'static ManagedType> {
    std::iter::successors(managed_type(name), |kind| managed_type(kind.base?))
}

/// Whether an object of type `kind` is one of `wanted` too.
#[must_use]
pub fn is_a(kind: &str, wanted: &str) -> bool {
    kind == wanted || wanted == "ManagedObject" || lineage(kind).any(|kind| kind.name == wanted)
}

/// The properties of a type, inherited ones last.
pub fn properties(kind: &str) -> impl Iterator<Item = &'static Property> {
    lineage(kind).flat_map(|kind| kind.properties)
}

const V2_5: ApiVersion = ApiVersion::new([2, 5, 0, 0]);

const fn object(
    kind: &'static str,
    value: &'static str,
    member: &'static str,
    since: ApiVersion,
) -> Published {
    Published { kind, value, member: Some(member), since }
}

/// The root folder's identifier.
pub const ROOT: &str = "group-d1";

/// Everything that is published, in the order of `ServiceContent`. The identifiers are a recorded vCenter's
/// (§2.1).
pub const PUBLISHED: &[Published] = &[
    Published { kind: "ServiceInstance", value: "ServiceInstance", member: None, since: ApiVersion::FIRST },
    object("Folder", ROOT, "rootFolder", ApiVersion::FIRST),
    object("PropertyCollector", "propertyCollector", "propertyCollector", ApiVersion::FIRST),
    object("ViewManager", "ViewManager", "viewManager", V2_5),
    object("OptionManager", "VpxSettings", "setting", ApiVersion::FIRST),
    object("UserDirectory", "UserDirectory", "userDirectory", ApiVersion::FIRST),
    object("SessionManager", "SessionManager", "sessionManager", ApiVersion::FIRST),
    object("AuthorizationManager", "AuthorizationManager", "authorizationManager", ApiVersion::FIRST),
    object("PerformanceManager", "PerfMgr", "perfManager", ApiVersion::FIRST),
    object("EventManager", "EventManager", "eventManager", ApiVersion::FIRST),
    object("TaskManager", "TaskManager", "taskManager", ApiVersion::FIRST),
    object("ExtensionManager", "ExtensionManager", "extensionManager", V2_5),
    object("LicenseManager", "LicenseManager", "licenseManager", ApiVersion::FIRST),
    object("SearchIndex", "SearchIndex", "searchIndex", ApiVersion::FIRST),
];

const fn anonymous(name: &'static str) -> Property {
    Property { name, access: Access::Anonymous }
}

const fn view(name: &'static str) -> Property {
    Property { name, access: Access::Privilege(VIEW) }
}

const fn read(name: &'static str) -> Property {
    Property { name, access: Access::Privilege(READ) }
}

const fn managed(
    name: &'static str,
    full_name: &'static str,
    properties: &'static [Property],
) -> ManagedType {
    ManagedType { name, full_name, base: None, properties }
}

/// Every type of a published object, of what a session makes for itself, and the types they extend. Properties newer than our newest version are
/// absent.
pub const TYPES: &[ManagedType] = &[
    managed(
        "ServiceInstance",
        "vim.ServiceInstance",
        &[view("serverClock"), view("capability"), anonymous("content")],
    ),
    managed(
        "SessionManager",
        "vim.SessionManager",
        &[
            Property { name: "sessionList", access: Access::Privilege("Sessions.TerminateSession") },
            anonymous("currentSession"),
            view("message"),
            anonymous("messageLocaleList"),
            anonymous("supportedLocaleList"),
            anonymous("defaultLocale"),
        ],
    ),
    managed("PropertyCollector", "vmodl.query.PropertyCollector", &[view("filter")]),
    managed(
        "PropertyFilter",
        "vmodl.query.PropertyCollector.Filter",
        &[view("spec"), view("partialUpdates")],
    ),
    managed("View", "vim.view.View", &[]),
    ManagedType {
        name: "ManagedObjectView",
        full_name: "vim.view.ManagedObjectView",
        base: Some("View"),
        properties: &[view("view")],
    },
    ManagedType {
        name: "ListView",
        full_name: "vim.view.ListView",
        base: Some("ManagedObjectView"),
        properties: &[],
    },
    ManagedType {
        name: "ContainerView",
        full_name: "vim.view.ContainerView",
        base: Some("ManagedObjectView"),
        properties: &[view("container"), view("type"), view("recursive")],
    },
    managed("ViewManager", "vim.view.ViewManager", &[view("viewList")]),
    managed("OptionManager", "vim.option.OptionManager", &[read("supportedOption"), read("setting")]),
    managed("UserDirectory", "vim.UserDirectory", &[view("domainList")]),
    managed(
        "AuthorizationManager",
        "vim.AuthorizationManager",
        &[view("privilegeList"), view("roleList"), view("description")],
    ),
    managed(
        "PerformanceManager",
        "vim.PerformanceManager",
        &[view("description"), view("historicalInterval"), view("perfCounter")],
    ),
    managed(
        "EventManager",
        "vim.event.EventManager",
        &[view("description"), view("latestEvent"), view("maxCollector")],
    ),
    managed("HistoryCollector", "vim.HistoryCollector", &[view("filter")]),
    ManagedType {
        name: "EventHistoryCollector",
        full_name: "vim.event.EventHistoryCollector",
        base: Some("HistoryCollector"),
        properties: &[view("latestPage")],
    },
    managed(
        "TaskManager",
        "vim.TaskManager",
        &[view("recentTask"), view("description"), view("maxCollector")],
    ),
    managed("ExtensionManager", "vim.ExtensionManager", &[view("extensionList")]),
    managed(
        "LicenseManager",
        "vim.LicenseManager",
        &[
            read("source"),
            read("sourceAvailable"),
            read("diagnostics"),
            read("featureInfo"),
            read("licensedEdition"),
            read("licenses"),
            view("licenseAssignmentManager"),
            read("evaluation"),
        ],
    ),
    managed("SearchIndex", "vim.SearchIndex", &[]),
    ManagedType {
        name: "Folder",
        full_name: "vim.Folder",
        base: Some("ManagedEntity"),
        properties: &[view("childType"), view("childEntity"), view("namespace")],
    },
    ManagedType {
        name: "ManagedEntity",
        full_name: "vim.ManagedEntity",
        base: Some("ExtensibleManagedObject"),
        properties: &[
            view("parent"),
            view("customValue"),
            read("overallStatus"),
            read("configStatus"),
            read("configIssue"),
            view("effectiveRole"),
            read("permission"),
            view("name"),
            read("disabledMethod"),
            read("recentTask"),
            view("declaredAlarmState"),
            view("triggeredAlarmState"),
            read("alarmActionsEnabled"),
            view("tag"),
        ],
    },
    managed(
        "ExtensibleManagedObject",
        "vim.ExtensibleManagedObject",
        &[view("value"), view("availableField")],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_object_has_a_known_type_and_a_name_of_its_own() {
        for object in PUBLISHED {
            assert!(managed_type(object.kind).is_some(), "{}", object.kind);
            assert_eq!(
                PUBLISHED.iter().filter(|other| other.value == object.value).count(),
                1,
                "{}",
                object.value
            );
        }
    }

    #[test]
    fn every_base_is_known() {
        assert!(TYPES.iter().filter_map(|kind| kind.base).all(|base| managed_type(base).is_some()));
    }

    #[test]
    fn a_folder_is_a_managed_entity_and_has_its_properties() {
        assert!(
            is_a("Folder", "ManagedEntity") && is_a("Folder", "Folder") && is_a("Folder", "ManagedObject")
        );
        assert!(!is_a("Folder", "Datacenter") && !is_a("SessionManager", "ManagedEntity"));
        assert!(properties("Folder").any(|property| property.name == "name"));
        assert!(!properties("SessionManager").any(|property| property.name == "name"));
    }

    #[test]
    fn the_own_session_is_readable_by_everybody_and_other_peoples_are_not() {
        let access =
            |name| properties("SessionManager").find(|property| property.name == name).unwrap().access;
        assert_eq!(access("currentSession"), Access::Anonymous);
        assert_eq!(access("sessionList"), Access::Privilege("Sessions.TerminateSession"));
    }
}
