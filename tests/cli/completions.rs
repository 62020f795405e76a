//! `vcsso completions`: a script for each shell.

use super::World;

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = world.run(&["completions", shell]);
        assert_eq!((run.code, run.error.as_str()), (0, ""), "{shell}");
        assert!(run.out.contains("vcsso") && run.out.contains("healthcheck"), "{shell}");
    }
    assert_eq!(world.run(&["completions", "tcsh"]).code, 2);
    assert_eq!(world.run(&["completions"]).code, 2);
}

#[test]
fn bash_completes_a_command() {
    let world = World::new();
    world.file("vcsso.bash", &world.run(&["completions", "bash"]).out);
    let ask = "source ./vcsso.bash; COMP_WORDS=(vcsso doct); COMP_CWORD=1; _vcsso vcsso doct vcsso; echo \"${COMPREPLY[@]}\"";
    let run =
        std::process::Command::new("bash").args(["-c", ask]).current_dir(world.path("")).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&run.stdout).trim(),
        "doctor",
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
}
