//! The door of the admin API: who is let in, what is read, and what is answered to everybody else (`decisions.md` §28;
//! `attacks.md` N02, N08, N15).

use serde_json::json;
use vcsso::app::Peer;
use vcsso::app::policies::{Policy, Scalar, change};

use crate::harness::people::id_of;
use crate::harness::{House, PASSWORD, Request, Said, basic};

fn kind(said: &Said) -> (u16, String) {
    let (status, kind) = said.problem();
    (status, kind.to_owned())
}

fn is(said: &Said, status: u16, name: &str) {
    assert_eq!(kind(said), (status, name.to_owned()), "{}", said.answer.body);
}

on_both! {
    /// `attacks.md` O08.
    fn the_operators_token_and_an_administrators_password_open_it_and_nothing_else_does(place) {
        let house = House::open(place);
        assert_eq!(house.operator().get("/users").status, 200);
        for name in ["alice", "alice@vsphere.local", "VSPHERE.LOCAL\\Alice", "Administrator"] {
            assert_eq!(house.operator_by(&basic(name, PASSWORD)).get("/users").status, 200, "{name}");
        }
        let refused = |authorization: &str, step: &str| {
            let said = house.operator_by(authorization).get("/users");
            is(&said, 401, "unauthenticated");
            assert!(said.answer.header("www-authenticate").unwrap().starts_with("Bearer realm="));
            assert_eq!(house.refusal(&said.answer), step, "{authorization}");
        };
        refused("Bearer another", "operator.token");
        for (name, password) in [("alice", "wrong"), ("nobody", PASSWORD), ("dora", PASSWORD), ("lukas", PASSWORD), ("", "")] {
            refused(&basic(name, password), "credential.password");
        }
        // Known, and no administrator: one who may read, and one without any permission.
        for name in ["carol", "bob"] {
            let said = house.operator_by(&basic(name, PASSWORD)).get("/users");
            is(&said, 403, "not-administrator");
            assert_eq!(house.refusal(&said.answer), "operator.administrator");
        }
        // Whoever shows nothing, or nothing that is read, is told how to.
        for authorization in ["", "Basic %", "Digest x", "Bearer", "Bearer "] {
            let said = house.operator_by(authorization).get("/users");
            is(&said, 401, "unauthenticated");
            assert!(house.explain(&said.answer).is_empty());
        }
        let answer = house.send(&Request::get("/_lab/v1/users"));
        assert_eq!(answer.status, 401);
        // The session of a browser's cookie is none here.
        let cookie = house.logged_in("alice").cookie.unwrap();
        assert_eq!(house.send(&Request::get("/_lab/v1/users").header("Cookie", &cookie)).status, 401);
    }

    fn wrong_passwords_count_here_as_at_any_door(place) {
        let house = House::open(place);
        for _ in 0..5 {
            is(&house.operator_by(&basic("carol", "wrong")).get("/users"), 401, "unauthenticated");
        }
        is(&house.operator_by(&basic("carol", PASSWORD)).get("/users"), 401, "unauthenticated");
        let carol = house.operator().get("/users/carol").done();
        assert_eq!((carol["state"].as_str(), carol["failures"].as_u64()), (Some("locked"), Some(5)));
        assert!(carol["locked_until"].is_string());
        assert_eq!(house.operator().post("/users/carol/unlock", None).done()["state"], "active");
    }

    fn whoever_is_no_administrator_any_more_is_refused_at_once_also_by_another_replica(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let alice = basic("alice", PASSWORD);
        assert_eq!(house.operator_by(&alice).get("/roles").status, 200);
        elsewhere.operator().delete("/groups/Administrators/members/alice").done();
        is(&house.operator_by(&alice).get("/roles"), 403, "not-administrator");
        elsewhere.operator().put("/groups/administrators/members/ALICE", None).done();
        assert_eq!(house.operator_by(&alice).get("/roles").status, 200);
        elsewhere.operator().put("/users/alice/password", json!({ "password": "Another!45" })).done();
        is(&house.operator_by(&alice).get("/roles"), 401, "unauthenticated");
        assert_eq!(house.operator_by(&basic("alice", "Another!45")).get("/roles").status, 200);
    }

    fn where_passwords_are_not_accepted_the_token_still_is(place) {
        let house = House::open(place);
        house.run(|app| async move {
            let off = [(Policy::ByPassword, Some(Scalar::Switch(false)))];
            change(&app, &off, "operator", &Peer::default()).await.unwrap();
        });
        is(&house.operator_by(&basic("alice", PASSWORD)).get("/users"), 401, "unauthenticated");
        let path = "/policies/policy.authentication.password";
        assert_eq!(house.operator().delete(path).done()["value"], true);
        assert_eq!(house.operator_by(&basic("alice", PASSWORD)).get("/users").status, 200);
    }

    /// `attacks.md` N02, N08.
    fn what_does_not_fit_the_document_is_refused_and_the_problem_names_it(place) {
        let house = House::open(place);
        let operator = house.operator();
        let before = house.run(|app| async move { app.store.users().await.unwrap().len() });
        let raw = |body: &str| {
            let request = Request { method: "POST", body: body.into(), ..Request::get("/_lab/v1/users") };
            operator.send(request.header("Content-Type", "application/json; charset=utf-8"))
        };
        for (body, wanted) in [
            (r#"{"nam":"eve"}"#, "expected one of `name`, `password`"),
            (r#"{"name":"eve","name":"eve"}"#, "duplicate field `name`"),
            (r#"{"name":"eve","groups":"x"}"#, "expected a sequence"),
            (r#"{"name":"eve"} x"#, "trailing characters"),
            (r#"{"name":"eve""#, "EOF"),
            ("", "EOF"),
            ("[]", "invalid"),
            (r#"{"password":"Secret!23"}"#, "missing field `name`"),
        ] {
            let said = raw(body);
            is(&said, 400, "malformed");
            assert!(said.detail().contains(wanted), "{body}: {}", said.detail());
        }
        let long = "x".repeat(257);
        is(&raw(&json!({ "name": "eve", "surname": long }).to_string()), 400, "malformed");
        is(&raw(&"x".repeat((1 << 20) + 1)), 413, "too-large");
        // What fits and is not allowed.
        for (body, wanted) in [
            (json!({ "name": "e@ve" }), "'@'"),
            (json!({ "name": "" }), "empty"),
            (json!({ "name": "eve", "groups": ["Nobodies"] }), "Nobodies"),
            (json!({ "name": "eve", "password": "short" }), "policy"),
            (json!({ "name": "eve", "password": "Another!45", "password_hash": "x" }), "one of them"),
            (json!({ "name": "eve", "password_hash": "$2y$x" }), "argon2id"),
        ] {
            let said = raw(&body.to_string());
            is(&said, 422, "not-allowed");
            assert!(said.detail().contains(wanted), "{body}: {}", said.detail());
        }
        let with = |kind: &str| {
            let request = Request { method: "POST", body: b"{\"name\":\"eve\"}".to_vec(), ..Request::get("/_lab/v1/users") };
            operator.send(request.header("Content-Type", kind))
        };
        for kind in ["application/xml", "application/jsonp", ""] {
            is(&with(kind), 415, "media-type");
        }
        for query in ["?limit=0", "?limit=1001", "?limit=x", "?limit=1&limit=2", "?lim=1", "?wait=31"] {
            is(&operator.get(&format!("/users{query}")), 400, "malformed");
        }
        is(&operator.ask("DELETE", "/users/bob", Some(json!({}))), 400, "malformed");
        let after = house.run(|app| async move { app.store.users().await.unwrap().len() });
        assert_eq!(after, before, "nothing was made, and bob is there");
        assert_eq!(raw(r#"{"name":"eve"}"#).status, 201);
    }

    fn other_paths_are_none_and_other_methods_say_which_there_are(place) {
        let house = House::open(place);
        let operator = house.operator();
        for path in ["", "/", "/user", "/users/", "/users/alice/x", "/users/%ff"] {
            is(&operator.get(path), 404, "no-such-path");
        }
        for (method, path, allowed) in [
            ("PUT", "/users", "GET, POST"),
            ("TRACE", "/users/alice", "GET, DELETE"),
            ("OPTIONS", "/policies/x", "GET, PUT, DELETE"),
            ("POST", "/openapi.json", "GET"),
        ] {
            let said = operator.ask(method, path, None);
            is(&said, 405, "method-not-allowed");
            assert_eq!(said.answer.header("allow"), Some(allowed), "{path}");
        }
        // A name that is none is nobody's.
        for path in ["/users/%00", "/users/a%2Fb", "/groups/none", "/sessions/x", "/tokens/x", "/roles/77", "/exchanges/x"] {
            is(&operator.get(path), 404, "missing");
        }
        is(&operator.get("/roles/x"), 400, "malformed");
    }

    fn the_document_is_for_everybody(place) {
        let house = House::open(place);
        let answer = house.send(&Request::get("/_lab/v1/openapi.json"));
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, &said["openapi"]), (200, &json!("3.1.1")));
        assert_eq!(said["paths"]["/_lab/v1/openapi.json"]["get"]["security"], json!([]));
        // What somebody must show is said of every other one.
        assert_eq!(said["security"].as_array().unwrap().len(), 2);
    }

    /// The rows of the audit name who made a change.
    fn a_change_is_its_makers(place) {
        let house = House::open(place);
        for (operator, name) in [(house.operator(), "operator"), (house.operator_by(&basic("alice", PASSWORD)), "VSPHERE.LOCAL\\alice")] {
            for said in [
                operator.post("/users/bob/disable", None),
                operator.put("/users/bob/profile", json!({})),
                operator.put("/groups/Administrators/members/bob", None),
                operator.post("/roles", json!({ "name": name, "privileges": [] })),
                operator.put("/permissions", json!({ "principal": "bob", "role": "ReadOnly" })),
                operator.put("/policies/policy.session.idle_seconds", json!({ "value": 60 })),
                operator.post("/signing-keys", None),
                operator.post("/extensions", json!({ "key": format!("com.example.{}", name.len()) })),
            ] {
                let rows = house.explain(&said.answer);
                assert_eq!(rows.len(), 1, "{rows:?}");
                assert_eq!((rows[0]["principal"].as_str(), rows[0]["outcome"].as_str()), (Some(name), Some("accepted")));
                said.done();
            }
        }
        let id = house.run(|app| async move { id_of(&app, "bob").await });
        assert!(!id.is_empty());
    }
}
