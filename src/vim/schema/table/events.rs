//! What happened, how it is described and how it is asked for.

use super::{DataType, REFERENCE, data, extends, many, maybe, one};

/// See the module.
pub const TYPES: &[DataType] = &[
    extends("AlreadyAuthenticatedSessionEvent", "SessionEvent", &[]),
    extends("BadUsernameSessionEvent", "SessionEvent", &[one("ipAddress", "string")]),
    data(
        "Event",
        &[
            one("key", "int"),
            one("chainId", "int"),
            one("createdTime", "dateTime"),
            one("userName", "string"),
            maybe("fullFormattedMessage", "string"),
            maybe("changeTag", "string"),
        ],
    ),
    data(
        "EventDescription",
        &[many("category", "ElementDescription"), many("eventInfo", "EventDescriptionEventDetail")],
    ),
    data(
        "EventDescriptionEventDetail",
        &[
            one("key", "string"),
            maybe("description", "string"),
            one("category", "string"),
            one("formatOnDatacenter", "string"),
            one("formatOnComputeResource", "string"),
            one("formatOnHost", "string"),
            one("formatOnVm", "string"),
            one("fullFormat", "string"),
            maybe("longDescription", "string"),
        ],
    ),
    extends(
        "EventEx",
        "Event",
        &[
            one("eventTypeId", "string"),
            maybe("severity", "string"),
            maybe("message", "string"),
            many("arguments", "KeyAnyValue"),
            maybe("objectId", "string"),
            maybe("objectType", "string"),
            maybe("objectName", "string"),
            maybe("fault", "LocalizedMethodFault"),
        ],
    ),
    data(
        "EventFilterSpec",
        &[
            maybe("entity", "EventFilterSpecByEntity"),
            maybe("time", "EventFilterSpecByTime"),
            maybe("userName", "EventFilterSpecByUsername"),
            maybe("eventChainId", "int"),
            maybe("alarm", REFERENCE),
            maybe("scheduledTask", REFERENCE),
            maybe("disableFullMessage", "boolean"),
            many("category", "string"),
            many("type", "string"),
            many("tag", "string"),
            many("eventTypeId", "string"),
            maybe("maxCount", "int"),
            maybe("delayedInit", "boolean"),
        ],
    ),
    data("EventFilterSpecByEntity", &[one("entity", REFERENCE), one("recursion", "string")]),
    data("EventFilterSpecByTime", &[maybe("beginTime", "dateTime"), maybe("endTime", "dateTime")]),
    data("EventFilterSpecByUsername", &[one("systemUser", "boolean"), many("userList", "string")]),
    extends(
        "GlobalMessageChangedEvent",
        "SessionEvent",
        &[one("message", "string"), maybe("prevMessage", "string")],
    ),
    extends("NoAccessUserEvent", "SessionEvent", &[one("ipAddress", "string")]),
    extends("ServerStartedSessionEvent", "SessionEvent", &[]),
    extends("SessionEvent", "Event", &[]),
    extends(
        "SessionTerminatedEvent",
        "SessionEvent",
        &[one("sessionId", "string"), one("terminatedUsername", "string")],
    ),
    extends(
        "UserLoginSessionEvent",
        "SessionEvent",
        &[
            one("ipAddress", "string"),
            maybe("userAgent", "string"),
            one("locale", "string"),
            one("sessionId", "string"),
        ],
    ),
    extends(
        "UserLogoutSessionEvent",
        "SessionEvent",
        &[
            maybe("ipAddress", "string"),
            maybe("userAgent", "string"),
            maybe("callCount", "long"),
            maybe("sessionId", "string"),
            maybe("loginTime", "dateTime"),
        ],
    ),
];
