//! `vcsso role`, `permission`, `extension`, `session`, and what belongs to accounts: the same acts as the admin API's.

use serde_json::Value;
use vcsso::pki::{make, pem};

use super::World;

fn list(world: &World, noun: &str) -> Vec<Value> {
    let run = world.run(&[noun, "list", "--output", "json"]);
    assert_eq!(run.code, 0, "{}", run.error);
    serde_json::from_str::<Value>(&run.out).unwrap().as_array().unwrap().clone()
}

fn named<'r>(rows: &'r [Value], column: &str, name: &str) -> Option<&'r Value> {
    rows.iter().find(|row| row[column] == name)
}

/// A store with nobody in it.
fn world() -> World {
    let world = World::new();
    std::fs::create_dir(world.path("state")).unwrap();
    world
}

fn ends(world: &World, arguments: &[&str], code: i32) {
    let run = world.run(arguments);
    assert_eq!(run.code, code, "{arguments:?}: {}{}", run.out, run.error);
}

#[test]
fn a_role_and_a_permission_are_made_shown_and_removed() {
    let world = world();
    ends(&world, &["group", "add", "Operators"], 0);
    ends(&world, &["role", "add", "Enders", "--privilege", "Sessions.TerminateSession"], 0);
    ends(&world, &["role", "add", "enders"], 1);
    ends(&world, &["role", "add", "Others", "--privilege", "No.Such"], 1);
    let roles = list(&world, "role");
    let privileges = named(&roles, "name", "Enders").unwrap()["privileges"].as_str().unwrap();
    assert!(privileges.contains("Sessions.TerminateSession"), "{privileges}");
    ends(&world, &["permission", "set", "Operators", "--group", "--role", "enders", "--here-only"], 0);
    ends(&world, &["permission", "set", "nobody", "--role", "Enders"], 1);
    ends(&world, &["permission", "set", "Operators", "--group", "--role", "None"], 1);
    let permissions = list(&world, "permission");
    let set = named(&permissions, "principal", "Operators").unwrap();
    let of = |name: &str| set[name].as_str().unwrap();
    assert_eq!(
        (of("entity"), of("kind"), of("role"), of("reach")),
        ("group-d1", "group", "Enders", "here only")
    );
    ends(&world, &["role", "remove", "Enders"], 1);
    ends(&world, &["role", "set", "Enders"], 0);
    let roles = list(&world, "role");
    assert!(!named(&roles, "name", "Enders").unwrap()["privileges"].as_str().unwrap().contains("Sessions"));
    ends(&world, &["permission", "remove", "Operators", "--group"], 0);
    ends(&world, &["permission", "remove", "Operators", "--group"], 1);
    ends(&world, &["role", "remove", "Enders"], 0);
    ends(&world, &["role", "remove", "Enders"], 1);
    assert_eq!(named(&list(&world, "role"), "name", "Enders"), None);
}

#[test]
fn an_extension_is_registered_shown_and_removed() {
    let world = world();
    let made = make::self_signed("extension", world.now).unwrap().certificate;
    let file = world.file("extension.crt", &pem::encode("CERTIFICATE", made.der()));
    ends(&world, &["extension", "add", "com.example.x", "--subject-name", "CN=x"], 0);
    ends(&world, &["extension", "add", "com.example.x"], 1);
    let row = list(&world, "extension")[0].clone();
    assert_eq!((&row["subject_name"], &row["certificate_sha256"]), (&"CN=x".into(), &"".into()));
    ends(&world, &["extension", "certificate", "com.example.x", "--certificate", &file], 0);
    assert_eq!(list(&world, "extension")[0]["certificate_sha256"], made.fingerprint());
    ends(&world, &["extension", "add", "com.example.y", "--certificate", &file], 0);
    assert_eq!(list(&world, "extension")[1]["certificate_sha256"], made.fingerprint());
    for key in ["com.example.x", "com.example.y"] {
        ends(&world, &["extension", "remove", key], 0);
        ends(&world, &["extension", "remove", key], 1);
    }
    assert!(list(&world, "extension").is_empty());
}

#[test]
fn a_solution_user_joins_a_group_gets_another_certificate_and_is_removed() {
    let world = world();
    let [first, second] = ["first", "second"].map(|name| {
        let made = make::self_signed(name, world.now).unwrap().certificate;
        (world.file(&format!("{name}.crt"), &pem::encode("CERTIFICATE", made.der())), made.fingerprint())
    });
    ends(&world, &["group", "add", "Machines"], 0);
    ends(&world, &["solution", "add", "robot", "--certificate", &first.0], 0);
    ends(&world, &["group", "join", "Machines", "robot"], 0);
    ends(&world, &["group", "join", "Machines", "nobody"], 1);
    assert_eq!(named(&list(&world, "group"), "name", "Machines").unwrap()["members"], "robot");
    ends(&world, &["solution", "certificate", "robot", "--certificate", &second.0], 0);
    assert_eq!(list(&world, "solution")[0]["certificate_sha256"], second.1);
    ends(&world, &["solution", "remove", "robot"], 0);
    ends(&world, &["solution", "certificate", "robot", "--certificate", &first.0], 1);
    assert!(list(&world, "solution").is_empty());
}

#[test]
fn without_sessions_there_is_none_to_end() {
    let world = world();
    assert!(list(&world, "session").is_empty());
    ends(&world, &["session", "end", "none"], 1);
}
