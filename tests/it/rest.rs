//! Sessions of the REST API: opened by a password or by a token with the request, one pool with `/sdk`.
//! The rows G of `attacks.md`, each beside what is good.

use std::time::Duration;

use serde_json::Value;
use vcsso::client::rest;
use vcsso::pki::SigningKey;
use vcsso::vapi_sign::Target;

use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, ROBOT, Request, STRANGER, now};

const API: &str = "/api/session";
const REST: &str = "/rest/com/vmware/cis/session";
const HEADER: &str = "vmware-api-session-id";

fn basic(name: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")))
}

fn post(house: &House, path: &str, authorization: &str) -> Answer {
    house.send(&Request::post(path, "").header("Authorization", authorization))
}

fn with_session(house: &House, method: &'static str, path: &str, id: &str) -> Answer {
    house.send(&Request { method, ..Request::post(path, "") }.header(HEADER, id))
}

fn said(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{} {}", answer.status, answer.body))
}

/// The identifier that a login answers with.
fn opened(answer: &Answer) -> String {
    let said = said(answer);
    let id = if answer.status == 201 { &said } else { &said["value"] };
    id.as_str().unwrap_or_else(|| panic!("{} {}", answer.status, answer.body)).to_owned()
}

fn is_refused(house: &House, answer: &Answer, step: &str) {
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(house.refusal(answer), step);
    assert_eq!(said(answer)["messages"][0]["id"], "com.vmware.vapi.endpoint.method.authentication.required");
    assert!(answer.header("www-authenticate").unwrap().contains("SIGN realm="));
}

fn nonce(at: vcsso::clock::Moment) -> String {
    format!("{}:4711", at.micros() / 1_000)
}

fn sign(token: &str, key: &SigningKey, target: &Target<'_>) -> String {
    rest::signed(token, key, target, &nonce(now())).unwrap()
}

fn machine(house: &House) -> String {
    house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key())
}

/// A good request of a machine, and its token.
fn signed(house: &House) -> (String, String) {
    let token = machine(house);
    let header = sign(&token, &ROBOT.key, &Target::new("POST", API, "localhost", b""));
    (token, header)
}

on_both! {
    /// `attacks.md` G13.
    fn a_password_opens_a_session_in_either_style_and_it_is_the_same_session_everywhere(place) {
        let house = House::open(place);
        let id = opened(&post(&house, API, &basic("alice@vsphere.local", PASSWORD)));
        let shown = with_session(&house, "GET", API, &id);
        assert_eq!((shown.status, said(&shown)["user"].as_str()), (200, Some("alice@VSPHERE.LOCAL")));
        assert_eq!(said(&shown)["created_time"], "2026-11-24T08:00:00.000Z");
        let asked = with_session(&house, "POST", &format!("{REST}?~action=get"), &id);
        assert_eq!((asked.status, said(&asked)["value"]["user"].as_str()), (200, Some("alice@VSPHERE.LOCAL")));
        let mut client = house.client();
        client.cookie = Some(format!("vmware_soap_session=\"{id}\""));
        assert_eq!(client.current_session().inside("userName"), Some("VSPHERE.LOCAL\\alice"));
        assert_eq!(with_session(&house, "DELETE", API, &id).status, 204);
        for path in [API, REST] {
            assert_eq!(with_session(&house, "GET", path, &id).status, 401);
            assert_eq!(with_session(&house, "DELETE", path, &id).status, 401);
        }
        assert_eq!(client.current_time().fault().kind, "NotAuthenticated");
        // The other way round, and in the old style.
        let soap = house.logged_in("alice").cookie.unwrap();
        let id = soap.split('"').nth(1).unwrap();
        assert_eq!(said(&with_session(&house, "GET", REST, id))["value"]["user"], "alice@VSPHERE.LOCAL");
        let answer = post(&house, REST, &basic("alice", PASSWORD));
        assert_eq!(answer.status, 200);
        assert_eq!(with_session(&house, "DELETE", REST, &opened(&answer)).status, 200);
    }

    fn who_is_not_let_in_is_told_the_same_whatever_the_reason(place) {
        let house = House::open(place);
        let before = place.rows();
        for (name, password) in [("carol", "wrong"), ("nobody", PASSWORD), ("dora", PASSWORD), ("", "")] {
            is_refused(&house, &post(&house, API, &basic(name, password)), "credential.password");
        }
        let answer = post(&house, API, &basic("bob", PASSWORD));
        assert_eq!((answer.status, house.refusal(&answer).as_str()), (403, "admission.permission"));
        let answer = post(&house, REST, &basic("carol", "wrong"));
        assert_eq!((answer.status, said(&answer)["type"].as_str()), (401, Some("com.vmware.vapi.std.errors.unauthenticated")));
        assert_eq!(place.rows(), before);
        assert_eq!(house.send(&Request::post(API, "")).status, 401);
        assert_eq!(house.send(&Request { method: "PUT", ..Request::post(API, "") }).status, 405);
    }

    /// `attacks.md` G10.
    fn a_token_opens_a_session_and_a_holder_of_key_token_only_with_its_key(place) {
        let house = House::open(place);
        let bearer = house.bearer("alice");
        assert_eq!(opened(&post(&house, API, &rest::bearer(&bearer).unwrap())).len(), 64);
        let answer = post(&house, REST, &sign(&bearer, &STRANGER.key, &Target::new("POST", REST, "localhost", b"")));
        assert_eq!(answer.status, 200, "a signature beside a bearer token harms nothing: {}", answer.body);
        let token = machine(&house);
        for path in [API, REST] {
            let id = opened(&post(&house, path, &sign(&token, &ROBOT.key, &Target::new("POST", path, "localhost", b""))));
            assert_eq!(said(&with_session(&house, "GET", API, &id))["user"], "robot@VSPHERE.LOCAL");
        }
        let before = place.rows();
        is_refused(&house, &post(&house, API, &rest::bearer(&token).unwrap()), "possession.signature");
        let stolen = sign(&token, &STRANGER.key, &Target::new("POST", API, "localhost", b""));
        is_refused(&house, &post(&house, API, &stolen), "sign.signature");
        assert_eq!(place.rows(), before);
    }

    /// What is wrong with a token is wrong with it here: it is the same judge.
    fn a_token_that_is_refused_by_the_sdk_is_refused_here(place) {
        let house = House::open(place);
        let token = house.bearer("alice");
        let changed = token.replace("alice", "admin");
        is_refused(&house, &post(&house, API, &rest::bearer(&changed).unwrap()), "assertion.digest");
        is_refused(&house, &post(&house, API, &rest::bearer("<a/>").unwrap()), "assertion.shape");
        is_refused(&house, &post(&house, API, &rest::bearer("<!DOCTYPE a><a/>").unwrap()), "xml.doctype");
        assert_eq!(post(&house, API, &rest::bearer(&token).unwrap()).status, 201);
        house.clock.advance(Duration::from_mins(16));
        is_refused(&house, &post(&house, API, &rest::bearer(&token).unwrap()), "assertion.in-force");
    }

    /// `attacks.md` G03.
    fn a_signed_request_opens_one_session_on_all_replicas_together(place) {
        let (one, other) = (House::open(place), House::open(place));
        let (token, header) = signed(&one);
        assert_eq!(post(&one, API, &header).status, 201);
        is_refused(&one, &post(&one, API, &header), "admission.replay");
        is_refused(&other, &post(&other, API, &header), "admission.replay");
        let target = Target::new("POST", API, "localhost", b"");
        let again = rest::signed(&token, &ROBOT.key, &target, &format!("{}:4712", now().micros() / 1_000)).unwrap();
        assert_eq!(post(&other, API, &again).status, 201, "another nonce is another request");
    }

    /// `attacks.md` G04.
    fn a_signature_is_good_within_the_tolerance_of_the_clocks(place) {
        let house = House::open(place);
        let token = machine(&house);
        let target = Target::new("POST", API, "localhost", b"");
        let (second, tolerance) = (Duration::from_secs(1), Duration::from_mins(10));
        for (at, good) in [
            (now().minus(tolerance), false), (now().minus(tolerance).plus(second), true),
            (now().plus(tolerance), true), (now().plus(tolerance).plus(second), false),
        ] {
            let answer = post(&house, API, &rest::signed(&token, &ROBOT.key, &target, &nonce(at)).unwrap());
            if good {
                assert_eq!(answer.status, 201, "{at}");
            } else {
                is_refused(&house, &answer, "sign.nonce");
            }
        }
        for wrong in ["", "4711", "x:1", "-1:1"] {
            is_refused(&house, &post(&house, API, &rest::signed(&token, &ROBOT.key, &target, wrong).unwrap()), "sign.header");
        }
    }

    /// `attacks.md` G05, G06, G07, G08.
    fn a_signature_is_good_for_its_own_request_alone(place) {
        let house = House::open(place);
        let token = machine(&house);
        let header = |method: &str, path: &str, host: &str, body: &[u8]| sign(&token, &ROBOT.key, &Target::new(method, path, host, body));
        let send = |request: Request, header: &str| house.send(&request.header("Authorization", header));
        let before = place.rows();
        // Another body; another hash beside it.
        let with_body = || Request::post(API, "{}");
        is_refused(&house, &send(with_body(), &header("POST", API, "localhost", b"")), "sign.body");
        let swapped = header("POST", API, "localhost", b"").replace("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=");
        is_refused(&house, &send(with_body(), &swapped), "sign.signature");
        // Another method, another path.
        is_refused(&house, &post(&house, API, &header("GET", API, "localhost", b"")), "sign.signature");
        for path in [REST, "/api/Session", "/api//session", "/api/session/", "/api/%73ession"] {
            is_refused(&house, &post(&house, API, &header("POST", path, "localhost", b"")), "sign.signature");
        }
        // Another host, honestly signed for it: whoever was shown this must not use it here.
        let relayed = Request::post(API, "").header("Host", "other.example");
        is_refused(&house, &send(relayed, &header("POST", API, "other.example", b"")), "sign.host");
        is_refused(&house, &post(&house, API, &header("POST", API, "other.example", b"")), "sign.signature");
        // Another port than the one of the URL.
        let port = Request::post(API, "").header("Host", "localhost:8443");
        is_refused(&house, &send(port, &header("POST", API, "localhost:9443", b"")), "sign.signature");
        // A query is not signed.
        for query in ["?~action=get", "?~method=DELETE", "?vmw-task=true"] {
            let answer = send(Request::post(&format!("{API}{query}"), ""), &header("POST", API, "localhost", b""));
            assert_eq!((answer.status, house.refusal(&answer).as_str()), (400, "request.parameters"));
        }
        assert_eq!(place.rows(), before);
        assert_eq!(send(with_body(), &header("POST", API, "localhost", b"{}")).status, 201);
        let port = Request::post(API, "").header("Host", "LOCALHOST:8443");
        assert_eq!(send(port, &header("POST", API, "localhost:8443", b"")).status, 201);
    }

    /// `attacks.md` G01, G02, G09, G11: the header's own tests have the forms; here it is the door.
    fn a_header_that_cannot_be_read_is_refused_and_written_down(place) {
        let house = House::open(place);
        let (_, good) = signed(&house);
        for wrong in [
            good.replace("RSA-SHA256", "RSA-SHA1"),
            good.replace("RSA-SHA256", "HMAC-SHA256"),
            format!("{good}, nonce=\"1:1\""),
            good.replace("bodyhash", "body_hash"),
            good.replacen("token=\"H4sI", "token=\"AAAA", 1),
            "SIGN token=\"\"".to_owned(),
        ] {
            is_refused(&house, &post(&house, API, &wrong), "sign.header");
        }
        let long = format!("SIGN token=\"{}\"", "A".repeat(64 << 10));
        assert!(matches!(post(&house, API, &long).status, 401 | 431));
        for other in ["Negotiate YTpi", "Bearer", "Basic ?"] {
            is_refused(&house, &post(&house, API, other), "request.parameters");
        }
        assert_eq!(post(&house, API, &good).status, 201, "what was refused has used nothing up");
    }

    /// `attacks.md` G12.
    fn one_credential_counts_and_two_are_none(place) {
        let house = House::open(place);
        let both = Request { headers: vec![("Host".into(), "localhost".into()), ("Authorization".into(), basic("alice", PASSWORD)), ("Authorization".into(), basic("carol", PASSWORD))], ..Request::post(API, "") };
        let answer = house.send(&both);
        assert_eq!((answer.status, house.refusal(&answer).as_str()), (400, "request.parameters"));
        let carol = opened(&post(&house, API, &basic("carol", PASSWORD)));
        let answer = house.send(&Request::post(API, "").header("Authorization", &basic("alice", PASSWORD)).header(HEADER, &carol));
        assert_eq!(said(&with_session(&house, "GET", API, &opened(&answer)))["user"], "alice@VSPHERE.LOCAL");
        assert_eq!(said(&with_session(&house, "GET", API, &carol))["user"], "carol@VSPHERE.LOCAL");
    }

    /// `attacks.md` S20.
    fn a_session_is_named_by_its_header_and_by_nothing_else(place) {
        let house = House::open(place);
        let id = opened(&post(&house, API, &basic("alice", PASSWORD)));
        let get = |request: Request| house.send(&Request { method: "GET", ..request }).status;
        assert_eq!(get(Request::post(&format!("{API}?{HEADER}={id}"), "")), 401);
        assert_eq!(get(Request::post(API, "").header("Cookie", &format!("vmware_soap_session=\"{id}\"; {HEADER}={id}"))), 401);
        assert_eq!(get(Request::post(API, "").header("Authorization", &format!("Bearer {id}"))), 401);
        let shown = with_session(&house, "GET", API, &id);
        assert_eq!((shown.status, shown.header("access-control-allow-origin"), shown.header("set-cookie")), (200, None, None));
    }

    fn when_there_are_enough_sessions_a_login_comes_back_later(place) {
        let house = House::built(place, Plan::with(|policies| policies.session.max_sessions = 1));
        let id = opened(&post(&house, API, &basic("alice", PASSWORD)));
        let answer = post(&house, API, &basic("alice", PASSWORD));
        assert_eq!((answer.status, answer.header("retry-after"), said(&answer)["error_type"].as_str()), (503, Some("2"), Some("SERVICE_UNAVAILABLE")));
        with_session(&house, "DELETE", API, &id);
        assert_eq!(post(&house, API, &basic("alice", PASSWORD)).status, 201);
    }
}
