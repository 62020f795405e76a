//! `vcsso env` and `vcsso healthcheck`: what is asked of a running service.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;
use vcsso::config::{KeyFiles, StateFolder};
use vcsso::secret::Secret;

use super::{Run, World};

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
