//! The faults.

use super::{DataType, METHOD_FAULT, REFERENCE, RUNTIME_FAULT, VIM_FAULT, extends, many, maybe, one, root};

/// See the module.
pub const TYPES: &[DataType] = &[
    extends("AlreadyExists", VIM_FAULT, &[maybe("name", "string")]),
    extends("AuthMinimumAdminPermission", VIM_FAULT, &[]),
    extends("InvalidArgument", RUNTIME_FAULT, &[maybe("invalidProperty", "string")]),
    extends("InvalidClientCertificate", "InvalidLogin", &[]),
    extends("InvalidCollectorVersion", METHOD_FAULT, &[]),
    extends("InvalidLocale", VIM_FAULT, &[]),
    extends("InvalidLogin", VIM_FAULT, &[]),
    extends("InvalidName", VIM_FAULT, &[one("name", "string"), maybe("entity", REFERENCE)]),
    extends("InvalidProperty", METHOD_FAULT, &[one("name", "string")]),
    extends("InvalidRequest", RUNTIME_FAULT, &[]),
    extends("InvalidState", VIM_FAULT, &[]),
    extends("ManagedObjectNotFound", RUNTIME_FAULT, &[one("obj", REFERENCE)]),
    root(
        METHOD_FAULT,
        &[maybe("faultCause", "LocalizedMethodFault"), many("faultMessage", "LocalizableMessage")],
    ),
    extends("MethodNotFound", "InvalidRequest", &[one("receiver", REFERENCE), one("method", "string")]),
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
    extends("NoSubjectName", VIM_FAULT, &[]),
    extends("NotAuthenticated", "NoPermission", &[]),
    extends("NotFound", VIM_FAULT, &[]),
    extends("NotSupported", RUNTIME_FAULT, &[]),
    extends("RemoveFailed", VIM_FAULT, &[]),
    extends("RequestCanceled", RUNTIME_FAULT, &[]),
    extends(RUNTIME_FAULT, METHOD_FAULT, &[]),
    extends("SSPIChallenge", VIM_FAULT, &[one("base64Token", "string")]),
    extends("SecurityError", RUNTIME_FAULT, &[]),
    extends("UserNotFound", VIM_FAULT, &[one("principal", "string"), one("unresolved", "boolean")]),
    extends(VIM_FAULT, METHOD_FAULT, &[]),
];
