//! Tokens are exchanged (RFC 8693): an assertion for a JSON Web Token and back, at three paths. The rows J17 and J22 of
//! `attacks.md`; `table` runs every row about assertions through the same door.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vcsso::client::{Style, rest, sts};
use vcsso::entropy::{SystemEntropy, bytes};
use vcsso::saml::names::PREVIOUS_SESSION_CLASS;
use vcsso::vapi_sign::Target;

use crate::harness::exchange::{
    API, FORM, OPENID, REST, claiming, exchanged, kind, of_json, of_saml, parts, request, said, with,
};
use crate::harness::house::ISSUER;
use crate::harness::requests::{assertion, token_login};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, ROBOT, Request, STRANGER, now};

fn form(spec: &Value) -> String {
    let encoded = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    let pairs = spec.as_object().unwrap().iter();
    pairs
        .map(|(name, value)| format!("{name}={}", encoded(value.as_str().unwrap())))
        .collect::<Vec<_>>()
        .join("&")
}

fn by_form(house: &House, body: &str) -> Answer {
    house.send(&Request::post(FORM, body).header("Content-Type", "application/x-www-form-urlencoded"))
}

fn robot(house: &House) -> String {
    house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key())
}

/// The session that a machine opened with its token, at REST.
fn session_of(house: &House, token: &str) -> String {
    let target = Target::new("POST", "/api/session", "localhost", b"");
    let number: u32 = u32::from_be_bytes(bytes(&SystemEntropy).unwrap());
    let nonce = format!("{}:{number}", now().micros() / 1_000);
    let header = rest::signed(token, &ROBOT.key, &target, &nonce).unwrap();
    let answer = house.send(&Request::post("/api/session", "").header("Authorization", &header));
    assert_eq!(answer.status, 201, "{}", answer.body);
    said(&answer).as_str().unwrap().to_owned()
}

fn in_session(house: &House, spec: &Value, session: &str) -> Answer {
    house.send(&request(spec).header("vmware-api-session-id", session))
}

on_both! {
    fn an_assertion_becomes_a_token_that_says_what_it_said(place) {
        let house = House::open(place);
        let saml = house.bearer("alice");
        let before = place.rows();
        let spec = with(with(of_saml(&saml), "requested_token_type", kind("id_token")), "audience", "nsx");
        let answer = house.exchange(&spec);
        let (header, claims) = parts(&exchanged(&answer));
        let said = said(&answer);
        assert_eq!((said["token_type"].as_str(), said["expires_in"].as_u64()), (Some("bearer"), Some(300)));
        assert_eq!(said["issued_token_type"], kind("id_token"));
        assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some("RS256"), Some("JWT")));
        let seconds = now().seconds();
        for (name, value) in [
            ("iss", json!(OPENID)), ("sub", json!("alice@VSPHERE.LOCAL")), ("aud", json!(["nsx"])), ("iat", json!(seconds)),
            ("exp", json!(seconds + 300)), ("token_class", json!("id_token")), ("token_type", json!("Bearer")),
            ("tenant", json!("vsphere.local")), ("given_name", json!("Ada")), ("family_name", json!("Lab")),
            ("groups", json!(["vsphere.local\\Administrators", "vsphere.local\\Everyone"])),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        let after = place.rows();
        assert_eq!((after.issued - before.issued, after.sessions, after.claims), (1, before.sessions, before.claims));
        let id = claims["jti"].as_str().unwrap().to_owned();
        let row = house.run(move |app| async move { app.store.issued(&id).await.unwrap().unwrap() });
        assert_eq!((row.issued.upn.as_str(), row.issued.confirmation.as_str()), ("alice@VSPHERE.LOCAL", "bearer"));
        assert_eq!((row.issued.not_on_or_after.seconds(), row.issued.trace.as_str()), (seconds + 300, answer.trace()));
        let row = &house.explain(&answer)[0];
        assert_eq!((row["action"].as_str(), row["principal"].as_str()), (Some("token.exchange"), Some("alice@VSPHERE.LOCAL")));
        // Without a wish: an access token, for us.
        let (header, claims) = parts(&exchanged(&house.exchange(&of_saml(&saml))));
        assert_eq!((header["typ"].as_str(), claims["token_class"].as_str()), (Some("at+jwt"), Some("access_token")));
        assert_eq!((&claims["aud"], claims.get("given_name")), (&json!([ISSUER]), None));
    }

    fn three_paths_say_the_same_each_in_its_own_way(place) {
        let house = House::open(place);
        let spec = of_saml(&house.bearer("alice"));
        let json = |path: &str, body: &Value| house.send(&Request::post(path, body.to_string()).header("Content-Type", "application/json"));
        assert_eq!(said(&json(API, &spec))["expires_in"], 300);
        assert_eq!(said(&json(REST, &json!({ "spec": spec })))["value"]["expires_in"], 300);
        assert_eq!(said(&by_form(&house, &form(&spec)))["expires_in"], 300);
        let wrong = with(spec.clone(), "subject_token", "AAAA");
        let answer = json(REST, &json!({ "spec": wrong }));
        assert_eq!((answer.status, said(&answer)["type"].as_str()), (400, Some("com.vmware.oauth2.errors.invalid_grant")));
        let message = &said(&answer)["value"]["messages"][0];
        assert_eq!(message["id"], "com.vmware.vcenter.tokenservice.invalid_grant");
        assert_eq!(message["default_message"], "Invalid SUBJECT token: tokenType=SAML2");
        let answer = by_form(&house, &form(&wrong));
        house.refuses_exchange(&answer, "invalid_grant", "xml.encoding");
    }

    /// `attacks.md` J22.
    fn what_is_no_request_is_refused_as_such(place) {
        let house = House::open(place);
        let spec = of_saml(&house.bearer("alice"));
        let refused = |answer: Answer| house.refuses_exchange(&answer, "invalid_request", "exchange.request");
        let before = place.rows();
        refused(house.send(&Request { path: format!("{API}?x=1"), ..request(&spec) }));
        let in_url = Request::post(&format!("{FORM}?{}", &form(&spec)[..64]), "").header("Content-Type", "application/x-www-form-urlencoded");
        refused(house.send(&in_url));
        refused(house.send(&request(&spec).header("Content-Type", "text/xml")));
        refused(house.send(&Request::post(FORM, spec.to_string()).header("Content-Type", "application/json")));
        refused(by_form(&house, &format!("{}&grant_type=x", form(&spec))));
        let body = spec.to_string();
        for twice in [r#"{"grant_type":"x","#, r#"{"grant\u005ftype":"x","#] {
            let twice = Request::post(API, body.replacen('{', twice, 1)).header("Content-Type", "application/json");
            refused(house.send(&twice));
        }
        refused(house.exchange(&json!({ "spec": spec })));
        refused(house.exchange(&json!([])));
        for name in ["grant_type", "subject_token", "subject_token_type"] {
            refused(house.exchange(&with(spec.clone(), name, "")));
        }
        for grant in ["password", "authorization_code", "refresh_token", "client_credentials"] {
            refused(house.exchange(&with(spec.clone(), "grant_type", grant)));
        }
        for other in ["refresh_token", "saml1", "saml2", "jwt"] {
            refused(house.exchange(&with(spec.clone(), "requested_token_type", kind(other))));
        }
        for other in ["refresh_token", "saml1", "id_token"] {
            refused(house.exchange(&with(spec.clone(), "subject_token_type", kind(other))));
        }
        let answer = house.exchange(&with(spec.clone(), "scope", "openid rs_admin_server"));
        house.refuses_exchange(&answer, "invalid_scope", "exchange.scope");
        for path in [API, REST, FORM] {
            let answer = house.send(&Request::get(path));
            assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
        }
        // The guard of the whole house stands before every other path.
        let elsewhere = Request::post(API, form(&spec)).header("Content-Type", "application/x-www-form-urlencoded");
        assert_eq!(house.send(&elsewhere).status, 415);
        assert_eq!(place.rows(), before);
        assert_eq!(by_form(&house, &form(&spec)).status, 200);
        assert_eq!(house.exchange(&spec).status, 200);
    }

    /// `attacks.md` J17.
    fn a_token_of_another_type_than_it_is_said_to_be_is_refused(place) {
        let house = House::open(place);
        let (saml, token) = (house.bearer("alice"), house.access_token("alice"));
        let said = |token: &str, subject_type: &str| with(with(of_saml(""), "subject_token", token), "subject_token_type", kind(subject_type));
        let encoded = STANDARD.encode(&saml);
        let refused = |spec: &Value, step: &str| house.refuses_exchange(&house.exchange(spec), "invalid_grant", step);
        refused(&said(&encoded, "access_token"), "jwt.form");
        refused(&said(&token, "saml2"), "exchange.subject");
        refused(&said(&saml, "saml2"), "exchange.subject");
        refused(&said(&format!("{encoded}="), "saml2"), "exchange.subject");
        refused(&said(&STANDARD.encode(&token), "saml2"), "xml.syntax");
        refused(&of_saml(&saml.replace("alice@", "carol@")), "assertion.digest");
        exchanged(&house.exchange(&said(&encoded, "saml2")));
        exchanged(&house.exchange(&said(&URL_SAFE_NO_PAD.encode(&saml), "saml2")));
        exchanged(&house.exchange(&said(&token, "access_token")));
    }

    /// `attacks.md` J17: of a Holder-of-Key token there is a bearer one only where its key was shown.
    fn a_holder_of_key_token_is_exchanged_in_the_session_that_it_opened(place) {
        let house = House::open(place);
        let token = robot(&house);
        let spec = of_saml(&token);
        let refused = |answer: &Answer| house.refuses_exchange(answer, "invalid_grant", "possession.signature");
        refused(&house.exchange(&spec));
        // Another session: of somebody else, of the same machine by another token, by password.
        let alice = said(&house.rest_by_bearer(&house.access_token("alice"))).as_str().unwrap().to_owned();
        refused(&in_session(&house, &spec, &alice));
        let other = session_of(&house, &robot(&house));
        refused(&in_session(&house, &spec, &other));
        let bearer = house.token(&Act::new(Credential::Certificate(&ROBOT)));
        let by_bearer = said(&house.rest_by_bearer(&exchanged(&house.exchange(&of_saml(&bearer))))).as_str().unwrap().to_owned();
        refused(&in_session(&house, &spec, &by_bearer));
        refused(&in_session(&house, &spec, "0000"));
        let session = session_of(&house, &token);
        let access = exchanged(&in_session(&house, &spec, &session));
        assert_eq!(parts(&access).1["sub"], "robot@VSPHERE.LOCAL");
        assert_eq!(house.rest_by_bearer(&access).status, 201);
        // The session of /sdk is the same session.
        let message = token_login(Style::Govmomi, &token, Some(&ROBOT.key), now());
        let cookie = house.send(&Request::post("/sdk", message)).cookie().unwrap();
        exchanged(&in_session(&house, &spec, cookie.split('"').nth(1).unwrap()));
        // In that session a stranger's token is none the better.
        let strange = house.token(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key());
        refused(&in_session(&house, &of_saml(&strange), &session));
        let ended = house.send(&Request { method: "DELETE", ..Request::post("/api/session", "") }.header("vmware-api-session-id", &session));
        assert_eq!(ended.status, 204);
        refused(&in_session(&house, &spec, &session));
    }

    /// `attacks.md` J17: an actor is the subject once more.
    fn an_actor_is_the_subject_itself(place) {
        let house = House::open(place);
        let token = house.access_token("alice");
        let id = |name: &str| {
            let spec = with(with(of_saml(&house.bearer(name)), "requested_token_type", kind("id_token")), "audience", "client");
            exchanged(&house.exchange(&spec))
        };
        let acting = |actor: &str, actor_kind: &str| {
            let spec = with(with(of_json(&token), "actor_token", actor), "actor_token_type", kind(actor_kind));
            house.exchange(&with(spec, "requested_token_type", kind("saml2")))
        };
        let own = id("alice");
        exchanged(&acting(&own, "id_token"));
        exchanged(&acting(&token, "access_token"));
        let other = house.exchange(&with(of_saml(&house.bearer("alice")), "audience", "nsx"));
        for (actor, actor_kind) in [
            (id("carol"), "id_token"),
            (claiming(&own, |claims| claims["sub"] = json!("nobody@VSPHERE.LOCAL")), "id_token"),
            (claiming(&own, |claims| claims["exp"] = json!(now().seconds() - 900)), "id_token"),
            (own.clone(), "access_token"),
            (token.clone(), "id_token"),
            (exchanged(&other), "access_token"),
            (format!("{own}AAAA"), "id_token"),
            ("AAAA".to_owned(), "id_token"),
        ] {
            house.refuses_exchange(&acting(&actor, actor_kind), "invalid_grant", "exchange.actor");
        }
        let alone = house.exchange(&with(of_json(&token), "actor_token", &*own));
        house.refuses_exchange(&alone, "invalid_request", "exchange.request");
        let of_saml_kind = acting(&own, "saml2");
        house.refuses_exchange(&of_saml_kind, "invalid_request", "exchange.request");
    }

    fn an_access_token_becomes_an_assertion_that_opens_a_session(place) {
        let house = House::open(place);
        let token = house.access_token("alice");
        let spec = with(of_json(&token), "requested_token_type", kind("saml2"));
        let answer = house.exchange(&spec);
        let saml = String::from_utf8(STANDARD.decode(exchanged(&answer)).unwrap()).unwrap();
        let claims = house.claims(&saml);
        assert_eq!((claims.subject.name.as_str(), claims.is_holder_of_key()), ("alice@VSPHERE.LOCAL", false));
        assert_eq!(claims.authn_statements[0].class, PREVIOUS_SESSION_CLASS);
        assert_eq!((claims.conditions.proxy_count, claims.conditions.renew_count), (Some(0), None));
        assert_eq!(claims.conditions.not_on_or_after, now().plus(Duration::from_mins(5)), "as long as the access token");
        assert_eq!(said(&answer)["issued_token_type"], kind("saml2"));
        let login = house.send(&Request::post("/sdk", token_login(Style::PyVmomi, &saml, None, now())));
        assert_eq!(login.inside("userName"), Some("VSPHERE.LOCAL\\alice"));
        let elsewhere = exchanged(&house.exchange(&with(spec, "audience", "https://other.example/")));
        let saml = String::from_utf8(STANDARD.decode(elsewhere).unwrap()).unwrap();
        let refused = house.send(&Request::post("/sdk", token_login(Style::PyVmomi, &saml, None, now())));
        assert_eq!(house.refusal(&refused), "assertion.audience");
    }

    fn groups_are_told_as_asked_for(place) {
        let house = House::open(place);
        let saml = house.bearer("alice");
        for (token, scope, told) in [
            ("id_token", "openid", false), ("id_token", "openid id_groups", true), ("id_token", "at_groups", false),
            ("access_token", "at_groups", true), ("access_token", "id_groups", false),
        ] {
            let spec = with(with(of_saml(&saml), "requested_token_type", kind(token)), "scope", scope);
            let answer = house.exchange(&spec);
            let claims = parts(&exchanged(&answer)).1;
            assert_eq!((claims.get("groups").is_some(), claims["scope"].as_str()), (told, Some(scope)), "{token}");
            assert_eq!(said(&answer)["scope"], scope);
        }
    }

    fn a_token_of_a_delegate_is_not_exchanged(place) {
        let house = House::open(place);
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            unit.add_member("ActAsUsers", "robot").await.unwrap();
            unit.commit().await.unwrap();
        });
        let subject = house.bearer("alice");
        let act = Act::new(Credential::Certificate(&ROBOT)).holder_of_key();
        let token = assertion(&house.sts(act.around(&sts::act_as(&act.request, &subject))));
        let session = session_of(&house, &token);
        house.refuses_exchange(&in_session(&house, &of_saml(&token), &session), "invalid_grant", "request.delegation");
    }

    fn no_token_lives_longer_than_policy_its_origin_and_the_key(place) {
        let house = House::built(place, Plan::with(|policies| policies.token.max_jwt_lifetime = Duration::from_mins(2)));
        let saml = house.bearer("alice");
        assert_eq!(said(&house.exchange(&of_saml(&saml)))["expires_in"], 120);
        house.clock.advance(Duration::from_secs(270));
        assert_eq!(said(&house.exchange(&of_saml(&saml)))["expires_in"], 30, "not beyond the assertion");
        house.clock.advance(Duration::from_secs(30));
        house.refuses_exchange(&house.exchange(&of_saml(&saml)), "invalid_grant", "request.lifetime");
    }

    fn whose_token_it_is_must_be_active(place) {
        let house = House::open(place);
        let saml = house.bearer("carol");
        let before = place.rows();
        house.run(|app| async move {
            let id = crate::harness::people::id_of(&app, "carol").await;
            let mut unit = app.store.begin().await.unwrap();
            unit.set_disabled(&id, true).await.unwrap();
            unit.commit().await.unwrap();
        });
        house.refuses_exchange(&house.exchange(&of_saml(&saml)), "invalid_grant", "admission.subject");
        assert_eq!(place.rows(), before);
        exchanged(&house.exchange(&of_saml(&house.bearer("alice"))));
    }
}
