//! `vcsso token`: the client of an STS, asking the running service as it would ask a vCenter.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use vcsso::pki::{make, pem};

use super::{Run, World};

const SEED: &str = r#"
[[user]]
name = "alice"
password = "Secret!23"
groups = ["Administrators"]
[[user]]
name = "bob"
password = "Other!234"
[[solution_user]]
name = "robot"
certificate_file = "robot.crt"
groups = ["ActAsUsers"]
[[solution_user]]
name = "agent"
certificate_file = "agent.crt"
"#;

/// A service on a free port, ended with the case; keys and state lie where the commands look for them.
pub(super) struct Service {
    pub(super) world: World,
    pub(super) url: String,
    child: Child,
}

impl Service {
    pub(super) fn start() -> Self {
        let world = World::new();
        for name in ["robot", "agent", "own"] {
            let (certificate, key) = self_signed(name);
            world.file(&format!("{name}.crt"), &certificate);
            world.file(&format!("{name}.key"), &key);
        }
        world.file("seed.toml", SEED);
        world.file("alice.txt", "Secret!23\n");
        let serve = ["serve", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0", "--seed", "seed.toml"];
        let mut command = world.command(&serve);
        command.env("VCSSO_LOG", "debug");
        let log = std::fs::File::create(world.path("log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let log = || std::fs::read_to_string(world.path("log")).unwrap();
        let url = ready.split("url=").nth(1).unwrap_or_else(|| panic!("not ready: {}", log()));
        let url = url.split(' ').next().unwrap().to_owned();
        Self { world, url, child }
    }

    /// Everything it has written by now.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.world.path("log")).unwrap()
    }

    fn token(&self, arguments: &[&str]) -> Run {
        self.world.run(&[&["token"], arguments].concat())
    }

    /// A token, kept in a file of this name.
    pub(super) fn issued(&self, file: &str, arguments: &[&str]) -> Value {
        let run = self.token(&[&["issue"], arguments].concat());
        assert_eq!(run.code, 0, "{}", run.error);
        assert!(
            run.out.starts_with("<saml2:Assertion ") && run.out.ends_with("</saml2:Assertion>\n"),
            "{}",
            run.out
        );
        self.world.file(file, &run.out);
        self.inspected(file)
    }

    /// What a token says, once it is proven that not a byte of it is another one than its signer wrote.
    fn inspected(&self, file: &str) -> Value {
        let signer = std::fs::read_dir(self.world.path("keys")).unwrap().map(|entry| entry.unwrap().path());
        let signer = signer.filter(|path| path.display().to_string().contains("sts-"));
        let signer = signer.filter(|path| path.extension().is_some_and(|extension| extension == "crt"));
        let signer = signer.map(|path| path.display().to_string()).next().unwrap();
        let run = self.token(&["inspect", file, "--anchors", &signer, "--output", "json"]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.error);
        let facts: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((&facts["verified"], &facts["in_force"]), (&true.into(), &true.into()), "{facts:#}");
        facts
    }

    /// What it was told, in JSON.
    pub(super) fn refused(&self, arguments: &[&str]) -> Value {
        let run = self.token(&[arguments, &["--output", "json"]].concat());
        assert_eq!((run.code, run.error.as_str()), (3, ""), "{}", run.out);
        serde_json::from_str(&run.out).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A certificate and its key, as `openssl req -x509` makes them.
pub(super) fn self_signed(name: &str) -> (String, String) {
    use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn sha256(service: &Service, certificate: &str) -> String {
    let text = std::fs::read_to_string(service.world.path(certificate)).unwrap();
    pem::certificates(&text).unwrap()[0].fingerprint()
}

pub(super) const ALICE: [&str; 4] = ["--user", "alice@vsphere.local", "--password-file", "alice.txt"];
pub(super) const ROBOT: [&str; 4] = ["--certificate", "robot.crt", "--key", "robot.key"];
pub(super) const OWN: [&str; 4] = ["--certificate", "own.crt", "--key", "own.key"];

#[test]
fn every_credential_gets_its_token() {
    let service = Service::start();
    let bearer = service.issued("bearer.xml", &ALICE);
    assert_eq!(
        (&bearer["subject"], &bearer["confirmation"]),
        (&"alice@VSPHERE.LOCAL".into(), &"bearer".into())
    );
    assert_eq!((&bearer["proxy_count"], &bearer["renew_count"]), (&"0".into(), &Value::Null));
    // By another URL, another handwriting and another place of the password.
    let sts = format!("{}/STS/STSService", service.url);
    let arguments =
        ["token", "issue", "--user", "alice", "--url", &sts, "--ca", "keys/ca.crt", "--style", "pyvmomi"];
    let run =
        Run::from(service.world.command(&arguments).env("VCSSO_PASSWORD", "Secret!23").output().unwrap());
    assert_eq!(run.code, 0, "{}", run.error);
    // A person with a key of her own, and a machine.
    let held = service.issued("held.xml", &[&ALICE[..], &OWN, &["--renewable", "--delegatable"]].concat());
    assert_eq!(
        (&held["subject"], &held["confirmation"]),
        (&"alice@VSPHERE.LOCAL".into(), &"holder-of-key".into())
    );
    assert_eq!(held["confirmed"]["sha256"], sha256(&service, "own.crt"));
    assert_eq!((&held["proxy_count"], &held["renew_count"]), (&"10".into(), &"10".into()));
    let machine = service.issued("machine.xml", &[&ROBOT[..], &["--confirmation", "bearer"]].concat());
    assert_eq!(
        (&machine["subject"], &machine["confirmation"]),
        (&"robot@VSPHERE.LOCAL".into(), &"bearer".into())
    );
    // By a token, in both handwritings.
    for style in ["govmomi", "pyvmomi"] {
        let exchanged =
            [&["--token", "held.xml", "--audience", "urn:a", "--style", style], &OWN[..]].concat();
        let exchanged = service.issued("exchanged.xml", &exchanged);
        assert_eq!((&exchanged["subject"], &exchanged["audiences"][0]), (&held["subject"], &"urn:a".into()));
        assert_ne!(exchanged["id"], held["id"]);
    }
    // For programs: the same bytes, and what they say.
    let run = service.token(&[&["issue", "--output", "json", "--lifetime", "60"], &ALICE[..]].concat());
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, json["subject"].as_str()), (0, Some("alice@VSPHERE.LOCAL")));
    service.world.file("json.xml", json["assertion"].as_str().unwrap());
    assert_eq!(service.inspected("json.xml")["id"], json["id"]);
}

#[test]
fn a_machine_acts_as_somebody_and_somebody_delegates_to_a_machine() {
    let service = Service::start();
    service.issued("subject.xml", &[&ALICE[..], &["--delegatable"]].concat());
    let acting = service.issued("acting.xml", &[&["--act-as", "subject.xml"], &ROBOT[..]].concat());
    assert_eq!(acting["subject"], "alice@VSPHERE.LOCAL");
    assert_eq!(
        (&acting["presenter"], &acting["delegates"][0]["name"]),
        (&"robot@VSPHERE.LOCAL".into(), &"robot@VSPHERE.LOCAL".into())
    );
    assert_eq!(acting["confirmed"]["sha256"], sha256(&service, "robot.crt"));
    let pushed = service.issued("pushed.xml", &[&ALICE[..], &["--delegate-to", "agent"]].concat());
    assert_eq!(
        (&pushed["subject"], &pushed["presenter"]),
        (&"alice@VSPHERE.LOCAL".into(), &"agent@VSPHERE.LOCAL".into())
    );
    assert_eq!(pushed["confirmed"]["sha256"], sha256(&service, "agent.crt"));
    // Not to be delegated, or not by one who may.
    service.issued("plain.xml", &ALICE);
    let ended = service.refused(&[&["issue", "--act-as", "plain.xml"], &ROBOT[..]].concat());
    assert_eq!(
        (&ended["fault"]["code"], &ended["fault"]["text"]),
        (&"InvalidRequest".into(), &"Cannot continue delegation chain".into())
    );
    let nobody = ["issue", "--act-as", "subject.xml", "--certificate", "agent.crt", "--key", "agent.key"];
    assert_eq!(service.refused(&nobody)["fault"]["text"], "Access not authorized!");
}

#[test]
fn a_token_is_renewed_validated_and_cancelled() {
    let service = Service::start();
    let held = service.issued("held.xml", &[&ALICE[..], &OWN].concat());
    let run = service.token(&[&["renew", "held.xml", "--lifetime", "600"], &OWN[..]].concat());
    assert_eq!(run.code, 0, "{}", run.error);
    service.world.file("renewed.xml", &run.out);
    let renewed = service.inspected("renewed.xml");
    assert_eq!((&renewed["subject"], &renewed["confirmed"]), (&held["subject"], &held["confirmed"]));
    assert_ne!(renewed["id"], held["id"]);
    let other = service.refused(&[&["renew", "held.xml"], &ROBOT[..]].concat());
    assert_eq!(other["fault"]["code"], "FailedAuthentication");
    assert_eq!(service.token(&["renew", "held.xml"]).code, 2);
    // Valid; and not, changed by a letter.
    let run = service.token(&["validate", "held.xml"]);
    assert_eq!((run.code, run.out.as_str()), (0, "valid\n"), "{}", run.error);
    let text = std::fs::read_to_string(service.world.path("held.xml")).unwrap();
    service.world.file("changed.xml", &text.replace("alice@", "carol@"));
    let run = service.token(&["validate", "changed.xml"]);
    assert_eq!((run.code, run.out.as_str()), (3, "invalid\n"), "{}", run.error);
    let json: Value =
        serde_json::from_str(&service.token(&["validate", "held.xml", "--output", "json"]).out).unwrap();
    assert_eq!(json["valid"], true);
    // Taken back by its key alone, and then good for nothing.
    assert_eq!(service.refused(&["cancel", "held.xml"])["fault"]["code"], "FailedAuthentication");
    let run = service.token(&[&["cancel", "held.xml"], &OWN[..]].concat());
    assert_eq!((run.code, run.out.as_str()), (0, "cancelled\n"), "{}", run.error);
    assert_eq!(service.token(&["validate", "held.xml"]).code, 3);
    assert_eq!(service.token(&["validate", "renewed.xml"]).code, 0);
    service.issued("bearer.xml", &ALICE);
    assert_eq!(service.token(&["cancel", "bearer.xml"]).code, 0);
    assert_eq!(service.token(&["validate", "bearer.xml"]).code, 3);
}

/// sts.md §10: 223.
#[test]
fn a_refusal_is_code_3_and_what_is_not_there_code_4() {
    let service = Service::start();
    let wrong = service.world.file("wrong.txt", "wrong\n");
    let issue = ["token", "issue", "--user", "alice", "--password-file", &wrong];
    let run = service.world.run(&issue);
    assert_eq!((run.code, run.out.as_str(), run.error.lines().count()), (3, "", 1), "{}", run.error);
    assert!(run.error.contains("FailedAuthentication: Invalid credentials (trace "), "{}", run.error);
    let refused = service.refused(&issue[1..]);
    assert_eq!(
        (&refused["fault"]["code"], &refused["fault"]["text"]),
        (&"FailedAuthentication".into(), &"Invalid credentials".into())
    );
    // The trace is the one that the operator explains; a refusal may be written a moment late.
    let explain = || service.world.run(&["explain", refused["trace"].as_str().unwrap()]);
    let mut explained = explain();
    for _ in 0..100 {
        if explained.code == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
        explained = explain();
    }
    assert!(explained.out.contains("credential.password"), "{}{}", explained.out, explained.error);
    // No password in the arguments, and none anywhere else: said before anything is sent.
    let none = service.token(&["issue", "--user", "alice"]);
    assert_eq!((none.code, none.error.contains("VCSSO_PASSWORD")), (2, true), "{}", none.error);
    assert_eq!(service.token(&["issue"]).code, 2);
    // Another's key, and a key without its certificate.
    let mixed = ["issue", "--certificate", "robot.crt", "--key", "own.key"];
    assert_eq!(service.token(&mixed).code, 2);
    assert_eq!(service.token(&mixed[..3]).code, 2);
    // Nobody there; somebody who is not who he should be, unless nobody asks; no STS at that path.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let at = |url: &str, more: &[&str]| service.token(&[&["issue", "--url", url], more, &ALICE[..]].concat());
    assert_eq!(at(&format!("https://{nobody}"), &[]).code, 4);
    let stranger = make::authority("another CA", service.world.now).unwrap();
    let stranger = service.world.file("stranger.crt", &stranger.certificate);
    let run = at(&service.url, &["--ca", &stranger]);
    assert_eq!((run.code, run.out.as_str()), (4, ""), "{}", run.error);
    assert!(run.error.contains("certificate"), "{}", run.error);
    assert_eq!(at(&service.url, &["--insecure"]).code, 0);
    let elsewhere = at(&format!("{}/elsewhere", service.url), &[]);
    assert_eq!((elsewhere.code, elsewhere.error.contains("answered 404")), (4, true), "{}", elsewhere.error);
    assert_eq!(at("http://127.0.0.1", &[]).code, 2);
}

#[test]
fn tokens_and_passwords_come_through_pipes_too() {
    let service = Service::start();
    let piped = |arguments: &[&str], text: &str| {
        let mut command = service.world.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        Run::from(child.wait_with_output().unwrap())
    };
    let token = piped(&["token", "issue", "--user", "bob", "--password-file", "-"], "Other!234\n");
    assert_eq!(token.code, 0, "{}", token.error);
    let declared = format!("<?xml version=\"1.0\"?>\n{}\n", token.out);
    let run = piped(&["token", "validate", "-"], &declared);
    assert_eq!((run.code, run.out.as_str()), (0, "valid\n"), "{}", run.error);
}
