//! `[sspi]`: what cannot be served is said before anything listens.

use std::os::unix::fs::PermissionsExt as _;

use super::World;

#[test]
fn a_keytab_that_cannot_be_used_exits_with_two_and_says_why() {
    let world = World::new();
    let serve = [
        "serve",
        "--ephemeral",
        "--listen",
        "127.0.0.1:0",
        "--health",
        "127.0.0.1:0",
        "--config",
        "vcsso.toml",
    ];
    world.file("vcsso.toml", "[sspi]\nkeytab = \"http.keytab\"\n");
    let run = world.run(&serve);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.error.contains("the keytab of [sspi]: http.keytab does not exist"), "{}", run.error);
    let file = world.file("http.keytab", "no keytab");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = world.run(&serve);
    assert!(run.code == 2 && run.error.contains("http.keytab has mode 0644, wanted 0600"), "{}", run.error);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let run = world.run(&serve);
    assert!(run.code == 2 && run.error.contains("http.keytab: not a keytab of version 2"), "{}", run.error);
    world.file("vcsso.toml", "[sspi]\nnltm = true\n");
    let run = world.run(&serve);
    let wanted = "vcsso: vcsso.toml line 2: unknown key `nltm` in [sspi]; did you mean `ntlm`?\n";
    assert_eq!((run.code, run.error.as_str()), (2, wanted));
}

#[test]
fn an_nt_hash_is_for_who_may_have_one() {
    let world = World::new();
    world.file("password", "Secret!23\n");
    let add = |more: &[&str]| {
        let words = ["user", "add", "nina", "--password-file", "password", "--database", "sqlite:vcsso.db"];
        world.run(&[&words[..], more].concat())
    };
    let run = add(&["--ntlm"]);
    assert!(
        run.code != 0 && run.error.contains("nina cannot have an NT hash: [sspi] ntlm is off"),
        "{}",
        run.error
    );
    assert_eq!(add(&[]).code, 0, "nothing was left of it");
    let run = world.run(&["user", "ntlm", "nina", "on", "--database", "sqlite:vcsso.db"]);
    assert!(run.code != 0 && run.error.contains("[sspi] ntlm is off"), "{}", run.error);
    assert_eq!(world.run(&["user", "ntlm", "nina", "off", "--database", "sqlite:vcsso.db"]).code, 0);
    assert_eq!(world.run(&["user", "ntlm", "nobody", "off", "--database", "sqlite:vcsso.db"]).code, 1);
}
