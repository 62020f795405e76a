//! `/sdk`: settings that are changed while the service runs (`session-manager.md` §2.6, `decisions.md` §27).

use std::time::Duration;

use crate::harness::requests::Client;
use crate::harness::{Answer, House, PASSWORD};

const TIMEOUT: &str = "config.vmacore.soap.sessionTimeout";
const MOST: &str = "config.vmacore.soap.maxSessionCount";
const NAME: &str = "VirtualCenter.InstanceName";

fn set(client: &mut Client, key: &str, kind: &str, value: &str) -> Answer {
    let xsd = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"";
    let changed = format!(
        "<changedValue><key>{key}</key><value {xsd} xsi:type=\"{kind}\">{value}</value></changedValue>"
    );
    client.call("UpdateOptions", "VpxSettings", &changed)
}

fn shown(client: &mut Client, key: &str) -> String {
    let answer = client.call("QueryOptions", "VpxSettings", &format!("<name>{key}</name>"));
    answer.inside("value").unwrap().to_owned()
}

on_both! {
    fn sessions_end_by_the_new_time_from_the_next_request_on(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        assert_eq!(shown(&mut alice, TIMEOUT), "30");
        let answer = set(&mut alice, TIMEOUT, "xsd:int", "2");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let row = &house.explain(&answer)[0];
        assert_eq!((row["action"].as_str(), row["detail"]["policy.session.idle_seconds"].as_str()), (Some("setting.change"), Some("120")));
        assert_eq!(shown(&mut alice, TIMEOUT), "2");
        let replica = House::with_clock(place, crate::harness::Plan::default(), house.clock.clone());
        let mut there = replica.client();
        there.cookie.clone_from(&alice.cookie);
        house.clock.advance(Duration::from_secs(119));
        assert_eq!((alice.current_time().status, there.current_time().status), (200, 200));
        house.clock.advance(Duration::from_mins(2));
        assert_eq!(alice.current_time().fault().kind, "NotAuthenticated");
        assert_eq!(there.current_time().fault().kind, "NotAuthenticated");
        house.run(|app| async move { vcsso::app::housekeeping::sweep(&app).await.unwrap() });
        assert_eq!(place.rows().sessions, 0);
    }

    fn no_more_sessions_are_opened_than_the_new_number(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        assert_eq!(set(&mut alice, MOST, "xsd:long", "2").status, 200);
        assert_eq!(shown(&mut alice, MOST), "2");
        assert_eq!(house.client().login("carol", PASSWORD).status, 200);
        assert_eq!(house.client().login("carol", PASSWORD).status, 503);
        assert_eq!(set(&mut alice, MOST, "xsd:string", "0").status, 200);
        assert_eq!(house.client().login("carol", PASSWORD).status, 200);
    }

    fn what_is_not_there_or_cannot_be_changed_is_refused_and_then_nothing_is(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        assert_eq!(set(&mut alice, NAME, "xsd:string", "lab vCenter").status, 200);
        assert_eq!(shown(&mut alice, NAME), "lab vCenter");
        for (key, kind, value, fault) in [
            ("no.such.setting", "xsd:string", "x", "InvalidName"), ("VirtualCenter.FQDN", "xsd:string", "x", "InvalidArgument"),
            ("config.vpxd.sso.sts.uri", "xsd:string", "https://evil", "InvalidArgument"), (TIMEOUT, "xsd:int", "0", "InvalidArgument"),
            (TIMEOUT, "xsd:int", "-1", "InvalidArgument"), (TIMEOUT, "xsd:string", "soon", "InvalidArgument"),
            (TIMEOUT, "xsd:boolean", "true", "InvalidArgument"), (NAME, "xsd:int", "1", "InvalidArgument"), (NAME, "xsd:string", " ", "InvalidArgument"),
            (TIMEOUT, "xsd:int", "two", "InvalidRequest"),
        ] {
            assert_eq!(set(&mut alice, key, kind, value).fault().kind, fault, "{key} {value}");
        }
        let both = format!("<changedValue><key>{TIMEOUT}</key><value>5</value></changedValue><changedValue><key>x</key><value>1</value></changedValue>");
        assert_eq!(alice.call("UpdateOptions", "VpxSettings", &both).fault().kind, "InvalidName");
        assert_eq!(shown(&mut alice, TIMEOUT), "30");
        let denied = set(&mut house.logged_in("carol"), NAME, "xsd:string", "mine");
        assert_eq!((denied.fault().kind.as_str(), denied.inside("privilegeId")), ("NoPermission", Some("Global.Settings")));
    }
}
