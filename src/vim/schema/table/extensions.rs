//! What extensions say of themselves.

use super::{DataType, REFERENCE, data, many, maybe, one};

/// See the module.
pub const TYPES: &[DataType] = &[
    data(
        "ExtExtendedProductInfo",
        &[
            maybe("companyUrl", "string"),
            maybe("productUrl", "string"),
            maybe("managementUrl", "string"),
            maybe("self", REFERENCE),
        ],
    ),
    data(
        "ExtManagedEntityInfo",
        &[
            one("type", "string"),
            maybe("smallIconUrl", "string"),
            maybe("iconUrl", "string"),
            maybe("description", "string"),
        ],
    ),
    data(
        "ExtSolutionManagerInfo",
        &[many("tab", "ExtSolutionManagerInfoTabInfo"), maybe("smallIconUrl", "string")],
    ),
    data("ExtSolutionManagerInfoTabInfo", &[one("label", "string"), one("url", "string")]),
    data(
        "Extension",
        &[
            one("description", "Description"),
            one("key", "string"),
            maybe("company", "string"),
            maybe("type", "string"),
            one("version", "string"),
            maybe("subjectName", "string"),
            many("server", "ExtensionServerInfo"),
            many("client", "ExtensionClientInfo"),
            many("taskList", "ExtensionTaskTypeInfo"),
            many("eventList", "ExtensionEventTypeInfo"),
            many("faultList", "ExtensionFaultTypeInfo"),
            many("privilegeList", "ExtensionPrivilegeInfo"),
            many("resourceList", "ExtensionResourceInfo"),
            one("lastHeartbeatTime", "dateTime"),
            maybe("healthInfo", "ExtensionHealthInfo"),
            maybe("ovfConsumerInfo", "ExtensionOvfConsumerInfo"),
            maybe("extendedProductInfo", "ExtExtendedProductInfo"),
            many("managedEntityInfo", "ExtManagedEntityInfo"),
            maybe("shownInSolutionManager", "boolean"),
            maybe("solutionManagerInfo", "ExtSolutionManagerInfo"),
        ],
    ),
    data(
        "ExtensionClientInfo",
        &[
            one("version", "string"),
            one("description", "Description"),
            one("company", "string"),
            one("type", "string"),
            one("url", "string"),
        ],
    ),
    data("ExtensionEventTypeInfo", &[one("eventID", "string"), maybe("eventTypeSchema", "string")]),
    data("ExtensionFaultTypeInfo", &[one("faultID", "string")]),
    data("ExtensionHealthInfo", &[one("url", "string")]),
    data("ExtensionManagerIpAllocationUsage", &[one("extensionKey", "string"), one("numAddresses", "int")]),
    data("ExtensionOvfConsumerInfo", &[one("callbackUrl", "string"), many("sectionType", "string")]),
    data("ExtensionPrivilegeInfo", &[one("privID", "string"), one("privGroupName", "string")]),
    data(
        "ExtensionResourceInfo",
        &[one("locale", "string"), one("module", "string"), many("data", "KeyValue")],
    ),
    data(
        "ExtensionServerInfo",
        &[
            one("url", "string"),
            one("description", "Description"),
            one("company", "string"),
            one("type", "string"),
            many("adminEmail", "string"),
            maybe("serverThumbprint", "string"),
            maybe("serverCertificate", "string"),
        ],
    ),
    data("ExtensionTaskTypeInfo", &[one("taskID", "string")]),
];
