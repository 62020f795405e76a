//! `vcsso verify`: the judge, offline.

use std::io::Write as _;
use std::process::Stdio;

use super::{Run, World, envelope, step};

#[test]
fn a_good_token_is_accepted_and_what_needs_the_store_is_not_checked() {
    let world = World::new();
    world.file("token.xml", &world.token("anchors.pem"));
    let (code, report) = world.judge(&["verify", "--token", "token.xml", "--anchors", "anchors.pem"]);
    assert_eq!((code, report["verdict"].as_str()), (0, Some("accepted")), "{report:#}");
    assert_eq!(report["subject"], "alice@VSPHERE.LOCAL");
    for id in ["admission.subject", "admission.revoked"] {
        assert_eq!(step(&report, id)["outcome"], "not-checked");
    }
}

#[test]
fn a_token_with_a_line_end_after_it_is_the_same_token() {
    let world = World::new();
    world.file("token.xml", &(world.token("anchors.pem") + "\n"));
    assert_eq!(world.judge(&["verify", "--token", "token.xml", "--anchors", "anchors.pem"]).0, 0);
}

#[test]
fn a_changed_token_is_refused_at_its_digest_with_the_evidence() {
    let world = World::new();
    world.file("token.xml", &world.token("anchors.pem").replace("alice@", "carol@"));
    let (code, report) = world.judge(&["verify", "--token", "token.xml", "--anchors", "anchors.pem"]);
    assert_eq!((code, report["refusal"].as_str()), (3, Some("assertion.digest")), "{report:#}");
    assert!(step(&report, "assertion.digest")["evidence"]["canonical_base64"].is_string(), "{report:#}");
    let text = world.run(&[
        "verify",
        "--token",
        "token.xml",
        "--anchors",
        "anchors.pem",
        "--at",
        "2026-11-24T08:01:00Z",
    ]);
    assert!(text.out.starts_with("REFUSED at assertion.digest\n"), "{}", text.out);
    assert!(text.out.contains("canonical_sha256"), "{}", text.out);
}

#[test]
fn a_strangers_token_is_refused_at_its_signer() {
    let world = World::new();
    world.file("token.xml", &world.token("his.pem"));
    world.token("mine.pem");
    let (code, report) = world.judge(&["verify", "--token", "token.xml", "--anchors", "mine.pem"]);
    assert_eq!((code, report["verdict"].as_str()), (3, Some("refused")));
    assert!(report["refusal"].as_str().unwrap().starts_with("assertion.sign"), "{report:#}");
    assert!(report.get("subject").is_none(), "{report:#}");
}

#[test]
fn every_certificate_of_the_anchors_file_is_an_anchor() {
    let world = World::new();
    let token = world.token("second.pem");
    world.token("first.pem");
    let both =
        ["first.pem", "second.pem"].map(|name| std::fs::read_to_string(world.path(name)).unwrap()).concat();
    world.file("token.xml", &token);
    world.file("both.pem", &both);
    assert_eq!(world.judge(&["verify", "--token", "token.xml", "--anchors", "both.pem"]).0, 0);
}

#[test]
fn anchors_serve_any_issuer_unless_one_is_named() {
    let world = World::new();
    world.file("token.xml", &world.token("anchors.pem"));
    let judge = |issuer| {
        world.judge(&["verify", "--token", "token.xml", "--anchors", "anchors.pem", "--issuer", issuer])
    };
    assert_eq!(judge("https://sso.test").0, 0);
    let (code, report) = judge("https://other.test");
    assert_eq!((code, report["refusal"].as_str()), (3, Some("assertion.issuer")));
}

#[test]
fn time_and_tolerance_decide_to_the_second() {
    let world = World::new();
    world.file("token.xml", &world.token("anchors.pem"));
    let judge = |at, tolerance| {
        let run = [
            "verify",
            "--token",
            "token.xml",
            "--anchors",
            "anchors.pem",
            "--at",
            at,
            "--tolerance",
            tolerance,
        ];
        world.run(&run).code
    };
    assert_eq!(judge("2026-11-24T08:04:59Z", "0"), 0);
    assert_eq!(judge("2026-11-24T08:05:00Z", "0"), 3);
    assert_eq!(judge("2026-11-24T08:05:09Z", "10"), 0);
    assert_eq!(judge("2026-11-24T08:05:10Z", "10"), 3);
    assert_eq!(judge("2026-11-24T08:14:59Z", "600"), 0);
}

#[test]
fn a_message_is_judged_at_its_door() {
    let world = World::new();
    world.file("message.xml", &envelope(&world.token("anchors.pem")));
    let sdk = world.judge(&["verify", "--message", "message.xml", "--anchors", "anchors.pem"]);
    assert_eq!((sdk.0, sdk.1["door"].as_str()), (0, Some("sdk")), "{:#}", sdk.1);
    assert_eq!(step(&sdk.1, "admission.permission")["outcome"], "not-checked");
    let sts =
        world.judge(&["verify", "--message", "message.xml", "--anchors", "anchors.pem", "--door", "sts"]);
    assert_eq!((sts.0, sts.1["refusal"].as_str()), (3, Some("message.timestamp")), "{:#}", sts.1);
}

#[test]
fn a_message_comes_through_a_pipe_too() {
    let world = World::new();
    let message = envelope(&world.token("anchors.pem"));
    let arguments = ["verify", "--message", "-", "--anchors", "anchors.pem", "--at", "2026-11-24T08:01:00Z"];
    let mut child = world
        .command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.code, 0, "{}", run.error);
    assert!(run.out.starts_with("ACCEPTED\n"), "{}", run.out);
}

#[test]
fn what_is_no_message_is_refused_with_a_report() {
    let world = World::new();
    world.token("anchors.pem");
    for (text, refusal) in
        [("", "xml."), ("hello", "xml."), ("<a/>", "soap.version"), ("<!DOCTYPE a><a/>", "xml.doctype")]
    {
        world.file("message.xml", text);
        let (code, report) = world.judge(&["verify", "--message", "message.xml", "--anchors", "anchors.pem"]);
        assert_eq!(code, 3);
        assert!(report["refusal"].as_str().unwrap().starts_with(refusal), "{text}: {report:#}");
    }
}

#[test]
fn a_message_that_proves_nothing_is_refused_at_the_sts_too() {
    let world = World::new();
    world.token("anchors.pem");
    let timestamp = "<u:Timestamp xmlns:u=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\">\
        <u:Created>2026-11-24T08:00:00.000Z</u:Created><u:Expires>2026-11-24T08:05:00.000Z</u:Expires></u:Timestamp>";
    world.file("message.xml", &envelope(timestamp));
    let (code, report) =
        world.judge(&["verify", "--message", "message.xml", "--anchors", "anchors.pem", "--door", "sts"]);
    assert_eq!((code, report["refusal"].as_str()), (3, Some("credential.present")), "{report:#}");
}

#[test]
fn a_hostile_message_prints_nothing_but_text() {
    let world = World::new();
    world.file("token.xml", &world.token("anchors.pem").replace("https://sso.test", "a\u{202e}b"));
    let run = world.run(&["verify", "--token", "token.xml", "--anchors", "anchors.pem", "--issuer", "x"]);
    assert_eq!(run.code, 3);
    assert!(!run.out.contains('\u{202e}'), "{}", run.out);
}
