//! What holds for every command: usage, help, pipes; and the documents written from the code.

use std::path::Path;
use std::process::Stdio;

use super::{Run, World};

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

#[test]
fn the_document_of_the_admin_api_is_the_one_of_the_code() {
    let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let written = std::fs::read_to_string(written).unwrap();
    let run = World::new().run(&["docs", "openapi"]);
    assert!(written == run.out, "write it again: cargo run -- docs openapi > docs/openapi.json");
}
