//! Users, groups, solution users, extensions and sessions by the admin API: each from its beginning to its end, and every
//! door sees it with the next request.

use serde_json::{Value, json};
use vcsso::pki::pem;

use crate::harness::{Act, Answer, Credential, House, PASSWORD, ROBOT, STRANGER, Said};

const OTHER: &str = "Another!45";

fn is(said: &Said, status: u16, kind: &str) {
    assert_eq!(said.problem(), (status, kind), "{}", said.answer.body);
}

fn names(page: &Value) -> Vec<String> {
    let name = |item: &Value| item.get("name").or(item.get("key")).unwrap().as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(name).collect()
}

fn issue(house: &House, name: &str, password: &str) -> Answer {
    house.issue(&Act::new(Credential::Password(name, password)))
}

fn certificate(made: &vcsso::pki::make::Made) -> String {
    pem::encode("CERTIFICATE", made.certificate.der())
}

on_both! {
    fn a_user_is_made_changed_and_removed(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let operator = house.operator();
        assert_eq!(issue(&elsewhere, "eve", OTHER).status, 500);
        let made = operator.post("/users", json!({
            "name": "Eve", "password": OTHER, "groups": ["Administrators"], "given_name": "Eve", "email": "eve@example.test",
        }));
        assert_eq!(made.status, 201);
        let made = made.done();
        assert_eq!((&made["name"], &made["groups"], &made["state"]), (&json!("Eve"), &json!(["Administrators"]), &json!("active")));
        assert_eq!((&made["given_name"], &made["surname"], &made["has_password"]), (&json!("Eve"), &Value::Null, &json!(true)));
        is(&operator.post("/users", json!({ "name": "EVE" })), 409, "taken");
        assert_eq!(operator.get("/users/eVe").done(), made);
        // She logs in at both doors of both replicas.
        assert_eq!((issue(&house, "eve", OTHER).status, issue(&elsewhere, "eve", OTHER).status), (200, 200));
        let mut session = elsewhere.client();
        assert_eq!(session.login("eve", OTHER).status, 200);
        let profile = operator.put("/users/eve/profile", json!({ "given_name": "Eva", "surname": "Lab" })).done();
        assert_eq!((&profile["given_name"], &profile["surname"], &profile["email"]), (&json!("Eva"), &json!("Lab"), &Value::Null));
        assert_eq!(elsewhere.claims(&elsewhere.token(&Act::new(Credential::Password("eve", OTHER)))).subject.name, "Eve@VSPHERE.LOCAL");
        // Another password, which the policy must allow and that was not used before.
        is(&operator.put("/users/eve/password", json!({ "password": "short" })), 422, "not-allowed");
        is(&operator.put("/users/eve/password", json!({ "password": OTHER })), 422, "not-allowed");
        assert_eq!(operator.put("/users/eve/password", json!({ "password": "YetOther!67" })).status, 204);
        assert_eq!((issue(&elsewhere, "eve", OTHER).status, issue(&elsewhere, "eve", "YetOther!67").status), (500, 200));
        assert_eq!(operator.post("/users/eve/disable", None).done()["state"], "disabled");
        assert_eq!(issue(&elsewhere, "eve", "YetOther!67").status, 500);
        assert_eq!(session.current_time().fault().kind, "NotAuthenticated");
        assert_eq!(operator.post("/users/eve/enable", None).done()["state"], "active");
        assert_eq!(session.current_time().status, 200);
        assert_eq!(operator.delete("/users/eve").status, 204);
        assert_eq!(session.current_time().fault().kind, "NotAuthenticated");
        assert_eq!(issue(&elsewhere, "eve", "YetOther!67").status, 500);
        for said in [operator.get("/users/eve"), operator.delete("/users/eve"), operator.post("/users/eve/enable", None), operator.post("/users/eve/unlock", None)] {
            is(&said, 404, "missing");
        }
        is(&operator.put("/users/eve/password", json!({ "password": OTHER })), 404, "missing");
        is(&operator.put("/users/eve/ntlm", json!({ "allowed": true })), 404, "missing");
        is(&operator.put("/users/eve/profile", json!({})), 404, "missing");
    }

    fn what_the_house_cannot_do_without_stays(place) {
        let house = House::open(place);
        let operator = house.operator();
        is(&operator.delete("/users/Administrator"), 409, "built-in");
        is(&operator.delete("/groups/Administrators"), 409, "built-in");
        operator.delete("/groups/Administrators/members/alice").done();
        is(&operator.delete("/groups/Administrators/members/Administrator"), 409, "last-administrator");
        is(&operator.post("/users/Administrator/disable", None), 409, "last-administrator");
        is(&operator.delete("/permissions?principal=Administrators&group=true"), 409, "last-administrator");
        // A solution user is no user, and a user is no solution user.
        for said in [operator.get("/users/robot"), operator.post("/users/robot/disable", None), operator.delete("/users/robot"), operator.get("/solution-users/bob"), operator.post("/solution-users/bob/disable", None), operator.delete("/groups/bob")] {
            is(&said, 404, "missing");
        }
    }

    fn a_list_comes_page_by_page(place) {
        let house = House::open(place);
        let operator = house.operator();
        let whole = operator.get("/users").done();
        assert!(whole.get("next").is_none());
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = operator.get(&format!("/users?limit=2{after}")).done();
            found.extend(names(&page));
            let Some(next) = page["next"].as_str() else { break };
            assert_eq!(page["items"].as_array().unwrap().len(), 2);
            after = format!("&after={next}");
        }
        assert_eq!(found, names(&whole));
        assert_eq!(found, ["Administrator", "alice", "bob", "carol", "dora", "lukas"]);
    }

    fn a_group_has_members_and_is_inside_no_circle(place) {
        let house = House::open(place);
        let operator = house.operator();
        let made = operator.post("/groups", json!({ "name": "Operators", "members": ["bob"] })).done();
        assert_eq!((&made["name"], &made["members"]), (&json!("Operators"), &json!(["bob"])));
        is(&operator.post("/groups", json!({ "name": "operators" })), 409, "taken");
        is(&operator.post("/groups", json!({ "name": "Others", "members": ["nobody"] })), 422, "not-allowed");
        assert_eq!(house.client().login("bob", PASSWORD).fault().kind, "NoPermission");
        assert_eq!(operator.put("/groups/Administrators/members/Operators", None).status, 204);
        assert_eq!(house.client().login("bob", PASSWORD).status, 200);
        is(&operator.put("/groups/Operators/members/Administrators", None), 409, "cycle");
        is(&operator.put("/groups/Operators/members/nobody", None), 404, "missing");
        is(&operator.put("/groups/none/members/bob", None), 404, "missing");
        operator.put("/groups/Operators/members/robot", None).done();
        assert_eq!(operator.get("/groups/operators").done()["members"], json!(["bob", "robot"]));
        assert_eq!(operator.get("/users/bob").done()["groups"], json!(["Operators"]));
        operator.delete("/groups/Operators/members/bob").done();
        is(&operator.delete("/groups/Operators/members/bob"), 404, "missing");
        assert_eq!(house.client().login("bob", PASSWORD).fault().kind, "NoPermission");
        operator.delete("/groups/Operators").done();
        is(&operator.get("/groups/Operators"), 404, "missing");
        assert!(names(&operator.get("/groups").done()).contains(&"Administrators".to_owned()));
    }

    fn a_solution_user_signs_with_what_it_has_now(place) {
        let house = House::open(place);
        let operator = house.operator();
        let signs = |made: &'static vcsso::pki::make::Made| house.issue(&Act::new(Credential::Certificate(made))).status;
        assert_eq!((signs(&STRANGER), signs(&ROBOT)), (500, 200));
        let text = certificate(&STRANGER);
        let made = operator.post("/solution-users", json!({ "name": "machine", "certificate": text, "groups": ["ActAsUsers"] })).done();
        assert_eq!((&made["certificate"], &made["certificate_sha256"]), (&json!(text), &json!(STRANGER.certificate.fingerprint())));
        assert_eq!(signs(&STRANGER), 200);
        is(&operator.post("/solution-users", json!({ "name": "second", "certificate": text })), 409, "taken");
        is(&operator.post("/solution-users", json!({ "name": "second", "certificate": "none" })), 422, "not-allowed");
        assert_eq!(operator.post("/solution-users/machine/disable", None).done()["disabled"], true);
        assert_eq!(signs(&STRANGER), 500);
        assert_eq!(operator.post("/solution-users/machine/enable", None).done()["disabled"], false);
        is(&operator.put("/solution-users/machine/certificate", json!({ "certificate": certificate(&ROBOT) })), 409, "taken");
        let changed = operator.put("/solution-users/robot/certificate", json!({ "certificate": text }));
        is(&changed, 409, "taken");
        operator.delete("/solution-users/machine").done();
        assert_eq!(signs(&STRANGER), 500);
        let changed = operator.put("/solution-users/robot/certificate", json!({ "certificate": text })).done();
        assert_eq!(changed["certificate_sha256"], STRANGER.certificate.fingerprint());
        assert_eq!((signs(&STRANGER), signs(&ROBOT)), (200, 500));
        assert_eq!(names(&operator.get("/solution-users").done()), ["retired", "robot"]);
    }

    fn an_extension_is_registered_and_removed(place) {
        let house = House::open(place);
        let operator = house.operator();
        let text = certificate(&STRANGER);
        let made = operator.post("/extensions", json!({ "key": "com.example.x", "subject_name": "CN=x", "certificate": text })).done();
        assert_eq!((&made["key"], &made["subject_name"], &made["certificate"]), (&json!("com.example.x"), &json!("CN=x"), &json!(text)));
        is(&operator.post("/extensions", json!({ "key": "com.example.x" })), 409, "taken");
        is(&operator.post("/extensions", json!({ "key": "" })), 422, "not-allowed");
        is(&operator.post("/extensions", json!({ "key": "com.example.y", "certificate": "none" })), 422, "not-allowed");
        let mut client = house.logged_in("alice");
        let find = |client: &mut crate::harness::requests::Client| client.call("FindExtension", "ExtensionManager", "<extensionKey>com.example.x</extensionKey>");
        assert_eq!(find(&mut client).inside("subjectName"), Some("CN=x"));
        let robot = certificate(&ROBOT);
        let changed = operator.put("/extensions/com.example.x/certificate", json!({ "certificate": robot })).done();
        assert_eq!(changed["certificate"], robot);
        is(&operator.put("/extensions/com.example.z/certificate", json!({ "certificate": robot })), 404, "missing");
        assert_eq!(names(&operator.get("/extensions").done()), ["com.example.x"]);
        operator.delete("/extensions/com.example.x").done();
        assert_eq!(find(&mut client).inside("subjectName"), None);
        is(&operator.get("/extensions/com.example.x"), 404, "missing");
        is(&operator.delete("/extensions/com.example.x"), 404, "missing");
    }

    fn a_session_is_seen_by_its_key_and_ended(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let mut client = house.logged_in("alice");
        let cookie = client.cookie.clone().unwrap();
        let key = client.current_session().inside("key").unwrap().to_owned();
        let operator = elsewhere.operator();
        let listed = operator.get("/sessions");
        assert!(!listed.answer.body.contains(cookie.split('"').nth(1).unwrap()), "the cookie is nobody else's");
        let listed = listed.done();
        assert_eq!(names(&listed), [key.as_str()]);
        let one = operator.get(&format!("/sessions/{key}")).done();
        assert_eq!((&one["user_name"], &one["extension"]), (&json!("VSPHERE.LOCAL\\alice"), &json!(false)));
        assert_eq!(operator.delete(&format!("/sessions/{key}")).status, 204);
        assert_eq!(client.current_time().fault().kind, "NotAuthenticated");
        is(&operator.delete(&format!("/sessions/{key}")), 404, "missing");
        assert!(names(&operator.get("/sessions").done()).is_empty());
    }
}
