//! `vcsso policy`, and passwords at the command line.

use serde_json::Value;

use super::World;

const DATABASE: [&str; 2] = ["--database", "sqlite:vcsso.db"];

fn shown(world: &World, name: &str, more: &[&str]) -> (String, String) {
    let run = world.run(&[&["policy", "list", "--output", "json"], &DATABASE[..], more].concat());
    assert_eq!(run.code, 0, "{}", run.error);
    let lines: Vec<Value> = serde_json::from_str(&run.out).unwrap();
    let line = lines.iter().find(|line| line["name"] == name).unwrap();
    let text = |key: &str| line[key].as_str().unwrap().to_owned();
    (text("value"), text("origin"))
}

#[test]
fn a_policy_is_shown_set_and_taken_back() {
    let world = World::new();
    let idle = "policy.session.idle_seconds";
    let is = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    let run = |words: &[&str]| world.run(&[words, &DATABASE].concat());
    assert_eq!(shown(&world, idle, &[]), is("1800", "default"));
    assert_eq!(run(&["policy", "set", idle, "60"]).code, 0);
    assert_eq!(shown(&world, idle, &[]), is("60", "run time"));
    world.file("seed.toml", "[policy.session]\nidle_seconds = 90\nmax_sessions = 7\n");
    assert_eq!(shown(&world, idle, &["--seed", "seed.toml"]), is("60", "run time"));
    assert_eq!(shown(&world, "policy.session.max_sessions", &["--seed", "seed.toml"]), is("7", "seed"));
    assert_eq!(run(&["policy", "reset", idle]).code, 0);
    assert_eq!(shown(&world, idle, &["--seed", "seed.toml"]), is("90", "seed"));
    for (words, says) in [
        (&["policy", "set", idle, "0"][..], "wanted 1 to"),
        (&["policy", "set", idle, "soon"], "wanted 1 to"),
        (
            &["policy", "set", "policy.session.idle_second", "60"],
            "did you mean `policy.session.idle_seconds`?",
        ),
        (&["policy", "reset", "policy.nothing"], "there is no policy"),
        (&["policy", "set", "policy.password.min_length", "1"], "min_length is less than"),
    ] {
        let refused = run(words);
        assert!(
            refused.code == 2 && refused.error.contains(says),
            "{words:?}: {} {}",
            refused.code,
            refused.error
        );
    }
    assert_eq!(shown(&world, idle, &[]), is("1800", "default"));
}

/// attacks.md U11: a password is never an argument, and a weak one is refused wherever it comes from.
#[test]
fn u11_a_password_comes_from_a_file_and_keeps_the_rules() {
    let world = World::new();
    world.file("weak", "hunter2\n");
    world.file("good", "Secret!23\n");
    world.file("other", "Secret!24\n");
    let run = |words: &[&str]| world.run(&[words, &DATABASE].concat());
    let refused = run(&["user", "add", "eva", "--password-file", "weak"]);
    assert!(refused.code == 2 && refused.error.contains("the password of eva:"), "{}", refused.error);
    assert!(!refused.error.contains("hunter2"));
    assert_eq!(run(&["user", "add", "eva", "--password", "Secret!23"]).code, 2);
    assert_eq!(run(&["user", "add", "eva", "--password-file", "good"]).code, 0);
    let again = run(&["user", "password", "eva", "--password-file", "good"]);
    assert!(again.code == 2 && again.error.contains("one of the last 5"), "{}", again.error);
    assert_eq!(run(&["user", "password", "eva", "--password-file", "other"]).code, 0);
    assert!(run(&["user", "list"]).out.contains("active"));
    assert_eq!(run(&["user", "disable", "eva"]).code, 0);
    assert!(run(&["user", "list"]).out.contains("disabled"));
    assert_eq!((run(&["user", "enable", "eva"]).code, run(&["user", "unlock", "eva"]).code), (0, 0));
    assert_eq!((run(&["user", "remove", "eva"]).code, run(&["user", "remove", "eva"]).code), (0, 1));
    let serve = ["serve", "--ephemeral", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"];
    let weak = world.command(&serve).env("VCSSO_ADMIN_PASSWORD", "hunter2").output().unwrap();
    let error = String::from_utf8_lossy(&weak.stderr).into_owned();
    assert_eq!(weak.status.code(), Some(2), "{error}");
    assert!(error.contains("VCSSO_ADMIN_PASSWORD cannot be used") && !error.contains("hunter2"), "{error}");
    world.file("seed.toml", "[[user]]\nname = \"eva\"\npassword = \"hunter2\"\n");
    let seeded = world.run(&[&serve[..], &["--seed", "seed.toml"]].concat());
    assert!(seeded.code == 2 && seeded.error.contains("the password of eva:"), "{}", seeded.error);
}
