//! The types of all data objects that a method takes, returns or faults with, one line or paragraph each, in the order
//! of the alphabet; fields in the order of the API (govmomi's generated `types.go`, which follows the vendor's schema).
//! Fields younger than our newest version are absent.

use super::{ANY, DataType, REFERENCE, Simple};
use crate::vim::method::table::{Occurs, Parameter};

/// The simple types.
pub const SIMPLE: &[(&str, Simple)] = &[
    ("string", Simple::Text),
    ("anyURI", Simple::Text),
    ("base64Binary", Simple::Text),
    ("dateTime", Simple::Text),
    ("boolean", Simple::Boolean),
    ("byte", Simple::Number),
    ("short", Simple::Number),
    ("int", Simple::Number),
    ("long", Simple::Number),
    ("float", Simple::Number),
    ("double", Simple::Number),
];

/// The data objects.
pub const TYPES: &[DataType] = &[
    data(
        "AboutInfo",
        &[
            one("name", "string"),
            one("fullName", "string"),
            one("vendor", "string"),
            one("version", "string"),
            maybe("patchLevel", "string"),
            one("build", "string"),
            maybe("localeVersion", "string"),
            maybe("localeBuild", "string"),
            one("osType", "string"),
            one("productLineId", "string"),
            one("apiType", "string"),
            one("apiVersion", "string"),
            maybe("instanceUuid", "string"),
            maybe("licenseProductName", "string"),
            maybe("licenseProductVersion", "string"),
        ],
    ),
    data("Description", &[one("label", "string"), one("summary", "string")]),
    root("DynamicData", &[]),
    data("DynamicProperty", &[one("name", "string"), one("val", ANY)]),
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
    extends("InvalidArgument", RUNTIME_FAULT, &[maybe("invalidProperty", "string")]),
    extends("InvalidClientCertificate", "InvalidLogin", &[]),
    extends("InvalidLocale", VIM_FAULT, &[]),
    extends("InvalidLogin", VIM_FAULT, &[]),
    extends("InvalidName", VIM_FAULT, &[one("name", "string"), maybe("entity", REFERENCE)]),
    extends("InvalidProperty", METHOD_FAULT, &[one("name", "string")]),
    extends("InvalidRequest", RUNTIME_FAULT, &[]),
    data("KeyAnyValue", &[one("key", "string"), one("value", ANY)]),
    data("KeyValue", &[one("key", "string"), one("value", "string")]),
    data(
        "LocalizableMessage",
        &[one("key", "string"), many("arg", "KeyAnyValue"), maybe("message", "string")],
    ),
    data("LocalizedMethodFault", &[one("fault", METHOD_FAULT), maybe("localizedMessage", "string")]),
    extends("ManagedObjectNotFound", RUNTIME_FAULT, &[one("obj", REFERENCE)]),
    root(
        METHOD_FAULT,
        &[maybe("faultCause", "LocalizedMethodFault"), many("faultMessage", "LocalizableMessage")],
    ),
    extends("MethodNotFound", "InvalidRequest", &[one("receiver", REFERENCE), one("method", "string")]),
    data("MissingProperty", &[one("path", "string"), one("fault", "LocalizedMethodFault")]),
    extends("NoClientCertificate", VIM_FAULT, &[]),
    extends(
        "NoPermission",
        "SecurityError",
        &[
            maybe("object", REFERENCE),
            maybe("privilegeId", "string"),
            many("missingPrivileges", "NoPermissionEntityPrivileges"),
        ],
    ),
    data("NoPermissionEntityPrivileges", &[one("entity", REFERENCE), many("privilegeIds", "string")]),
    extends("NoSubjectName", VIM_FAULT, &[]),
    extends("NotAuthenticated", "NoPermission", &[]),
    extends("NotFound", VIM_FAULT, &[]),
    extends("NotSupported", RUNTIME_FAULT, &[]),
    data(
        "ObjectContent",
        &[one("obj", REFERENCE), many("propSet", "DynamicProperty"), many("missingSet", "MissingProperty")],
    ),
    data(
        "ObjectSpec",
        &[one("obj", REFERENCE), maybe("skip", "boolean"), many("selectSet", "SelectionSpec")],
    ),
    data("OptionValue", &[one("key", "string"), one("value", ANY)]),
    data(
        "PropertyFilterSpec",
        &[
            many("propSet", "PropertySpec"),
            many("objectSet", "ObjectSpec"),
            maybe("reportMissingObjectsInResults", "boolean"),
        ],
    ),
    data("PropertySpec", &[one("type", "string"), maybe("all", "boolean"), many("pathSet", "string")]),
    data("RetrieveOptions", &[maybe("maxObjects", "int")]),
    data("RetrieveResult", &[maybe("token", "string"), many("objects", "ObjectContent")]),
    extends(RUNTIME_FAULT, METHOD_FAULT, &[]),
    extends("SecurityError", RUNTIME_FAULT, &[]),
    data("SelectionSpec", &[maybe("name", "string")]),
    data(
        "ServiceContent",
        &[
            one("rootFolder", REFERENCE),
            one("propertyCollector", REFERENCE),
            maybe("viewManager", REFERENCE),
            one("about", "AboutInfo"),
            maybe("setting", REFERENCE),
            maybe("userDirectory", REFERENCE),
            maybe("sessionManager", REFERENCE),
            maybe("authorizationManager", REFERENCE),
            maybe("serviceManager", REFERENCE),
            maybe("perfManager", REFERENCE),
            maybe("scheduledTaskManager", REFERENCE),
            maybe("alarmManager", REFERENCE),
            maybe("eventManager", REFERENCE),
            maybe("taskManager", REFERENCE),
            maybe("extensionManager", REFERENCE),
            maybe("customizationSpecManager", REFERENCE),
            maybe("guestCustomizationManager", REFERENCE),
            maybe("customFieldsManager", REFERENCE),
            maybe("accountManager", REFERENCE),
            maybe("diagnosticManager", REFERENCE),
            maybe("licenseManager", REFERENCE),
            maybe("searchIndex", REFERENCE),
            maybe("fileManager", REFERENCE),
            maybe("datastoreNamespaceManager", REFERENCE),
            maybe("virtualDiskManager", REFERENCE),
            maybe("virtualizationManager", REFERENCE),
            maybe("snmpSystem", REFERENCE),
            maybe("vmProvisioningChecker", REFERENCE),
            maybe("vmCompatibilityChecker", REFERENCE),
            maybe("ovfManager", REFERENCE),
            maybe("ipPoolManager", REFERENCE),
            maybe("dvSwitchManager", REFERENCE),
            maybe("hostProfileManager", REFERENCE),
            maybe("clusterProfileManager", REFERENCE),
            maybe("complianceManager", REFERENCE),
            maybe("localizationManager", REFERENCE),
            maybe("storageResourceManager", REFERENCE),
            maybe("guestOperationsManager", REFERENCE),
            maybe("overheadMemoryManager", REFERENCE),
            maybe("certificateManager", REFERENCE),
            maybe("ioFilterManager", REFERENCE),
            maybe("vStorageObjectManager", REFERENCE),
            maybe("hostSpecManager", REFERENCE),
            maybe("cryptoManager", REFERENCE),
            maybe("healthUpdateManager", REFERENCE),
            maybe("failoverClusterConfigurator", REFERENCE),
            maybe("failoverClusterManager", REFERENCE),
            maybe("tenantManager", REFERENCE),
            maybe("siteInfoManager", REFERENCE),
            maybe("storageQueryManager", REFERENCE),
        ],
    ),
    data(
        "SessionManagerGenericServiceTicket",
        &[
            one("id", "string"),
            maybe("hostName", "string"),
            maybe("sslThumbprint", "string"),
            many("certThumbprintList", "VirtualMachineCertThumbprint"),
            maybe("ticketType", "string"),
        ],
    ),
    extends(
        "SessionManagerHttpServiceRequestSpec",
        "SessionManagerServiceRequestSpec",
        &[maybe("method", "string"), one("url", "string")],
    ),
    data("SessionManagerLocalTicket", &[one("userName", "string"), one("passwordFilePath", "string")]),
    data("SessionManagerServiceRequestSpec", &[]),
    extends(
        "SessionManagerVmomiServiceRequestSpec",
        "SessionManagerServiceRequestSpec",
        &[one("method", "string")],
    ),
    extends(
        "TraversalSpec",
        "SelectionSpec",
        &[
            one("type", "string"),
            one("path", "string"),
            maybe("skip", "boolean"),
            many("selectSet", "SelectionSpec"),
        ],
    ),
    data(
        "UserSession",
        &[
            one("key", "string"),
            one("userName", "string"),
            one("fullName", "string"),
            one("loginTime", "dateTime"),
            one("lastActiveTime", "dateTime"),
            one("locale", "string"),
            one("messageLocale", "string"),
            one("extensionSession", "boolean"),
            one("ipAddress", "string"),
            one("userAgent", "string"),
            one("callCount", "long"),
        ],
    ),
    extends(VIM_FAULT, METHOD_FAULT, &[]),
    data("VirtualMachineCertThumbprint", &[one("thumbprint", "string"), maybe("hashAlgorithm", "string")]),
];

const METHOD_FAULT: &str = "MethodFault";
const RUNTIME_FAULT: &str = "RuntimeFault";
const VIM_FAULT: &str = "VimFault";

/// A type that extends nothing.
const fn root(name: &'static str, fields: &'static [Parameter]) -> DataType {
    DataType { name, base: None, fields }
}

/// A data object as nearly all are.
const fn data(name: &'static str, fields: &'static [Parameter]) -> DataType {
    extends(name, "DynamicData", fields)
}

/// A type that extends another one.
const fn extends(name: &'static str, base: &'static str, fields: &'static [Parameter]) -> DataType {
    DataType { name, base: Some(base), fields }
}

const fn one(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, occurs: Occurs::One, kind }
}

const fn maybe(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, occurs: Occurs::Maybe, kind }
}

const fn many(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, occurs: Occurs::Many, kind }
}
