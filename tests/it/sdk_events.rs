//! `/sdk`: what happened to sessions is told as vCenter tells it, to those who may know.

use std::time::Duration;

use vcsso::app::housekeeping;

use crate::harness::requests::{Client, login_parameters, watching};
use crate::harness::{Answer, House, PASSWORD};

const MANAGER: &str = "EventManager";

/// Everything that was decided is written down.
fn settled(house: &House) {
    house.run(|app| async move { app.store.drained().await.unwrap() });
}

fn query(client: &mut Client, filter: &str) -> Answer {
    let answer = client.call("QueryEvents", MANAGER, &format!("<filter>{filter}</filter>"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// The types of the events in an answer, in order.
fn types(answer: &Answer, element: &str) -> Vec<String> {
    let open = format!("<{element} xsi:type=\"");
    answer.body.split(&open).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn asked(client: &mut Client, filter: &str) -> Vec<String> {
    types(&query(client, filter), "returnval")
}

fn collector(client: &mut Client, filter: &str) -> String {
    let answer = client.call("CreateCollectorForEvents", MANAGER, &format!("<filter>{filter}</filter>"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.inside("returnval").unwrap().to_owned()
}

fn on(client: &mut Client, method: &str, collector: &str, count: usize) -> Answer {
    let count = if count == 0 { String::new() } else { format!("<maxCount>{count}</maxCount>") };
    let answer = client.call_on(method, "EventHistoryCollector", collector, &count);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

fn texts(answer: &Answer) -> Vec<String> {
    let parts = answer.body.split("<fullFormattedMessage>").skip(1);
    parts.map(|rest| rest.split("</full").next().unwrap().to_owned()).collect()
}

on_both! {
    fn every_act_of_a_session_is_an_event_with_its_text(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let key = alice.current_session().inside("key").unwrap().to_owned();
        let mut carol = house.logged_in("carol");
        let victim = carol.current_session().inside("key").unwrap().to_owned();
        assert_eq!(carol.call("Login", "SessionManager", &login_parameters("carol", PASSWORD)).status, 500);
        assert_eq!(carol.call("TerminateSession", "SessionManager", &format!("<sessionId>{key}</sessionId>")).fault().kind, "NoPermission");
        assert_eq!(house.client().login("alice", "wrong").status, 500);
        assert_eq!(house.client().login("bob", PASSWORD).status, 500);
        assert_eq!(alice.call("UpdateServiceMessage", "SessionManager", "<message>Hi</message>").status, 200);
        assert_eq!(alice.call("TerminateSession", "SessionManager", &format!("<sessionId>{victim}</sessionId>")).status, 200);
        assert_eq!(house.logged_in("alice").logout().status, 200);
        settled(&house);
        let all = query(&mut alice, "");
        let mut seen = types(&all, "returnval");
        assert_eq!(seen.first().map(String::as_str), Some("ServerStartedSessionEvent"));
        seen.sort();
        assert_eq!(seen, [
            "AlreadyAuthenticatedSessionEvent", "BadUsernameSessionEvent", "EventEx", "GlobalMessageChangedEvent", "NoAccessUserEvent",
            "ServerStartedSessionEvent", "SessionTerminatedEvent", "UserLoginSessionEvent", "UserLoginSessionEvent", "UserLoginSessionEvent", "UserLogoutSessionEvent",
        ]);
        let said = texts(&all);
        for text in [
            "User VSPHERE.LOCAL\\alice@127.0.0.1 logged in as govc/0.50",
            "User VSPHERE.LOCAL\\alice@127.0.0.1 logged out (login time: 2026-11-24T08:00:00.000Z, number of API invocations: 1, user agent: govc/0.50)",
            "Cannot login alice@127.0.0.1", "Cannot login user bob@127.0.0.1: no permission", "User cannot logon since the user is already logged on",
            "A session for user 'VSPHERE.LOCAL\\carol' has stopped", "The message changed: from '' to 'Hi'", "vCenter started",
            "Privilege check failed for user VSPHERE.LOCAL\\carol for missing permission Sessions.TerminateSession.",
        ] {
            assert!(said.iter().any(|said| said == text), "{text}: {said:?}");
        }
        // The public key, and nowhere the cookie.
        let login = query(&mut alice, "<eventTypeId>UserLoginSessionEvent</eventTypeId>");
        assert!(login.body.contains(&format!("<locale>en</locale><sessionId>{key}</sessionId>")), "{}", login.body);
        assert!(!all.body.contains(alice.cookie.as_ref().unwrap().split('"').nth(1).unwrap()));
        let keys: Vec<i64> = all.body.split("<key>").skip(1).filter_map(|rest| rest.split('<').next().unwrap().parse().ok()).collect();
        assert!(keys.is_sorted() && keys.len() >= 11, "{keys:?}");
    }

    fn a_session_that_idles_out_has_logged_out(place) {
        let house = House::open(place);
        let mut carol = house.logged_in("carol");
        assert_eq!(carol.current_time().status, 200);
        house.clock.advance(Duration::from_mins(30));
        house.run(|app| async move { housekeeping::sweep(&app).await.unwrap() });
        let mut alice = house.logged_in("alice");
        let out = query(&mut alice, "<eventTypeId>vim.event.UserLogoutSessionEvent</eventTypeId>");
        assert_eq!(types(&out, "returnval").len(), 1);
        assert_eq!((out.inside("userName"), out.inside("callCount"), out.inside("ipAddress")), (Some("VSPHERE.LOCAL\\carol"), Some("1"), Some("127.0.0.1")));
        assert_eq!(out.inside("loginTime"), Some("2026-11-24T08:00:00.000000Z"));
        house.run(|app| async move { housekeeping::sweep(&app).await.unwrap() });
        assert_eq!(asked(&mut alice, "<eventTypeId>UserLogoutSessionEvent</eventTypeId>").len(), 1, "once");
    }

    fn a_filter_takes_what_it_names(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        house.clock.advance(Duration::from_secs(10));
        let _carol = house.logged_in("carol");
        let root = |recursion: &str| format!("<entity><entity type=\"Folder\">group-d1</entity><recursion>{recursion}</recursion></entity>");
        let mut count = |filter: &str| asked(&mut alice, filter).len();
        for (filter, wanted) in [
            (root("all") + "<eventTypeId>SessionEvent</eventTypeId>", 3), (root("self"), 0), ("<type>Event</type>".into(), 3),
            ("<userName><systemUser>true</systemUser></userName>".into(), 1),
            ("<userName><systemUser>false</systemUser><userList>VSPHERE.LOCAL\\carol</userList></userName>".into(), 1),
            ("<time><beginTime>2026-11-24T08:00:10Z</beginTime></time>".into(), 1), ("<time><endTime>2026-11-24T09:00:09+01:00</endTime></time>".into(), 2),
            ("<maxCount>1</maxCount>".into(), 1), ("<category>error</category>".into(), 0), ("<eventTypeId>VmPoweredOnEvent</eventTypeId>".into(), 0),
        ] {
            assert_eq!(count(&filter), wanted, "{filter}");
        }
        let newest = query(&mut alice, "<maxCount>1</maxCount><disableFullMessage>true</disableFullMessage>");
        assert_eq!((newest.inside("userName"), newest.inside("fullFormattedMessage")), (Some("VSPHERE.LOCAL\\carol"), None));
        let gone = "<filter><entity><entity type=\"Folder\">group-v9</entity><recursion>all</recursion></entity></filter>";
        assert_eq!(alice.call("QueryEvents", MANAGER, gone).fault().kind, "ManagedObjectNotFound");
        assert_eq!(alice.call("QueryEvents", MANAGER, "<filter><nothing/></filter>").fault().kind, "InvalidRequest");
        assert_eq!(house.client().call("QueryEvents", MANAGER, "<filter></filter>").fault().kind, "NotAuthenticated");
    }

    fn a_collector_is_read_forwards_and_backwards(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        for _ in 0..4 {
            house.logged_in("carol");
        }
        let id = collector(&mut alice, "<eventTypeId>UserLoginSessionEvent</eventTypeId>");
        let names = |answer: &Answer| answer.body.matches("<returnval").count();
        assert_eq!(on(&mut alice, "ReadNextEvents", &id, 3).inside("userName"), Some("VSPHERE.LOCAL\\alice"), "the oldest first");
        assert_eq!(names(&on(&mut alice, "ReadNextEvents", &id, 3)), 2);
        assert_eq!(names(&on(&mut alice, "ReadNextEvents", &id, 3)), 0);
        house.logged_in("alice");
        let next = on(&mut alice, "ReadNextEvents", &id, 3);
        assert_eq!((names(&next), next.inside("userName")), (1, Some("VSPHERE.LOCAL\\alice")));
        // Before the latest page there are four of six.
        on(&mut alice, "SetCollectorPageSize", &id, 2);
        on(&mut alice, "RewindCollector", &id, 0);
        assert_eq!(names(&on(&mut alice, "ReadPreviousEvents", &id, 3)), 3);
        let oldest = on(&mut alice, "ReadPreviousEvents", &id, 3);
        assert_eq!((names(&oldest), oldest.inside("userName")), (1, Some("VSPHERE.LOCAL\\alice")));
        assert_eq!(names(&on(&mut alice, "ReadPreviousEvents", &id, 3)), 0);
        assert_eq!(names(&on(&mut alice, "ReadNextEvents", &id, 1_000)), 6);
        on(&mut alice, "ResetCollector", &id, 0);
        assert_eq!(names(&on(&mut alice, "ReadNextEvents", &id, 1_000)), 6);
        for count in ["0", "1001", "-1"] {
            let fault = alice.call_on("ReadNextEvents", "EventHistoryCollector", &id, &format!("<maxCount>{count}</maxCount>")).fault();
            assert_eq!(fault.text, "A specified parameter was not correct: maxCount");
        }
        assert_eq!(house.logged_in("alice").call_on("ResetCollector", "EventHistoryCollector", &id, "").fault().kind, "ManagedObjectNotFound");
        on(&mut alice, "DestroyCollector", &id, 0);
        assert_eq!(alice.call_on("DestroyCollector", "EventHistoryCollector", &id, "").fault().kind, "ManagedObjectNotFound");
    }

    fn the_latest_page_is_followed_as_govc_does(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let id = collector(&mut alice, "<entity><entity type=\"Folder\">group-d1</entity><recursion>all</recursion></entity>");
        on(&mut alice, "SetCollectorPageSize", &id, 2);
        let page = [("EventHistoryCollector", id.as_str(), &["latestPage"][..])];
        let read = alice.retrieve(&page, None);
        assert_eq!(types(&read, "Event"), ["UserLoginSessionEvent", "ServerStartedSessionEvent"]);
        assert!(read.body.contains("<val xsi:type=\"ArrayOfEvent\">"), "{}", read.body);
        assert_eq!(alice.call("CreateFilter", "propertyCollector", &watching(&page)).status, 200);
        let wait = |client: &mut Client, version: &str| client.call("WaitForUpdatesEx", "propertyCollector", &format!("<version>{version}</version><options><maxWaitSeconds>0</maxWaitSeconds></options>"));
        let first = wait(&mut alice, "");
        let version = first.inside("version").unwrap().to_owned();
        assert_eq!(wait(&mut alice, &version).inside("WaitForUpdatesExResponse"), Some(""));
        house.logged_in("carol").logout();
        let told = wait(&mut alice, &version);
        assert_eq!(types(&told, "Event"), ["UserLogoutSessionEvent", "UserLoginSessionEvent"], "{}", told.body);
        let filter = alice.call_on("Fetch", "EventHistoryCollector", &id, "<prop>filter</prop>");
        assert!(filter.body.contains("xsi:type=\"EventFilterSpec\"") && filter.body.contains("<recursion>all</recursion>"), "{}", filter.body);
    }

    fn the_manager_tells_the_latest_event_and_what_there_may_be(place) {
        let house = House::open(place);
        let mut carol = house.logged_in("carol");
        let all = carol.retrieve(&[(MANAGER, MANAGER, &[])], None);
        assert!(all.body.contains("<name>latestEvent</name><val xsi:type=\"UserLoginSessionEvent\">"), "{}", all.body);
        assert!(all.body.contains("<name>maxCollector</name><val xsi:type=\"xsd:int\">32</val>"), "{}", all.body);
        assert!(all.body.contains("<val xsi:type=\"EventDescription\"><category><label>Information</label><summary>Information</summary><key>info</key></category>"), "{}", all.body);
        let info = carol.call("Fetch", MANAGER, "<prop>description.eventInfo</prop>");
        assert_eq!(types(&info, "EventDescriptionEventDetail").len(), 9);
        for _ in 0..32 {
            collector(&mut carol, "");
        }
        assert_eq!(carol.call("CreateCollectorForEvents", MANAGER, "<filter></filter>").fault().kind, "InvalidState");
    }

    fn whoever_may_not_read_the_root_folder_sees_only_himself(place) {
        let house = House::open(place);
        house.logged_in("alice");
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            let (entity, principal) = ("datacenter-2".to_owned(), "bob".to_owned());
            let permission = vcsso::store::Permission { entity, principal, group: false, role_id: vcsso::identity::role::READ_ONLY, propagate: true };
            unit.set_permission(&permission).await.unwrap();
            unit.commit().await.unwrap();
        });
        let mut bob = house.logged_in("bob");
        let seen = query(&mut bob, "");
        assert_eq!((types(&seen, "returnval"), seen.inside("userName")), (vec!["UserLoginSessionEvent".to_owned()], Some("VSPHERE.LOCAL\\bob")));
        assert!(asked(&mut house.logged_in("carol"), "").len() >= 4);
    }
}
