//! The audit by the admin API: looked through from either end, followed as it grows; and one exchange with its evidence.

use serde_json::{Value, json};
use vcsso::client::Style;

use crate::harness::requests::token_login;
use crate::harness::{House, PASSWORD, Said, now};

fn is(said: &Said, status: u16, kind: &str) {
    assert_eq!(said.problem(), (status, kind), "{}", said.answer.body);
}

fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()).collect()
}

fn written(house: &House) {
    house.run(|app| async move { app.store.drained().await.unwrap() });
}

on_both! {
    fn rows_are_found_from_either_end_and_by_what_they_say(place) {
        let house = House::open(place);
        let operator = house.operator();
        for _ in 0..3 {
            assert_eq!(house.client().login("carol", "wrong").status, 500);
        }
        let trace = house.issue(&crate::harness::Act::new(crate::harness::Credential::Password("alice", PASSWORD))).trace().to_owned();
        written(&house);
        let newest = operator.get("/audit?limit=1000").done();
        let mut oldest = numbers(&operator.get("/audit?limit=1000&order=oldest").done());
        oldest.reverse();
        assert_eq!(numbers(&newest), oldest);
        assert!(oldest.len() > 4 && newest.get("next").is_none());
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = operator.get(&format!("/audit?limit=3{after}")).done();
            found.extend(numbers(&page));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(found, oldest);
        let of = |filter: &str| operator.get(&format!("/audit?{filter}")).done()["items"].as_array().unwrap().clone();
        let refused = of("outcome=refused&action=session.login&principal=carol");
        assert_eq!(refused.len(), 3);
        assert_eq!((&refused[0]["reason"], &refused[0]["detail"]["refusal"]), (&json!("credential.password"), &json!("credential.password")));
        let issued = of(&format!("trace={trace}"));
        assert_eq!((issued.len(), &issued[0]["action"]), (1, &json!("sts.issue")));
        assert!(of("outcome=failed").is_empty() && of("action=none").is_empty());
        is(&operator.get("/audit?outcome=lost"), 400, "malformed");
        is(&operator.get("/audit?after=-x"), 400, "malformed");
        is(&operator.get("/audit?wait=1"), 422, "not-allowed");
        is(&operator.get("/audit?order=oldest&wait=31"), 400, "malformed");
    }

    /// What another replica writes is seen too, and nothing twice.
    fn who_follows_the_audit_sees_every_row_once(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        written(&house);
        let last = numbers(&house.operator().get("/audit?limit=1").done())[0];
        // Nothing new: an empty page says where to go on.
        let empty = house.operator().get(&format!("/audit?order=oldest&after={last}")).done();
        assert_eq!((numbers(&empty), &empty["next"]), (Vec::new(), &json!(last.to_string())));
        let seen = std::thread::scope(|scope| {
            let follower = scope.spawn(|| {
                let (mut seen, mut after) = (Vec::new(), last);
                while seen.len() < 8 {
                    let page = house.operator().get(&format!("/audit?order=oldest&after={after}&wait=30&action=role.add")).done();
                    seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["detail"]["name"].as_str().unwrap().to_owned()));
                    after = page["next"].as_str().unwrap().parse().unwrap();
                }
                seen
            });
            for number in 0..8 {
                let maker = if number % 2 == 0 { &house } else { &elsewhere };
                maker.operator().post("/roles", json!({ "name": format!("role-{number}"), "privileges": [] })).done();
            }
            follower.join().unwrap()
        });
        assert_eq!(seen, (0..8).map(|number| format!("role-{number}")).collect::<Vec<_>>());
    }

    fn a_refusal_is_explained_with_its_evidence_while_it_is_remembered(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let message = token_login(Style::Govmomi, &house.bearer("alice"), None, now());
        let changed = message.replacen("alice@VSPHERE.LOCAL", "carol@VSPHERE.LOCAL", 1);
        assert_ne!(changed, message);
        let answer = house.client().send(changed);
        assert_eq!(house.refusal(&answer), "assertion.digest");
        let path = format!("/exchanges/{}", answer.trace());
        let evidence = |said: Said| {
            let decision = said.done()["decisions"][0].clone();
            assert_eq!((&decision["outcome"], &decision["reason"]), (&json!("refused"), &json!("assertion.digest")));
            let steps = decision["detail"]["steps"].as_array().unwrap().clone();
            steps.iter().any(|step| step.get("evidence").is_some())
        };
        assert!(evidence(house.operator().get(&path)));
        assert!(!evidence(elsewhere.operator().get(&path)), "another replica has the report alone");
        let audit = house.operator().get(&format!("/audit?trace={}", answer.trace()));
        assert!(!audit.answer.body.contains("evidence"), "and so has the audit");
        is(&house.operator().get("/exchanges/none"), 404, "missing");
    }
}
