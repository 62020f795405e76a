//! `vcsso token inspect`: what a token says, without a service.

use serde_json::Value;

use super::World;

const AT: [&str; 2] = ["--at", "2026-11-24T08:01:00Z"];

fn inspect(world: &World, more: &[&str]) -> (i32, String) {
    let run = world.run(&[&["token", "inspect", "token.xml"], more].concat());
    assert_eq!(run.error, "");
    (run.code, run.out)
}

#[test]
fn a_token_is_read_and_not_verified_unless_anchors_are_given() {
    let world = World::new();
    world.file("token.xml", &world.token("anchors.pem"));
    let (code, text) = inspect(&world, &AT);
    assert_eq!(code, 0);
    assert!(
        text.starts_with("NOT VERIFIED: no anchors were given\nsubject        alice@VSPHERE.LOCAL\n"),
        "{text}"
    );
    assert!(
        text.contains("holds          2026-11-24T08:00:00.000Z to 2026-11-24T08:05:00.000Z, in force\n"),
        "{text}"
    );
    let (code, text) = inspect(&world, &[&AT[..], &["--anchors", "anchors.pem"]].concat());
    assert_eq!((code, text.starts_with("VERIFIED\n")), (0, true), "{text}");
    let (code, json) = inspect(&world, &[&AT[..], &["--output", "json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["verified"], &json["issuer"]), (0, &Value::Null, &"https://sso.test".into()));
    assert_eq!(
        json["attributes"]["http://rsa.com/schemas/attr-names/2009/01/GroupIdentity"][0],
        "vsphere.local\\Everyone"
    );
    assert_eq!(json["signer"]["subject"], "CN=ssoserverSign");
}

#[test]
fn a_token_that_does_not_hold_still_says_what_it_says() {
    let world = World::new();
    world.file("token.xml", &world.token("anchors.pem").replace("alice@", "carol@"));
    assert_eq!(inspect(&world, &AT).0, 0);
    let judged = [&AT[..], &["--anchors", "anchors.pem", "--output", "json"]].concat();
    let (code, json) = inspect(&world, &judged);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["verified"], &json["refusal"]), (3, &false.into(), &"assertion.digest".into()));
    assert_eq!(json["subject"], "carol@VSPHERE.LOCAL");
    // Its end is no refusal: nobody was asked to judge it.
    let (code, text) = inspect(&world, &["--at", "2026-11-24T08:05:00Z"]);
    assert_eq!((code, text.contains("not in force now")), (0, true), "{text}");
}

#[test]
fn what_a_token_says_is_printed_as_text_and_what_is_none_is_named() {
    let world = World::new();
    world.file("token.xml", &world.token("anchors.pem").replace("https://sso.test", "a\u{202e}b"));
    assert!(!inspect(&world, &AT).1.contains('\u{202e}'));
    for other in ["", "<a/>", "hello"] {
        world.file("other.xml", other);
        let run = world.run(&["token", "inspect", "other.xml"]);
        assert_eq!((run.code, run.out.as_str(), run.error.lines().count()), (2, "", 1), "{}", run.error);
    }
    assert_eq!(world.run(&["token", "inspect", "nowhere.xml"]).code, 2);
}
