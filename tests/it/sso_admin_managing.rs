//! People, solution users, groups and roles, as administrators of SSO manage them: what they change the STS and `/sdk` see at
//! once, and what would do harm is refused with a fault of its own and a row.

use std::sync::LazyLock;
use std::time::Duration;

use vcsso::client::sts;
use vcsso::pki::make::{Made, self_signed};

use crate::harness::requests::login_parameters;
use crate::harness::{Act, Answer, Credential, House, PASSWORD, ROBOT, now};
use crate::sso_admin::{Admin, DISCOVERY, MANAGEMENT, PASSWORDS, ROLES, id};

const CHECK: (&str, &str) = ("SsoGroupcheckGroupCheckService", "groupCheckService");
static MACHINE: LazyLock<Made> = LazyLock::new(|| self_signed("machine", now()).unwrap());

fn person(name: &str, password: &str) -> String {
    let details = "<userDetails><description>made</description><emailAddress>x@example.test</emailAddress><firstName>Pat</firstName></userDetails>";
    format!("<userName>{name}</userName>{details}<password>{password}</password>")
}

fn machine(name: &str, made: &Made) -> String {
    let certificate = vcsso::sso_admin::certificate::write(made.certificate.der());
    format!("<userName>{name}</userName><userDetails><certificate>{certificate}</certificate></userDetails>")
}

fn group(name: &str) -> String {
    format!("<groupName>{name}</groupName><groupDetails><description>made</description></groupDetails>")
}

fn members(tag: &str, names: &[&str], group: &str) -> String {
    let ids: String = names.iter().map(|name| id(tag, name)).collect();
    format!("{ids}<groupName>{group}</groupName>")
}

fn removed(name: &str) -> String {
    format!("<principalName>{name}</principalName>")
}

fn criteria(search: &str, limit: i32) -> String {
    format!(
        "<criteria><searchString>{search}</searchString><domain>vsphere.local</domain></criteria><limit>{limit}</limit>"
    )
}

/// The names of everybody in an answer.
fn names(answer: &Answer) -> Vec<String> {
    let parts = answer.body.split("<name>").skip(1);
    parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

fn at_the_sts(house: &House, name: &str, password: &str) -> u16 {
    house.issue(&Act::new(Credential::Password(name, password))).status
}

fn why(kind: &str, reason: &str) -> (String, String) {
    (kind.to_owned(), reason.to_owned())
}

on_both! {
    fn a_person_has_a_token_at_once_and_none_when_removed(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        assert_eq!(at_the_sts(&house, "pat", PASSWORD), 500);
        alice.done("CreateLocalPersonUser", MANAGEMENT, &person("pat", PASSWORD));
        assert_eq!(at_the_sts(&house, "pat", PASSWORD), 200);
        let found = alice.done("FindPersonUser", DISCOVERY, &id("userId", "PAT"));
        assert_eq!((found.inside("firstName"), found.inside("emailAddress"), found.inside("disabled"), found.inside("locked")),
            (Some("Pat"), Some("x@example.test"), Some("false"), Some("false")));
        assert_eq!(alice.refused_for("CreateLocalPersonUser", MANAGEMENT, &person("Pat", PASSWORD)), why("SsoFaultInvalidPrincipalFault", "name-taken"));
        // The session she has ends with her.
        alice.done("AddUserToLocalGroup", MANAGEMENT, &members("userId", &["pat"], "Administrators"));
        let mut client = house.client();
        assert_eq!(client.login("pat", PASSWORD).status, 200);
        assert_eq!(client.current_time().status, 200);
        let mut pat = Admin::logged_in(&house, "pat");
        pat.done("GetLocalPasswordPolicy", PASSWORDS, "");
        alice.done("DeleteLocalPrincipal", MANAGEMENT, &removed("pat"));
        assert_eq!(at_the_sts(&house, "pat", PASSWORD), 500);
        assert_eq!(client.current_session().inside("userName"), None, "the session is over");
        assert_eq!(pat.refused("GetLocalPasswordPolicy", PASSWORDS, ""), "SsoFaultNotAuthenticated");
        assert!(alice.done("FindPersonUser", DISCOVERY, &id("userId", "pat")).inside("returnval").is_none());
        assert_eq!(alice.refused_for("DeleteLocalPrincipal", MANAGEMENT, &removed("pat")), why("SsoFaultInvalidPrincipalFault", "no-such-principal"));
    }

    fn a_password_that_the_policy_forbids_is_not_set(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        let violation = "SsoAdminFaultPasswordPolicyViolationFault";
        assert_eq!(alice.refused_for("CreateLocalPersonUser", MANAGEMENT, &person("pat", "weak")), why(violation, "password-policy"));
        alice.done("CreateLocalPersonUser", MANAGEMENT, &person("pat", PASSWORD));
        let reset = |password: &str| format!("<userName>pat</userName><newPassword>{password}</newPassword>");
        assert_eq!(alice.refused("ResetLocalPersonUserPassword", MANAGEMENT, &reset("weak")), violation);
        assert_eq!(alice.refused("ResetLocalPersonUserPassword", MANAGEMENT, &reset(PASSWORD)), violation, "it was just used");
        alice.done("ResetLocalPersonUserPassword", MANAGEMENT, &reset("Secret!24"));
        assert_eq!((at_the_sts(&house, "pat", PASSWORD), at_the_sts(&house, "pat", "Secret!24")), (500, 200));
        // The own one.
        let mut pat = Admin::nobody(&house);
        assert_eq!(pat.send(crate::sso_admin::login(&house.token(&Act::new(Credential::Password("pat", "Secret!24"))), None)).status, 200);
        let own = |password: &str| format!("<newPassword>{password}</newPassword>");
        assert_eq!(pat.refused("ResetSelfLocalPersonUserPassword", MANAGEMENT, &own("weak")), violation);
        pat.done("ResetSelfLocalPersonUserPassword", MANAGEMENT, &own("Secret!25"));
        assert_eq!(at_the_sts(&house, "pat", "Secret!25"), 200);
    }

    /// attacks.md U07, U02: whoever has no session shows the old password, and a wrong one costs and counts as at a login.
    fn a_password_is_changed_with_the_old_one_also_when_it_has_expired(place) {
        let house = House::open(place);
        let change = |name: &str, old: &str, new: &str| {
            let parameters = format!("<username>{name}</username><currentPassword>{old}</currentPassword><newPassword>{new}</newPassword>");
            Admin::nobody(&house).call("ResetLocalUserPassword", MANAGEMENT, &parameters)
        };
        for (name, old) in [("alice", "wrong"), ("nobody", PASSWORD), ("dora", PASSWORD), ("lukas", PASSWORD), ("alice@other", PASSWORD)] {
            let before = house.app.password_hashes();
            let answer = change(name, old, "Secret!24");
            assert_eq!(answer.fault().kind, "SsoFaultInvalidCredentials", "{name}");
            assert_eq!(house.refusal(&answer), "credential.password", "{name}");
            assert_eq!(house.app.password_hashes() - before, 1, "{name}: an unknown name costs as much");
        }
        let users = house.run(|app| async move { app.store.users().await.unwrap() });
        assert_eq!(users.iter().find(|user| user.name == "alice").unwrap().failures, 1);
        house.clock.advance(Duration::from_hours(24 * 91));
        assert_eq!(at_the_sts(&house, "alice", PASSWORD), 500, "it has expired");
        assert_eq!(change("alice@vsphere.local", PASSWORD, "weak").fault().kind, "SsoAdminFaultPasswordPolicyViolationFault");
        let changed = change("alice@vsphere.local", PASSWORD, "Secret!24");
        assert_eq!(changed.status, 200, "{}", changed.body);
    }

    fn wrong_old_passwords_from_one_address_wait_for_each_other(place) {
        let mut plan = crate::harness::Plan::default();
        plan.policies.lockout.address_failures = 2;
        plan.policies.lockout.delay = Duration::from_secs(1);
        let house = House::built(place, plan);
        let parameters = "<username>nobody</username><currentPassword>x</currentPassword><newPassword>Secret!24</newPassword>";
        for _ in 0..3 {
            let answer = Admin::nobody(&house).call("ResetLocalUserPassword", MANAGEMENT, parameters);
            assert_eq!(answer.fault().kind, "SsoFaultInvalidCredentials");
        }
        assert_eq!(house.app.held_up(), 1, "the third");
    }

    fn a_solution_user_signs_with_its_certificate_at_once(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        let token = || house.issue(&Act::new(Credential::Certificate(&MACHINE)).holder_of_key()).status;
        assert_eq!(token(), 500);
        alice.done("CreateLocalSolutionUser", MANAGEMENT, &machine("svc", &MACHINE));
        assert_eq!(token(), 200);
        let duplicate = "SsoAdminFaultDuplicateSolutionCertificateFaultFault";
        assert_eq!(alice.refused("CreateLocalSolutionUser", MANAGEMENT, &machine("twin", &MACHINE)), duplicate);
        assert_eq!(alice.refused("UpdateLocalSolutionUserDetails", MANAGEMENT, &machine("svc", &ROBOT)), duplicate);
        let old = self_signed("old", now().minus(Duration::from_hours(24 * 4000))).unwrap();
        assert_eq!(alice.refused("CreateLocalSolutionUser", MANAGEMENT, &machine("old", &old)), "InvalidArgument");
        assert_eq!(alice.refused("CreateLocalSolutionUser", MANAGEMENT,
            "<userName>x</userName><userDetails><certificate>none</certificate></userDetails>"), "InvalidArgument");
        let found = alice.done("FindSolutionUser", DISCOVERY, "<userName>svc</userName>");
        assert_eq!(found.inside("certificate").unwrap(), vcsso::sso_admin::certificate::write(MACHINE.certificate.der()));
        let other = self_signed("other", now()).unwrap();
        alice.done("UpdateLocalSolutionUserDetails", MANAGEMENT, &machine("svc", &other));
        assert_eq!(token(), 500, "the old certificate is nobody's now");
        assert_eq!(house.issue(&Act::new(Credential::Certificate(&other)).holder_of_key()).status, 200);
        alice.done("DisableUserAccount", MANAGEMENT, &id("userId", "svc"));
        assert_eq!(house.issue(&Act::new(Credential::Certificate(&other)).holder_of_key()).status, 500);
        assert_eq!(names(&alice.done("FindDisabledSolutionUsers", DISCOVERY, "<searchStr>S</searchStr>")), ["svc"]);
        alice.done("EnableUserAccount", MANAGEMENT, &id("userId", "svc"));
        assert_eq!(house.issue(&Act::new(Credential::Certificate(&other)).holder_of_key()).status, 200);
    }

    /// attacks.md U08: no group comes to contain itself.
    fn u08_groups_hold_users_and_groups_and_never_themselves(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        for name in ["outer", "inner"] {
            alice.done("CreateLocalGroup", MANAGEMENT, &group(name));
        }
        assert_eq!(alice.done("AddUsersToLocalGroup", MANAGEMENT, &members("userIds", &["bob", "robot"], "inner")).body.matches("true").count(), 2);
        assert_eq!(alice.done("AddUserToLocalGroup", MANAGEMENT, &members("userId", &["bob"], "inner")).inside("returnval"), Some("false"), "he is in it");
        alice.done("AddGroupsToLocalGroup", MANAGEMENT, &members("groupIds", &["inner"], "outer"));
        let cyclic = "SsoAdminFaultGroupCyclicDependencyFault";
        assert_eq!(alice.refused_for("AddGroupToLocalGroup", MANAGEMENT, &members("groupId", &["outer"], "inner")), why(cyclic, "group-cycle"));
        assert_eq!(alice.refused("AddGroupToLocalGroup", MANAGEMENT, &members("groupId", &["inner"], "inner")), cyclic);
        let principal = "SsoFaultInvalidPrincipalFault";
        assert_eq!(alice.refused("AddUserToLocalGroup", MANAGEMENT, &members("userId", &["outer"], "inner")), principal, "a group is no user");
        assert_eq!(alice.refused("AddUsersToLocalGroup", MANAGEMENT, &members("userIds", &["carol", "nobody"], "inner")), principal, "all or none");
        let inside = |alice: &mut Admin<'_>, name: &str| names(&alice.done("FindUsersInGroup", DISCOVERY,
            &(id("groupId", name) + "<searchString></searchString><limit>-1</limit>")));
        assert_eq!(inside(&mut alice, "inner"), ["bob", "robot"]);
        assert_eq!(names(&alice.done("FindNestedParentGroups", DISCOVERY, &id("userId", "bob"))), ["Everyone", "inner", "outer"]);
        assert_eq!(names(&alice.done("FindDirectParentGroups", DISCOVERY, &id("principalId", "bob"))), ["Everyone", "inner"]);
        assert_eq!(names(&alice.done("FindAllParentGroups", CHECK, &id("userId", "bob"))), ["Everyone", "inner", "outer"]);
        let among = id("userId", "bob") + &id("groupList", "OUTER") + &id("groupList", "Administrators");
        assert_eq!(names(&alice.done("FindParentGroups", CHECK, &among)), ["outer"]);
        let member = |group: &str| id("userId", "bob") + &id("groupId", group);
        assert_eq!(alice.done("IsMemberOfGroup", CHECK, &member("outer")).inside("returnval"), Some("true"));
        assert_eq!(alice.done("IsMemberOfGroup", CHECK, &member("Administrators")).inside("returnval"), Some("false"));
        let left = alice.done("RemovePrincipalsFromLocalGroup", MANAGEMENT, &members("principalsIds", &["bob", "carol"], "inner"));
        assert!(left.body.contains("<returnval>true</returnval><returnval>false</returnval>"), "{}", left.body);
        assert_eq!(inside(&mut alice, "inner"), ["robot"]);
        alice.done("DeleteLocalPrincipal", MANAGEMENT, &removed("inner"));
        assert!(inside(&mut alice, "outer").is_empty());
    }

    /// attacks.md U10: the house keeps an administrator, and what every system has.
    fn the_last_administrator_and_what_every_system_has_stay(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        for name in ["Administrator", "Administrators", "Everyone"] {
            assert_eq!(alice.refused("DeleteLocalPrincipal", MANAGEMENT, &removed(name)), "SsoFaultInvalidPrincipalFault", "{name}");
        }
        let leave = |name| members("principalId", &[name], "Administrators");
        alice.done("RemoveFromLocalGroup", MANAGEMENT, &leave("Administrator"));
        let last = why("SsoFaultInvalidPrincipalFault", "last-administrator");
        assert_eq!(alice.refused_for("RemoveFromLocalGroup", MANAGEMENT, &leave("alice")), last);
        let role = |name: &str, role: &str| id("userId", name) + &format!("<role>{role}</role>");
        assert_eq!(alice.refused_for("SetRole", ROLES, &role("alice", "RegularUser")), last);
        assert_eq!(alice.refused_for("DisableUserAccount", MANAGEMENT, &id("userId", "alice")), last);
        assert_eq!(alice.refused_for("DeleteLocalPrincipal", MANAGEMENT, &removed("alice")), last);
        assert_eq!(alice.done("SetRole", ROLES, &role("bob", "Administrator")).inside("returnval"), Some("true"));
        assert_eq!(alice.done("HasAdministratorRole", ROLES, &id("userId", "bob")).inside("returnval"), Some("true"));
        assert_eq!(alice.done("SetRole", ROLES, &role("alice", "RegularUser")).inside("returnval"), Some("true"));
        assert_eq!(alice.done("HasAdministratorRole", ROLES, &id("userId", "alice")).inside("returnval"), Some("false"));
        assert_eq!(alice.done("HasRegularUserRole", ROLES, &id("userId", "alice")).inside("returnval"), Some("true"));
        assert_eq!(alice.refused("SetRole", ROLES, &role("alice", "Administrator")), "SsoFaultNoPermission", "she gave it away");
    }

    fn the_role_act_as_user_lets_somebody_have_tokens_for_others(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        alice.done("CreateLocalSolutionUser", MANAGEMENT, &machine("svc", &MACHINE));
        let subject = house.token(&Act::new(Credential::Password("alice", PASSWORD)).asking(|request| request.delegatable = true));
        let acting = || {
            let act = Act::new(Credential::Certificate(&MACHINE)).holder_of_key();
            house.sts(act.around(&sts::act_as(&act.request, &subject))).status
        };
        let role = |name: &str| id("userId", "svc") + &format!("<role>{name}</role>");
        assert_eq!(acting(), 500);
        assert_eq!(alice.done("GrantWSTrustRole", ROLES, &role("ActAsUser")).inside("returnval"), Some("true"));
        assert_eq!(acting(), 200);
        assert_eq!(alice.done("RevokeWSTrustRole", ROLES, &role("ActAsUser")).inside("returnval"), Some("true"));
        assert_eq!(acting(), 500);
        assert_eq!(alice.refused("GrantWSTrustRole", ROLES, &role("Emperor")), "InvalidArgument");
    }

    fn people_are_found_by_a_part_of_their_names(place) {
        let house = House::open(place);
        let mut bob = Admin::logged_in(&house, "bob");
        assert_eq!(names(&bob.done("FindPersonUsers", DISCOVERY, &criteria("O", 100))), ["Administrator", "bob", "carol", "dora"]);
        assert_eq!(names(&bob.done("FindPersonUsers", DISCOVERY, &criteria("o", 2))), ["Administrator", "bob"]);
        assert_eq!(names(&bob.done("FindUsers", DISCOVERY, &criteria("ro", -1))), ["carol", "robot"]);
        assert_eq!(names(&bob.done("FindSolutionUsers", DISCOVERY, "<searchString/><limit>9</limit>")), ["retired", "robot"]);
        assert_eq!(names(&bob.done("FindGroups", DISCOVERY, &criteria("actas", 9))), ["ActAsUsers"]);
        let all = bob.done("Find", DISCOVERY, &criteria("ro", 9));
        assert!(all.inside("personUsers").is_some() && all.inside("solutionUsers").is_some(), "{}", all.body);
        assert_eq!(names(&bob.done("FindLockedUsers", DISCOVERY, "<searchStr/><limit>9</limit>")), ["lukas"]);
        assert_eq!(names(&bob.done("FindDisabledPersonUsers", DISCOVERY, "<searchStr/><limit>9</limit>")), ["dora"]);
        let elsewhere = criteria("o", 9).replace("vsphere.local", "example.com");
        assert!(names(&bob.done("FindPersonUsers", DISCOVERY, &elsewhere)).is_empty());
        assert_eq!(bob.done("FindUser", DISCOVERY, &id("userId", "robot")).inside("kind"), Some("solution"));
        assert_eq!(bob.done("FindUser", DISCOVERY, &id("userId", "bob")).inside("kind"), Some("person"));
        let mut alice = Admin::logged_in(&house, "alice");
        assert_eq!(alice.done("UnlockUserAccount", MANAGEMENT, &id("userId", "lukas")).inside("returnval"), Some("true"));
        assert_eq!(house.client().call("Login", "SessionManager", &login_parameters("lukas", PASSWORD)).fault().kind, "NoPermission", "known, and without permission");
    }

    fn names_that_are_none_are_refused(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        for name in ["", "a@b", "a\\b", "a/b", "a\u{200b}b"] {
            assert_eq!(alice.refused("CreateLocalPersonUser", MANAGEMENT, &person(name, PASSWORD)), "SsoFaultInvalidPrincipalFault", "{name:?}");
            assert_eq!(alice.refused("CreateLocalGroup", MANAGEMENT, &group(name)), "SsoFaultInvalidPrincipalFault", "{name:?}");
        }
        assert_eq!(alice.refused("CreateLocalGroup", MANAGEMENT, &group("everyone")), "SsoFaultInvalidPrincipalFault");
        alice.done("CreateLocalGroup", MANAGEMENT, &group("Prüfer 7"));
    }
}
