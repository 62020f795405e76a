//! What the log says: one line for each event, whatever a client calls itself, and never a secret.

use super::token::{ALICE, OWN, ROBOT, Service};

/// `attacks.md` N17.
#[test]
fn an_event_is_one_line_and_holds_no_secret() {
    let service = Service::start();
    service.issued("bearer.xml", &ALICE);
    service.issued("held.xml", &[&ALICE[..], &OWN].concat());
    service.issued("robot.xml", &ROBOT);
    service.world.file("wrong.txt", "not-the-password\n");
    let name = "eve\r\n2026-11-24T08:00:00Z ERROR forged\u{2028}@vsphere.local";
    let controls = "eve\u{1b}[31m@vsphere.local";
    service.refused(&["issue", "--user", controls, "--password-file", "wrong.txt"]);
    service.refused(&["issue", "--user", name, "--password-file", "wrong.txt"]);
    service.refused(&["issue", "--user", "alice@vsphere.local", "--password-file", "wrong.txt"]);
    let log = service.log();
    let refusals: Vec<&str> = log.lines().filter(|line| line.contains("refused")).collect();
    assert_eq!(refusals.len(), 3, "{log}");
    assert!(refusals.iter().any(|line| line.contains("eve\\r\\n")), "{refusals:?}");
    assert!(!log.lines().any(|line| line.starts_with("2026-11-24T08:00:00Z ERROR")), "{log}");
    assert!(!log.contains(['\u{1b}', '\r', '\u{2028}']), "{log}");
    let read = |file: &str| std::fs::read_to_string(service.world.path(file)).unwrap();
    let signature = |file| {
        let token = read(file);
        token.split("<ds:SignatureValue>").nth(1).unwrap()[..60].to_owned()
    };
    let body = |file| read(file).lines().nth(1).unwrap().to_owned();
    for secret in [
        "Secret!23".to_owned(),
        "Other!234".to_owned(),
        "not-the-password".to_owned(),
        signature("bearer.xml"),
        signature("held.xml"),
        signature("robot.xml"),
        body("own.key"),
        body("robot.key"),
    ] {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
}
