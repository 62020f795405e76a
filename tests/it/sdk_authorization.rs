//! `/sdk`: roles and permissions, who may change them, and what they change for whom (`session-manager.md` §2.4).

use vcsso::app::Peer;
use vcsso::app::users::add_group;
use vcsso::client::Style;

use crate::harness::people::name;
use crate::harness::requests::{Client, token_login};
use crate::harness::{Answer, House, PASSWORD, now};

const ROOT: &str = "<entity type=\"Folder\">group-d1</entity>";
const DATACENTER: &str = "<entity type=\"Datacenter\">datacenter-2</entity>";
const ADMIN: i32 = -1;
const READ_ONLY: i32 = -2;
const NO_ACCESS: i32 = -5;

fn ask(client: &mut Client, method: &str, parameters: &str) -> Answer {
    client.call(method, "AuthorizationManager", parameters)
}

fn permission(principal: &str, group: bool, role: i32, propagate: bool) -> String {
    format!(
        "<permission><principal>{principal}</principal><group>{group}</group><roleId>{role}</roleId>\
         <propagate>{propagate}</propagate></permission>"
    )
}

fn grant(client: &mut Client, entity: &str, principal: &str, group: bool, role: i32) {
    let parameters = format!("{entity}{}", permission(principal, group, role, true));
    is_done(&ask(client, "SetEntityPermissions", &parameters));
}

fn revoke(client: &mut Client, principal: &str) {
    let parameters = format!("{ROOT}<user>{principal}</user><isGroup>false</isGroup>");
    is_done(&ask(client, "RemoveEntityPermission", &parameters));
}

fn is_done(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn is_fault(answer: &Answer, kind: &str) {
    assert_eq!(answer.fault().kind, kind, "{}", answer.body);
}

fn lacks(answer: &Answer, object: &str, privilege: &str) {
    is_fault(answer, "NoPermission");
    assert_eq!((answer.inside("object"), answer.inside("privilegeId")), (Some(object), Some(privilege)));
}

fn add_role(client: &mut Client, name: &str, privileges: &[&str]) -> i32 {
    let privileges: String = privileges.iter().map(|id| format!("<privIds>{id}</privIds>")).collect();
    let answer = ask(client, "AddAuthorizationRole", &format!("<name>{name}</name>{privileges}"));
    is_done(&answer);
    answer.inside("returnval").unwrap().parse().unwrap()
}

/// The privileges of `HasPrivilegeOnEntity` for the caller's own session.
fn holds(client: &mut Client, entity: &str, privileges: &[&str]) -> Answer {
    let key = client.current_session().inside("key").unwrap().to_owned();
    let privileges: String = privileges.iter().map(|id| format!("<privId>{id}</privId>")).collect();
    ask(client, "HasPrivilegeOnEntity", &format!("{entity}<sessionId>{key}</sessionId>{privileges}"))
}

fn truths(answer: &Answer) -> Vec<bool> {
    is_done(answer);
    let values = answer.body.split("<returnval>").skip(1);
    values.map(|value| value.starts_with("true<")).collect()
}

fn session_list(client: &mut Client) -> Answer {
    client.retrieve(&[("SessionManager", "SessionManager", &["sessionList"])], None)
}

/// `(principal, role)` of each permission in an answer.
fn permissions(answer: &Answer) -> Vec<(String, String)> {
    is_done(answer);
    let field = |part: &str, name: &str| {
        let rest = part.split_once(&format!("<{name}>")).unwrap().1;
        rest.split_once('<').unwrap().0.to_owned()
    };
    let each = answer.body.split("<returnval>").skip(1);
    each.map(|part| (field(part, "principal"), field(part, "roleId"))).collect()
}

on_both! {
    fn a_without_any_permission_a_right_password_opens_nothing(place) {
        let house = House::open(place);
        for answer in [house.client().login("bob", PASSWORD), house.client().send(token_login(Style::Govmomi, &house.bearer("bob"), None, now()))] {
            lacks(&answer, "group-d1", "System.View");
            assert_eq!(answer.cookie(), None);
        }
        grant(&mut house.logged_in("alice"), ROOT, "bob", false, READ_ONLY);
        is_done(&house.client().login("bob", PASSWORD));
    }

    fn b_no_access_on_the_root_shuts_the_door_whatever_stands_below(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        grant(&mut alice, DATACENTER, "bob", false, ADMIN);
        is_done(&house.client().login("bob", PASSWORD));
        grant(&mut alice, ROOT, "bob", false, NO_ACCESS);
        lacks(&house.client().login("bob", PASSWORD), "group-d1", "System.View");
    }

    fn c_a_permission_on_a_datacenter_opens_a_session_that_may_nothing_on_the_root(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        grant(&mut alice, DATACENTER, "VSPHERE.LOCAL\\bob", false, ADMIN);
        let mut bob = house.logged_in("bob");
        is_done(&bob.current_time());
        lacks(&bob.call("Fetch", "SessionManager", "<prop>sessionList</prop>"), "group-d1", "Sessions.TerminateSession");
        lacks(&ask(&mut bob, "AddAuthorizationRole", "<name>r</name>"), "group-d1", "Authorization.ModifyRoles");
        let wanted = permission("carol", false, READ_ONLY, true);
        lacks(&ask(&mut bob, "SetEntityPermissions", &format!("{ROOT}{wanted}")), "group-d1", "Authorization.ModifyPermissions");
        let elsewhere = "<entity type=\"Datacenter\">datacenter-3</entity>";
        lacks(&ask(&mut bob, "SetEntityPermissions", &format!("{elsewhere}{wanted}")), "datacenter-3", "Authorization.ModifyPermissions");
        is_done(&ask(&mut bob, "SetEntityPermissions", &format!("{DATACENTER}{wanted}")));
        assert_eq!(truths(&holds(&mut bob, DATACENTER, &["Datastore.Browse", "System.Read", "Not.There"])), [true, true, false]);
        lacks(&holds(&mut bob, ROOT, &["System.Read"]), "group-d1", "System.Read");
        // He sees what stands where he may look: the root is on the way.
        let seen = permissions(&ask(&mut bob, "RetrieveAllPermissions", ""));
        assert!(seen.contains(&("VSPHERE.LOCAL\\carol".into(), "-2".into())), "{seen:?}");
        let shown = ask(&mut bob, "RetrieveEntityPermissions", &format!("{DATACENTER}<inherited>false</inherited>"));
        assert!(shown.body.contains("<entity type=\"Datacenter\">datacenter-2</entity>"), "{}", shown.body);
        assert_eq!(permissions(&shown).len(), 2);
        let shown = ask(&mut bob, "RetrieveEntityPermissions", &format!("{DATACENTER}<inherited>true</inherited>"));
        assert!(permissions(&shown).contains(&("VSPHERE.LOCAL\\Administrators".into(), "-1".into())));
    }

    fn d_read_only_on_the_root_sees_that_there_is_a_list_of_sessions_and_not_what_is_in_it(place) {
        let house = House::open(place);
        let answer = session_list(&mut house.logged_in("carol"));
        is_done(&answer);
        assert!(answer.body.contains("<missingSet><path>sessionList</path>") && !answer.body.contains("<propSet>"), "{}", answer.body);
        assert_eq!(answer.inside("privilegeId"), Some("Sessions.TerminateSession"));
        assert!(session_list(&mut house.logged_in("alice")).body.contains("<propSet>"));
    }

    fn e_a_grant_to_a_group_is_a_grant_to_its_members(place) {
        let house = House::open(place);
        house.run(|app| async move { add_group(&app, &name("Operators"), &["bob".to_owned()], &Peer::default()).await.unwrap() });
        let token = house.bearer("bob");
        let mut alice = house.logged_in("alice");
        let role = add_role(&mut alice, "Operator", &["Sessions.TerminateSession"]);
        grant(&mut alice, ROOT, "VSPHERE.LOCAL\\operators", true, role);
        let mut bob = house.client();
        is_done(&bob.send(token_login(Style::PyVmomi, &token, None, now())));
        assert!(session_list(&mut bob).body.contains("<propSet>"));
        // What he is given himself counts instead, not beside it.
        grant(&mut alice, ROOT, "bob", false, READ_ONLY);
        assert!(session_list(&mut bob).body.contains("<missingSet>"));
        // Everyone is a group too, and a user is none.
        grant(&mut alice, ROOT, "Everyone", true, READ_ONLY);
        let wrong = ask(&mut alice, "SetEntityPermissions", &format!("{ROOT}{}", permission("bob", true, READ_ONLY, true)));
        is_fault(&wrong, "UserNotFound");
        assert_eq!((wrong.fault().text.as_str(), wrong.inside("principal")), ("The user or group named 'bob' does not exist.", Some("bob")));
    }

    /// `attacks.md` S12.
    fn f_a_grant_that_is_taken_back_is_missed_with_the_next_call_and_the_session_lives(place) {
        let house = House::open(place);
        let (mut alice, mut carol) = (house.logged_in("alice"), house.logged_in("carol"));
        is_done(&carol.current_time());
        revoke(&mut alice, "carol");
        lacks(&carol.current_time(), "group-d1", "System.View");
        lacks(&ask(&mut carol, "RetrieveAllPermissions", ""), "group-d1", "System.View");
        assert_eq!(carol.current_session().inside("userName"), Some("VSPHERE.LOCAL\\carol"));
        lacks(&house.client().login("carol", PASSWORD), "group-d1", "System.View");
        grant(&mut alice, ROOT, "carol", false, READ_ONLY);
        is_done(&carol.current_time());
        // The same on a replica that made none of the changes.
        let replica = House::open(place);
        let mut there = replica.client();
        there.cookie.clone_from(&carol.cookie);
        is_done(&there.current_time());
        revoke(&mut alice, "carol");
        lacks(&there.current_time(), "group-d1", "System.View");
    }
}

on_both! {
    fn a_role_is_added_changed_listed_and_removed_and_each_leaves_a_row(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let answer = ask(&mut alice, "AddAuthorizationRole", "<name>Auditor</name><privIds>Global.LogEvent</privIds>");
        let id: i32 = answer.inside("returnval").unwrap().parse().unwrap();
        assert_eq!(id, 1);
        let row = &house.explain(&answer)[0];
        assert_eq!((row["action"].as_str(), row["principal"].as_str()), (Some("role.add"), Some("VSPHERE.LOCAL\\alice")));
        assert_eq!(row["detail"]["privileges"].as_array().unwrap().len(), 4);
        assert_eq!(add_role(&mut alice, "Other", &[]), 2);
        let changed = ask(&mut alice, "UpdateAuthorizationRole", "<roleId>1</roleId><newName>Watcher</newName><privIds>Global.Settings</privIds>");
        is_done(&changed);
        assert_eq!(house.explain(&changed)[0]["action"], "role.update");
        let list = alice.call("Fetch", "AuthorizationManager", "<prop>roleList</prop>");
        assert!(list.body.contains("<name>Watcher</name><info><label>Watcher</label><summary>Watcher</summary></info>\
            <privilege>Global.Settings</privilege><privilege>System.Anonymous</privilege>"), "{}", list.body);
        for (role, label) in [("Admin", "Administrator"), ("NoTrustedAdmin", "No Trusted Infrastructure administrator")] {
            assert!(list.body.contains(&format!("<system>true</system><name>{role}</name><info><label>{label}</label>")));
        }
        assert_eq!(list.body.matches("<AuthorizationRole ").count(), 10);
        grant(&mut alice, ROOT, "bob", false, 1);
        assert_eq!(permissions(&ask(&mut alice, "RetrieveRolePermissions", "<roleId>1</roleId>")), [("VSPHERE.LOCAL\\bob".into(), "1".into())]);
        let used = ask(&mut alice, "RemoveAuthorizationRole", "<roleId>1</roleId><failIfUsed>true</failIfUsed>");
        is_fault(&used, "RemoveFailed");
        assert_eq!(house.explain(&used).len(), 0);
        is_done(&ask(&mut alice, "RemoveAuthorizationRole", "<roleId>1</roleId><failIfUsed>false</failIfUsed>"));
        is_fault(&ask(&mut alice, "RetrieveRolePermissions", "<roleId>1</roleId>"), "NotFound");
        lacks(&house.client().login("bob", PASSWORD), "group-d1", "System.View");
    }

    fn a_role_that_cannot_be_is_refused_and_those_of_the_system_stay_what_they_are(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let id = add_role(&mut alice, "Auditor", &[]);
        for name in ["auditor", "ADMIN"] {
            let answer = ask(&mut alice, "AddAuthorizationRole", &format!("<name>{name}</name>"));
            is_fault(&answer, "AlreadyExists");
            assert_eq!(answer.fault().text, format!("The specified key, name, or identifier '{name}' already exists."));
        }
        is_fault(&ask(&mut alice, "AddAuthorizationRole", "<name> </name>"), "InvalidName");
        let unknown = ask(&mut alice, "AddAuthorizationRole", "<name>x</name><privIds>Global.Nothing</privIds>");
        is_fault(&unknown, "InvalidArgument");
        assert_eq!(unknown.fault().text, "A specified parameter was not correct: privIds");
        is_fault(&ask(&mut alice, "UpdateAuthorizationRole", &format!("<roleId>{id}</roleId><newName>readonly</newName>")), "AlreadyExists");
        is_fault(&ask(&mut alice, "UpdateAuthorizationRole", "<roleId>99</roleId><newName>x</newName>"), "NotFound");
        is_fault(&ask(&mut alice, "UpdateAuthorizationRole", "<roleId>-2</roleId><newName>x</newName>"), "InvalidArgument");
        is_fault(&ask(&mut alice, "RemoveAuthorizationRole", "<roleId>-2</roleId><failIfUsed>false</failIfUsed>"), "InvalidArgument");
        is_fault(&ask(&mut alice, "RemoveAuthorizationRole", "<roleId>99</roleId><failIfUsed>true</failIfUsed>"), "NotFound");
        lacks(&ask(&mut house.logged_in("carol"), "AddAuthorizationRole", "<name>x</name>"), "group-d1", "Authorization.ModifyRoles");
    }

    fn the_last_administrator_of_the_root_stays(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let administrators = "VSPHERE.LOCAL\\Administrators";
        let remove = format!("{ROOT}<user>{administrators}</user><isGroup>true</isGroup>");
        let attempts = [
            ("RemoveEntityPermission", remove.clone()),
            ("SetEntityPermissions", format!("{ROOT}{}", permission(administrators, true, READ_ONLY, true))),
            ("SetEntityPermissions", format!("{ROOT}{}", permission(administrators, true, ADMIN, false))),
            ("ResetEntityPermissions", format!("{ROOT}{}", permission("bob", false, READ_ONLY, true))),
            ("MergePermissions", "<srcRoleId>-1</srcRoleId><dstRoleId>-2</dstRoleId>".to_owned()),
        ];
        let before = permissions(&ask(&mut alice, "RetrieveAllPermissions", ""));
        for (method, parameters) in &attempts {
            is_fault(&ask(&mut alice, method, parameters), "AuthMinimumAdminPermission");
            assert_eq!(permissions(&ask(&mut alice, "RetrieveAllPermissions", "")), before, "{method}");
        }
        grant(&mut alice, ROOT, "alice", false, ADMIN);
        is_done(&ask(&mut alice, "RemoveEntityPermission", &remove));
        is_fault(&ask(&mut alice, "RemoveEntityPermission", &remove), "NotFound");
    }

    fn permissions_are_set_all_or_none_and_reset_in_place_of_all(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let both = |second: &str| format!("{DATACENTER}{}{}", permission("bob", false, READ_ONLY, true), permission(second, false, ADMIN, true));
        let shown = |alice: &mut Client| permissions(&ask(alice, "RetrieveEntityPermissions", &format!("{DATACENTER}<inherited>false</inherited>")));
        is_fault(&ask(&mut alice, "SetEntityPermissions", &both("nobody")), "UserNotFound");
        is_fault(&ask(&mut alice, "SetEntityPermissions", &both("carol@elsewhere")), "UserNotFound");
        assert_eq!(shown(&mut alice), []);
        let set = ask(&mut alice, "SetEntityPermissions", &both("BOB@vsphere.local"));
        is_done(&set);
        assert_eq!(house.explain(&set)[0]["action"], "permission.set");
        assert_eq!(shown(&mut alice), [("VSPHERE.LOCAL\\bob".into(), "-1".into())], "the last one counts");
        is_done(&ask(&mut alice, "ResetEntityPermissions", &format!("{DATACENTER}{}", permission("carol", false, READ_ONLY, true))));
        assert_eq!(shown(&mut alice), [("VSPHERE.LOCAL\\carol".into(), "-2".into())]);
        is_done(&ask(&mut alice, "ResetEntityPermissions", DATACENTER));
        assert_eq!(shown(&mut alice), []);
        for (role, kind) in [(-3, "InvalidArgument"), (-4, "InvalidArgument"), (77, "NotFound"), (NO_ACCESS, "")] {
            let answer = ask(&mut alice, "SetEntityPermissions", &format!("{DATACENTER}{}", permission("bob", false, role, true)));
            if kind.is_empty() { is_done(&answer) } else { is_fault(&answer, kind) }
        }
        let nowhere = format!("<entity type=\"Folder\">nope</entity>{}", permission("bob", false, READ_ONLY, true));
        is_fault(&ask(&mut alice, "SetEntityPermissions", &nowhere), "ManagedObjectNotFound");
        let folder = alice.retrieve(&[("Folder", "group-d1", &["permission", "effectiveRole"])], None);
        assert!(folder.body.contains("<principal>VSPHERE.LOCAL\\Administrators</principal>") && folder.body.contains("<int>-1</int>"), "{}", folder.body);
    }

    fn merging_gives_everybody_the_other_role(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let (old, new) = (add_role(&mut alice, "Old", &[]), add_role(&mut alice, "New", &["Sessions.TerminateSession"]));
        grant(&mut alice, ROOT, "bob", false, old);
        let mut bob = house.logged_in("bob");
        assert!(session_list(&mut bob).body.contains("<missingSet>"));
        let merge = |source: i32, destination: i32| format!("<srcRoleId>{source}</srcRoleId><dstRoleId>{destination}</dstRoleId>");
        is_done(&ask(&mut alice, "MergePermissions", &merge(old, new)));
        assert!(session_list(&mut bob).body.contains("<propSet>"));
        is_done(&ask(&mut alice, "RemoveAuthorizationRole", &format!("<roleId>{old}</roleId><failIfUsed>true</failIfUsed>")));
        is_fault(&ask(&mut alice, "MergePermissions", &merge(old, new)), "NotFound");
        is_fault(&ask(&mut alice, "MergePermissions", &merge(new, -3)), "InvalidArgument");
        lacks(&ask(&mut bob, "MergePermissions", &merge(new, READ_ONLY)), "group-d1", "Authorization.ReassignRolePermissions");
    }

    fn whether_somebody_may_is_asked_by_session_and_by_name(place) {
        let house = House::open(place);
        let (mut alice, mut carol) = (house.logged_in("alice"), house.logged_in("carol"));
        let key = carol.current_session().inside("key").unwrap().to_owned();
        let asked = "<privId>System.Read</privId><privId>Global.Settings</privId>";
        let one = ask(&mut alice, "HasPrivilegeOnEntity", &format!("{ROOT}<sessionId>{key}</sessionId>{asked}"));
        assert_eq!(truths(&one), [true, false]);
        let many = ask(&mut alice, "HasPrivilegeOnEntities", &format!("{ROOT}{DATACENTER}<sessionId>{key}</sessionId>{asked}"));
        let each = "<privAvailability><privId>System.Read</privId><isGranted>true</isGranted></privAvailability>\
                    <privAvailability><privId>Global.Settings</privId><isGranted>false</isGranted></privAvailability>";
        assert_eq!(many.body.matches(each).count(), 2, "{}", many.body);
        let cookie = carol.cookie.clone().unwrap().split('"').nth(1).unwrap().to_owned();
        for wrong in ["nothing", &cookie] {
            let answer = ask(&mut alice, "HasPrivilegeOnEntity", &format!("{ROOT}<sessionId>{wrong}</sessionId>{asked}"));
            is_fault(&answer, "InvalidArgument");
            assert_eq!(answer.inside("invalidProperty"), Some("sessionId"));
        }
        let entities = "<entities type=\"Folder\">group-d1</entities><entities type=\"SessionManager\">SessionManager</entities>";
        for user in ["carol", "VSPHERE.LOCAL\\carol", "Carol@vsphere.local"] {
            let answer = ask(&mut alice, "HasUserPrivilegeOnEntities", &format!("{entities}<userName>{user}</userName>{asked}"));
            assert_eq!(answer.body.matches(each).count(), 2, "{}", answer.body);
        }
        let answer = ask(&mut alice, "FetchUserPrivilegeOnEntities", &format!("{entities}<userName>carol</userName>"));
        let all = "<privileges>System.Anonymous</privileges><privileges>System.Read</privileges><privileges>System.View</privileges></returnval>";
        assert_eq!(answer.body.matches(all).count(), 2, "{}", answer.body);
        let answer = ask(&mut alice, "FetchUserPrivilegeOnEntities", &format!("{entities}<userName>alice</userName>"));
        assert_eq!(answer.body.matches("<privileges>").count(), 2 * 482);
        is_fault(&ask(&mut alice, "FetchUserPrivilegeOnEntities", &format!("{entities}<userName>nobody</userName>")), "InvalidArgument");
        let flood = "<entities type=\"Folder\">group-d1</entities>".repeat(208);
        is_fault(&ask(&mut alice, "FetchUserPrivilegeOnEntities", &format!("{flood}<userName>alice</userName>")), "InvalidArgument");
    }

    fn the_privileges_are_a_real_servers_and_have_names(place) {
        let house = House::open(place);
        let mut carol = house.logged_in("carol");
        let list = carol.call("Fetch", "AuthorizationManager", "<prop>privilegeList</prop>");
        assert_eq!(list.body.matches("<AuthorizationPrivilege ").count(), 482);
        assert!(list.body.contains("<privId>VirtualMachine.Config.Rename</privId><onParent>false</onParent><name>Rename</name>\
            <privGroupName>VirtualMachine.Config</privGroupName>"));
        let description = carol.call("Fetch", "AuthorizationManager", "<prop>description</prop>");
        assert!(description.body.contains("<privilegeGroup><label>Sessions</label><summary>Sessions</summary><key>Sessions</key>"), "{}", description.body);
        is_fault(&house.client().call("Fetch", "AuthorizationManager", "<prop>roleList</prop>"), "NotAuthenticated");
    }
}
