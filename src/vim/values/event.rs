//! Events of sessions: their types, texts and fields, in the order of the schema (`session-manager.md` §2.6).
//!
//! The catalogue is one table; `EventManager.description` shows it and the texts are made from it.

use crate::clock::Moment;
use crate::vim::values::{Field, Record, Value};
use crate::vim::{ApiVersion, object};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Counts up; there are gaps.
    pub key: i32,
    /// When it happened.
    pub created_time: Moment,
    /// Who did it, as far as that is known.
    pub user_name: String,
    /// From where.
    pub ip_address: String,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A session was opened.
    UserLogin {
        /// The client.
        user_agent: Option<String>,
        /// The session's locale.
        locale: String,
        /// The session's key.
        session_id: String,
    },
    /// A session ended: by its holder, or because it was over.
    UserLogout {
        /// The client.
        user_agent: Option<String>,
        /// Calls since the login.
        call_count: Option<i64>,
        /// The session's key.
        session_id: String,
        /// When it began.
        login_time: Option<Moment>,
    },
    /// A login by somebody who is not who he says.
    BadUsername,
    /// A login by somebody who may do nothing.
    NoAccess,
    /// A login where there was a session.
    AlreadyAuthenticated,
    /// Somebody ended somebody else's session.
    SessionTerminated {
        /// The session's key.
        session_id: String,
        /// Whose it was.
        user_name: String,
    },
    /// The message to everybody was changed.
    MessageChanged {
        /// What it is now.
        message: String,
        /// What it was.
        previous: Option<String>,
    },
    /// The service began.
    ServerStarted,
    /// Somebody called what he may not.
    NoPermission {
        /// What he lacks.
        privilege: String,
    },
}

/// What is known of a type of event before one happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventInfo {
    /// Its type on the wire.
    pub type_name: &'static str,
    /// How grave it is.
    pub category: &'static str,
    /// In a few words.
    pub description: &'static str,
    /// The text, with the names of fields in braces.
    pub format: &'static str,
}

const fn info(
    type_name: &'static str,
    category: &'static str,
    description: &'static str,
    format: &'static str,
) -> EventInfo {
    EventInfo { type_name, category, description, format }
}

/// What has no type of its own is an `EventEx` with this identifier.
pub const NO_PERMISSION: &str = "com.vmware.vc.authorization.NoPermission";

const LOGIN: EventInfo = info(
    "UserLoginSessionEvent",
    "info",
    "User login",
    "User {userName}@{ipAddress} logged in as {userAgent}",
);
const LOGOUT: EventInfo = info(
    "UserLogoutSessionEvent",
    "info",
    "User logout",
    "User {userName}@{ipAddress} logged out (login time: {loginTime}, number of API invocations: {callCount}, \
     user agent: {userAgent})",
);
const BAD_NAME: EventInfo =
    info("BadUsernameSessionEvent", "error", "Invalid user name", "Cannot login {userName}@{ipAddress}");
const NO_ACCESS: EventInfo = info(
    "NoAccessUserEvent",
    "error",
    "No access for user",
    "Cannot login user {userName}@{ipAddress}: no permission",
);
const ALREADY: EventInfo = info(
    "AlreadyAuthenticatedSessionEvent",
    "info",
    "Already authenticated",
    "User cannot logon since the user is already logged on",
);
const TERMINATED: EventInfo = info(
    "SessionTerminatedEvent",
    "info",
    "Session stopped",
    "A session for user '{terminatedUsername}' has stopped",
);
const MESSAGE: EventInfo = info(
    "GlobalMessageChangedEvent",
    "info",
    "Message changed",
    "The message changed: from '{prevMessage}' to '{message}'",
);
const STARTED: EventInfo = info("ServerStartedSessionEvent", "info", "Server started", "vCenter started");
const PRIVILEGE: EventInfo = info(
    "EventEx",
    "warning",
    "Privilege check failed",
    "Privilege check failed for user {userName} for missing permission {privilege}.",
);

/// Every type of event that is told here.
pub const CATALOGUE: &[EventInfo] =
    &[LOGIN, LOGOUT, BAD_NAME, NO_ACCESS, ALREADY, TERMINATED, MESSAGE, STARTED, PRIVILEGE];

impl Event {
    /// What is known of its type.
    #[must_use]
    pub const fn info(&self) -> &'static EventInfo {
        match self.kind {
            EventKind::UserLogin { .. } => &LOGIN,
            EventKind::UserLogout { .. } => &LOGOUT,
            EventKind::BadUsername => &BAD_NAME,
            EventKind::NoAccess => &NO_ACCESS,
            EventKind::AlreadyAuthenticated => &ALREADY,
            EventKind::SessionTerminated { .. } => &TERMINATED,
            EventKind::MessageChanged { .. } => &MESSAGE,
            EventKind::ServerStarted => &STARTED,
            EventKind::NoPermission { .. } => &PRIVILEGE,
        }
    }

    /// Whether it is of a type, of one that extends it, or has this identifier: `SessionEvent`,
    /// `vim.event.UserLoginSessionEvent`, `com.vmware.vc.authorization.NoPermission`.
    #[must_use]
    pub fn is_a(&self, wanted: &str) -> bool {
        let name = self.info().type_name;
        let extended = name == PRIVILEGE.type_name;
        match wanted.strip_prefix("vim.event.").unwrap_or(wanted) {
            "Event" => true,
            "SessionEvent" => !extended,
            NO_PERMISSION => extended,
            wanted => wanted == name,
        }
    }

    /// What a human reads: the text of the catalogue with what happened in its places.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts = self.info().format.split('{');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            text.push_str(&self.argument(name));
            text.push_str(rest);
        }
        text
    }

    fn argument(&self, name: &str) -> String {
        let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
        match (name, &self.kind) {
            ("userName", _) => self.user_name.clone(),
            ("ipAddress", _) => self.ip_address.clone(),
            (
                "userAgent",
                EventKind::UserLogin { user_agent, .. } | EventKind::UserLogout { user_agent, .. },
            ) => or_nothing(user_agent),
            ("loginTime", EventKind::UserLogout { login_time: Some(at), .. }) => {
                at.millis_text().as_str().to_owned()
            }
            ("callCount", EventKind::UserLogout { call_count: Some(count), .. }) => count.to_string(),
            ("terminatedUsername", EventKind::SessionTerminated { user_name, .. }) => user_name.clone(),
            ("message", EventKind::MessageChanged { message, .. }) => message.clone(),
            ("prevMessage", EventKind::MessageChanged { previous, .. }) => or_nothing(previous),
            ("privilege", EventKind::NoPermission { privilege }) => privilege.clone(),
            _ => String::new(),
        }
    }

    /// The data object, with its text or, for who does not want it, without.
    #[must_use]
    pub fn record(&self, with_text: bool) -> Record {
        let mut fields = vec![
            Field::new("key", self.key),
            Field::new("chainId", self.key),
            Field::new("createdTime", self.created_time),
            Field::new("userName", self.user_name.clone()),
            Field::optional("fullFormattedMessage", with_text.then(|| self.text())),
        ];
        fields.extend(self.own_fields());
        Record::new(self.info().type_name, fields)
    }

    fn own_fields(&self) -> Vec<Field> {
        let ip_address = || Field::new("ipAddress", self.ip_address.clone());
        match &self.kind {
            EventKind::UserLogin { user_agent, locale, session_id } => vec![
                ip_address(),
                Field::optional("userAgent", user_agent.clone()).since(V5_1),
                Field::new("locale", locale.clone()),
                Field::new("sessionId", session_id.clone()),
            ],
            EventKind::UserLogout { user_agent, call_count, session_id, login_time } => vec![
                ip_address().since(V5_1),
                Field::optional("userAgent", user_agent.clone()).since(V5_1),
                Field::optional("callCount", *call_count).since(V5_1),
                Field::new("sessionId", session_id.clone()).since(V5_1),
                Field::optional("loginTime", *login_time).since(V5_1),
            ],
            EventKind::BadUsername | EventKind::NoAccess => vec![ip_address()],
            EventKind::AlreadyAuthenticated | EventKind::ServerStarted => Vec::new(),
            EventKind::SessionTerminated { session_id, user_name } => vec![
                Field::new("sessionId", session_id.clone()),
                Field::new("terminatedUsername", user_name.clone()),
            ],
            EventKind::MessageChanged { message, previous } => vec![
                Field::new("message", message.clone()),
                Field::optional("prevMessage", previous.clone()).since(V6_5),
            ],
            EventKind::NoPermission { privilege } => vec![
                Field::new("eventTypeId", NO_PERMISSION),
                Field::new("severity", PRIVILEGE.category),
                Field::new("message", self.text()),
                Field::new("arguments", Value::records("KeyAnyValue", [argument("privilege", privilege)])),
                Field::new("objectId", object::ROOT),
                Field::new("objectType", "Folder"),
            ],
        }
    }
}

fn argument(key: &str, value: &str) -> Record {
    Record::new("KeyAnyValue", vec![Field::new("key", key), Field::new("value", Value::from(value).any())])
}

/// Events where the schema knows only their base: each names its own type.
#[must_use]
pub fn array<'e>(events: impl IntoIterator<Item = &'e Event>, with_text: bool) -> Value {
    let values = events.into_iter().map(|event| Value::Record(event.record(with_text)).any()).collect();
    Value::Array(crate::vim::values::Array { item: "Event", values })
}

/// `EventManager.description`.
#[must_use]
pub fn description() -> Record {
    let category = |(key, label): (&'static str, &'static str)| {
        Record::new(
            "ElementDescription",
            vec![Field::new("label", label), Field::new("summary", label), Field::new("key", key)],
        )
    };
    let detail = |info: &EventInfo| {
        // An `EventEx` writes its identifier before its text.
        let extended = info.type_name == PRIVILEGE.type_name;
        let format =
            if extended { format!("{NO_PERMISSION}|{}", info.format) } else { info.format.to_owned() };
        let mut fields = vec![
            Field::new("key", info.type_name),
            Field::new("description", info.description).since(V4_0),
            Field::new("category", info.category),
        ];
        let places =
            ["formatOnDatacenter", "formatOnComputeResource", "formatOnHost", "formatOnVm", "fullFormat"];
        fields.extend(places.map(|name| Field::new(name, format.clone())));
        Record::new("EventDescriptionEventDetail", fields)
    };
    let fields = vec![
        Field::new("category", Value::records("ElementDescription", CATEGORIES.map(category))),
        Field::new("eventInfo", Value::records("EventDescriptionEventDetail", CATALOGUE.iter().map(detail))),
    ];
    Record::new("EventDescription", fields)
}

const CATEGORIES: [(&str, &str); 4] =
    [("info", "Information"), ("warning", "Warning"), ("error", "Error"), ("user", "User")];
const V4_0: ApiVersion = ApiVersion::new([4, 0, 0, 0]);
const V5_1: ApiVersion = ApiVersion::new([5, 1, 0, 0]);
const V6_5: ApiVersion = ApiVersion::new([6, 5, 0, 0]);

#[cfg(test)]
pub(in crate::vim) mod tests {
    use super::*;
    use crate::vim::values::wire;

    pub(in crate::vim) fn event(key: i32, user_name: &str, kind: EventKind) -> Event {
        let created_time = Moment::parse("2025-01-01T00:00:00Z").unwrap();
        Event { key, created_time, user_name: user_name.into(), ip_address: "10.0.0.9".into(), kind }
    }

    fn login() -> EventKind {
        EventKind::UserLogin { user_agent: Some("govc".into()), locale: "en".into(), session_id: "52".into() }
    }

    fn logout() -> EventKind {
        let at = Moment::parse("2025-01-01T00:00:00Z").unwrap();
        EventKind::UserLogout {
            user_agent: Some("govc".into()),
            call_count: Some(7),
            session_id: "52".into(),
            login_time: Some(at),
        }
    }

    pub(in crate::vim) fn every() -> Vec<EventKind> {
        vec![
            login(),
            logout(),
            EventKind::BadUsername,
            EventKind::NoAccess,
            EventKind::AlreadyAuthenticated,
            EventKind::SessionTerminated { session_id: "52".into(), user_name: "D\\b".into() },
            EventKind::MessageChanged { message: "{userName}".into(), previous: None },
            EventKind::ServerStarted,
            EventKind::NoPermission { privilege: "Sessions.TerminateSession".into() },
        ]
    }

    #[test]
    fn an_event_is_written_with_its_type_and_its_fields_in_order() {
        let mut out = String::new();
        let version = ApiVersion::NEWEST;
        wire::element(&mut out, "returnval", &array([&event(3, "D\\a", login())], true), version);
        assert_eq!(
            out,
            "<returnval xsi:type=\"UserLoginSessionEvent\"><key>3</key><chainId>3</chainId>\
             <createdTime>2025-01-01T00:00:00.000000Z</createdTime><userName>D\\a</userName>\
             <fullFormattedMessage>User D\\a@10.0.0.9 logged in as govc</fullFormattedMessage>\
             <ipAddress>10.0.0.9</ipAddress><userAgent>govc</userAgent><locale>en</locale>\
             <sessionId>52</sessionId></returnval>"
        );
        let mut out = String::new();
        wire::element(&mut out, "val", &array([&event(3, "D\\a", login())], false).any(), version);
        assert!(out.starts_with("<val xsi:type=\"ArrayOfEvent\"><Event xsi:type=\"UserLoginSessionEvent\">"));
        assert!(!out.contains("fullFormattedMessage"));
    }

    #[test]
    fn every_type_has_a_text_of_the_catalogue_and_is_an_event() {
        let events: Vec<_> = every().into_iter().map(|kind| event(1, "D\\a", kind)).collect();
        let names: Vec<_> = events.iter().map(|event| event.info().type_name).collect();
        assert_eq!(names, CATALOGUE.iter().map(|info| info.type_name).collect::<Vec<_>>());
        let texts: Vec<_> = events.iter().map(Event::text).collect();
        assert_eq!(
            texts[1],
            "User D\\a@10.0.0.9 logged out (login time: 2025-01-01T00:00:00.000Z, \
             number of API invocations: 7, user agent: govc)"
        );
        assert_eq!(texts[5], "A session for user 'D\\b' has stopped");
        assert_eq!(
            texts[6], "The message changed: from '' to '{userName}'",
            "what people write is no format"
        );
        assert!(texts[8].contains("missing permission Sessions.TerminateSession"));
        assert!(events.iter().all(|event| event.is_a("Event") && event.is_a(event.info().type_name)));
        assert_eq!(events.iter().filter(|event| event.is_a("vim.event.SessionEvent")).count(), 8);
        assert_eq!(events.iter().filter(|event| event.is_a(NO_PERMISSION)).count(), 1);
        assert!(
            !events[0].is_a("UserLogoutSessionEvent")
                && !events[0].is_a("")
                && !events[0].is_a("sessionevent")
        );
    }

    #[test]
    fn the_description_knows_every_type() {
        let description = Value::Record(description());
        let crate::vim::values::Found::Value(Value::Array(details)) =
            description.at("eventInfo", ApiVersion::NEWEST)
        else {
            panic!("no eventInfo")
        };
        assert_eq!(details.values.len(), CATALOGUE.len());
    }
}
