//! `/sdk`: users and groups are found (`session-manager.md` §2.6).

use vcsso::app::Peer;
use vcsso::app::users::add_group;

use crate::harness::people::name;
use crate::harness::requests::Client;
use crate::harness::{Answer, House};

/// Who, in whole or in part; users, groups.
fn find(client: &mut Client, filter: &str, whole: bool, users: bool, groups: bool) -> Answer {
    let wanted = format!(
        "{filter}<exactMatch>{whole}</exactMatch><findUsers>{users}</findUsers><findGroups>{groups}</findGroups>"
    );
    client.call("RetrieveUserGroups", "UserDirectory", &wanted)
}

fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let parts = answer.body.split("<principal>VSPHERE.LOCAL\\").skip(1);
    parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

on_both! {
    fn people_machines_and_groups_are_found_by_a_part_of_their_name_or_all_of_it(place) {
        let house = House::open(place);
        let mut carol = house.logged_in("carol");
        let everybody = names(&find(&mut carol, "<searchStr/>", false, true, false));
        assert_eq!(everybody, ["Administrator", "alice", "bob", "carol", "dora", "lukas", "retired", "robot"]);
        assert_eq!(names(&find(&mut carol, "<searchStr>ADMIN</searchStr>", false, true, true)), ["Administrator", "Administrators", "CAAdmins", "SystemConfiguration.Administrators"]);
        let alice = find(&mut carol, "<searchStr>Alice@vsphere.local</searchStr>", true, true, true);
        assert!(alice.body.contains("<returnval><principal>VSPHERE.LOCAL\\alice</principal><fullName>Ada Lab</fullName><group>false</group></returnval>"), "{}", alice.body);
        assert_eq!(names(&find(&mut carol, "<searchStr>ali</searchStr>", true, true, true)), [""; 0]);
        assert_eq!(names(&find(&mut carol, "<searchStr>everyone</searchStr>", true, true, true)), ["Everyone"]);
        assert_eq!(names(&find(&mut carol, "<searchStr/>", false, false, false)), [""; 0]);
        assert_eq!(house.client().call("RetrieveUserGroups", "UserDirectory", "<searchStr/><exactMatch>0</exactMatch><findUsers>1</findUsers><findGroups>1</findGroups>").fault().kind, "NotAuthenticated");
    }

    fn a_group_and_a_user_narrow_the_search_to_direct_members(place) {
        let house = House::open(place);
        house.run(|app| async move {
            add_group(&app, &name("Inner"), &["bob".to_owned()], &Peer::default()).await.unwrap();
            add_group(&app, &name("Outer"), &["Inner".to_owned(), "carol".to_owned()], &Peer::default()).await.unwrap();
        });
        let mut carol = house.logged_in("carol");
        let outer = "<searchStr/><belongsToGroup>VSPHERE.LOCAL\\outer</belongsToGroup>";
        assert_eq!(names(&find(&mut carol, outer, false, true, true)), ["carol", "Inner"]);
        assert_eq!(names(&find(&mut carol, outer, false, true, false)), ["carol"]);
        assert_eq!(names(&find(&mut carol, "<searchStr/><belongsToUser>bob</belongsToUser>", false, true, true)), ["Everyone", "Inner"]);
        assert_eq!(names(&find(&mut carol, "<searchStr/><belongsToUser>robot</belongsToUser>", false, true, true)), ["Administrators", "Everyone", "SolutionUsers"]);
        assert_eq!(names(&find(&mut carol, "<searchStr>r</searchStr><belongsToGroup>SolutionUsers</belongsToGroup>", false, true, true)), ["retired", "robot"]);
    }

    fn what_is_not_ours_is_not_found(place) {
        let house = House::open(place);
        let mut carol = house.logged_in("carol");
        let all = names(&find(&mut carol, "<searchStr/>", false, true, true));
        for domain in ["", "VSPHERE.local"] {
            assert_eq!(names(&find(&mut carol, &format!("<domain>{domain}</domain><searchStr/>"), false, true, true)), all);
        }
        for filter in [
            "<domain>corp.example</domain><searchStr/>", "<searchStr/><belongsToGroup>nothing</belongsToGroup>",
            "<searchStr/><belongsToGroup>alice</belongsToGroup>", "<searchStr/><belongsToUser>nobody</belongsToUser>",
            "<searchStr/><belongsToUser>Administrators</belongsToUser>",
        ] {
            assert_eq!(find(&mut carol, filter, false, true, true).fault().kind, "NotFound", "{filter}");
        }
        assert!(carol.call("Fetch", "UserDirectory", "<prop>domainList</prop>").body.contains("<string>vsphere.local</string>"));
    }
}
