//! The managed objects as one caller sees them: what each property is worth, and who may read it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::authorization_manager::{number, permission_of, role_of};
use super::calls::unavailable;
use super::option_manager::{INSTANCE_NAME, MAX_SESSION_COUNT, SESSION_TIMEOUT};
use super::{Answer, Exchange, holds};
use crate::app::permissions::{self, Permission};
use crate::app::policies::Policies;
use crate::app::roles::{self, Role};
use crate::app::{Caller, extensions, message, sessions};
use crate::clock::Moment;
use crate::identity::privilege::{ALL, READ, TERMINATE_SESSION};
use crate::session::Session;
use crate::vim::access::{Access, VIEW};
use crate::vim::fault::Denial;
use crate::vim::locale::{DEFAULT, MESSAGES, SUPPORTED};
use crate::vim::object::{self, ROOT};
use crate::vim::property::{FilterSpec, Objects, Reading, mentions};
use crate::vim::values::{AboutInfo, Extension, OptionValue, ServiceContent, UserSession};
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
    policies: Arc<Policies>,
    /// Every extension.
    extensions: Vec<Extension>,
    pub(super) now: Moment,
}

/// What the store is asked for beforehand, because a property may be read that is not in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each reading, and any of them can be needed")]
pub(super) struct Sources {
    sessions: bool,
    message: bool,
    roles: bool,
    permissions: bool,
    extensions: bool,
}

impl Sources {
    /// What a path into a property of an object of this type needs.
    pub(super) fn of_path(kind: &str, path: &str) -> Self {
        let property = path.split('.').next().unwrap_or_default();
        Self::wanted(|of, name| kind == of && property == name)
    }

    /// What specifications may need.
    pub(super) fn of_specs(specs: &[FilterSpec]) -> Self {
        Self::wanted(|of, name| mentions(specs, of, name))
    }

    fn wanted(is: impl Fn(&str, &str) -> bool) -> Self {
        Self {
            sessions: is("SessionManager", "sessionList"),
            message: is("SessionManager", "message"),
            roles: is("AuthorizationManager", "roleList"),
            permissions: is("Folder", "permission"),
            extensions: is("ExtensionManager", "extensionList"),
        }
    }
}

impl<'a> Inventory<'a> {
    /// Reads what is needed and what the caller may see.
    pub(super) async fn read(
        exchange: &'a Exchange<'a>,
        caller: &'a Caller,
        sources: Sources,
    ) -> Result<Self, Answer> {
        let sessions = if sources.sessions && holds(caller, TERMINATE_SESSION) {
            sessions::list(exchange.app).await.map_err(|failure| unavailable(&failure))?
        } else {
            Vec::new()
        };
        let message = if sources.message && holds(caller, VIEW) {
            message::message(exchange.app).await.map_err(|failure| unavailable(&failure))?
        } else {
            None
        };
        let app = exchange.app;
        let roles =
            if sources.roles && holds(caller, VIEW) { roles::list(app).await } else { Ok(Vec::new()) };
        let permissions = if sources.permissions && holds(caller, READ) {
            permissions::list(app).await
        } else {
            Ok(Vec::new())
        };
        let extensions = if sources.extensions && holds(caller, VIEW) {
            extensions::list(app).await
        } else {
            Ok(Vec::new())
        };
        Ok(Self {
            exchange,
            caller,
            sessions,
            message,
            roles: roles.map_err(|failure| unavailable(&failure))?,
            permissions: permissions.map_err(|failure| unavailable(&failure))?,
            extensions: extensions.map_err(|failure| unavailable(&failure))?,
            policies: app.policies.current(app).await.map_err(|failure| unavailable(&failure))?,
            now: app.now(),
        })
    }
}

impl Objects for Inventory<'_> {
    fn exists(&self, object: &Reference) -> bool {
        object::published(&object.value).is_some_and(|published| published.kind == object.kind)
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
            ("Folder", "childType") => Some(Value::texts(["Folder", "Datacenter"])),
            _ => None,
        }
    }

    /// The references to everything that is published.
    pub(super) fn content(&self) -> ServiceContent {
        ServiceContent { about: AboutInfo::of_this_house(instance_uuid(&self.exchange.app.settings.issuer)) }
    }

    /// The settings that clients look for (`session-manager.md` §2.6).
    pub(super) fn options(&self) -> Vec<OptionValue> {
        let (host, domain) = (&self.exchange.host, self.domain());
        let idle = self.policies.sessions.idle.as_secs() / 60;
        let most = self.policies.sessions.max_sessions;
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

/// One for each issuer, the same after every start.
fn instance_uuid(issuer: &str) -> String {
    let hash = crate::pki::certificate::sha256(issuer.as_bytes());
    let hex = crate::entropy::hex(&hash);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-5{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
