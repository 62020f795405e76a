//! `vcsso keys`: a new key, an old one's end, and a running service that notices.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use vcsso::clock::{Clock as _, Moment};
use vcsso::config::KeyFiles;
use vcsso::lab::LabClock;

use super::{Run, World};

/// A running service; it is told to stop when the test is over.
struct Service {
    child: Child,
    health: String,
}

impl Service {
    fn start(world: &World) -> Self {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"];
        let log = std::fs::File::create(world.path("log")).unwrap();
        let mut child = world.command(&arguments).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        let health = ready.trim().split_once("health=http://").unwrap().1.to_owned();
        Self { child, health }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.health).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn number(&self, name: &str) -> f64 {
        let numbers = self.get("/metrics");
        let line = numbers.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{numbers}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn keys(world: &World, arguments: &[&str]) -> Vec<Value> {
    let run = world.run(&[&["keys"], arguments, &["--output", "json"]].concat());
    assert_eq!(run.code, 0, "{}", run.error);
    serde_json::from_str::<Value>(&run.out).unwrap().as_array().unwrap().clone()
}

fn statuses(keys: &[Value]) -> Vec<&str> {
    keys.iter().map(|key| key["status"].as_str().unwrap()).collect()
}

fn refused(run: &Run, code: i32, text: &str) {
    assert_eq!((run.code, run.out.as_str()), (code, ""), "{}", run.error);
    assert!(run.error.contains(text) && run.error.lines().count() == 1, "{}", run.error);
}

#[test]
fn keys_are_rotated_retired_and_revoked_beside_a_running_service() {
    let world = World::new();
    let service = Service::start(&world);
    let listed = keys(&world, &["list"]);
    assert_eq!((statuses(&listed), listed[0]["tokens_until"].as_str()), (vec!["active"], Some("")));
    let first = listed[0]["sha256"].as_str().unwrap();
    let days: i64 = listed[0]["days_left"].as_str().unwrap().parse().unwrap();
    assert!((3649..=3650).contains(&days), "3650 days, some seconds ago: {days}");

    let rotated = keys(&world, &["rotate"]);
    assert_eq!(
        (statuses(&rotated), rotated[1]["sha256"].as_str()),
        (vec!["active", "previous"], Some(first))
    );
    let second = rotated[0]["sha256"].as_str().unwrap();
    let file = world.path(&format!("keys/sts-{second}.key"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(service.get("/readyz").starts_with("HTTP/1.1 200"), "it has found the new key");

    refused(&world.run(&["keys", "retire", second]), 3, "is active, only a previous key can be retired");
    refused(&world.run(&["keys", "retire", "zz"]), 3, "no signing key begins with \"zz\"");
    assert_eq!(statuses(&keys(&world, &["retire", &first[..12]])), ["retired"]);
    let revoked = keys(&world, &["revoke", second]);
    assert_eq!(
        (statuses(&revoked), revoked[1]["sha256"].as_str()),
        (vec!["active", "revoked"], Some(second))
    );
    assert_eq!(statuses(&keys(&world, &["list"])), ["retired", "revoked", "active"]);
    refused(&world.run(&["keys", "revoke", second]), 3, "is revoked already");
    assert!(service.get("/readyz").starts_with("HTTP/1.1 200"));

    // Without the key the service says so, and finds it when it is back.
    let third = keys(&world, &["rotate"])[0]["sha256"].as_str().unwrap().to_owned();
    let (file, away) = (world.path(&format!("keys/sts-{third}.key")), world.path("away"));
    std::fs::rename(&file, &away).unwrap();
    let unready = service.get("/readyz");
    assert!(unready.contains("503") && unready.contains("no active signing key"), "{unready}");
    std::fs::rename(&away, &file).unwrap();
    while !service.get("/readyz").starts_with("HTTP/1.1 200") {
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_key_that_ends_soon_is_in_the_log_and_its_days_are_in_the_numbers() {
    for (left, warned) in [(60, true), (100, false)] {
        let world = World::new();
        let at = LabClock::default().now().plus(Duration::from_hours(24 * left)).minus(YEARS_10);
        KeyFiles::open(&world.path("keys"), &["localhost".into()], at).unwrap();
        let service = Service::start(&world);
        let days = service.number("vcsso_signing_key_days_left ");
        assert!((f64::from(u32::try_from(left).unwrap()) - days).abs() < 0.1, "{days}");
        let end = Moment::from_micros(at.plus(YEARS_10).seconds() * 1_000_000);
        let seconds = service.number("vcsso_signing_key_expires_timestamp_seconds ");
        assert!((seconds - f64::from(u32::try_from(end.seconds()).unwrap())).abs() < 2.0, "{seconds}");
        assert!((service.number("vcsso_signing_keys{status=\"active\"}") - 1.0).abs() < f64::EPSILON);
        let log = std::fs::read_to_string(world.path("log")).unwrap();
        let lines = log.lines().filter(|line| line.contains("the signing key ends soon"));
        let said: Vec<&str> = lines.collect();
        assert_eq!(said.len(), usize::from(warned), "{log}");
        assert!(said.iter().all(|line| line.contains(" WARN ") && line.contains("days_left=59")), "{said:?}");
    }
}

#[test]
fn no_key_is_made_where_no_service_keeps_its_keys() {
    let world = World::new();
    std::fs::create_dir(world.path("empty")).unwrap();
    for folder in ["empty", "nowhere"] {
        let run = world.run(&["keys", "rotate", "--keys", folder, "--database", "sqlite:x.db"]);
        refused(&run, 2, "has no lab CA: is it the key folder of the service?");
        assert!(!world.path(folder).join("ca.key").exists());
    }
    assert!(keys(&world, &["list", "--database", "sqlite:x.db"]).is_empty());
}

const YEARS_10: Duration = Duration::from_hours(87_600);
