//! The managed objects as one caller sees them: what each property is worth, and who may read it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::authorization_manager::{number, permission_of, role_of};
use super::belongings::{Desk, MOST_HISTORIES, Things, View};
use super::calls::unavailable;
use super::option_manager::{INSTANCE_NAME, MAX_SESSION_COUNT, SESSION_TIMEOUT};
use super::{Answer, Exchange, event_manager, holds};
use crate::app::permissions::{self, Permission};
use crate::app::policies::InForce;
use crate::app::roles::{self, Role};
use crate::app::{Caller, extensions, message, sessions};
use crate::clock::Moment;
use crate::http::site::named_uuid;
use crate::identity::privilege::{ALL, READ, TERMINATE_SESSION};
use crate::session::Session;
use crate::vim::access::{Access, VIEW};
use crate::vim::fault::Denial;
use crate::vim::locale::{DEFAULT, MESSAGES, SUPPORTED};
use crate::vim::object::{self, ROOT};
use crate::vim::property::{FilterSpec, Objects, Reading, mentions};
use crate::vim::values::{AboutInfo, Event, Extension, OptionValue, ServiceContent, UserSession, event};
use crate::vim::values::{AuthorizationDescription, AuthorizationPrivilege};
use crate::vim::{Fault, Reference, Value};

/// The objects for one call.
pub(super) struct Inventory<'a> {
    pub(super) exchange: &'a Exchange<'a>,
    pub(super) caller: &'a Caller,
    /// Every live session.
    sessions: Vec<Session>,
    message: Option<String>,
    roles: Vec<Role>,
    permissions: Vec<Permission>,
    policies: Arc<InForce>,
    /// Every extension.
    extensions: Vec<Extension>,
    latest_event: Option<Event>,
    pub(super) now: Moment,
    /// What belongs to the caller.
    desk: Option<Desk>,
}

/// What the store is asked for beforehand, because a property may be read that is not in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Sessions,
    Message,
    Roles,
    Permissions,
    Extensions,
    LatestEvent,
    LatestPages,
}

/// Every such property: what must be asked for, the object's type, the property.
const SOURCES: [(Source, &str, &str); 7] = [
    (Source::Sessions, "SessionManager", "sessionList"),
    (Source::Message, "SessionManager", "message"),
    (Source::Roles, "AuthorizationManager", "roleList"),
    (Source::Permissions, "Folder", "permission"),
    (Source::Extensions, "ExtensionManager", "extensionList"),
    (Source::LatestEvent, "EventManager", "latestEvent"),
    (Source::LatestPages, event_manager::TYPE, "latestPage"),
];

/// What one call may need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sources(Vec<Source>);

impl Sources {
    /// What a path into a property of an object of this type needs.
    pub(super) fn of_path(kind: &str, path: &str) -> Self {
        let property = path.split('.').next().unwrap_or_default();
        Self::those(|of, name| kind == of && property == name)
    }

    /// What specifications may need.
    pub(super) fn of_specs<'s>(specs: impl IntoIterator<Item = &'s FilterSpec>) -> Self {
        let specs: Vec<_> = specs.into_iter().collect();
        let mentioned =
            |spec: &FilterSpec, of: &str, name: &str| mentions(std::slice::from_ref(spec), of, name);
        Self::those(|of, name| specs.iter().any(|spec| mentioned(spec, of, name)))
    }

    fn those(wanted: impl Fn(&str, &str) -> bool) -> Self {
        Self(
            SOURCES.into_iter().filter(|(_, of, name)| wanted(of, name)).map(|(source, ..)| source).collect(),
        )
    }

    fn need(&self, source: Source) -> bool {
        self.0.contains(&source)
    }
}

impl<'a> Inventory<'a> {
    /// Reads what is needed and what the caller may see.
    pub(super) async fn read(
        exchange: &'a Exchange<'a>,
        caller: &'a Caller,
        sources: &Sources,
    ) -> Result<Self, Answer> {
        let sessions = if sources.need(Source::Sessions) && holds(caller, TERMINATE_SESSION) {
            sessions::list(exchange.app).await.map_err(|failure| unavailable(&failure))?
        } else {
            Vec::new()
        };
        let message = if sources.need(Source::Message) && holds(caller, VIEW) {
            message::message(exchange.app).await.map_err(|failure| unavailable(&failure))?
        } else {
            None
        };
        let app = exchange.app;
        let desk = caller.session().map(|caller| exchange.belongings.of(&caller.session.key));
        let roles = if sources.need(Source::Roles) && holds(caller, VIEW) {
            roles::list(app).await
        } else {
            Ok(Vec::new())
        };
        let permissions = if sources.need(Source::Permissions) && holds(caller, READ) {
            permissions::list(app).await
        } else {
            Ok(Vec::new())
        };
        let extensions = if sources.need(Source::Extensions) && holds(caller, VIEW) {
            extensions::list(app).await
        } else {
            Ok(Vec::new())
        };
        let latest_event = if sources.need(Source::LatestEvent) && holds(caller, VIEW) {
            event_manager::latest(exchange, caller).await?
        } else {
            None
        };
        if let (true, Some(desk)) = (sources.need(Source::LatestPages), &desk) {
            event_manager::refresh_all(exchange, caller, desk).await?;
        }
        Ok(Self {
            exchange,
            caller,
            sessions,
            message,
            roles: roles.map_err(|failure| unavailable(&failure))?,
            permissions: permissions.map_err(|failure| unavailable(&failure))?,
            extensions: extensions.map_err(|failure| unavailable(&failure))?,
            policies: app.policies.current(app).await.map_err(|failure| unavailable(&failure))?,
            latest_event,
            now: app.now(),
            desk,
        })
    }
}

impl Objects for Inventory<'_> {
    fn exists(&self, object: &Reference) -> bool {
        match object::published(&object.value) {
            Some(published) => published.kind == object.kind,
            None => self.own(|things| things.kind_of(&object.value)) == Some(&object.kind),
        }
    }

    fn read(&self, object: &Reference, property: &str) -> Reading {
        match self.denied(object, property) {
            Some(fault) => Reading::Denied(fault),
            None => self.value(object, property).map_or(Reading::Unset, Reading::Value),
        }
    }
}

impl Inventory<'_> {
    fn denied(&self, object: &Reference, property: &str) -> Option<Fault> {
        let access = object::properties(&object.kind).find(|known| known.name == property)?.access;
        let Access::Privilege(privilege) = access else { return None };
        if holds(self.caller, privilege) {
            return None;
        }
        // The SessionManager's own privileges stand on the root folder, the others on the object itself.
        let on_root = object.kind == "SessionManager";
        let object = if on_root { Reference::root() } else { object.clone() };
        let denial = Denial { object, privilege };
        Some(match self.caller.session() {
            Some(_) => Fault::NoPermission(denial),
            None => Fault::NotAuthenticated(denial),
        })
    }

    fn value(&self, object: &Reference, property: &str) -> Option<Value> {
        match (object.kind.as_str(), property) {
            ("ServiceInstance", "content") => Some(self.content().into()),
            ("ServiceInstance", "serverClock") => Some(Value::DateTime(self.now)),
            ("SessionManager", "currentSession") => {
                self.caller.session().map(|c| user_session(&c.session).into())
            }
            ("SessionManager", "sessionList") => {
                Some(Value::records("UserSession", self.sessions.iter().map(user_session)))
            }
            ("SessionManager", "message") => self.message.clone().map(Value::Text),
            ("ExtensionManager", "extensionList") => {
                Some(Value::records("Extension", self.extensions.iter().cloned()))
            }
            ("SessionManager", "messageLocaleList") => Some(Value::texts(MESSAGES.iter().copied())),
            ("SessionManager", "supportedLocaleList") => Some(Value::texts(SUPPORTED.iter().copied())),
            ("SessionManager", "defaultLocale") => Some(Value::Text(DEFAULT.into())),
            ("OptionManager", "setting") => Some(Value::records("OptionValue", self.options())),
            ("AuthorizationManager", "roleList") => {
                Some(Value::records("AuthorizationRole", self.roles.iter().map(role_of)))
            }
            ("AuthorizationManager", "privilegeList") => {
                let privileges = ALL.iter().copied().map(AuthorizationPrivilege::from);
                Some(Value::records("AuthorizationPrivilege", privileges))
            }
            ("AuthorizationManager", "description") => {
                let privileges = ALL.iter().copied().map(AuthorizationPrivilege::from).collect();
                Some(AuthorizationDescription { privileges }.into())
            }
            ("Folder", "permission") => {
                let here = self.permissions.iter().filter(|permission| permission.entity == object.value);
                let domain = &self.exchange.app.settings.domain;
                Some(Value::records("Permission", here.map(|permission| permission_of(domain, permission))))
            }
            ("Folder", "effectiveRole") => {
                let grants = self.caller.session()?.standing.grants_on(&object.value);
                let roles: BTreeSet<i32> = grants.iter().map(|grant| number(grant.role_id)).collect();
                Some(Value::integers(roles))
            }
            ("UserDirectory", "domainList") => Some(Value::texts([self.domain()])),
            ("Folder", "name") if object.value == ROOT => Some(Value::Text("Datacenters".into())),
            ("PropertyCollector", "filter") => self.own(|things| {
                let filters = things.filters_of(&object.value);
                Some(Value::references(filters.map(|filter| Reference::new("PropertyFilter", &*filter.id))))
            }),
            ("ViewManager", "viewList") => {
                self.own(|things| Some(Value::references(things.views.iter().map(View::reference))))
            }
            ("EventManager", "description") => Some(event::description().into()),
            ("EventManager", "maxCollector") => i32::try_from(MOST_HISTORIES).ok().map(Value::Int),
            ("EventManager", "latestEvent") => {
                self.latest_event.as_ref().map(|event| Value::Record(event.record(true)).any())
            }
            (event_manager::TYPE, _) => {
                self.own(|things| things.history(&object.value)?.property(property, self.caller))
            }
            ("ListView" | "ContainerView", _) => self
                .own(|things| things.views.iter().find(|view| view.id == object.value)?.property(property)),
            ("Folder", "childType") => Some(Value::texts(["Folder", "Datacenter"])),
            _ => None,
        }
    }

    /// Something of what belongs to the caller.
    fn own<T>(&self, find: impl FnOnce(&Things) -> Option<T>) -> Option<T> {
        find(&self.desk.as_ref()?.open())
    }

    /// The references to everything that is published.
    pub(super) fn content(&self) -> ServiceContent {
        ServiceContent { about: AboutInfo::of_this_house(named_uuid(&self.exchange.app.settings.issuer)) }
    }

    /// The settings that clients look for (`session-manager.md` §2.6).
    pub(super) fn options(&self) -> Vec<OptionValue> {
        let (host, domain) = (&self.exchange.host, self.domain());
        let idle = self.policies.session.idle.as_secs() / 60;
        let most = self.policies.session.max_sessions;
        let name = self.policies.instance_name.clone();
        let text = |value: String| Value::Text(value);
        let int = |value: u64| Value::Int(i32::try_from(value).unwrap_or(i32::MAX));
        [
            ("VirtualCenter.FQDN", text(host.clone())),
            (INSTANCE_NAME, text(name.unwrap_or_else(|| host.clone()))),
            (MAX_SESSION_COUNT, int(most.into())),
            (SESSION_TIMEOUT, int(idle)),
            ("config.vpxd.sso.admin.uri", text(format!("https://{host}/sso-adminserver/sdk/{domain}"))),
            ("config.vpxd.sso.default.admin", text(format!("Administrator@{domain}"))),
            ("config.vpxd.sso.default.isGroup", Value::Boolean(false)),
            ("config.vpxd.sso.enabled", Value::Boolean(true)),
            ("config.vpxd.sso.groupcheck.uri", text(format!("https://{host}/sso-adminserver/sdk/{domain}"))),
            ("config.vpxd.sso.sts.uri", text(self.exchange.sts_url.clone())),
        ]
        .into_iter()
        .map(|(key, value)| OptionValue { key: key.into(), value })
        .collect()
    }

    fn domain(&self) -> String {
        self.exchange.app.settings.domain.as_str().to_owned()
    }
}

/// A session in the words of vim25.
pub(super) fn user_session(session: &Session) -> UserSession {
    UserSession {
        key: session.key.clone(),
        user_name: session.user_name.clone(),
        full_name: session.full_name.clone(),
        login_time: session.login_time,
        last_active_time: session.last_active_time,
        locale: session.locale.clone(),
        message_locale: session.message_locale.clone(),
        extension_session: session.extension_session,
        ip_address: session.ip_address.clone(),
        user_agent: session.user_agent.clone(),
        call_count: session.call_count,
    }
}
