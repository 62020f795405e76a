//! What the service writes about those who use it.

use super::token::Service;

/// `attacks.md` N17.
#[test]
fn a_line_of_the_log_is_one_event_and_holds_no_secret() {
    let service = Service::start();
    let alice = ["--user", "alice@vsphere.local", "--password-file", "alice.txt"];
    let run = service.world.run(&[&["doctor"][..], &alice].concat());
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    service.world.file("wrong.txt", "Wr0ng!pass\n");
    let forged = "eve\nFAKE INFO outcome=\"accepted\" principal=root";
    let run = service.world.run(&["token", "issue", "--user", forged, "--password-file", "wrong.txt"]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.error);
    let log = std::fs::read_to_string(service.world.path("log")).unwrap();
    let about_eve: Vec<_> = log.lines().filter(|line| line.contains("FAKE")).collect();
    assert!(about_eve.len() == 1 && about_eve[0].contains("eve\\nFAKE"), "{about_eve:?}");
    assert!(log.lines().any(|line| line.contains("alice") && line.contains("accepted")), "{log}");
    let secrets =
        ["Secret!23", "Wr0ng!pass", "<saml2:Assertion", "vmware_soap_session", "BEGIN", "SignatureValue"];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}
