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
    root("DynamicData", &[]),
    data("DynamicProperty", &[one("name", "string"), one("val", ANY)]),
    extends("InvalidArgument", RUNTIME_FAULT, &[maybe("invalidProperty", "string")]),
    extends("InvalidLocale", VIM_FAULT, &[]),
    extends("InvalidLogin", VIM_FAULT, &[]),
    extends("InvalidName", VIM_FAULT, &[one("name", "string"), maybe("entity", REFERENCE)]),
    extends("InvalidProperty", METHOD_FAULT, &[one("name", "string")]),
    extends("InvalidRequest", RUNTIME_FAULT, &[]),
    data("KeyAnyValue", &[one("key", "string"), one("value", ANY)]),
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
    extends("SSPIChallenge", VIM_FAULT, &[one("base64Token", "string")]),
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
