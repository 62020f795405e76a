//! `/sdk`: sessions are opened, used, limited and ended.

use std::time::Duration;

use vcsso::client::Style;

use vcsso::xml::names::WSSE;

use crate::harness::requests::{Client, call, envelope, token_login};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, ROBOT, Request, STRANGER, now};

const MILLISECOND: Duration = Duration::from_millis(1);

fn is_refused(house: &House, answer: &Answer, kind: &str, step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), fault.kind.as_str()), ("ServerFaultCode", kind), "{}", answer.body);
    assert_eq!(answer.cookie(), None);
    assert_eq!(house.refusal(answer), step);
}

fn is_not_authenticated(answer: &Answer) {
    let fault = answer.fault();
    assert_eq!(fault.kind, "NotAuthenticated", "{}", answer.body);
    assert_eq!(fault.text, "The session is not authenticated.");
    assert_eq!(answer.inside("object"), Some("group-d1"));
    assert_eq!(answer.inside("privilegeId"), Some("System.View"));
}

fn is_open(client: &mut Client) -> bool {
    let answer = client.current_session();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body.contains("<key>")
}

on_both! {
    /// `attacks.md` S07, S18: no `SameSite`, which vCenter does not send; a foreign `Origin` is refused (S19).
    fn a_password_opens_a_session_and_a_logout_ends_it_once(place) {
        let house = House::open(place);
        let mut client = house.client();
        assert!(!is_open(&mut client));
        let answer = client.login("alice", PASSWORD);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let value = answer.header("set-cookie").unwrap();
        assert!(value.starts_with("vmware_soap_session=\"") && value.ends_with("\"; Path=/; HttpOnly; Secure; "), "{value}");
        let said = |name| answer.inside(name).unwrap().to_owned();
        assert_eq!((said("userName"), said("fullName")), ("VSPHERE.LOCAL\\alice".into(), "Ada Lab".into()));
        assert_eq!((said("loginTime"), said("lastActiveTime")), ("2026-11-24T08:00:00.000000Z".into(), "2026-11-24T08:00:00.000000Z".into()));
        assert_eq!((said("locale"), said("messageLocale"), said("extensionSession")), ("en".into(), "en".into(), "false".into()));
        assert_eq!((said("ipAddress"), said("userAgent"), said("callCount")), ("127.0.0.1".into(), "govc/0.50".into(), "0".into()));
        let order: Vec<usize> = ["key", "userName", "fullName", "loginTime", "lastActiveTime", "locale", "messageLocale", "extensionSession", "ipAddress", "userAgent", "callCount"]
            .iter().map(|name| answer.body.find(&format!("<{name}>")).unwrap()).collect();
        assert!(order.is_sorted(), "{}", answer.body);
        client.agent = "other/2".into();
        house.clock.advance(Duration::from_secs(1));
        let current = client.current_session();
        assert_eq!(current.inside("key").unwrap(), said("key"));
        assert_eq!((current.inside("callCount"), current.inside("userAgent")), (Some("1"), Some("other/2")));
        assert_eq!(current.inside("lastActiveTime"), Some("2026-11-24T08:00:01.000000Z"));
        let answer = client.logout();
        assert_eq!((answer.status, answer.inside("LogoutResponse")), (200, Some("")));
        assert_eq!(house.explain(&answer)[0]["action"], "session.logout");
        is_not_authenticated(&client.logout());
        assert!(!is_open(&mut client));
        assert_eq!(place.rows().sessions, 0);
    }

    fn a_name_is_taken_in_each_of_its_forms_and_nothing_else_is(place) {
        let house = House::open(place);
        for typed in ["alice", "Alice@VSPHERE.local", "vsphere.local\\ALICE", "Administrator@vsphere.local"] {
            assert_eq!(house.client().login(typed, PASSWORD).status, 200, "{typed}");
        }
        let before = place.rows();
        for (typed, password) in [
            ("alice@elsewhere", PASSWORD), ("", PASSWORD), ("alice", ""), ("alice", "Secret!23 "), ("alice", "secret!23"), ("robot", ""),
            ("dora", PASSWORD), ("lukas", PASSWORD), ("nobody", PASSWORD), ("alice@vsphere.local@vsphere.local", PASSWORD),
        ] {
            let answer = house.client().login(typed, password);
            is_refused(&house, &answer, "InvalidLogin", "credential.password");
            assert_eq!(answer.fault().text, "Cannot complete login due to an incorrect user name or password.");
        }
        assert_eq!(place.rows(), before);
    }

    fn a_token_opens_a_session_as_govmomi_and_as_pyvmomi_send_it(place) {
        let house = House::open(place);
        let bearer = house.bearer("alice");
        let holder = house.token(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key());
        let machine = house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key());
        for style in [Style::Govmomi, Style::PyVmomi] {
            for (token, key, user) in [(&bearer, None, "alice"), (&holder, Some(&STRANGER.key), "alice"), (&machine, Some(&ROBOT.key), "robot")] {
                let mut client = house.client();
                let answer = client.send(token_login(style, token, key, now()));
                assert_eq!(answer.status, 200, "{style:?}: {}", answer.body);
                assert_eq!(answer.inside("userName"), Some(format!("VSPHERE.LOCAL\\{user}").as_str()));
                let row = &house.explain(&answer)[0];
                assert_eq!((&row["outcome"], &row["action"]), (&"accepted".into(), &"session.login-by-token".into()));
                let confirmation = if key.is_some() { "holder-of-key" } else { "bearer" };
                assert_eq!((row["detail"]["confirmation"].as_str(), row["principal"].as_str()), (Some(confirmation), Some(format!("VSPHERE.LOCAL\\{user}").as_str())));
                assert!(is_open(&mut client));
                assert_eq!(client.logout().status, 200);
            }
        }
        // A Holder-of-Key token without its key is nothing.
        let before = place.rows();
        let stolen = house.client().send(token_login(Style::Govmomi, &holder, None, now()));
        is_refused(&house, &stolen, "InvalidLogin", "possession.signature");
        let other = house.client().send(token_login(Style::Govmomi, &holder, Some(&ROBOT.key), now()));
        is_refused(&house, &other, "InvalidLogin", "message.signature");
        let none = house.client().send(envelope(&call("LoginByToken", "SessionManager", "")));
        is_refused(&house, &none, "InvalidLogin", "message.security-header");
        assert_eq!(place.rows(), before);
    }

    fn whoever_has_no_permission_is_told_so_and_gets_no_session(place) {
        let house = House::open(place);
        let token = house.bearer("bob");
        let before = place.rows();
        for answer in [house.client().login("bob", PASSWORD), house.client().send(token_login(Style::Govmomi, &token, None, now()))] {
            is_refused(&house, &answer, "NoPermission", "admission.permission");
            assert_eq!(answer.fault().text, "Permission to perform this operation was denied.");
            assert_eq!((answer.inside("object"), answer.inside("privilegeId")), (Some("group-d1"), Some("System.View")));
        }
        // A wrong password of his says nothing about permissions.
        is_refused(&house, &house.client().login("bob", "wrong"), "InvalidLogin", "credential.password");
        assert_eq!(place.rows(), before);
    }

    fn a_locale_that_is_none_is_refused_before_the_password_is_looked_at(place) {
        let house = House::open(place);
        let hashes = house.app.password_hashes();
        for locale in ["tlh", "!!nonsense"] {
            let parameters = format!("<userName>alice</userName><password>{PASSWORD}</password><locale>{locale}</locale>");
            let answer = house.client().call("Login", "SessionManager", &parameters);
            is_refused(&house, &answer, "InvalidLocale", "session.locale");
            assert_eq!(answer.fault().text, "Invalid or unknown locale provided");
        }
        assert_eq!(house.app.password_hashes(), hashes);
        let german = format!("<userName>alice</userName><password>{PASSWORD}</password><locale>de_DE</locale>");
        let answer = house.client().call("Login", "SessionManager", &german);
        assert_eq!(answer.status, 200);
    }

    /// `attacks.md` S11.
    fn whoever_is_logged_in_cannot_log_in_again_on_the_same_cookie(place) {
        let house = House::open(place);
        let token = house.bearer("alice");
        let mut client = house.logged_in("carol");
        let before = place.rows();
        is_refused(&house, &client.login("alice", PASSWORD), "InvalidLogin", "session.anonymous");
        is_refused(&house, &client.send(token_login(Style::Govmomi, &token, None, now())), "InvalidLogin", "session.anonymous");
        assert_eq!(place.rows(), before);
        assert_eq!(client.current_session().inside("userName"), Some("VSPHERE.LOCAL\\carol"));
    }

    /// `attacks.md` S01, S02.
    fn a_stale_cookie_is_ignored_and_a_foreign_one_never_becomes_a_session(place) {
        let house = House::open(place);
        let fixed = format!("vmware_soap_session=\"{}\"", "ab".repeat(32));
        let mut client = house.client();
        client.cookie = Some(fixed.clone());
        assert_eq!(client.login("alice", PASSWORD).status, 200);
        let own = client.cookie.clone().unwrap();
        assert_ne!(own, fixed);
        let mut attacker = house.client();
        attacker.cookie = Some(fixed);
        assert!(!is_open(&mut attacker) && is_open(&mut client));
        // The same after a logout: the dead cookie does not hinder, and does not come back.
        client.logout();
        assert_eq!(client.cookie.as_deref(), Some(own.as_str()));
        assert_eq!(client.login("alice", PASSWORD).status, 200);
        assert_ne!(client.cookie.as_deref(), Some(own.as_str()));
        attacker.cookie = Some(own);
        assert!(!is_open(&mut attacker) && is_open(&mut client));
    }

    /// `attacks.md` S02, S03.
    fn the_cookie_is_read_in_every_form_and_a_key_is_no_cookie(place) {
        let house = House::open(place);
        let mut client = house.logged_in("alice");
        let cookie = client.cookie.clone().unwrap();
        let value = cookie.split('"').nth(1).unwrap().to_owned();
        let key = client.current_session().inside("key").unwrap().to_owned();
        for form in [
            format!("vmware_soap_session={value}"), format!("{cookie}; Path=/; HttpOnly; Secure; "),
            format!("$Version=\"1\"; vmware_soap_session={value}; $Path=/"), format!("JSESSIONID=x; {cookie}"),
            format!("vmware_soap_session=\"{}\"; {cookie}", "0".repeat(64)),
        ] {
            client.cookie = Some(form.clone());
            assert!(is_open(&mut client), "{form}");
        }
        client.cookie = None;
        let header = |value: &str| format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><vcSessionCookie>{value}</vcSessionCookie></s:Header>\
             <s:Body>{}</s:Body></s:Envelope>", call("CurrentTime", "ServiceInstance", ""));
        assert_eq!(client.send(header(&value)).status, 200);
        is_not_authenticated(&client.send(header(&key)));
        client.cookie = Some(format!("vmware_soap_session=\"{key}\""));
        is_not_authenticated(&client.current_time());
    }

    /// `attacks.md` S02.
    fn a_cookie_that_is_nearly_right_is_none(place) {
        let house = House::open(place);
        let mut client = house.logged_in("alice");
        let cookie = client.cookie.clone().unwrap();
        let value = cookie.split('"').nth(1).unwrap().to_owned();
        let (head, last) = value.split_at(value.len() - 1);
        let next = if last == "0" { "1" } else { "0" };
        for wrong in [
            head.to_owned(), format!("{value}0"), format!("{head}{next}"), value.to_uppercase(), format!("{value}%00"),
            format!("'{value}'"), format!("{head} {last}"), value.chars().rev().collect(), value.repeat(2),
        ] {
            client.cookie = Some(format!("vmware_soap_session=\"{wrong}\""));
            is_not_authenticated(&client.current_time());
        }
        client.cookie = Some(cookie);
        assert_eq!(client.current_time().status, 200);
    }

    /// `attacks.md` S15: what proves nothing of what the method asks for opens nothing, and leaves no cookie.
    fn a_login_by_token_takes_a_token_in_its_header_and_nothing_else(place) {
        let house = House::open(place);
        let good = token_login(Style::Govmomi, &house.bearer("alice"), None, now());
        let (before, rest) = good.split_once("<saml2:Assertion").unwrap();
        let (token, after) = rest.split_once("</saml2:Assertion>").unwrap();
        let token = format!("<saml2:Assertion{token}</saml2:Assertion>");
        let typed = format!("<wsse:UsernameToken xmlns:wsse=\"{WSSE}\"><wsse:Username>alice</wsse:Username>\
            <wsse:Password>{PASSWORD}</wsse:Password></wsse:UsernameToken>");
        let without = format!("{before}{after}");
        for (step, message) in [
            ("request.parameters", without.replace("</LoginByToken>", &format!("{token}</LoginByToken>"))),
            ("assertion.present", without.clone()),
            ("assertion.present", format!("{before}{typed}{after}")),
            ("message.security-header", format!("{before}{token}{}{after}", house.bearer("carol"))),
        ] {
            let answer = house.client().send(message);
            assert_eq!((house.refusal(&answer).as_str(), answer.cookie()), (step, None), "{}", answer.body);
        }
        assert_eq!(house.client().send(good).status, 200);
    }

    /// `attacks.md` S07.
    fn a_session_that_is_not_used_ends_and_one_that_is_used_does_not(place) {
        let house = House::open(place);
        let idle = Duration::from_mins(30);
        let (mut used, mut unused) = (house.logged_in("alice"), house.logged_in("alice"));
        house.clock.advance(idle - MILLISECOND);
        assert_eq!(used.current_time().status, 200);
        house.clock.advance(MILLISECOND);
        is_not_authenticated(&unused.current_time());
        is_not_authenticated(&unused.logout());
        house.clock.advance(idle - 2 * MILLISECOND);
        assert_eq!(used.current_time().status, 200, "half an hour after its last use but one millisecond");
        house.clock.advance(idle);
        is_not_authenticated(&used.current_time());
        assert_eq!(used.login("alice", PASSWORD).status, 200, "an ended session does not hinder a new one");
        // Written down and swept away, it is the same.
        house.clock.advance(idle - MILLISECOND);
        house.run(|app| async move { vcsso::app::housekeeping::sweep(&app).await.unwrap() });
        assert_eq!((used.current_time().status, place.rows().sessions), (200, 1));
        house.clock.advance(idle);
        house.run(|app| async move { vcsso::app::housekeeping::sweep(&app).await.unwrap() });
        assert_eq!(place.rows().sessions, 0);
    }

    /// `attacks.md` S07.
    fn where_sessions_have_an_absolute_end_even_a_busy_one_ends(place) {
        let hour = Duration::from_hours(1);
        let house = House::built(place, Plan::with(|policies| policies.session.absolute = hour));
        let mut client = house.logged_in("alice");
        for _ in 0..2 {
            house.clock.advance(Duration::from_mins(29));
            assert_eq!(client.current_time().status, 200);
        }
        house.clock.set(now().plus(hour - MILLISECOND));
        assert_eq!(client.current_time().status, 200);
        house.clock.advance(MILLISECOND);
        is_not_authenticated(&client.current_time());
    }

    fn a_session_outlives_its_token_unless_it_is_to_end_with_it(place) {
        for end_with_token in [false, true] {
            let house = House::built(place, Plan::with(|policies| policies.session.end_with_token = end_with_token));
            let mut client = house.client();
            assert_eq!(client.send(token_login(Style::Govmomi, &house.bearer("alice"), None, now())).status, 200);
            house.clock.set(now().plus(Duration::from_mins(5) - MILLISECOND));
            assert_eq!(client.current_time().status, 200);
            house.clock.advance(MILLISECOND);
            assert_eq!(client.current_time().status == 200, !end_with_token);
        }
    }

    /// `attacks.md` S13.
    fn when_there_are_enough_sessions_a_login_comes_back_later(place) {
        let house = House::built(place, Plan::with(|policies| policies.session.max_sessions = 2));
        let mut first = house.logged_in("alice");
        let _second = house.logged_in("carol");
        let before = place.rows();
        let answer = house.client().login("alice", PASSWORD);
        assert_eq!((answer.status, answer.header("retry-after"), answer.cookie()), (503, Some("2"), None));
        assert_eq!((house.refusal(&answer).as_str(), place.rows()), ("session.limit", before));
        // An ended session makes room, and so does one that nobody used.
        assert_eq!(first.logout().status, 200);
        assert_eq!(first.login("alice", PASSWORD).status, 200);
        house.clock.advance(Duration::from_mins(30));
        assert_eq!(house.client().login("alice", PASSWORD).status, 200);
    }

    fn replicas_share_their_sessions(place) {
        let (one, other) = (House::open(place), House::open(place));
        let mut client = one.logged_in("alice");
        let mut elsewhere = other.client();
        elsewhere.cookie.clone_from(&client.cookie);
        assert!(is_open(&mut elsewhere));
        assert_eq!(elsewhere.logout().status, 200);
        is_not_authenticated(&client.current_time());
    }

    fn get_is_no_call_and_every_answer_has_a_trace(place) {
        let house = House::open(place);
        let answer = house.send(&Request::get("/sdk"));
        assert_eq!((answer.status, answer.trace().len()), (405, 16));
        for path in ["/sdk", "/sdk/", "/sdk/vimService"] {
            let answer = house.send(&Request::post(path, envelope(&call("RetrieveServiceContent", "ServiceInstance", ""))));
            assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/xml; charset=utf-8")));
        }
    }
}
