//! S16: every method of `/sdk` against the table of who may call it, without a session and with one that is over.
//!
//! The bodies are made by an exhaustive match: a method that is added and not called here does not compile.

use std::time::Duration;

use vcsso::vim::access::{Access, VIEW};
use vcsso::vim::method::{
    AuthorizationMethod, DirectoryMethod, EventHistoryMethod, EventMethod, ExtensionMethod, FilterMethod,
    HistoryMethod, MethodName, ObjectMethod, OptionMethod, PropertyMethod, ServiceMethod, SessionMethod,
    ViewMethod, ViewsMethod,
};

use crate::harness::requests::{Client, call, call_on, envelope, login_parameters, retrieval, watching};
use crate::harness::{Answer, House, PASSWORD};

/// A call that is complete, so that only its access can be against it.
fn complete(method: MethodName) -> String {
    let on = |object: &str, parameters: &str| call(method.facts().wire, object, parameters);
    let session_manager: [(&str, &str, &[&str]); 1] =
        [("SessionManager", "SessionManager", &["currentSession"])];
    let spec = retrieval(&session_manager, None);
    let extension_key = "<extensionKey>com.example</extensionKey>";
    let watched = watching(&session_manager);
    let own = |kind: &str| call_on(method.facts().wire, kind, "session[52]52", "");
    match method {
        MethodName::Service(ServiceMethod::RetrieveServiceContent | ServiceMethod::CurrentTime) => {
            on("ServiceInstance", "")
        }
        MethodName::Object(ObjectMethod::Fetch) => on("SessionManager", "<prop>currentSession</prop>"),
        MethodName::Properties(method) => on(
            "propertyCollector",
            match method {
                PropertyMethod::RetrieveProperties => spec.split("<options>").next().unwrap(),
                PropertyMethod::RetrievePropertiesEx => &spec,
                PropertyMethod::ContinueRetrievePropertiesEx | PropertyMethod::CancelRetrievePropertiesEx => {
                    "<token>nothing</token>"
                }
                PropertyMethod::CreateFilter => &watched,
                PropertyMethod::WaitForUpdatesEx => "<options><maxWaitSeconds>0</maxWaitSeconds></options>",
                // Nothing will ever change, so the wait must end otherwise.
                PropertyMethod::WaitForUpdates => "<version>unknown</version>",
                PropertyMethod::CheckForUpdates
                | PropertyMethod::CancelWaitForUpdates
                | PropertyMethod::CreatePropertyCollector
                | PropertyMethod::DestroyPropertyCollector => "",
            },
        ),
        MethodName::Filter(FilterMethod::DestroyPropertyFilter) => own("PropertyFilter"),
        MethodName::Events(EventMethod::QueryEvents | EventMethod::CreateCollectorForEvents) => {
            on("EventManager", "<filter></filter>")
        }
        MethodName::History(HistoryMethod::SetCollectorPageSize)
        | MethodName::EventHistory(
            EventHistoryMethod::ReadNextEvents | EventHistoryMethod::ReadPreviousEvents,
        ) => call_on(method.facts().wire, "EventHistoryCollector", "session[52]52", "<maxCount>1</maxCount>"),
        MethodName::History(
            HistoryMethod::RewindCollector | HistoryMethod::ResetCollector | HistoryMethod::DestroyCollector,
        ) => own("EventHistoryCollector"),
        MethodName::View(ViewMethod::DestroyView) => own("ListView"),
        MethodName::Views(ViewsMethod::CreateListView) => on("ViewManager", ""),
        MethodName::Views(ViewsMethod::CreateContainerView) => {
            on("ViewManager", "<container type=\"Folder\">group-d1</container><recursive>true</recursive>")
        }
        MethodName::Options(OptionMethod::QueryOptions) => {
            on("VpxSettings", "<name>config.vpxd.sso.sts.uri</name>")
        }
        MethodName::Options(OptionMethod::UpdateOptions) => on(
            "VpxSettings",
            "<changedValue><key>VirtualCenter.InstanceName</key><value>vc</value></changedValue>",
        ),
        MethodName::Directory(DirectoryMethod::RetrieveUserGroups) => on(
            "UserDirectory",
            "<searchStr/><exactMatch>false</exactMatch><findUsers>true</findUsers><findGroups>true</findGroups>",
        ),
        MethodName::Authorization(method) => on("AuthorizationManager", authorization(method)),
        MethodName::Session(method) => on(
            "SessionManager",
            &match method {
                SessionMethod::Login => login_parameters("alice", PASSWORD),
                SessionMethod::LoginByToken | SessionMethod::Logout | SessionMethod::AcquireCloneTicket => {
                    String::new()
                }
                SessionMethod::AcquireLocalTicket | SessionMethod::ImpersonateUser => {
                    "<userName>alice</userName>".into()
                }
                SessionMethod::LoginBySSPI => "<base64Token>TlRMTVNTUAA=</base64Token>".into(),
                SessionMethod::AcquireGenericServiceTicket => SERVICE.into(),
                SessionMethod::TerminateSession => "<sessionId>nobody's</sessionId>".into(),
                SessionMethod::SetLocale => "<locale>de</locale>".into(),
                SessionMethod::SessionIsActive => {
                    "<sessionID>nobody's</sessionID><userName>alice</userName>".into()
                }
                SessionMethod::CloneSession => "<cloneTicket>cst-VCT-none</cloneTicket>".into(),
                SessionMethod::UpdateServiceMessage => "<message></message>".into(),
                SessionMethod::LoginExtensionByCertificate | SessionMethod::LoginExtensionBySubjectName => {
                    extension_key.into()
                }
                SessionMethod::LoginExtension => {
                    format!("{extension_key}<base64SignedCredentials></base64SignedCredentials>")
                }
            },
        ),
        MethodName::Extensions(method) => on(
            "ExtensionManager",
            &match method {
                ExtensionMethod::UnregisterExtension
                | ExtensionMethod::FindExtension
                | ExtensionMethod::SetExtensionCertificate
                | ExtensionMethod::QueryManagedBy => extension_key.into(),
                ExtensionMethod::RegisterExtension | ExtensionMethod::UpdateExtension => {
                    extension("com.example")
                }
                ExtensionMethod::GetPublicKey | ExtensionMethod::QueryExtensionIpAllocationUsage => {
                    String::new()
                }
                ExtensionMethod::SetPublicKey => format!("{extension_key}<publicKey>k</publicKey>"),
                ExtensionMethod::SetServiceAccount => {
                    format!("{extension_key}<serviceAccount>alice</serviceAccount>")
                }
            },
        ),
    }
}

const SERVICE: &str = "<spec xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:type=\"SessionManagerVmomiServiceRequestSpec\"><method>cloneSession</method></spec>";

/// What a method that takes no session answers to somebody who has none: nothing, or the fault of its own check.
fn to_strangers(method: MethodName) -> &'static str {
    match method {
        MethodName::Session(SessionMethod::LoginByToken | SessionMethod::CloneSession) => "InvalidLogin",
        MethodName::Session(
            SessionMethod::LoginExtensionByCertificate | SessionMethod::LoginExtensionBySubjectName,
        ) => "NoClientCertificate",
        MethodName::Session(
            SessionMethod::AcquireLocalTicket | SessionMethod::LoginExtension | SessionMethod::LoginBySSPI,
        ) => "NotSupported",
        MethodName::Session(SessionMethod::AcquireGenericServiceTicket) => "NotAuthenticated",
        MethodName::Service(_)
        | MethodName::Object(_)
        | MethodName::Properties(_)
        | MethodName::Filter(_)
        | MethodName::Views(_)
        | MethodName::View(_)
        | MethodName::Events(_)
        | MethodName::History(_)
        | MethodName::EventHistory(_)
        | MethodName::Options(_)
        | MethodName::Directory(_)
        | MethodName::Authorization(_)
        | MethodName::Extensions(_)
        | MethodName::Session(_) => "",
    }
}

fn authorization(method: AuthorizationMethod) -> &'static str {
    match method {
        AuthorizationMethod::AddAuthorizationRole => "<name>r</name>",
        AuthorizationMethod::RemoveAuthorizationRole => "<roleId>1</roleId><failIfUsed>true</failIfUsed>",
        AuthorizationMethod::UpdateAuthorizationRole => "<roleId>1</roleId><newName>r</newName>",
        AuthorizationMethod::MergePermissions => "<srcRoleId>1</srcRoleId><dstRoleId>2</dstRoleId>",
        AuthorizationMethod::RetrieveRolePermissions => "<roleId>-1</roleId>",
        AuthorizationMethod::RetrieveAllPermissions => "",
        AuthorizationMethod::RetrieveEntityPermissions => {
            "<entity type=\"Folder\">group-d1</entity><inherited>true</inherited>"
        }
        AuthorizationMethod::SetEntityPermissions | AuthorizationMethod::ResetEntityPermissions => {
            "<entity type=\"Folder\">group-d1</entity>"
        }
        AuthorizationMethod::RemoveEntityPermission => {
            "<entity type=\"Folder\">group-d1</entity><user>carol</user><isGroup>false</isGroup>"
        }
        AuthorizationMethod::HasPrivilegeOnEntity | AuthorizationMethod::HasPrivilegeOnEntities => {
            "<entity type=\"Folder\">group-d1</entity><sessionId>x</sessionId><privId>System.View</privId>"
        }
        AuthorizationMethod::HasUserPrivilegeOnEntities
        | AuthorizationMethod::FetchUserPrivilegeOnEntities => {
            "<entities type=\"Folder\">group-d1</entities><userName>carol</userName>"
        }
    }
}

/// What a method needs on the entity that it names, where a session alone is not enough.
fn on_its_entity(method: MethodName) -> Option<&'static str> {
    let changes = [
        AuthorizationMethod::SetEntityPermissions,
        AuthorizationMethod::ResetEntityPermissions,
        AuthorizationMethod::RemoveEntityPermission,
    ];
    let one = changes.into_iter().any(|change| method == MethodName::Authorization(change));
    one.then_some("Authorization.ModifyPermissions")
}

/// An extension that says only what it must.
fn extension(key: &str) -> String {
    format!(
        "<extension><description><label/><summary/></description><key>{key}</key><version>1</version>\
         <lastHeartbeatTime>2026-11-24T08:00:00Z</lastHeartbeatTime></extension>"
    )
}

fn kind(answer: &Answer) -> String {
    if answer.status == 200 { String::new() } else { answer.fault().kind }
}

/// Asks every method of the table, each of a client of its own.
fn ask_all(mut client: impl FnMut() -> Client, check: impl Fn(MethodName, Access, &Answer)) {
    for method in MethodName::ALL.iter().copied() {
        let answer = client().send(envelope(&complete(method)));
        check(method, method.facts().access, &answer);
    }
}

fn turns_strangers_away(method: MethodName, access: Access, answer: &Answer) {
    let wanted = match access {
        Access::Anonymous => to_strangers(method),
        Access::Privilege(_) => "NotAuthenticated",
    };
    assert_eq!(kind(answer), wanted, "{}: {}", method.facts().wire, answer.body);
}

on_both! {
    /// `attacks.md` S16.
    fn without_a_session_every_method_answers_as_the_table_says(place) {
        let house = House::open(place);
        ask_all(|| house.client(), turns_strangers_away);
    }

    /// `attacks.md` S07.
    fn with_a_session_that_is_over_every_method_answers_as_without_one(place) {
        let house = House::open(place);
        let ended = house.logged_in("alice").cookie;
        house.clock.advance(Duration::from_mins(30));
        let over = || {
            let mut client = house.client();
            client.cookie.clone_from(&ended);
            client
        };
        ask_all(over, turns_strangers_away);
    }

    /// `attacks.md` S08.
    fn without_the_privilege_of_a_method_it_is_refused_by_name(place) {
        let house = House::open(place);
        ask_all(|| house.logged_in("carol"), |method, access, answer| match access {
            Access::Privilege(privilege) if privilege != VIEW => {
                assert_eq!(kind(answer), "NoPermission", "{}", method.facts().wire);
                assert_eq!(answer.inside("privilegeId"), Some(privilege));
            }
            _ if on_its_entity(method).is_some() => {
                assert_eq!(kind(answer), "NoPermission", "{}", method.facts().wire);
                assert_eq!(answer.inside("privilegeId"), on_its_entity(method));
            }
            Access::Privilege(_) | Access::Anonymous => {
                assert!(!["NotAuthenticated", "NoPermission"].contains(&kind(answer).as_str()), "{}: {}", method.facts().wire, answer.body);
            }
        });
    }

    /// `attacks.md` S08, S16: the positive twin.
    fn with_every_privilege_nothing_is_turned_away(place) {
        let house = House::open(place);
        ask_all(|| house.logged_in("alice"), |method, _, answer| {
            assert!(!["NotAuthenticated", "NoPermission"].contains(&kind(answer).as_str()), "{}: {}", method.facts().wire, answer.body);
        });
    }
}
