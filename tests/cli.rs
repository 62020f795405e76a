//! The program from outside: what it prints and how it exits, run as a person or a script would run it.
#![cfg(feature = "server")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use vcsso::clock::Moment;
use vcsso::config::{Ephemeral, KeyFiles, StateFolder};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::entropy::SystemEntropy;
use vcsso::pki::{TokenSigner, make, pem};
use vcsso::saml::write::{NewAssertion, write};
use vcsso::secret::Secret;

/// A folder with what the commands read.
struct World {
    folder: Ephemeral,
    now: Moment,
}

struct Run {
    code: i32,
    out: String,
    error: String,
}

impl World {
    fn new() -> Self {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        Self { folder: Ephemeral::new(&SystemEntropy).unwrap(), now }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// A bearer token of a new signer, and the signer's certificate in a file.
    fn token(&self, anchors: &str) -> String {
        let made = make::self_signed("ssoserverSign", self.now).unwrap();
        self.file(anchors, &pem::encode("CERTIFICATE", made.certificate.der()));
        let signer = TokenSigner::new(made.key, vec![made.certificate]).unwrap();
        let new = NewAssertion {
            id: "_token",
            issue_instant: self.now,
            authn_instant: self.now,
            issuer: "https://sso.test",
            subject: "alice@VSPHERE.LOCAL",
            confirmation: None,
            not_before: self.now,
            not_on_or_after: self.now.plus(Duration::from_secs(300)),
            proxy_count: 0,
            renew_count: 0,
            authn_class: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            groups: &["vsphere.local\\Everyone".to_owned()],
            given_name: None,
            surname: None,
            is_solution: false,
        };
        write(&new, &signer, SignatureAlgorithm::RSA_SHA256).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vcsso"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VCSSO_"))
        {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    fn judge(&self, arguments: &[&str]) -> (i32, Value) {
        let run = self.run(&[arguments, &["--at", "2026-11-24T08:01:00Z", "--output", "json"]].concat());
        (run.code, serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.error)))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), error: text(output.stderr) }
    }
}

fn envelope(header: &str) -> String {
    format!(
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Header><wsse:Security xmlns:wsse=\"\
         http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">{header}</wsse:Security>\
         </S:Header><S:Body><LoginByToken xmlns=\"urn:vim25\"/></S:Body></S:Envelope>"
    )
}

fn step<'v>(report: &'v Value, id: &str) -> &'v Value {
    let steps = report["steps"].as_array().unwrap();
    steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id} in {report:#}"))
}

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

#[test]
fn wrong_arguments_exit_with_two_and_one_clear_line() {
    let world = World::new();
    world.token("anchors.pem");
    world.file("token.xml", "x");
    let verify = |more: &[&'static str]| [&["verify"], more].concat();
    for arguments in [
        verify(&["--token", "token.xml"]),
        verify(&["--anchors", "anchors.pem"]),
        verify(&["--token", "token.xml", "--message", "token.xml", "--anchors", "anchors.pem"]),
        verify(&["--token", "nothing.xml", "--anchors", "anchors.pem"]),
        verify(&["--token", "token.xml", "--anchors", "token.xml"]),
        verify(&["--token", "token.xml", "--anchors", "anchors.pem", "--at", "yesterday"]),
        verify(&["--token", "token.xml", "--anchors", "anchors.pem", "--tolerance", "-1"]),
        vec!["serve", "--lisen", "a"],
        vec!["dance"],
        vec![],
    ] {
        let run = world.run(&arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(!run.error.is_empty() && !run.error.contains("panicked"), "{arguments:?}: {}", run.error);
    }
    let run = world.run(&["verify", "--token", "nothing.xml", "--anchors", "anchors.pem"]);
    assert!(
        run.error.starts_with("vcsso: cannot read nothing.xml: ") && run.error.lines().count() == 1,
        "{}",
        run.error
    );
}

#[test]
fn help_and_version_are_no_errors() {
    let world = World::new();
    for arguments in [&["--help"][..], &["--version"], &["serve", "--help"], &["config", "show", "--help"]] {
        let run = world.run(arguments);
        assert_eq!((run.code, run.error.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn the_configuration_is_shown_with_the_origin_of_every_value() {
    let world = World::new();
    world.file("vcsso.toml", "domain = \"lab.test\"\nseed = \"seed.toml\"\n");
    world.file("seed.toml", "[policy.replay]\nmode = \"log\"\n");
    let arguments = ["config", "show", "--origin", "--config", "vcsso.toml", "--listen", "127.0.0.1:0"];
    let mut command = world.command(&arguments);
    let run = Run::from(command.env("VCSSO_DATABASE", "postgres://sso:hunter2@db/sso").output().unwrap());
    assert_eq!(run.code, 0, "{}", run.error);
    for line in [
        "listen = \"127.0.0.1:0\"  # flag",
        "health = \"127.0.0.1:8080\"  # default",
        "database = \"postgres://sso:***@db/sso\"  # environment",
        "domain = \"lab.test\"  # file",
        "policy.replay.mode = \"log\"  # seed",
        "# tunnel is not set",
    ] {
        assert!(run.out.lines().any(|shown| shown == line), "{line}\n{}", run.out);
    }
    let mut command = world.command(&[&arguments[..], &["--output", "json"]].concat());
    let run = Run::from(command.env("VCSSO_DATABASE", "postgres://sso:hunter2@db/sso").output().unwrap());
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["policy"]["replay"]["mode"]["origin"], "seed");
    assert_eq!(json["listen"]["value"], "127.0.0.1:0");
    assert!(!run.out.contains("hunter2"));
}

#[test]
fn what_config_show_prints_is_a_configuration_file() {
    let world = World::new();
    let shown = world.run(&["config", "show"]);
    world.file("vcsso.toml", &shown.out);
    assert_eq!(world.run(&["config", "validate", "--config", "vcsso.toml"]).code, 0, "{}", shown.out);
}

#[test]
fn a_wrong_configuration_or_seed_exits_with_two_and_names_the_key() {
    let world = World::new();
    world.file("vcsso.toml", "[policy.token]\nclock_tolerance = 1\n");
    world.file("seed.toml", "[[user]]\nname = \"a\"\npasword = \"hunter2\"\n");
    world.file("good.toml", "[[user]]\nname = \"a\"\npassword = \"hunter2\"\n");
    for command in [&["config", "validate"][..], &["config", "show"], &["serve"]] {
        let run = world.run(&[command, &["--config", "vcsso.toml"]].concat());
        let wanted = "vcsso: vcsso.toml line 2: unknown key `clock_tolerance` in [policy.token]; did you mean \
            `clock_tolerance_seconds`?\n";
        assert_eq!((run.code, run.out.as_str(), run.error.as_str()), (2, "", wanted));
        let run = world.run(&[command, &["--seed", "seed.toml"]].concat());
        let wanted = "vcsso: seed.toml line 3: unknown key `pasword` in [[user]]; did you mean `password`?\n";
        assert_eq!((run.code, run.error.as_str()), (2, wanted));
    }
    let run = world.run(&["config", "validate", "--seed", "good.toml"]);
    assert_eq!((run.code, run.error.as_str()), (0, ""));
    let run = world.run(&["config", "validate", "--seed", "seed.toml", "--output", "json"]);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, json["valid"].as_bool()), (2, Some(false)));
}

#[test]
fn env_prints_what_govc_needs_of_the_running_service() {
    let world = World::new();
    let run = world.run(&["env"]);
    assert_eq!((run.code, run.out.as_str()), (4, ""), "{}", run.error);
    assert!(!world.path("state").exists(), "looking makes nothing");
    let state = StateFolder::open(&world.path("state")).unwrap();
    state.write_url("https://127.0.0.1:8443").unwrap();
    state.keep_administrator_password(&Secret::new("it's-A1")).unwrap();
    KeyFiles::open(&world.path("keys"), &["localhost".into()], world.now).unwrap();
    let ca = std::fs::canonicalize(world.path("keys/ca.crt")).unwrap();
    let sh = world.run(&["env"]);
    assert_eq!(sh.code, 0, "{}", sh.error);
    let script = format!(
        "{}printf '%s|%s|%s|%s' \"$GOVC_URL\" \"$GOVC_USERNAME\" \"$GOVC_PASSWORD\" \"$GOVC_TLS_CA_CERTS\"",
        sh.out
    );
    let evaluated = Run::from(Command::new("sh").args(["-c", &script]).output().unwrap());
    let wanted = format!("https://127.0.0.1:8443|Administrator@vsphere.local|it's-A1|{}", ca.display());
    assert_eq!(evaluated.out, wanted);
    for arguments in [&["env", "--format", "json"][..], &["env", "--output", "json"]] {
        let json: Value = serde_json::from_str(&world.run(arguments).out).unwrap();
        assert_eq!(json["GOVC_PASSWORD"], "it's-A1");
    }
    let elsewhere =
        world.run(&["env", "--url", "https://vc.test", "--domain", "lab.test", "--format", "dotenv"]);
    assert!(
        elsewhere.out.starts_with("GOVC_URL=https://vc.test\nGOVC_USERNAME=Administrator@lab.test\n"),
        "{}",
        elsewhere.out
    );
    let ps1 = world.run(&["env", "--format", "ps1"]);
    assert!(ps1.out.contains("$env:GOVC_PASSWORD = 'it''s-A1'\n"), "{}", ps1.out);
}

/// A listener that answers one request.
fn answer(text: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).unwrap();
        assert!(request[..length].starts_with(b"GET /readyz HTTP/1.1\r\n"));
        stream.write_all(text.as_bytes()).unwrap();
    });
    address
}

#[test]
fn the_health_of_the_service_is_an_exit_code() {
    let world = World::new();
    let ready = answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(world.run(&["healthcheck", "--health", &format!("http://{ready}")]).code, 0);
    let ready = answer("HTTP/1.1 200 OK\r\n\r\n");
    let run = Run::from(world.command(&["healthcheck"]).env("VCSSO_HEALTH", ready).output().unwrap());
    assert_eq!((run.code, run.out.as_str()), (0, "ready (200)\n"));
    let busy = answer("HTTP/1.1 503 Service Unavailable\r\n\r\n");
    let run = world.run(&["healthcheck", "--health", &busy, "--output", "json"]);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, json["ready"].as_bool(), json["status"].as_u64()), (4, Some(false), Some(503)));
    let other = answer("SSH-2.0-x\r\n");
    assert_eq!(world.run(&["healthcheck", "--health", &other]).code, 4);
    // A port that was free a moment ago, with nobody behind it.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let run = world.run(&["healthcheck", "--health", &nobody]);
    assert_eq!((run.code, run.error.lines().count()), (4, 1), "{}", run.error);
    assert_eq!(world.run(&["healthcheck", "--health", "https://127.0.0.1:1"]).code, 2);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::new();
    let mut child =
        world.command(&["docs", "steps"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.error.as_str()), (0, ""));
}

#[test]
fn the_list_of_steps_in_the_documents_is_the_one_of_the_code() {
    let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/STEPS.md");
    let written = std::fs::read_to_string(written).unwrap();
    let run = World::new().run(&["docs", "steps"]);
    assert!(written == run.out, "write it again: cargo run -- docs steps > docs/STEPS.md");
}
