//! vAPI sessions by JSON-RPC: opened by a password or a token in the call, one pool with `/sdk` and REST.
//! The rows Q of `attacks.md`, each beside what is good.

use std::time::Duration;

use serde_json::{Value, json};
use vcsso::client::rpc;
use vcsso::clock::Moment;
use vcsso::pki::{Hash, SigningKey};

use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, ROBOT, Request, STRANGER, now};

const ERRORS: &str = "com.vmware.vapi.std.errors.";

fn post(house: &House, message: impl Into<Vec<u8>>) -> Answer {
    house.send(&Request::post("/api", message).header("Content-Type", "application/json"))
}

fn send(house: &House, call: &Value) -> Answer {
    post(house, call.to_string())
}

fn ask(house: &House, operation: &str, security: &Value) -> Answer {
    send(house, &rpc::call(operation, security))
}

fn said(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{} {}", answer.status, answer.body))
}

/// The identifier that a login answers with.
fn opened(answer: &Answer) -> String {
    let said = said(answer);
    assert_eq!(
        (answer.status, &said["id"], &said["jsonrpc"]),
        (200, &json!("0"), &json!("2.0")),
        "{}",
        answer.body
    );
    said["result"]["output"]["SECRET"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

/// The user of a session, if it is one.
fn user(house: &House, id: &str) -> Option<String> {
    let said = said(&ask(house, "get", &rpc::session(id)));
    let info = &said["result"]["output"]["STRUCTURE"]["com.vmware.cis.session.info"];
    Some(info["user"].as_str()?.to_owned())
}

/// The name of the standard error, with its fields.
fn error(answer: &Answer) -> (String, Value) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let said = said(answer);
    let (name, fields) = said["result"]["error"]["ERROR"]
        .as_object()
        .unwrap_or_else(|| panic!("{}", answer.body))
        .iter()
        .next()
        .unwrap();
    assert_eq!(answer.header("vapi-error"), Some(name.as_str()));
    (name.strip_prefix(ERRORS).unwrap().to_owned(), fields.clone())
}

fn is_refused(house: &House, answer: &Answer, step: &str) {
    let (name, fields) = error(answer);
    assert_eq!(
        (name.as_str(), &fields["error_type"]["OPTIONAL"]),
        ("unauthenticated", &json!("UNAUTHENTICATED"))
    );
    assert!(fields["challenge"]["OPTIONAL"].as_str().unwrap().contains("SIGN realm="));
    assert_eq!(house.refusal(answer), step, "{}", answer.body);
}

/// A message that is no call: its status, code and identifier.
fn problem(house: &House, answer: &Answer) -> (u16, i64, Value) {
    assert_eq!(house.refusal(answer), "request.parameters");
    let said = said(answer);
    (answer.status, said["error"]["code"].as_i64().unwrap(), said["id"].clone())
}

fn machine(house: &House) -> String {
    house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key())
}

/// As every SDK: good for twenty minutes.
fn period(created: Moment) -> (Moment, Moment) {
    (created, created.plus(Duration::from_mins(20)))
}

fn create() -> Value {
    rpc::call("create", &Value::Null)
}

fn signed(token: &str, key: &SigningKey) -> Value {
    rpc::signed(create(), token, key, Hash::Sha256, period(now())).unwrap()
}

/// Changes one member of a call, by its path below the security context.
fn with(mut call: Value, member: &str, value: Value) -> Value {
    *call.pointer_mut(&format!("/params/ctx/securityCtx/{member}")).unwrap() = value;
    call
}

on_both! {
    fn a_session_is_opened_shown_and_ended_and_it_is_the_same_everywhere(place) {
        let house = House::open(place);
        let id = opened(&ask(&house, "create", &rpc::password("alice@vsphere.local", PASSWORD)));
        let shown = said(&ask(&house, "get", &rpc::session(&id)));
        let info = &shown["result"]["output"]["STRUCTURE"]["com.vmware.cis.session.info"];
        assert_eq!((&info["user"], &info["created_time"], &info["last_accessed_time"]), (&json!("alice@VSPHERE.LOCAL"), &json!("2026-11-24T08:00:00.000Z"), &json!("2026-11-24T08:00:00.000Z")));
        let by_header = Request::post("/api", rpc::call("get", &Value::Null).to_string());
        let by_header = house.send(&by_header.header("Content-Type", "application/json").header("vmware-api-session-id", &id));
        assert_eq!(said(&by_header)["result"], shown["result"]);
        let rest = house.send(&Request { method: "GET", ..Request::post("/api/session", "") }.header("vmware-api-session-id", &id));
        assert_eq!((rest.status, &said(&rest)["user"]), (200, &info["user"]));
        let mut client = house.client();
        client.cookie = Some(format!("vmware_soap_session=\"{id}\""));
        assert_eq!(client.current_session().inside("userName"), Some("VSPHERE.LOCAL\\alice"));
        let ended = ask(&house, "delete", &rpc::session(&id));
        assert_eq!((ended.status, &said(&ended)["result"]), (200, &json!({ "output": null })));
        assert_eq!(client.current_time().fault().kind, "NotAuthenticated");
        for operation in ["get", "delete"] {
            assert_eq!(error(&ask(&house, operation, &rpc::session(&id))).0, "unauthenticated", "{operation}");
            assert_eq!(error(&ask(&house, operation, &Value::Null)).0, "unauthenticated", "{operation}");
            assert_eq!(error(&ask(&house, operation, &rpc::password("alice", PASSWORD))).0, "unauthenticated", "{operation}");
        }
        let soap = house.logged_in("alice").cookie.unwrap();
        assert_eq!(user(&house, soap.split('"').nth(1).unwrap()).as_deref(), Some("alice@VSPHERE.LOCAL"));
    }

    fn a_token_opens_a_session_in_the_scheme_of_its_kind(place) {
        let house = House::open(place);
        let id = opened(&ask(&house, "create", &rpc::bearer(&house.bearer("alice"))));
        assert_eq!(user(&house, &id).as_deref(), Some("alice@VSPHERE.LOCAL"));
        let token = machine(&house);
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let call = rpc::signed(create(), &token, &ROBOT.key, hash, period(now())).unwrap();
            assert_eq!(user(&house, &opened(&send(&house, &call))).as_deref(), Some("robot@VSPHERE.LOCAL"), "{hash:?}");
        }
        let oauth = rpc::scheme("oauth", &json!({ "accessToken": house.access_token("alice") }));
        assert_eq!(user(&house, &opened(&ask(&house, "create", &oauth))).as_deref(), Some("alice@VSPHERE.LOCAL"));
        // White space and the order of names are not what is signed.
        let mut call = signed(&token, &ROBOT.key);
        call["params"]["ctx"]["appCtx"]["note"] = json!("Grüße \u{1f511}/\u{7f}");
        let call = rpc::signed(call, &token, &ROBOT.key, Hash::Sha256, period(now())).unwrap();
        let pretty = format!("\n{}\n", serde_json::to_string_pretty(&call).unwrap()).replace("/\u{7f}", "\\/\\u007F");
        assert_eq!(opened(&post(&house, pretty)).len(), 64);
    }

    fn who_is_not_let_in_is_told_the_same_whatever_the_reason(place) {
        let house = House::open(place);
        let before = place.rows();
        for (name, password) in [("carol", "wrong"), ("nobody", PASSWORD), ("dora", PASSWORD), ("", "")] {
            is_refused(&house, &ask(&house, "create", &rpc::password(name, password)), "credential.password");
        }
        is_refused(&house, &ask(&house, "create", &rpc::session("x")), "credential.method");
        is_refused(&house, &ask(&house, "create", &rpc::scheme("oauth", &json!({ "accessToken": "e30.e30." }))), "jwt.form");
        assert_eq!(error(&ask(&house, "create", &Value::Null)).0, "unauthenticated");
        let answer = ask(&house, "create", &rpc::password("bob", PASSWORD));
        assert_eq!((error(&answer).0.as_str(), house.refusal(&answer).as_str()), ("unauthorized", "admission.permission"));
        let token = house.bearer("alice");
        is_refused(&house, &ask(&house, "create", &rpc::bearer(&token.replace("alice", "admin"))), "assertion.digest");
        assert_eq!(place.rows().sessions, before.sessions);
        assert_eq!(opened(&ask(&house, "create", &rpc::bearer(&token))).len(), 64);
        house.clock.advance(Duration::from_mins(16));
        is_refused(&house, &ask(&house, "create", &rpc::bearer(&token)), "assertion.in-force");
    }

    /// `attacks.md` Q01.
    fn a_name_that_stands_twice_is_refused_before_the_signature_is_looked_at(place) {
        let house = House::open(place);
        let token = machine(&house);
        let good = signed(&token, &ROBOT.key).to_string();
        let before = place.rows();
        for (from, to) in [
            ("\"method\":\"invoke\"", "\"method\":\"invoke\",\"method\":\"invoke\""),
            ("\"method\":\"invoke\"", "\"\\u006dethod\":\"eval\",\"method\":\"invoke\""),
            ("\"operationId\":\"create\"", "\"operationId\":\"create\",\"operation\\u0049d\":\"delete\""),
            ("\"schemeId\":", "\"schemeId\":\"x\",\"\\u0073chemeId\":"),
        ] {
            assert!(good.contains(from));
            assert_eq!(problem(&house, &post(&house, good.replacen(from, to, 1))), (400, -32_700, Value::Null), "{to}");
        }
        assert_eq!(place.rows(), before);
        assert_eq!(opened(&post(&house, good)).len(), 64);
    }

    /// `attacks.md` Q02: the forms are those of `vapi_rpc::canonical`; here it is the door.
    fn a_number_is_spelled_as_it_was_signed_or_refused(place) {
        let house = House::open(place);
        let token = machine(&house);
        let call = |number: &str, created: Moment| {
            let mut call = create();
            call["params"]["ctx"]["appCtx"]["n"] = json!(1);
            let call = rpc::signed(call, &token, &ROBOT.key, Hash::Sha256, period(created)).unwrap().to_string();
            call.replacen("\"n\":1", &format!("\"n\":{number}"), 1)
        };
        let second = |n| now().plus(Duration::from_secs(n));
        assert_eq!(opened(&post(&house, call("1", second(0)))).len(), 64);
        assert_eq!(opened(&post(&house, call(" 1", second(1)))).len(), 64);
        for number in ["1.0", "1e0", "2", "18446744073709551617"] {
            let step = if number.len() > 4 { "rpc.security-context" } else { "rpc.signature" };
            is_refused(&house, &post(&house, call(number, second(2))), step);
        }
        is_refused(&house, &post(&house, call("-0", second(2))), "rpc.security-context");
        for text in ["1e400", "01", "\"\\ud800\"", "NaN"] {
            assert_eq!(problem(&house, &post(&house, call(text, second(2)))).1, -32_700, "{text}");
        }
        // Two spellings of one letter are two texts.
        let mut accented = create();
        accented["params"]["ctx"]["appCtx"]["t"] = json!("\u{e9}");
        let accented = rpc::signed(accented, &token, &ROBOT.key, Hash::Sha256, period(second(3))).unwrap();
        is_refused(&house, &post(&house, accented.to_string().replace('\u{e9}', "e\u{301}")), "rpc.signature");
        assert_eq!(opened(&post(&house, accented.to_string().replace('\u{e9}', "\\u00E9"))).len(), 64);
    }

    /// `attacks.md` Q03.
    fn a_signed_call_is_good_in_its_period_and_once_on_all_replicas_together(place) {
        let (house, other) = (House::open(place), House::open(place));
        let token = machine(&house);
        let made = |period| rpc::signed(create(), &token, &ROBOT.key, Hash::Sha256, period).unwrap();
        let (second, tolerance) = (Duration::from_secs(1), Duration::from_mins(10));
        let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
        for (created, expires, good) in [
            (now().plus(tolerance), now().plus(hour), true),
            (now().plus(tolerance).plus(second), now().plus(hour), false),
            (now().minus(hour), now().minus(tolerance).plus(second), false),
            (now().minus(minute.saturating_mul(20)), now().minus(tolerance).plus(second), true),
            (now().minus(minute.saturating_mul(20)), now().minus(tolerance), false),
            // Whatever it says itself, a call is given up twenty minutes after it was made.
            (now().minus(minute.saturating_mul(30)).plus(second), now().plus(hour), true),
            (now().minus(minute.saturating_mul(30)), now().plus(hour), false),
            (now(), now(), false),
        ] {
            let answer = send(&house, &made((created, expires)));
            if good {
                assert_eq!(opened(&answer).len(), 64, "{created} {expires}");
            } else {
                is_refused(&house, &answer, "rpc.timestamp");
            }
        }
        let call = made(period(now()));
        assert_eq!(opened(&send(&house, &call)).len(), 64);
        is_refused(&house, &send(&house, &call), "admission.replay");
        is_refused(&other, &send(&other, &call), "admission.replay");
        is_refused(&house, &post(&house, serde_json::to_string_pretty(&call).unwrap()), "admission.replay");
        // To the last moment in which it could be accepted.
        for replica in [&house, &other] {
            replica.clock.advance(minute.saturating_mul(12));
        }
        let fresh = house.token(&Act::new(Credential::Certificate(&ROBOT)).at(house.app.now()).holder_of_key());
        let again = with(call.clone(), "signature/samlToken", json!(fresh));
        is_refused(&house, &send(&house, &again), "admission.replay");
        for (member, value) in [("timestamp", Value::Null), ("timestamp/created", json!("now")), ("timestamp/expires", json!(1))] {
            is_refused(&house, &send(&house, &with(call.clone(), member, value)), "rpc.security-context");
        }
        let later = rpc::signed(create(), &fresh, &ROBOT.key, Hash::Sha256, period(house.app.now())).unwrap();
        let moved = with(later.clone(), "timestamp/expires", json!("2026-11-24T09:00:00.000Z"));
        is_refused(&house, &send(&house, &moved), "rpc.signature");
        assert_eq!(opened(&send(&other, &later)).len(), 64, "another time is another call");
    }

    /// `attacks.md` Q04.
    fn the_token_beside_a_signature_must_confirm_its_key_and_says_who_it_is(place) {
        let house = House::open(place);
        let robots = machine(&house);
        let of = |name| house.token(&Act::new(Credential::Both(name, PASSWORD, &STRANGER)).holder_of_key());
        let (alices, carols) = (of("alice"), of("carol"));
        let before = place.rows();
        let call = signed(&carols, &STRANGER.key);
        is_refused(&house, &send(&house, &with(call.clone(), "signature/samlToken", json!(robots))), "rpc.signature");
        is_refused(&house, &send(&house, &signed(&robots, &STRANGER.key)), "rpc.signature");
        assert_eq!(place.rows(), before);
        let swapped = with(call, "signature/samlToken", json!(alices));
        assert_eq!(user(&house, &opened(&send(&house, &swapped))).as_deref(), Some("alice@VSPHERE.LOCAL"));
    }

    /// `attacks.md` Q05.
    fn the_scheme_and_the_kind_of_token_must_agree(place) {
        let house = House::open(place);
        let (bearer, token) = (house.bearer("alice"), machine(&house));
        let before = place.rows();
        is_refused(&house, &ask(&house, "create", &rpc::bearer(&token)), "possession.signature");
        is_refused(&house, &send(&house, &signed(&bearer, &ROBOT.key)), "possession.confirmation");
        let good = signed(&token, &ROBOT.key);
        let mut both = good.clone();
        both["params"]["ctx"]["securityCtx"]["samlToken"] = json!(bearer);
        let bearer_scheme = json!("com.vmware.vapi.std.security.saml_bearer_token");
        for wrong in [
            both.clone(),
            with(both, "schemeId", bearer_scheme.clone()),
            with(good.clone(), "schemeId", bearer_scheme.clone()),
            with(good.clone(), "schemeId", json!([bearer_scheme])),
            with(good.clone(), "schemeId", json!("com.vmware.vapi.std.security.none")),
            with(good.clone(), "signatureAlgorithm", json!("none")),
            with(good.clone(), "signatureAlgorithm", json!("HS256")),
            with(good.clone(), "signature", json!([])),
            with(good.clone(), "signature/value", json!("%")),
            rpc::call("create", &json!([rpc::bearer(&bearer)])),
        ] {
            is_refused(&house, &send(&house, &wrong), "rpc.security-context");
        }
        for (member, value) in [("signatureAlgorithm", json!("RS512")), ("signatureAlgorithm", json!("ES256")), ("signature/value", json!(""))] {
            is_refused(&house, &send(&house, &with(good.clone(), member, value)), "rpc.signature");
        }
        let mut other = good.clone();
        other["params"]["operationId"] = json!("get");
        assert_eq!(error(&send(&house, &other)).0, "unauthenticated", "a token shows no session");
        assert_eq!(place.rows(), before);
        assert_eq!(opened(&send(&house, &good)).len(), 64, "what was refused has used nothing up");
        assert_eq!(opened(&ask(&house, "create", &rpc::bearer(&bearer))).len(), 64);
    }

    /// `attacks.md` Q06.
    fn a_body_that_is_nested_too_deep_is_no_call(place) {
        let house = House::open(place);
        let nested = |depth: usize| {
            let mut call = rpc::call("create", &rpc::password("alice", PASSWORD)).to_string();
            let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            call = call.replacen("\"appCtx\":{", &format!("\"appCtx\":{{\"deep\":{lists},"), 1);
            post(&house, call)
        };
        // The context of the application is the fourth level of 48.
        assert_eq!(opened(&nested(44)).len(), 64);
        assert_eq!(problem(&house, &nested(45)), (400, -32_700, Value::Null));
        assert_eq!(problem(&house, &nested(100_000)), (400, -32_700, Value::Null));
        assert_eq!(problem(&house, &post(&house, "[".repeat(100_000))), (400, -32_700, Value::Null));
    }

    fn what_is_not_served_is_answered_as_by_every_runtime_of_vapi(place) {
        let house = House::open(place);
        let named = |service: &str, operation: &str| {
            let mut call = rpc::call(operation, &rpc::password("alice", PASSWORD));
            call["params"]["serviceId"] = json!(service);
            call
        };
        for (service, operation, message) in [
            ("com.vmware.cis.session", "list", "vapi.method.input.invalid.method"),
            ("com.vmware.cis.session", "Create", "vapi.method.input.invalid.method"),
            ("com.vmware.vcenter.VM", "list", "vapi.method.input.invalid.interface"),
        ] {
            let (name, fields) = error(&send(&house, &named(service, operation)));
            let id = &fields["messages"][0]["STRUCTURE"]["com.vmware.vapi.std.localizable_message"]["id"];
            assert_eq!((name.as_str(), id), ("operation_not_found", &json!(message)), "{operation}");
        }
        let mut call = named("com.vmware.cis.session", "create");
        call["params"]["input"] = json!([]);
        assert_eq!(error(&send(&house, &call)).0, "invalid_argument");
        for (member, value, wanted) in [("jsonrpc", json!("1.0"), (400, -32_600, Value::Null)), ("method", json!("eval"), (200, -32_601, json!("0"))), ("params", json!([]), (200, -32_602, json!("0")))] {
            let mut call = named("com.vmware.cis.session", "create");
            call[member] = value;
            assert_eq!(problem(&house, &send(&house, &call)), wanted, "{member}");
        }
        let headers = |service: &str, operation: &str| {
            let call = named("com.vmware.cis.session", "create").to_string();
            let request = Request::post("/api", call).header("Content-Type", "application/json; charset=UTF-8");
            house.send(&request.header("vapi-service", service).header("vapi-operation", operation))
        };
        assert_eq!(problem(&house, &headers("com.vmware.cis.session", "delete")), (200, -31_001, json!("0")));
        assert_eq!(problem(&house, &headers("com.vmware.cis.tagging", "create")), (200, -31_001, json!("0")));
        assert_eq!(opened(&headers("com.vmware.cis.session", "create")).len(), 64);
        let call = named("com.vmware.cis.session", "create").to_string();
        for kind in ["text/xml", "application/jsonx", ""] {
            assert_eq!(house.send(&Request::post("/api", call.clone()).header("Content-Type", kind)).status, 415, "{kind}");
        }
        assert_eq!(house.send(&Request::get("/api")).status, 405);
    }

    fn when_there_are_enough_sessions_a_login_comes_back_later(place) {
        let house = House::built(place, Plan::with(|policies| policies.session.max_sessions = 1));
        let login = || ask(&house, "create", &rpc::password("alice", PASSWORD));
        let id = opened(&login());
        assert_eq!(error(&login()).0, "service_unavailable");
        ask(&house, "delete", &rpc::session(&id));
        assert_eq!(opened(&login()).len(), 64);
    }
}
