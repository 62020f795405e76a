//! `vcsso docs`: documents that are written from the code, so that they cannot drift from it.

use clap::Subcommand;

use super::Exit;
use super::output::{print, print_json};
use crate::http::admin;
use crate::verifier::{Mistake, StepId};

/// Documents that are written from the code.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Docs {
    /// `docs/STEPS.md`: every step of a verification report.
    Steps,
    /// `docs/openapi.json`: the admin API.
    Openapi,
}

impl Docs {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self {
            Self::Steps => print(&steps())?,
            Self::Openapi => print_json(&admin::document())?,
        }
        Ok(Exit::Ok)
    }
}

fn steps() -> String {
    let mut text = String::from(HEAD);
    for step in StepId::ALL {
        let cells = [step.meaning(), step.clause(), step.hint()].map(|cell| cell.replace('|', "\\|"));
        text.extend(["| `", step.as_str(), "` | ", &cells.join(" | "), " |\n"]);
    }
    text.push_str(MISTAKES);
    for mistake in Mistake::ALL {
        text.extend(["| `", mistake.as_str(), "` | ", mistake.advice(), " |\n"]);
    }
    text
}

const HEAD: &str = "\
# The steps of a verification report

Written by `vcsso docs steps` from the one list in `src/verifier/step.rs`; a test compares the two.

Identifiers are stable: rely on them, never on the wording. In a report each step has an outcome: `pass`; `fail`, which is
the refusal; after it `diagnosis-pass` and `diagnosis-fail`, which prove nothing; and `not-checked`, with the reason.

| step | what it checks | where the rule comes from | what to look at when it fails |
|---|---|---|---|
";

const MISTAKES: &str = "
## Mistakes that are recognised

When a value does not fit, what clients are known to do wrong is tried, and the mistake that gives the client's value stands in
the step as `mistake`, with its advice as `hint`. Beside a digest the evidence says at which byte the client's form begins to
differ. It proves nothing, and a value that no mistake explains has none.

| mistake | what happened, and what to do |
|---|---|
";
