//! `vcsso config`: shown, checked, refused.

use serde_json::Value;

use super::{Run, World};

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
