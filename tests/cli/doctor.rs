//! `vcsso doctor`: what it says of this service, which is well, and of what is not.

use std::net::TcpListener;

use serde_json::Value;

use super::token::{Service, self_signed};
use super::{Run, World};

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.error))
}

/// Every check with its outcome, in order.
fn outcomes(found: &Value) -> Vec<(&str, &str)> {
    let checks = found["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| (check["check"].as_str().unwrap(), check["outcome"].as_str().unwrap()))
        .collect()
}

fn of<'v>(found: &'v Value, wanted: &str) -> &'v Value {
    let checks = found["checks"].as_array().unwrap();
    checks.iter().find(|check| check["check"] == wanted).unwrap_or_else(|| panic!("no {wanted} in {found:#}"))
}

const ALICE: [&str; 4] = ["--user", "alice@vsphere.local", "--password-file", "alice.txt"];

#[test]
fn the_running_service_is_well_and_every_check_says_so() {
    let service = Service::start();
    let run = service.world.run(&[&["doctor", "--output", "json"][..], &ALICE].concat());
    let found = json(&run);
    assert_eq!((run.code, &found["healthy"]), (0, &true.into()), "{found:#}");
    let checks = [
        "clock",
        "tls",
        "sdk",
        "lookup",
        "sts",
        "lookup.trust",
        "signatures",
        "login",
        "token",
        "signer",
        "session",
        "changed token",
    ];
    assert_eq!(outcomes(&found), checks.map(|check| (check, "ok")), "{found:#}");
    assert!(of(&found, "session")["seen"].as_str().unwrap().contains("VSPHERE.LOCAL\\alice"));
    let text = service.world.run(&["doctor"]);
    assert_eq!(text.code, 0, "{}{}", text.out, text.error);
    assert_eq!(text.out.lines().filter(|line| line.starts_with("ok ")).count(), 7, "{}", text.out);
    assert!(text.out.contains("skipped  login"), "{}", text.out);
}

#[test]
fn what_is_wrong_is_said_and_is_the_exit_code() {
    let service = Service::start();
    let (other, _) = self_signed("other");
    service.world.file("other.crt", &other);
    service.world.file("wrong.txt", "Wrong!234\n");
    let doctor = |arguments: &[&str]| {
        let run = service.world.run(&[&["doctor", &service.url, "--output", "json"], arguments].concat());
        (run.code, json(&run))
    };
    // Somebody else should have signed its certificate; and then it is told no password.
    let (code, found) = doctor(&[&["--ca", "other.crt"][..], &ALICE].concat());
    assert_eq!(
        (code, &of(&found, "tls")["outcome"], &of(&found, "login")["outcome"]),
        (3, &"no".into(), &"no".into()),
        "{found:#}"
    );
    assert_eq!(of(&found, "signatures")["outcome"], "ok");
    // The password is wrong.
    let (code, found) = doctor(&["--user", "alice", "--password-file", "wrong.txt"]);
    let login = of(&found, "login");
    assert_eq!(
        (code, &login["outcome"], &login["seen"]),
        (3, &"no".into(), &"FailedAuthentication: Invalid credentials".into()),
        "{found:#}"
    );
    // The user may not log in: that is no fault of the service.
    service.world.file("bob.txt", "Other!234\n");
    let (code, found) = doctor(&["--user", "bob", "--password-file", "bob.txt"]);
    assert_eq!((code, &of(&found, "session")["outcome"]), (0, &"warning".into()), "{found:#}");
    assert_eq!(of(&found, "changed token")["outcome"], "ok");
    // A server of which nothing is known is told no password, unless that is wanted.
    let elsewhere = service.url.replace("127.0.0.1", "localhost");
    let arguments = [&["doctor", &elsewhere, "--output", "json"][..], &ALICE].concat();
    let found = json(&service.world.run(&arguments));
    assert_eq!(
        (&of(&found, "tls")["outcome"], &of(&found, "login")["outcome"]),
        (&"skipped".into(), &"skipped".into()),
        "{found:#}"
    );
    let found = json(&service.world.run(&[&arguments[..], &["--insecure"]].concat()));
    assert_eq!(
        (&of(&found, "tls")["outcome"], &of(&found, "changed token")["outcome"]),
        (&"skipped".into(), &"ok".into()),
        "{found:#}"
    );
}

#[test]
fn where_nobody_answers_there_is_nothing_to_look_at() {
    let world = World::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let run = world.run(&["doctor", &format!("https://{nobody}")]);
    assert_eq!((run.code, run.out.as_str(), run.error.lines().count()), (4, "", 1), "{}", run.error);
    let run = world.run(&["doctor"]);
    assert_eq!((run.code, run.error.contains("give a URL")), (4, true), "{}", run.error);
    for wrong in [
        &["doctor", "http://vc.example"][..],
        &["doctor", "https://vc.example", "--ca", "nothing.crt"],
        &["doctor", "https://vc.example", "--password-file", "x"],
    ] {
        assert_eq!(world.run(wrong).code, 2, "{wrong:?}");
    }
}
