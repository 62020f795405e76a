//! Tickets: what is lent is used once, by one, for what it was lent for, and ends with its lender (S04, S05, S06, S21).

use std::time::Duration;

use crate::harness::requests::Client;
use crate::harness::{Answer, House, Plan, Request};

const HTTP: &str = "<spec xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:type=\"SessionManagerHttpServiceRequestSpec\">";
const CLONE: &str = "<spec xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:type=\"SessionManagerVmomiServiceRequestSpec\"><method>cloneSession</method></spec>";

fn ticket(client: &mut Client) -> String {
    let answer = client.call("AcquireCloneTicket", "SessionManager", "");
    answer.inside("returnval").unwrap().to_owned()
}

fn service_ticket(client: &mut Client, spec: &str) -> Answer {
    client.call("AcquireGenericServiceTicket", "SessionManager", spec)
}

fn cloned(client: &mut Client, ticket: &str) -> Answer {
    client.call("CloneSession", "SessionManager", &format!("<cloneTicket>{ticket}</cloneTicket>"))
}

fn is_refused(house: &House, answer: &Answer, step: &str) {
    assert_eq!(answer.fault().kind, "InvalidLogin", "{}", answer.body);
    assert_eq!(answer.cookie(), None);
    assert_eq!(house.refusal(answer), step);
}

/// A request of a client that has nothing but a service ticket.
fn spend(house: &House, method: &'static str, url: &str, ticket: &str) -> u16 {
    let mut request = Request::get(url).header("Cookie", &format!("vmware_cgi_ticket={ticket}"));
    request.method = method;
    house.send(&request).status
}

on_both! {
    /// `attacks.md` S04, S05.
    fn a_clone_ticket_opens_one_session_that_is_independent_of_its_lender(place) {
        let house = House::open(place);
        let mut lender = house.logged_in("alice");
        lender.call("SetLocale", "SessionManager", "<locale>de_CH</locale>");
        let ticket = ticket(&mut lender);
        assert!(has_the_shape_of_a_ticket(&ticket), "{ticket}");
        house.clock.advance(Duration::from_secs(5));
        let mut borrower = house.client();
        borrower.agent = "another/1".into();
        let answer = cloned(&mut borrower, &ticket);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let said = |name| answer.inside(name).unwrap().to_owned();
        assert_eq!((said("userName"), said("locale"), said("messageLocale")), ("VSPHERE.LOCAL\\alice".into(), "de_CH".into(), "de".into()));
        assert_eq!((said("loginTime"), said("callCount"), said("userAgent")), ("2026-11-24T08:00:05.000000Z".into(), "0".into(), "another/1".into()));
        assert_ne!(Some(said("key").as_str()), lender.current_session().inside("key"));
        assert_ne!(borrower.cookie, lender.cookie);
        assert_eq!(lender.logout().status, 200);
        assert_eq!(borrower.current_time().status, 200);
        is_refused(&house, &cloned(&mut house.client(), &ticket), "session.ticket");
        assert_eq!(place.rows().sessions, 1);
    }

    /// `attacks.md` S05.
    fn a_ticket_dies_with_its_session_and_by_itself(place) {
        let house = House::open(place);
        let mut admin = house.logged_in("alice");
        let mut ended = house.logged_in("carol");
        let after_logout = ticket(&mut ended);
        ended.logout();
        let mut victim = house.logged_in("carol");
        let (after_termination, key) = (ticket(&mut victim), victim.current_session().inside("key").unwrap().to_owned());
        assert_eq!(admin.call("TerminateSession", "SessionManager", &format!("<sessionId>{key}</sessionId>")).status, 200);
        let too_late = ticket(&mut admin);
        house.clock.advance(Duration::from_mins(2));
        let just_in_time = ticket(&mut admin);
        house.clock.advance(Duration::from_secs(119));
        for dead in [&after_logout, &after_termination, &too_late] {
            is_refused(&house, &cloned(&mut house.client(), dead), "session.ticket");
        }
        assert_eq!(cloned(&mut house.client(), &just_in_time).status, 200);
        let idle = ticket(&mut house.logged_in("carol"));
        house.clock.advance(Duration::from_mins(30));
        is_refused(&house, &cloned(&mut house.client(), &idle), "session.ticket");
    }

    /// `attacks.md` S06.
    fn a_ticket_is_no_cookie_and_a_cookie_no_ticket(place) {
        let house = House::open(place);
        let mut lender = house.logged_in("alice");
        let ticket = ticket(&mut lender);
        let mut thief = house.client();
        thief.cookie = Some(format!("vmware_soap_session=\"{ticket}\""));
        assert_eq!(thief.current_time().fault().kind, "NotAuthenticated");
        let cookie = lender.cookie.clone().unwrap();
        let secret = cookie.split('"').nth(1).unwrap_or(&cookie).to_owned();
        is_refused(&house, &cloned(&mut house.client(), &secret), "session.ticket");
        let key = lender.current_session().inside("key").unwrap().to_owned();
        is_refused(&house, &cloned(&mut house.client(), &key), "session.ticket");
        // The ticket is not spent by what it is not good for.
        assert_eq!(cloned(&mut house.client(), &ticket).status, 200);
    }

    fn whoever_has_a_session_cannot_clone_another_and_the_ticket_stays_whole(place) {
        let house = House::open(place);
        let ticket = ticket(&mut house.logged_in("alice"));
        is_refused(&house, &cloned(&mut house.logged_in("carol"), &ticket), "session.anonymous");
        assert_eq!(cloned(&mut house.client(), &ticket).status, 200);
    }

    fn nobody_clones_the_session_of_somebody_who_may_no_longer_act(place) {
        let house = House::open(place);
        let ticket = ticket(&mut house.logged_in("carol"));
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            let id = unit.find("carol").await.unwrap().unwrap().id;
            unit.set_disabled(&id, true).await.unwrap();
            unit.commit().await.unwrap();
        });
        is_refused(&house, &cloned(&mut house.client(), &ticket), "admission.subject");
    }

    fn a_clone_counts_against_the_limit_of_sessions(place) {
        let house = House::built(place, Plan::with(|policies| policies.session.max_sessions = 1));
        let ticket = ticket(&mut house.logged_in("alice"));
        assert_eq!(cloned(&mut house.client(), &ticket).status, 503);
        assert_eq!(place.rows().sessions, 1);
    }

    /// `attacks.md` S04.
    fn of_two_houses_that_race_for_one_ticket_one_wins(place) {
        let houses = [House::open(place), House::open(place)];
        for round in 0..4 {
            let ticket = ticket(&mut houses[round % 2].logged_in("alice"));
            let outcomes: Vec<u16> = std::thread::scope(|scope| {
                let racers = (0..8).map(|racer| {
                    let (house, ticket) = (&houses[racer % 2], &ticket);
                    scope.spawn(move || cloned(&mut house.client(), ticket).status)
                });
                let racers: Vec<_> = racers.collect();
                racers.into_iter().map(|racer| racer.join().unwrap()).collect()
            });
            assert_eq!(outcomes.iter().filter(|status| **status == 200).count(), 1, "{outcomes:?}");
        }
    }

    fn a_service_ticket_for_cloning_clones_and_others_are_refused(place) {
        let house = House::open(place);
        let mut lender = house.logged_in("alice");
        let answer = service_ticket(&mut lender, CLONE);
        let order: Vec<usize> = ["id", "hostName", "sslThumbprint", "certThumbprintList", "ticketType"]
            .iter().map(|name| answer.body.find(&format!("<{name}>")).unwrap()).collect();
        assert!(order.is_sorted(), "{}", answer.body);
        assert_eq!(answer.inside("ticketType"), Some("VcServiceTicket"));
        assert_eq!(cloned(&mut house.client(), answer.inside("id").unwrap()).status, 200);
        let wrong = |path| format!("{HTTP}{path}</spec>");
        for (spec, path) in [
            (CLONE.replace("cloneSession", "destroy"), "spec.method"),
            (wrong("<method>httpPatch</method><url>/x</url>"), "spec.method"),
            (wrong("<url>nowhere</url>"), "spec.url"),
            (wrong("<url></url>"), "spec.url"),
            ("<spec/>".into(), "spec"),
        ] {
            let answer = service_ticket(&mut lender, &spec);
            assert_eq!((answer.fault().kind.as_str(), answer.inside("invalidProperty")), ("InvalidArgument", Some(path)), "{spec}");
        }
        assert_eq!(service_ticket(&mut house.client(), CLONE).fault().kind, "NotAuthenticated");
    }

    /// `attacks.md` S21.
    fn a_service_ticket_is_worth_its_one_request(place) {
        let house = House::open(place);
        let mut lender = house.logged_in("alice");
        let mut get = |spec: &str| {
            let answer = service_ticket(&mut lender, &format!("{HTTP}{spec}</spec>"));
            answer.inside("id").unwrap().to_owned()
        };
        let url = "/folder/x.vmx?dcPath=DC0&dsName=a";
        let ticket = get("<method>httpPut</method><url>https://elsewhere:9/folder/x.vmx?dcPath=DC0&amp;dsName=a</url>");
        assert_eq!(spend(&house, "GET", url, &ticket), 401);
        assert_eq!(spend(&house, "PUT", "/folder/y.vmx?dcPath=DC0&dsName=a", &ticket), 401);
        assert_eq!(cloned(&mut house.client(), &ticket).fault().kind, "InvalidLogin");
        // There is no datastore behind the door that the ticket opens.
        assert_eq!(spend(&house, "PUT", url, &ticket), 404);
        assert_eq!(spend(&house, "PUT", url, &ticket), 401);
        let any = get("<url>/nfc/1/disk</url>");
        assert_eq!(spend(&house, "DELETE", "/nfc/1/disk", &any), 404);
        assert_eq!(house.send(&Request::get("/folder/x")).status, 401);
        let orphan = get("<url>/folder</url>");
        lender.logout();
        assert_eq!(spend(&house, "GET", "/folder", &orphan), 401);
    }
}

/// `cst-VCT-`, a UUID, `--tp-`, twenty bytes.
fn has_the_shape_of_a_ticket(ticket: &str) -> bool {
    let Some((id, thumbprint)) = ticket.strip_prefix("cst-VCT-").and_then(|rest| rest.split_once("--tp-"))
    else {
        return false;
    };
    id.len() == 36 && thumbprint.split('-').filter(|byte| byte.len() == 2).count() == 20
}
