//! `docs/CONFORMANCE.md`: which test shows what of the behaviour of `VMware`'s token service, case by case.
//!
//! The cases are numbered as in the fact sheet `sts.md` §10. A test names those it shows in its doc comment, in this form:
//! `sts.md §10: 17, 101, 141-160.` Behind a plus stand cases that the sheet adds to the case before it: `19+2`. The page is
//! written from those comments and from the table here: `VCSSO_WRITE=1 cargo test --test conformance`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "conformance/cases.rs"]
mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONFORMANCE.md");
    let page = page(&named_by_tests().0);
    if std::env::var_os("VCSSO_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let first = page.lines().zip(kept.lines().chain(std::iter::repeat(""))).find(|(new, old)| new != old);
    assert!(
        kept == page,
        "docs/CONFORMANCE.md is out of date: VCSSO_WRITE=1 cargo test --test conformance\n{first:?}"
    );
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
        assert_eq!(cases_in(text).0, wanted, "{text}");
    }
    assert!(cases_in("sts.md §10: 1, 2,").1, "the list goes on in the next line");
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
    cases_in(&format!("sts.md §10: {list}")).0
}

/// The cases that a line of a comment names; whether the list goes on in the next line.
fn cases_in(text: &str) -> (Vec<Case>, bool) {
    let behind = text.split_once("sts.md").map(|(_, behind)| behind.trim_start_matches(['`', ' ']));
    let Some(mut rest) = behind.and_then(|behind| behind.strip_prefix("§10")) else {
        return (Vec::new(), false);
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

fn list_of(mut rest: &str) -> (Vec<Case>, bool) {
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
        match next {
            Some(next) => rest = next,
            None => return (cases, false),
        }
    }
    (cases, rest.trim().is_empty())
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

/// From every file of `src` and `tests`; and what names cases without being a test.
fn named_by_tests() -> (Tests, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut files, mut tests, mut wrong) = (Vec::new(), Tests::new(), Vec::new());
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    for file in files.iter().filter(|file| !file.starts_with(root.join("tests/conformance"))) {
        let name = file.strip_prefix(root).unwrap().display().to_string();
        if name != "tests/conformance.rs" {
            read_file(&name, &std::fs::read_to_string(file).unwrap(), &mut tests, &mut wrong);
        }
    }
    (tests, wrong)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read_file(name: &str, source: &str, tests: &mut Tests, wrong: &mut Vec<String>) {
    let (mut above, mut is_test, mut goes_on): (Vec<Case>, bool, bool) = (Vec::new(), false, false);
    let mut current: Option<String> = None;
    for (number, line) in source.lines().enumerate() {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix("//").filter(|comment| !comment.starts_with('!')) {
            let comment_text = comment.trim_start_matches('/').trim();
            let (cases, more) = if goes_on { list_of(comment_text) } else { cases_in(comment_text) };
            goes_on = more;
            if comment.starts_with('/') {
                above.extend(cases);
            } else if let Some(test) = &current {
                for case in cases {
                    note(tests, case, test);
                }
            } else if !cases.is_empty() {
                wrong.push(format!("{name}:{}: cases beside no test", number + 1));
            }
            continue;
        }
        goes_on = false;
        if line.starts_with("#[") {
            is_test |= line.contains("test]");
            continue;
        }
        if let Some(function) = function_in(line) {
            let is_case = is_test || line.contains("(place)");
            current = is_case.then(|| format!("`{name}` {function}"));
        }
        match &current {
            Some(test) if function_in(line).is_some() => {
                for case in above.drain(..) {
                    note(tests, case, test);
                }
            }
            _ if !above.is_empty() => wrong.push(format!("{name}:{}: cases above no test", number + 1)),
            _ => {}
        }
        above.clear();
        is_test = false;
    }
}

fn note(tests: &mut Tests, case: Case, test: &str) {
    tests.entry(case).or_default().insert(test.to_owned());
}

fn function_in(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ").unwrap_or(line);
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
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
