//! `docs/CONFORMANCE.md`: which test shows what of the behaviour of `VMware`'s token service, case by case.
//!
//! The cases are numbered as in the fact sheet `sts.md` §10. A test names those it shows in its doc comment, in this form:
//! `sts.md §10: 17, 101, 141-160.` Behind a plus stand cases that the sheet adds to the case before it: `19+2`. The page is
//! written from those comments and from the table here: `VCSSO_WRITE=1 cargo test --test conformance`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "conformance/cases.rs"]
mod cases;
#[path = "conformance/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cases::{CASES, NOT_APPLICABLE};

/// A case: its number, and which one of those that were added to it.
type Case = (u16, u16);

/// Which tests name a case, as `file: function`.
type Tests = BTreeMap<Case, BTreeSet<String>>;

#[test]
fn every_case_is_shown_by_a_test_or_does_not_apply() {
    let (tests, mut wrong) = named_by_tests();
    let not_applicable = all(NOT_APPLICABLE);
    for case in expected() {
        let text = written(case);
        let named = tests.contains_key(&case);
        match (named, not_applicable.contains_key(&case)) {
            (false, false) => {
                wrong.push(format!("no test names case {text}"));
            }
            (true, true) => {
                wrong.push(format!("case {text} does not apply, says the table, and a test names it"));
            }
            _ => {}
        }
    }
    let known: BTreeSet<Case> = expected().into_iter().collect();
    let strays = tests.keys().chain(not_applicable.keys());
    wrong.extend(
        strays
            .filter(|case| !known.contains(*case))
            .map(|case| format!("there is no case {}", written(*case))),
    );
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_page_says_what_the_tests_say() {
    source::compare("CONFORMANCE.md", &page(&named_by_tests().0), "conformance");
}

#[test]
fn the_table_of_cases_is_whole_and_in_order() {
    let listed: Vec<Case> = CASES.iter().flat_map(|(cases, _)| cases_of(cases)).collect();
    assert_eq!(listed, expected());
}

#[test]
fn numbers_are_read_in_every_form_that_people_write() {
    for (text, wanted) in [
        ("sts.md §10: 17, 101.", vec![(17, 0), (101, 0)]),
        ("`sts.md` §10: 1-3; `attacks.md` W05: 600 s.", vec![(1, 0), (2, 0), (3, 0)]),
        ("`sts.md` §10.6: 116 to 118 and 120", vec![(116, 0), (117, 0), (118, 0), (120, 0)]),
        ("(sts.md §10, numbers 66–68)", vec![(66, 0), (67, 0), (68, 0)]),
        ("sts.md §10 19+2, 27+1: a header", vec![(19, 2), (27, 1)]),
        ("Numbers of `sts.md` §10.", vec![]),
        ("`sts.md` §2.6: 17", vec![]),
    ] {
        assert_eq!(cases_in(text), wanted, "{text}");
    }
}

fn expected() -> Vec<Case> {
    let mut cases = Vec::new();
    for number in 1..=230 {
        let added = match number {
            19 => 11,
            27 => 6,
            _ => 0,
        };
        cases.extend((0..=added).map(|more| (number, more)));
    }
    cases
}

fn written((number, more): Case) -> String {
    if more == 0 { number.to_string() } else { format!("{number}+{more}") }
}

fn all<'t>(table: &[(&str, &'t str)]) -> BTreeMap<Case, &'t str> {
    table.iter().flat_map(|(cases, why)| cases_of(cases).into_iter().map(move |case| (case, *why))).collect()
}

fn cases_of(list: &str) -> Vec<Case> {
    cases_in(&format!("sts.md §10: {list}"))
}

/// The cases that a comment names.
fn cases_in(text: &str) -> Vec<Case> {
    text.split("sts.md").skip(1).flat_map(cases_behind).collect()
}

fn cases_behind(sheet: &str) -> Vec<Case> {
    let Some(mut rest) = sheet.trim_start_matches(['`', ' ']).strip_prefix("§10") else {
        return Vec::new();
    };
    if let Some(section) = rest.strip_prefix('.') {
        rest = section.trim_start_matches(|letter: char| letter.is_ascii_digit());
    }
    let word = |letter: char| " :,;()`".contains(letter);
    rest = rest.trim_start_matches(word);
    for name in ["numbers", "number", "cases", "case"] {
        rest = rest.strip_prefix(name).unwrap_or(rest);
    }
    list_of(rest.trim_start_matches(word))
}

fn list_of(mut rest: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    while let Some((first, after)) = case_at(rest) {
        rest = after;
        let to = ["-", "–", " to "].iter().find_map(|to| rest.strip_prefix(to)).and_then(case_at);
        match to {
            Some((last, after)) => {
                cases.extend((first.0..=last.0).map(|number| (number, 0)));
                rest = after;
            }
            None => cases.push(first),
        }
        let next = [", ", " and ", ","].iter().find_map(|next| rest.strip_prefix(next));
        let Some(next) = next else { break };
        rest = next;
    }
    cases
}

fn case_at(text: &str) -> Option<(Case, &str)> {
    let number = |text: &str| {
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        Some((text.get(..length)?.parse::<u16>().ok()?, length))
    };
    let (first, length) = number(text)?;
    let rest = text.get(length..)?;
    match rest.strip_prefix('+').and_then(|more| Some((number(more)?, more))) {
        Some(((more, length), behind)) => Some(((first, more), behind.get(length..)?)),
        None => Some(((first, 0), rest)),
    }
}

/// From every comment of `src` and `tests`; and what names cases without being a test.
fn named_by_tests() -> (Tests, Vec<String>) {
    let (mut tests, mut wrong) = (Tests::new(), Vec::new());
    for comment in source::comments(&["tests/conformance"]) {
        for case in cases_in(&comment.text) {
            match &comment.whose {
                Ok(test) => {
                    tests.entry(case).or_default().insert(test.clone());
                }
                Err(place) => wrong.push(format!("{place}: a case beside no test")),
            }
        }
    }
    (tests, wrong)
}

fn page(tests: &Tests) -> String {
    let not_applicable = all(NOT_APPLICABLE);
    let mut text = String::from(HEAD);
    for (list, what) in CASES {
        let cases = cases_of(list);
        let mut shown: Vec<String> = Vec::new();
        let mut add = |cases: &[Case], of: usize, said: &str| {
            let which: Vec<String> = cases.iter().map(|case| written(*case)).collect();
            let which = if cases.len() == of { String::new() } else { format!("{}: ", which.join(", ")) };
            shown.push(format!("{which}{said}"));
        };
        for (said, which) in grouped(&cases, |case| tests.get(&case).cloned().unwrap_or_default()) {
            add(&which, cases.len(), &said);
        }
        let unnamed: Vec<Case> = cases.iter().copied().filter(|case| !tests.contains_key(case)).collect();
        for (said, which) in grouped(&unnamed, |case| {
            not_applicable.get(&case).map(|why| format!("— {why}")).into_iter().collect()
        }) {
            add(&which, cases.len(), &said);
        }
        writeln!(text, "| {list} | {what} | {} |", shown.join("<br>")).unwrap();
    }
    text
}

/// What is said of several cases stands once.
fn grouped(cases: &[Case], said: impl Fn(Case) -> BTreeSet<String>) -> Vec<(String, Vec<Case>)> {
    let mut groups: Vec<(String, Vec<Case>)> = Vec::new();
    for case in cases {
        for one in said(*case) {
            match groups.iter_mut().find(|(known, _)| *known == one) {
                Some((_, which)) => which.push(*case),
                None => groups.push((one, vec![*case])),
            }
        }
    }
    groups
}

const HEAD: &str = "\
# What is shown of the behaviour of VMware's token service

Written by `VCSSO_WRITE=1 cargo test --test conformance` from the doc comments of the tests and the table in
`tests/conformance/cases.rs`; without the variable the same test compares the two. A number behind a plus is a case that was
added to the list of VMware's own tests.

| case | what is expected | which test shows it, or why it does not apply |
|---|---|---|
";
