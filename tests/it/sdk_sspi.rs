//! `/sdk`: logins by Kerberos and NTLM, token by token.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vcsso::app::negotiation::Accounts;
use vcsso::app::users::{Password, Person, add_person, allow_ntlm};
use vcsso::app::{Peer, ReplayMode};
use vcsso::identity::AccountName;
use vcsso::identity::role::READ_ONLY;
use vcsso::negotiate::{Acceptor, Principal};
use vcsso::secret::Secret;
use vcsso::store::{Permission, Profile};

use crate::fixtures::acceptor;
use crate::harness::people::id_of;
use crate::harness::requests::Client;
use crate::harness::{Answer, House, PASSWORD, Place, Plan, Request};
use crate::{kerberos_client, ntlm_client};

const MILLISECOND: Duration = Duration::from_millis(1);

pub fn accepted() -> (Acceptor, Accounts) {
    let named = |principal, account| (Principal::parse(principal).unwrap(), name(account));
    let principals = vec![named("carol/admin@LAB.TEST", "carol")];
    (acceptor(), Accounts { realms: vec!["LAB.TEST".into()], principals })
}

fn name(text: &str) -> AccountName {
    AccountName::new(text).unwrap()
}

pub fn plan() -> Plan {
    Plan { sspi: Some(accepted), ..Plan::default() }
}

pub fn open(place: &Place) -> House {
    House::built(place, plan())
}

fn person(text: &str, ntlm: bool) -> Person {
    let password = Some(Password::Plain(Secret::new(PASSWORD)));
    Person { name: name(text), password, profile: Profile::default(), groups: Vec::new(), ntlm }
}

pub fn peer(house: &House) -> Peer {
    Peer { trace: format!("local-{}", house.app.password_hashes()), ..Peer::default() }
}

/// A house where nina, who may read, asked for an NT hash.
pub fn with_nina(place: &Place) -> House {
    let house = open(place);
    let by = peer(&house);
    house.run(|app| async move {
        add_person(&app, person("nina", true), &by).await.unwrap();
        let mut unit = app.store.begin().await.unwrap();
        let entity = "group-d1".to_owned();
        let may_read = Permission {
            entity,
            principal: "nina".into(),
            group: false,
            role_id: READ_ONLY,
            propagate: true,
        };
        unit.set_permission(&may_read).await.unwrap();
        unit.commit().await.unwrap();
    });
    house
}

pub fn nina() -> ntlm_client::Client {
    ntlm_client::Client { user: "nina", domain: "", ..ntlm_client::Client::default() }
}

pub fn kerberos(user: &'static str) -> kerberos_client::Client {
    kerberos_client::Client { name: vec![user], ..kerberos_client::Client::default() }
}

fn parameters(token: &[u8]) -> String {
    format!("<base64Token>{}</base64Token>", STANDARD.encode(token))
}

fn say(client: &mut Client, token: &[u8]) -> Answer {
    client.call("LoginBySSPI", "SessionManager", &parameters(token))
}

/// Says something that is answered by a challenge.
fn challenged(client: &mut Client, token: &[u8]) -> Vec<u8> {
    let answer = say(client, token);
    let fault = answer.fault();
    assert_eq!(
        (fault.code.as_str(), fault.kind.as_str()),
        ("ServerFaultCode", "SSPIChallenge"),
        "{}",
        answer.body
    );
    assert!(answer.cookie().unwrap().starts_with("vmware_soap_session=\"sspi-"), "{:?}", answer.cookie());
    STANDARD.decode(answer.inside("base64Token").unwrap()).unwrap()
}

fn by_ntlm(client: &mut Client, who: &ntlm_client::Client) -> Answer {
    let challenge = challenged(client, &who.negotiate());
    say(client, &who.answer(&challenge).token)
}

fn is_refused(house: &House, answer: &Answer, kind: &str, step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), fault.kind.as_str()), ("ServerFaultCode", kind), "{}", answer.body);
    assert_eq!((house.refusal(answer).as_str(), answer.cookie()), (step, None));
}

pub fn seen(house: &House, answer: &Answer) -> String {
    let row = &house.explain(answer)[0];
    let steps = row["detail"]["steps"].as_array().unwrap();
    let failed = steps.iter().find(|step| step["outcome"] == "fail").unwrap();
    failed["seen"].as_str().unwrap().to_owned()
}

fn is_open(client: &mut Client) -> bool {
    let answer = client.current_session();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body.contains("<key>")
}

pub fn failures(house: &House, who: &'static str) -> u32 {
    let users = house.run(|app| async move { app.store.users().await.unwrap() });
    users.into_iter().find(|user| user.name == who).unwrap().failures
}

on_both! {
    fn where_it_is_off_it_is_not_supported_whatever_is_sent(place) {
        let house = House::open(place);
        let before = place.rows();
        for parameters in [parameters(&nina().negotiate()), parameters(b"x") + "<locale>tlh</locale>", "<base64Token>!</base64Token>".into()] {
            let answer = house.client().call("LoginBySSPI", "SessionManager", &parameters);
            is_refused(&house, &answer, "NotSupported", "negotiate.enabled");
        }
        assert_eq!(place.rows(), before);
    }

    fn a_kerberos_ticket_opens_a_session_in_one_call(place) {
        let house = open(place);
        let mut client = house.client();
        let answer = say(&mut client, &kerberos("alice").token());
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(!answer.cookie().unwrap().contains("sspi-"));
        assert_eq!(answer.inside("userName"), Some("VSPHERE.LOCAL\\alice"));
        let row = &house.explain(&answer)[0];
        assert_eq!((&row["outcome"], &row["action"]), (&"accepted".into(), &"session.login-by-sspi".into()));
        assert_eq!((row["detail"]["mechanism"].as_str(), row["detail"]["proven"].as_str()), (Some("kerberos"), Some("alice@LAB.TEST")));
        assert!(is_open(&mut client));
        assert_eq!((place.rows().sessions, place.rows().claims), (1, 1));
    }

    fn ntlm_opens_a_session_by_a_challenge_whose_cookie_is_none(place) {
        let house = with_nina(place);
        for domain in ["", "VSPHERE", "vsphere.LOCAL"] {
            let who = ntlm_client::Client { domain, ..nina() };
            let mut client = house.client();
            let challenge = challenged(&mut client, &who.negotiate());
            let pending = client.cookie.clone();
            assert!(!is_open(&mut client), "the name of an exchange is no session");
            let answer = say(&mut client, &who.answer(&challenge).token);
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!(answer.inside("userName"), Some("VSPHERE.LOCAL\\nina"));
            let own = answer.cookie().unwrap();
            assert!(!own.contains("sspi-") && Some(&own) != pending.as_ref());
            assert!(is_open(&mut client));
            let mut other = house.client();
            other.cookie = pending;
            assert!(!is_open(&mut other), "nor does it become one");
        }
        let who = ntlm_client::Client { user: "nina@vsphere.local", ..nina() };
        assert_eq!(by_ntlm(&mut house.client(), &who).status, 200);
    }

    /// `attacks.md` S15.
    fn what_is_no_token_is_refused_without_a_cookie(place) {
        let house = open(place);
        for (text, step) in [
            ("!", "negotiate.token"), ("TlRM", "negotiate.proof"), ("TlRMTVNTUAA", "negotiate.token"), ("", "negotiate.proof"),
            (&"A".repeat(80_000), "negotiate.token"),
        ] {
            let answer = house.client().call("LoginBySSPI", "SessionManager", &format!("<base64Token>{text}</base64Token>"));
            is_refused(&house, &answer, "InvalidLogin", step);
        }
        let answer = house.client().call("LoginBySSPI", "SessionManager", "");
        assert_eq!(answer.fault().kind, "InvalidRequest");
        // Lines may be wrapped.
        let wrapped = STANDARD.encode(kerberos("alice").token()).replace('A', "A\n ");
        let answer = house.client().call("LoginBySSPI", "SessionManager", &format!("<base64Token>\n{wrapped}</base64Token>"));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn the_locale_comes_first_and_whoever_is_logged_in_stays_so(place) {
        let house = open(place);
        let token = parameters(&kerberos("alice").token());
        let answer = house.client().call("LoginBySSPI", "SessionManager", &format!("{token}<locale>tlh</locale>"));
        is_refused(&house, &answer, "InvalidLocale", "session.locale");
        let mut client = house.logged_in("carol");
        is_refused(&house, &client.call("LoginBySSPI", "SessionManager", &token), "InvalidLogin", "session.anonymous");
        assert_eq!(client.current_session().inside("userName"), Some("VSPHERE.LOCAL\\carol"));
        let answer = house.client().call("LoginBySSPI", "SessionManager", &format!("{token}<locale>de_DE</locale>"));
        assert_eq!(answer.inside("locale"), Some("de_DE"), "nothing of it was used up: {}", answer.body);
    }

    fn a_forged_authenticate_is_refused_and_counts_as_a_wrong_password(place) {
        let house = with_nina(place);
        let before = place.rows();
        let forged = [
            ntlm_client::Client { random_proof: true, ..nina() },
            ntlm_client::Client { random_proof: true, sends_mic: false, ..nina() },
            ntlm_client::Client { password: "Secret!24", ..nina() },
        ];
        for (count, who) in (1..).zip(&forged) {
            let answer = by_ntlm(&mut house.client(), who);
            is_refused(&house, &answer, "InvalidLogin", "negotiate.proof");
            assert_eq!(seen(&house, &answer), "the NTLM proof does not hold: a wrong password");
            assert_eq!(failures(&house, "nina"), count);
        }
        // The right password without a MIC is no guess, and no login.
        let answer = by_ntlm(&mut house.client(), &ntlm_client::Client { sends_mic: false, announces_mic: false, ..nina() });
        is_refused(&house, &answer, "InvalidLogin", "negotiate.proof");
        assert_eq!((failures(&house, "nina"), place.rows()), (3, before));
        assert_eq!(by_ntlm(&mut house.client(), &nina()).status, 200);
        assert_eq!(failures(&house, "nina"), 0);
        for _ in 0..5 {
            by_ntlm(&mut house.client(), &forged[2]);
        }
        let answer = by_ntlm(&mut house.client(), &nina());
        is_refused(&house, &answer, "InvalidLogin", "negotiate.account");
        assert_eq!(seen(&house, &answer), "nina@: the account is locked");
        assert_eq!(house.client().login("nina", PASSWORD).fault().kind, "InvalidLogin", "for every door");
    }

    fn nobody_is_a_guest_and_nobody_without_an_nt_hash_speaks_ntlm(place) {
        let house = with_nina(place);
        for (user, domain, why) in [
            ("guest", "", "no such user in this domain"), ("nobody", "VSPHERE", "no such user in this domain"),
            ("robot", "", "no such user in this domain"), ("nina", "LAB", "no such user in this domain"),
            ("nina@elsewhere", "", "no such user in this domain"), ("nina/evil", "VSPHERE", "no such user in this domain"),
            ("carol", "", "a user without NT hash: not asked for, or no password was set since"),
            ("alice", "", "an administrator, who may not log in by NTLM"), ("Administrator", "", "an administrator, who may not log in by NTLM"),
        ] {
            for password in [PASSWORD, ""] {
                let who = ntlm_client::Client { user, domain, password, ..nina() };
                let answer = by_ntlm(&mut house.client(), &who);
                is_refused(&house, &answer, "InvalidLogin", "negotiate.proof");
                assert_eq!(seen(&house, &answer), format!("the NTLM proof does not hold: {why}"));
            }
        }
        let anonymous = by_ntlm(&mut house.client(), &ntlm_client::Client { user: "", password: "", ..nina() });
        is_refused(&house, &anonymous, "InvalidLogin", "negotiate.proof");
        assert_eq!((failures(&house, "carol"), failures(&house, "Administrator")), (0, 0), "there was nothing to guess at");
    }

    fn a_name_of_two_components_is_somebody_only_by_name(place) {
        let house = open(place);
        let two = |name: Vec<&'static str>| kerberos_client::Client { name, ..kerberos_client::Client::default() };
        for client in [
            two(vec!["alice", "evil"]), two(vec!["alice", ""]), two(vec!["carol", "Admin"]), two(vec!["alice/evil"]), two(vec!["nobody"]), two(vec!["robot"]),
            // Listed for Kerberos, and not mapped to this domain.
            kerberos_client::Client { realm: "FRIENDS.TEST", ..kerberos("alice") },
        ] {
            let answer = say(&mut house.client(), &client.token());
            is_refused(&house, &answer, "InvalidLogin", "negotiate.account");
            assert!(seen(&house, &answer).ends_with(": a name that is nobody's here"));
        }
        let answer = say(&mut house.client(), &kerberos_client::Client { realm: "ELSEWHERE.TEST", ..kerberos("alice") }.token());
        is_refused(&house, &answer, "InvalidLogin", "negotiate.proof");
        let answer = say(&mut house.client(), &two(vec!["carol", "admin"]).token());
        assert_eq!(answer.inside("userName"), Some("VSPHERE.LOCAL\\carol"), "{}", answer.body);
    }

    fn the_same_proof_opens_one_session_whatever_is_configured_for_messages(place) {
        let mut plan = plan();
        plan.policies.replay = ReplayMode::Off;
        let (house, replica) = (House::built(place, plan.clone()), House::built(place, plan));
        let token = kerberos("alice").token();
        assert_eq!(say(&mut house.client(), &token).status, 200);
        is_refused(&house, &say(&mut house.client(), &token), "InvalidLogin", "negotiate.replay");
        is_refused(&replica, &say(&mut replica.client(), &token), "InvalidLogin", "negotiate.replay");
        assert_eq!(place.rows().sessions, 1);
        // Ten at once, on as many connections.
        let token = kerberos("alice").token();
        let opened = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..10).map(|_| scope.spawn(|| say(&mut house.client(), &token).status)).collect();
            tries.into_iter().map(|one| one.join().unwrap()).filter(|status| *status == 200).count()
        });
        assert_eq!((opened, place.rows().sessions), (1, 2));
    }

    fn an_answer_is_taken_for_a_minute_and_once(place) {
        let house = with_nina(place);
        let mut client = house.client();
        let challenge = challenged(&mut client, &nina().negotiate());
        let answer = nina().answer(&challenge).token;
        let pending = client.cookie.clone();
        house.clock.advance(Duration::from_mins(1) - MILLISECOND);
        assert_eq!(say(&mut client, &answer).status, 200);
        let mut again = house.client();
        again.cookie = pending;
        let refused = say(&mut again, &answer);
        is_refused(&house, &refused, "InvalidLogin", "negotiate.proof");
        assert!(seen(&house, &refused).ends_with("no exchange of this client is pending"));
        let mut late = house.client();
        let challenge = challenged(&mut late, &nina().negotiate());
        house.clock.advance(Duration::from_mins(1));
        is_refused(&house, &say(&mut late, &nina().answer(&challenge).token), "InvalidLogin", "negotiate.exchange");
        // Without its cookie an answer finds nothing; the dead cookie does not hinder another login.
        let mut strange = house.client();
        let challenge = challenged(&mut strange, &nina().negotiate());
        strange.cookie = None;
        is_refused(&house, &say(&mut strange, &nina().answer(&challenge).token), "InvalidLogin", "negotiate.proof");
        assert_eq!(late.login("nina", PASSWORD).status, 200);
    }

    fn one_address_has_eight_exchanges(place) {
        let house = with_nina(place);
        let mut waiting: Vec<Client> = (0..8).map(|_| house.client()).collect();
        let challenges: Vec<_> = waiting.iter_mut().map(|client| challenged(client, &nina().negotiate())).collect();
        let ninth = say(&mut house.client(), &nina().negotiate());
        is_refused(&house, &ninth, "InvalidLogin", "negotiate.exchange");
        assert_eq!(seen(&house, &ninth), "8 exchanges of this address are pending");
        assert_eq!(say(&mut house.client(), &kerberos("alice").token()).status, 200, "one call needs no seat");
        assert_eq!(say(&mut waiting[3], &nina().answer(&challenges[3]).token).status, 200);
        challenged(&mut house.client(), &nina().negotiate());
        house.clock.advance(Duration::from_mins(1));
        assert_eq!(by_ntlm(&mut house.client(), &nina()).status, 200, "what is over makes room");
    }

    fn who_may_not_act_may_not_by_a_ticket_either(place) {
        let house = with_nina(place);
        for (user, why) in [("dora", "the account is disabled"), ("lukas", "the account is locked")] {
            let answer = say(&mut house.client(), &kerberos(user).token());
            is_refused(&house, &answer, "InvalidLogin", "negotiate.account");
            assert_eq!(seen(&house, &answer), format!("{user}@LAB.TEST: {why}"));
        }
        is_refused(&house, &say(&mut house.client(), &kerberos("bob").token()), "NoPermission", "admission.permission");
        // Disabled between the challenge and its answer.
        let mut client = house.client();
        let challenge = challenged(&mut client, &nina().negotiate());
        house.run(|app| async move {
            let id = id_of(&app, "nina").await;
            let mut unit = app.store.begin().await.unwrap();
            unit.set_disabled(&id, true).await.unwrap();
            unit.commit().await.unwrap();
        });
        is_refused(&house, &say(&mut client, &nina().answer(&challenge).token), "InvalidLogin", "negotiate.account");
        assert_eq!(place.rows().sessions, 0);
    }

    fn vi_json_carries_the_exchange_in_the_header_of_its_sessions(place) {
        let house = with_nina(place);
        let header = "vmware-api-session-id";
        let say = |name: Option<&str>, token: &[u8]| {
            let body = serde_json::json!({ "base64Token": STANDARD.encode(token) }).to_string();
            let request = Request::post("/sdk/vim25/8.0.2.0/SessionManager/SessionManager/LoginBySSPI", body);
            let request = request.header("Content-Type", "application/json");
            house.send(&match name { Some(name) => request.header(header, name), None => request })
        };
        let answer = say(None, &nina().negotiate());
        let fault: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, fault["_typeName"].as_str()), (500, Some("SSPIChallenge")), "{fault}");
        let pending = answer.header(header).unwrap();
        assert!(pending.starts_with("sspi-") && answer.cookie().is_none());
        let challenge = STANDARD.decode(fault["base64Token"].as_str().unwrap()).unwrap();
        let answer = say(Some(pending), &nina().answer(&challenge).token);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let session: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(session["userName"], "VSPHERE.LOCAL\\nina");
        assert!(!answer.header(header).unwrap().starts_with("sspi-"));
    }

    fn a_client_that_is_bound_to_another_connection_is_refused(place) {
        let house = with_nina(place);
        let elsewhere = kerberos_client::Client { binding: [9; 16], ..kerberos("alice") };
        is_refused(&house, &say(&mut house.client(), &elsewhere.token()), "InvalidLogin", "negotiate.binding");
        let elsewhere = ntlm_client::Client { binding: Some([9; 16]), ..nina() };
        is_refused(&house, &by_ntlm(&mut house.client(), &elsewhere), "InvalidLogin", "negotiate.binding");
    }

    fn an_nt_hash_is_kept_for_who_asks_and_no_longer(place) {
        let house = with_nina(place);
        let set = |house: &House, allowed| {
            let by = peer(house);
            house.run(move |app| async move { allow_ntlm(&app, &name("nina"), allowed, &by).await })
        };
        let hash = |house: &House| house.run(|app| async move { app.store.nt_hash(&id_of(&app, "nina").await).await.unwrap() });
        let sealed = hash(&house).unwrap();
        assert_eq!(sealed.len(), 44);
        // A password that is set by who knows nothing of NTLM takes the old one's hash away.
        house.run(|app| async move {
            let id = id_of(&app, "nina").await;
            let mut unit = app.store.begin().await.unwrap();
            unit.set_password_hash(&id, "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA", app.now()).await.unwrap();
            unit.commit().await.unwrap();
        });
        assert_eq!(hash(&house), None);
        let answer = by_ntlm(&mut house.client(), &nina());
        is_refused(&house, &answer, "InvalidLogin", "negotiate.proof");
        let put_back = |house: &House, sealed: Vec<u8>, who: &'static str| house.run(move |app| async move {
            let id = id_of(&app, who).await;
            let mut unit = app.store.begin().await.unwrap();
            let kept = unit.set_nt_hash(&id, Some(&sealed)).await.unwrap();
            unit.commit().await.unwrap();
            kept
        });
        assert!(put_back(&house, sealed.clone(), "nina"));
        assert!(!put_back(&house, sealed.clone(), "carol"), "nothing is kept of who has not asked");
        assert_eq!(by_ntlm(&mut house.client(), &nina()).status, 200);
        set(&house, false).unwrap();
        assert_eq!((hash(&house), put_back(&house, sealed.clone(), "nina")), (None, false));
        is_refused(&house, &by_ntlm(&mut house.client(), &nina()), "InvalidLogin", "negotiate.proof");
        set(&house, true).unwrap();
        assert_eq!(hash(&house), None, "only the next password makes one");
        assert!(put_back(&house, sealed, "nina"));
        // A house that does not keep them has none after its start.
        drop(house);
        let house = House::open(place);
        assert_eq!(hash(&house), None);
        let error = set(&house, true).unwrap_err();
        assert_eq!(error.to_string(), "nina cannot have an NT hash: [sspi] ntlm is off, or the service was never started with it");
    }

    fn an_administrator_gets_no_nt_hash(place) {
        let house = open(place);
        let by = peer(&house);
        let refused = house.run(move |app| async move {
            let mut person = person("olga", true);
            person.groups = vec!["Administrators".into()];
            (add_person(&app, person, &by).await, allow_ntlm(&app, &name("alice"), true, &by).await, app.store.find("olga").await.unwrap().is_none())
        });
        let text = refused.0.unwrap_err().to_string();
        assert_eq!(text, "olga is an administrator, whose NT hash is not kept ([sspi] ntlm_administrators allows it)");
        assert!(refused.1.is_err() && refused.2, "nothing is left of it");
        // Who becomes one later has one, and cannot use it.
        drop(house);
        let house = with_nina(place);
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            unit.add_member("Administrators", "nina").await.unwrap();
            unit.commit().await.unwrap();
        });
        let answer = by_ntlm(&mut house.client(), &nina());
        is_refused(&house, &answer, "InvalidLogin", "negotiate.proof");
        assert!(seen(&house, &answer).ends_with("an administrator, who may not log in by NTLM"));
    }
}
