//! `docs/ATTACKS.md`: which test shows what of the attack table, row by row.
//!
//! A row is shown by the changes in the tables of this folder and of others, each with the step that refuses it, and by every
//! test that names it: in a comment, as `attacks.md` A22, T08, or at the beginning of its name, as `a11_…`. The page is written from
//! both: `VCSSO_WRITE=1 cargo test --test attacks page`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use vcsso::verifier::StepId;

use crate::rows::{NOT_APPLICABLE, ROWS};
use crate::source;
use crate::table::{Expect, MessageRow, TokenRow};
use crate::{algorithms, canonical, header, parser, semantics, trust, wrapped_messages, wrapping};

/// What is said of each row, in lines.
type Shown = BTreeMap<String, BTreeSet<String>>;

const TOKENS: &[(&str, &[TokenRow])] = &[
    ("algorithms", algorithms::TOKENS),
    ("canonical", canonical::TOKENS),
    ("parser", parser::TOKENS),
    ("semantics", semantics::TOKENS),
    ("trust", trust::TOKENS),
    ("wrapping", wrapping::TOKENS),
];

const MESSAGES: &[(&str, &[MessageRow])] = &[
    ("algorithms", algorithms::MESSAGES),
    ("canonical", canonical::MESSAGES),
    ("header", header::MESSAGES),
    ("parser", parser::MESSAGES),
    ("trust", trust::MESSAGES),
    ("wrapped_messages", wrapped_messages::MESSAGES),
];

#[test]
fn every_row_is_shown_by_a_test_or_does_not_apply() {
    let shown = shown();
    let mut wrong = Vec::new();
    for (id, what) in ROWS {
        let reason = reason(id);
        match (shown.contains_key(*id), reason) {
            (false, None) => wrong.push(format!("no test shows {id}, {what}")),
            (true, Some(_)) => {
                wrong.push(format!("{id} does not apply, says the table, and a test names it"));
            }
            _ => {}
        }
    }
    let known: BTreeSet<&str> = ROWS.iter().map(|(id, _)| *id).collect();
    let named = shown.keys().map(String::as_str).chain(NOT_APPLICABLE.iter().map(|(id, _)| *id));
    wrong.extend(named.filter(|id| !known.contains(id)).map(|id| format!("there is no row {id}")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_page_says_what_the_tests_say() {
    source::compare("ATTACKS.md", &page(&shown()), "attacks");
}

#[test]
fn rows_are_read_in_every_form_that_people_write() {
    for (text, wanted) in [
        ("`attacks.md` S14: the positive twin.", vec!["S14"]),
        ("attacks.md A22, T08, `sts.md` §4.6", vec!["A22", "T08"]),
        ("(`attacks.md` S04 and S05)", vec!["S04", "S05"]),
        ("`attacks.md` U07. `attacks.md` U08", vec!["U07", "U08"]),
        ("h07_h08_a_timestamp_counts", vec!["H07", "H08"]),
        ("`attacks.md` §4-13, and A22 elsewhere", vec![]),
        ("sts.md §10: 17", vec![]),
    ] {
        assert_eq!(rows_in(text), wanted, "{text}");
    }
}

fn reason(id: &str) -> Option<&'static str> {
    NOT_APPLICABLE.iter().find(|(row, _)| *row == id).map(|(_, why)| *why)
}

fn shown() -> Shown {
    let mut shown = Shown::new();
    // What is no row comes from another list: of probes, or of faults that are injected.
    let mut note = |id: &str, line: String| {
        if is_row(id) {
            shown.entry(id.to_owned()).or_default().insert(line);
        }
    };
    for (file, rows) in TOKENS {
        for row in *rows {
            note(row.id, change(file, row.what, [row.own, row.foreign]));
        }
    }
    for (file, rows) in MESSAGES {
        for row in *rows {
            note(row.id, change(file, row.what, [row.expect, row.expect]));
        }
    }
    for (file, text) in source::files(&["tests/attacks"]) {
        for [id, what, step] in text.lines().filter_map(row_of_a_table) {
            note(id, format!("`{file}` {what} → `{step}`"));
        }
    }
    for comment in source::comments(&["tests/attacks/page.rs"]) {
        if let Ok(test) = &comment.whose {
            for id in rows_in(&comment.text) {
                note(&id, test.clone());
            }
        }
    }
    shown
}

fn change(file: &str, what: &str, expects: [Expect; 2]) -> String {
    let result = |expect| match expect {
        Expect::Refused(step) => format!("`{}`", step.as_str()),
        Expect::Same => "the same claims".to_owned(),
    };
    let [own, foreign] = expects.map(result);
    let result = if own == foreign { own } else { format!("{own} or {foreign}") };
    format!("`tests/attacks/{file}.rs` {what} → {result}")
}

/// What a table elsewhere has for a row: its name, what is changed, and the step that refuses it.
fn row_of_a_table(line: &str) -> Option<[&str; 3]> {
    let mut cells =
        line.trim().strip_prefix("(\"")?.splitn(4, "\", ").map(|cell| cell.trim_start_matches('"'));
    let (id, what, step) = (cells.next()?, cells.next()?, cells.next()?);
    let is_step = StepId::ALL.iter().any(|known| known.as_str() == step);
    (is_row(id) && is_step).then_some([id, what, step])
}

/// The rows that a comment names, or a test by its name.
fn rows_in(text: &str) -> Vec<String> {
    let named = text.split("attacks.md").skip(1).flat_map(|behind| list_of(behind, &[", ", " and "]));
    named.chain(list_of(&text.to_uppercase(), &["_"]).filter(|_| text.contains('_'))).collect()
}

fn list_of<'t>(behind: &'t str, between: &'t [&str]) -> impl Iterator<Item = String> + use<'t> {
    let mut rest = Some(behind.trim_start_matches(['`', ' ', ':']));
    std::iter::from_fn(move || {
        let text = rest?;
        let id = text.get(..3).filter(|id| is_row(id))?;
        rest = text.get(3..).and_then(|behind| between.iter().find_map(|word| behind.strip_prefix(word)));
        Some(id.to_owned())
    })
}

fn is_row(id: &str) -> bool {
    matches!(id.as_bytes(), [letter, tens, ones]
        if b"PRCKTAHWGQJSUNO".contains(letter) && tens.is_ascii_digit() && ones.is_ascii_digit())
}

fn page(shown: &Shown) -> String {
    let mut text = String::from(HEAD);
    for (id, what) in ROWS {
        let lines =
            shown.get(*id).map(|lines| lines.iter().map(|line| line.replace('|', "\\|")).collect::<Vec<_>>());
        let said = lines.map_or_else(
            || reason(id).map(|why| format!("— {why}")).unwrap_or_default(),
            |lines| lines.join("<br>"),
        );
        writeln!(text, "| {id} | {what} | {said} |").unwrap();
    }
    text
}

const HEAD: &str = "\
# The attack table

Written by `VCSSO_WRITE=1 cargo test --test attacks page` from the tables and the comments of the tests; without the variable
the same test compares the two. Behind an arrow stands the step that refuses the change (see [STEPS.md](STEPS.md)). A change of
`tests/attacks` is run alone, in every message that it fits, and at the real listener; one of another file at the doors of that
file. Good twins run beside them. The other tests say in their names what they hold.

| row | attack | which test shows it, and what comes of it; or why it does not apply |
|---|---|---|
";
