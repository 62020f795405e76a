//! Roles, permissions, tokens, signing keys, policies and external issuers by the admin API.

use serde_json::{Value, json};
use vcsso::client::Style;
use vcsso::pki::pem;

use crate::harness::requests::token_login;
use crate::harness::{House, PASSWORD, STRANGER, Said, now};

fn is(said: &Said, status: u16, kind: &str) {
    assert_eq!(said.problem(), (status, kind), "{}", said.answer.body);
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

on_both! {
    fn a_role_and_a_permission_let_somebody_in_and_out(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let operator = house.operator();
        let role = operator.post("/roles", json!({ "name": "Watchers", "privileges": ["Sessions.ValidateSession"] })).done();
        let id = role["id"].as_i64().unwrap();
        assert_eq!((&role["system"], role["privileges"].as_array().unwrap().len()), (&json!(false), 4));
        is(&operator.post("/roles", json!({ "name": "watchers", "privileges": [] })), 409, "taken");
        is(&operator.post("/roles", json!({ "name": "Others", "privileges": ["No.Such"] })), 422, "not-allowed");
        is(&operator.put("/roles/-1", json!({ "name": "Admin", "privileges": [] })), 422, "not-allowed");
        is(&operator.put("/roles/99", json!({ "name": "x", "privileges": [] })), 404, "missing");
        assert_eq!(elsewhere.client().login("bob", PASSWORD).fault().kind, "NoPermission");
        let set = operator.put("/permissions", json!({ "principal": "BOB@vsphere.local", "role": "watchers" })).done();
        assert_eq!(set, json!({ "entity": "group-d1", "principal": "bob", "group": false, "role": "Watchers", "role_id": id, "propagate": true }));
        assert_eq!(elsewhere.client().login("bob", PASSWORD).status, 200);
        for (body, kind) in [
            (json!({ "principal": "nobody", "role": "Watchers" }), "not-allowed"),
            (json!({ "principal": "bob", "role": "None" }), "not-allowed"),
            (json!({ "principal": "bob", "group": true, "role": "Watchers" }), "not-allowed"),
            (json!({ "principal": "bob", "role": "Watchers", "entity": "" }), "not-allowed"),
        ] {
            is(&operator.put("/permissions", body), 422, kind);
        }
        let changed = operator.put(&format!("/roles/{id}"), json!({ "name": "Lookers", "privileges": [] })).done();
        assert_eq!((&changed["name"], changed["privileges"].as_array().unwrap().len()), (&json!("Lookers"), 3));
        assert!(items(&operator.get("/permissions").done()).iter().any(|one| one["role"] == "Lookers"));
        is(&operator.delete(&format!("/roles/{id}")), 409, "in-use");
        operator.delete("/permissions?principal=bob").done();
        is(&operator.delete("/permissions?principal=bob"), 422, "not-allowed");
        assert_eq!(elsewhere.client().login("bob", PASSWORD).fault().kind, "NoPermission");
        operator.put("/permissions", json!({ "principal": "bob", "role": "Lookers", "entity": "group-d1", "propagate": false })).done();
        operator.delete(&format!("/roles/{id}?force=true")).done();
        is(&operator.get(&format!("/roles/{id}")), 404, "missing");
        assert!(items(&operator.get("/permissions").done()).iter().all(|one| one["principal"] != "bob"));
    }

    fn a_token_is_listed_and_taken_back(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let operator = house.operator();
        let tokens = [house.bearer("alice"), elsewhere.bearer("alice"), house.bearer("carol")];
        let login = |token: &str| elsewhere.client().send(token_login(Style::PyVmomi, token, None, now())).status;
        assert_eq!(login(&tokens[0]), 200);
        let first = house.claims(&tokens[0]).id;
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = operator.get(&format!("/tokens?limit=1{after}")).done();
            found.extend(items(&page).iter().map(|token| token["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let mut wanted: Vec<String> = tokens.iter().map(|token| house.claims(token).id).collect();
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, wanted);
        let hers = operator.get("/tokens?subject=alice@VSPHERE.LOCAL");
        assert!(!hers.answer.body.contains("Assertion"));
        assert_eq!(items(&hers.done()).len(), 2);
        is(&operator.get("/tokens?after=x"), 422, "not-allowed");
        let one = operator.get(&format!("/tokens/{first}")).done();
        assert_eq!((&one["confirmation"], &one["revoked_at"]), (&json!("bearer"), &Value::Null));
        assert_eq!(operator.delete(&format!("/tokens/{first}")).status, 204);
        assert_eq!((login(&tokens[0]), login(&tokens[1])), (500, 200));
        assert!(operator.get(&format!("/tokens/{first}")).done()["revoked_at"].is_string());
        is(&operator.delete("/tokens/_none"), 404, "missing");
    }

    fn a_signing_key_is_rotated_retired_and_revoked(place) {
        let house = House::open(place);
        let operator = house.operator();
        let token = house.bearer("alice");
        let login = |token: &str| house.client().send(token_login(Style::PyVmomi, token, None, now())).status;
        let first = items(&operator.get("/signing-keys").done())[0].clone();
        assert_eq!((&first["status"], first["tokens_until"].is_string()), (&json!("active"), true));
        let old = first["sha256"].as_str().unwrap();
        let rotated = operator.post("/signing-keys", None);
        assert_eq!(rotated.status, 201);
        let rotated = rotated.done();
        assert_eq!((&rotated["keys"][0]["status"], &rotated["keys"][1]), (&json!("active"), &json!({ "sha256": old, "status": "previous" })));
        let new = rotated["keys"][0]["sha256"].as_str().unwrap().to_owned();
        assert_eq!(login(&token), 200);
        is(&operator.post(&format!("/signing-keys/{old}/retire"), None), 409, "state");
        is(&operator.post(&format!("/signing-keys/{new}/retire"), None), 409, "state");
        is(&operator.post("/signing-keys/none/revoke", None), 404, "missing");
        operator.post(&format!("/signing-keys/{old}/retire?force=true"), None).done();
        assert_eq!(login(&token), 500);
        let fresh = house.bearer("alice");
        assert_eq!(login(&fresh), 200);
        let revoked = operator.post(&format!("/signing-keys/{}/revoke", &new[..16]), None).done();
        assert_eq!(revoked["keys"].as_array().unwrap().len(), 2, "and a new one signs");
        assert_eq!(login(&fresh), 500);
        is(&operator.post(&format!("/signing-keys/{new}/revoke"), None), 409, "state");
        assert_eq!(items(&operator.get("/signing-keys").done()).len(), 3);
    }

    fn a_policy_counts_from_the_next_request_on(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let operator = house.operator();
        let path = "/policies/policy.session.max_sessions";
        let before = operator.get(path).done();
        assert_eq!((&before["value"], &before["changed"]), (&json!(2000), &json!(false)));
        let set = operator.put(path, json!({ "value": 1 })).done();
        assert_eq!((&set["value"], &set["changed"]), (&json!(1), &json!(true)));
        assert_eq!((elsewhere.client().login("alice", PASSWORD).status, elsewhere.client().login("alice", PASSWORD).status), (200, 503));
        for value in [json!("1"), json!(true), json!(["1"]), json!(4_294_967_296_u64)] {
            is(&operator.put(path, json!({ "value": value })), 422, "not-allowed");
        }
        for value in [json!(-1), json!(1.5), json!({})] {
            is(&operator.put(path, json!({ "value": value })), 400, "malformed");
        }
        is(&operator.put("/policies/policy.none", json!({ "value": 1 })), 404, "missing");
        is(&operator.put("/policies/policy.password.special", json!({ "value": 9 })), 422, "not-allowed");
        assert_eq!(operator.delete(path).done(), before);
        assert_eq!(elsewhere.client().login("alice", PASSWORD).status, 200);
        assert_eq!(operator.put("/policies/policy.lockout.reveal", json!({ "value": "never" })).done()["value"], "never");
        assert!(items(&operator.get("/policies").done()).len() > 30);
    }

    fn an_external_issuer_is_trusted_and_not_any_more(place) {
        let house = House::open(place);
        let operator = house.operator();
        let certificates = pem::encode("CERTIFICATE", STRANGER.certificate.der());
        let issuer = "https://vc2.example/websso/SAML2/Metadata/other.lab";
        let body = |domain: &str, groups: &[&str]| json!({ "issuer": issuer, "domain": domain, "certificates": certificates, "groups": groups });
        let trusted = operator.put("/external-issuers", body("other.lab", &["Administrators"])).done();
        assert_eq!((&trusted["domain"], &trusted["groups"]), (&json!("other.lab"), &json!(["Administrators"])));
        for (domain, groups) in [("vsphere.local", &[][..]), ("other lab", &[]), ("other.lab", &["None"])] {
            is(&operator.put("/external-issuers", body(domain, groups)), 422, "not-allowed");
        }
        let wrong = json!({ "issuer": issuer, "domain": "other.lab", "certificates": "none" });
        is(&operator.put("/external-issuers", wrong), 422, "not-allowed");
        assert_eq!(items(&operator.get("/external-issuers").done()), &[trusted]);
        let path = format!("/external-issuers/{}", issuer.replace(':', "%3A").replace('/', "%2F"));
        assert_eq!(operator.delete(&path).status, 204);
        is(&operator.delete(&path), 404, "missing");
        assert!(items(&operator.get("/external-issuers").done()).is_empty());
    }
}
