//! Sessions are managed: ended by others, taken over, asked about, spoken to (S08 to S12).

use vcsso::app::Peer;
use vcsso::app::local_tickets::{NotGiven, acquire};

use crate::harness::requests::Client;
use crate::harness::{Answer, House};

fn key(client: &mut Client) -> String {
    client.current_session().inside("key").unwrap().to_owned()
}

fn terminate(client: &mut Client, keys: &[&str]) -> Answer {
    let keys: String = keys.iter().map(|key| format!("<sessionId>{key}</sessionId>")).collect();
    client.call("TerminateSession", "SessionManager", &keys)
}

fn impersonate(client: &mut Client, user: &str) -> Answer {
    client.call("ImpersonateUser", "SessionManager", &format!("<userName>{user}</userName>"))
}

fn is_active(client: &mut Client, key: &str, user: &str) -> String {
    let parameters = format!("<sessionID>{key}</sessionID><userName>{user}</userName>");
    let answer = client.call("SessionIsActive", "SessionManager", &parameters);
    answer.inside("returnval").unwrap_or(&answer.body).to_owned()
}

fn message(client: &mut Client) -> Option<String> {
    let answer = client.call("Fetch", "SessionManager", "<prop>message</prop>");
    answer.inside("FetchResponse").and_then(|_| {
        let (_, rest) = answer.body.split_once("<returnval xsi:type=\"xsd:string\">")?;
        rest.split_once("</returnval>").map(|(text, _)| text.to_owned())
    })
}

on_both! {
    /// `attacks.md` S07, S09.
    fn sessions_are_ended_in_order_and_earlier_ones_stay_ended(place) {
        let house = House::open(place);
        let mut admin = house.logged_in("alice");
        let mut others = [house.logged_in("carol"), house.logged_in("carol"), house.logged_in("carol")];
        let keys: Vec<String> = others.iter_mut().map(key).collect();
        let own = key(&mut admin);
        let answer = terminate(&mut admin, &[&keys[0], &own, &keys[1]]);
        assert_eq!((answer.fault().kind.as_str(), answer.inside("invalidProperty")), ("InvalidArgument", Some("sessionId")));
        assert_eq!(others[0].current_time().fault().kind, "NotAuthenticated");
        assert_eq!(others[1].current_time().status, 200);
        let answer = terminate(&mut admin, &[&keys[1], &keys[1], &keys[2]]);
        assert_eq!(answer.fault().kind, "NotFound");
        assert_eq!(answer.fault().text, "The object or item referred to could not be found.");
        assert_eq!(others[1].current_time().fault().kind, "NotAuthenticated");
        assert_eq!(others[2].current_time().status, 200);
        assert_eq!(terminate(&mut admin, &[]).status, 200);
        assert_eq!(terminate(&mut admin, &["nobody's"]).fault().kind, "NotFound");
        assert_eq!(terminate(&mut admin, &vec!["x"; 10_000]).fault().kind, "NotFound");
        let answer = terminate(&mut admin, &[&keys[2]]);
        assert_eq!(answer.inside("TerminateSessionResponse"), Some(""));
        let row = &house.explain(&answer)[0];
        assert_eq!((row["action"].as_str(), row["detail"]["user_name"].as_str()), (Some("session.terminate"), Some("VSPHERE.LOCAL\\carol")));
        assert_eq!(admin.current_time().status, 200);
    }

    fn a_session_is_active_while_it_lives_and_for_its_own_user_only(place) {
        let house = House::open(place);
        let (mut admin, mut other) = (house.logged_in("alice"), house.logged_in("carol"));
        let key = key(&mut other);
        assert_eq!(is_active(&mut admin, &key, "VSPHERE.LOCAL\\carol"), "true");
        assert_eq!(is_active(&mut admin, &key, "vsphere.local\\Carol"), "true");
        assert_eq!(is_active(&mut admin, &key, "VSPHERE.LOCAL\\alice"), "false");
        assert_eq!(is_active(&mut admin, "nobody's", "VSPHERE.LOCAL\\carol"), "false");
        other.logout();
        assert_eq!(is_active(&mut admin, &key, "VSPHERE.LOCAL\\carol"), "false");
    }

    /// `attacks.md` S10.
    fn a_session_becomes_somebody_elses_in_place_and_its_tickets_are_void(place) {
        let house = House::open(place);
        let mut admin = house.logged_in("alice");
        let answer = impersonate(&mut admin, "carol");
        assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("InvalidLogin", "session.target"));
        let _carol = house.logged_in("carol");
        let (own, cookie) = (key(&mut admin), admin.cookie.clone());
        let answer = admin.call("AcquireCloneTicket", "SessionManager", "");
        let ticket = answer.inside("returnval").unwrap().to_owned();
        let answer = impersonate(&mut admin, "vsphere.local\\CAROL");
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!((answer.inside("userName"), answer.inside("key")), (Some("VSPHERE.LOCAL\\carol"), Some(own.as_str())));
        assert_eq!((answer.cookie(), &admin.cookie), (None, &cookie));
        let row = &house.explain(&answer)[0];
        assert_eq!((row["principal"].as_str(), row["detail"]["as"].as_str()), (Some("VSPHERE.LOCAL\\alice"), Some("VSPHERE.LOCAL\\carol")));
        // What alice could do, carol cannot.
        assert_eq!(admin.current_session().inside("userName"), Some("VSPHERE.LOCAL\\carol"));
        assert_eq!(impersonate(&mut admin, "alice").fault().kind, "NoPermission");
        let clone = house.client().call("CloneSession", "SessionManager", &format!("<cloneTicket>{ticket}</cloneTicket>"));
        assert_eq!(clone.fault().kind, "InvalidLogin");
    }

    /// `attacks.md` S10.
    fn nobody_becomes_somebody_who_is_unknown_or_may_not_act(place) {
        let house = House::open(place);
        let mut admin = house.logged_in("alice");
        let _carol = house.logged_in("carol");
        for user in ["nobody", "carol@elsewhere", "", "VSPHERE.LOCAL\\bob", "a\\b@c"] {
            assert_eq!(impersonate(&mut admin, user).fault().kind, "InvalidLogin", "{user}");
        }
        let wrong = admin.call("ImpersonateUser", "SessionManager", "<userName>carol</userName><locale>xx</locale>");
        assert_eq!(wrong.fault().kind, "InvalidLocale");
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            let id = unit.find("carol").await.unwrap().unwrap().id;
            unit.set_disabled(&id, true).await.unwrap();
            unit.commit().await.unwrap();
        });
        assert_eq!(impersonate(&mut admin, "carol").fault().kind, "InvalidLogin");
        assert_eq!(admin.current_session().inside("userName"), Some("VSPHERE.LOCAL\\alice"));
        // To become oneself changes nothing.
        assert_eq!(impersonate(&mut admin, "alice").inside("userName"), Some("VSPHERE.LOCAL\\alice"));
    }

    fn a_session_changes_its_language_and_everybody_sees_it(place) {
        let house = House::open(place);
        let mut client = house.logged_in("alice");
        assert_eq!(client.call("SetLocale", "SessionManager", "<locale>fr_CA</locale>").inside("SetLocaleResponse"), Some(""));
        let current = client.current_session();
        assert_eq!((current.inside("locale"), current.inside("messageLocale")), (Some("fr_CA"), Some("fr")));
        for locale in ["", "xx", "en-US"] {
            let answer = client.call("SetLocale", "SessionManager", &format!("<locale>{locale}</locale>"));
            assert_eq!(answer.fault().kind, "InvalidLocale", "{locale}");
        }
        let missing = client.call("SetLocale", "SessionManager", "");
        assert_eq!(missing.fault().kind, "InvalidRequest");
    }

    fn the_message_is_everybodys_until_it_is_taken_back(place) {
        let house = House::open(place);
        let (mut admin, mut other) = (house.logged_in("alice"), house.logged_in("carol"));
        assert_eq!(message(&mut other), None);
        let set = |admin: &mut Client, text: &str| admin.call("UpdateServiceMessage", "SessionManager", &format!("<message>{text}</message>"));
        assert_eq!(set(&mut admin, "Down at 5.&#10;&lt;Really&gt;&#13;").status, 200);
        assert_eq!(message(&mut other).as_deref(), Some("Down at 5.\n&lt;Really&gt;&#xD;"));
        assert_eq!(set(&mut other, "mine").fault().kind, "NoPermission");
        let answer = set(&mut admin, "");
        assert_eq!(house.explain(&answer)[0]["detail"]["previous"], "Down at 5.\n<Really>\r");
        assert_eq!(message(&mut other), None);
        assert_eq!(set(&mut admin, &"x".repeat(4_097)).fault().kind, "InvalidArgument");
        assert_eq!(house.client().call("Fetch", "SessionManager", "<prop>message</prop>").fault().kind, "NotAuthenticated");
    }

    fn a_vcenter_gives_no_local_tickets(place) {
        let house = House::open(place);
        for mut client in [house.client(), house.logged_in("alice")] {
            let answer = client.call("AcquireLocalTicket", "SessionManager", "<userName>alice</userName>");
            assert_eq!((answer.fault().kind.as_str(), answer.fault().text.as_str()), ("NotSupported", "The operation is not supported on the object."));
        }
    }

    fn a_host_gives_a_local_ticket_that_is_good_once(place) {
        let house = House::as_host(place);
        let ask = |house: &House, user: &str| house.client().call("AcquireLocalTicket", "SessionManager", &format!("<userName>{user}</userName>"));
        assert_eq!(ask(&house, "nobody").fault().kind, "InvalidLogin");
        // An account here that is none on the machine, and the other way round.
        for user in ["carol", "daemon"] {
            assert_eq!(house.refusal(&ask(&house, user)), "session.target");
        }
        house.move_in("root");
        let remote = Peer { ip_address: "192.0.2.1".into(), ..Peer::default() };
        let refused = house.run(|app| async move { acquire(&app, "root", &remote).await.err() });
        assert!(matches!(refused, Some(NotGiven::Remote)));
        let answer = ask(&house, "root");
        let path = answer.inside("passwordFilePath").unwrap_or_else(|| panic!("{}", answer.body)).to_owned();
        let password = std::fs::read_to_string(&path).unwrap();
        assert_eq!(house.client().login("carol", &password).fault().kind, "InvalidLogin");
        assert_eq!(house.client().login("root", &password).status, 200);
        assert!(!std::fs::exists(&path).unwrap());
        assert_eq!(house.client().login("root", &password).fault().kind, "InvalidLogin");
    }
}
