//! Whatever is done to a good message: if it is accepted, it says the same.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use vcsso::xml::{Document, Element, Limits};

use crate::table::good;
use crate::world::{Base, Confirms, Shape, Verdict, message, verdict_of_message, verdict_of_token};

pub const MESSAGES: [(Base, Shape); 7] = [
    (Base::SdkBearer, Shape::Own),
    (Base::SdkBearer, Shape::Foreign),
    (Base::SdkHolder, Shape::Own),
    (Base::SdkHolder, Shape::Foreign),
    (Base::StsHolder, Shape::Own),
    (Base::StsHolder, Shape::Foreign),
    (Base::StsCertificate, Shape::Own),
];

/// A message, how the judge sees it, and how often a mutation of it was accepted.
struct Subject {
    base: Base,
    text: String,
    verdict: Verdict,
}

fn subjects() -> Vec<Subject> {
    let subject = |(base, shape): (Base, Shape)| {
        let text = message(base, &good(shape, base.confirms()).token);
        let verdict = verdict_of_message(text.as_bytes(), base.door());
        assert_eq!(verdict.refusal, None, "{}", verdict.report);
        Subject { base, text, verdict }
    };
    MESSAGES.into_iter().map(subject).collect()
}

/// Whether the mutant was accepted; if so it must mean what the original means.
fn is_accepted(subject: &Subject, mutant: &[u8]) -> Result<bool, TestCaseError> {
    let verdict = verdict_of_message(mutant, subject.base.door());
    if verdict.refusal.is_some() {
        return Ok(false);
    }
    let text = String::from_utf8_lossy(mutant);
    prop_assert_eq!(&verdict.claims, &subject.verdict.claims, "other claims: {}", text);
    prop_assert_eq!(&verdict.certificate_key, &subject.verdict.certificate_key, "another key: {}", text);
    prop_assert_eq!(&verdict.body, &subject.verdict.body, "another body: {}", text);
    prop_assert_eq!(&verdict.replay_key, &subject.verdict.replay_key, "another message: {}", text);
    Ok(true)
}

/// `PROPTEST_CASES` asks for more, or fewer.
fn runner(cases: u32) -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// Runs a mutation of some message; some of the mutants must be accepted, or nothing was tested.
fn run<V: std::fmt::Debug>(
    cases: u32,
    strategy: impl Strategy<Value = V>,
    mutate: impl Fn(&Subject, V) -> Vec<u8>,
) {
    let subjects = subjects();
    let accepted = std::cell::Cell::new(0);
    let result = runner(cases).run(&(0..subjects.len(), strategy), |(place, value)| {
        let subject = &subjects[place];
        let mutant = mutate(subject, value);
        if mutant != subject.text.as_bytes() && is_accepted(subject, &mutant)? {
            accepted.set(accepted.get() + 1);
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(accepted.get() >= cases / 1_000, "only {} of {cases} mutants were accepted", accepted.get());
}

/// `attacks.md` N18.
#[test]
fn one_byte_changed_anywhere_changes_nothing_that_is_accepted() {
    run(3_000, (any::<prop::sample::Index>(), any::<u8>()), |subject, (place, byte)| {
        let mut bytes = subject.text.clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        bytes
    });
}

#[test]
fn one_character_for_another_of_the_same_kind_changes_nothing_that_is_accepted() {
    // Letters for letters and white space for white space: most of these are still XML.
    run(2_000, (any::<prop::sample::Index>(), 1_u8..26), |subject, (place, by)| {
        let mut bytes = subject.text.clone().into_bytes();
        let place = place.index(bytes.len());
        let turned = |first: u8, byte: u8, count: u8| first + (byte - first + by) % count;
        bytes[place] = match bytes[place] {
            byte @ b'a'..=b'z' => turned(b'a', byte, 26),
            byte @ b'A'..=b'Z' => turned(b'A', byte, 26),
            byte @ b'0'..=b'9' => turned(b'0', byte, 10),
            b' ' | b'\n' => b'\t',
            b'"' => b'\'',
            byte => byte,
        };
        bytes
    });
}

#[test]
fn bytes_put_in_or_taken_out_anywhere_change_nothing_that_is_accepted() {
    let pieces = [
        "",
        " ",
        "\n",
        "<!-- -->",
        "<![CDATA[]]>",
        "<a/>",
        "&#x20;",
        "xmlns:x=\"urn:x\" ",
        "\0",
        "é",
        "/",
        "A",
    ];
    let strategy = (any::<prop::sample::Index>(), 0_usize..3, prop::sample::select(pieces.to_vec()));
    run(3_000, strategy, |subject, (place, gone, piece)| {
        let place = place.index(subject.text.len());
        let end = (place + gone).min(subject.text.len());
        [&subject.text.as_bytes()[..place], piece.as_bytes(), &subject.text.as_bytes()[end..]].concat()
    });
}

/// What is done to the tree.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Delete,
    CopyBehind,
    CopyInto,
    Move,
    Exchange,
    Rename,
    Declare,
    Identify,
    Wrap,
}

const EDITS: [Edit; 9] = [
    Edit::Delete,
    Edit::CopyBehind,
    Edit::CopyInto,
    Edit::Move,
    Edit::Exchange,
    Edit::Rename,
    Edit::Declare,
    Edit::Identify,
    Edit::Wrap,
];

#[test]
fn elements_moved_copied_renamed_or_wrapped_change_nothing_that_is_accepted() {
    let index = any::<prop::sample::Index>;
    run(3_000, (index(), index(), prop::sample::select(EDITS.to_vec())), |subject, (one, other, edit)| {
        let document = Document::parse(subject.text.clone().into_bytes(), &Limits::MESSAGE).unwrap();
        let mut spans = Vec::new();
        collect(document.root(), &mut spans);
        let (one, other) = (spans[one.index(spans.len())].clone(), spans[other.index(spans.len())].clone());
        edited(&subject.text, edit, one, other).into_bytes()
    });
}

type Span = std::ops::Range<usize>;

fn collect(element: Element<'_>, spans: &mut Vec<Span>) {
    for child in element.children() {
        spans.push(child.offset()..child.offset() + child.raw().len());
        collect(child, spans);
    }
}

fn edited(text: &str, edit: Edit, one: Span, other: Span) -> String {
    let piece = &text[one.clone()];
    let name_end = one.start + piece.find([' ', '>', '/', '\n']).unwrap();
    let apart = one.end <= other.start || other.end <= one.start;
    match edit {
        Edit::Delete => [&text[..one.start], &text[one.end..]].concat(),
        Edit::CopyBehind => [&text[..other.end], piece, &text[other.end..]].concat(),
        Edit::CopyInto => {
            let start = other.start + text[other.clone()].find('>').unwrap() + 1;
            [&text[..start], piece, &text[start..]].concat()
        }
        Edit::Move if one.end <= other.start => {
            [&text[..one.start], &text[one.end..other.end], piece, &text[other.end..]].concat()
        }
        Edit::Move | Edit::Exchange if apart => {
            let (first, second) = if one.start < other.start { (one, other) } else { (other, one) };
            let (before, between, behind) =
                (&text[..first.start], &text[first.end..second.start], &text[second.end..]);
            [before, &text[second.clone()], between, &text[first.clone()], behind].concat()
        }
        Edit::Move | Edit::Exchange | Edit::Wrap => {
            [&text[..one.start], "<w:W xmlns:w=\"urn:w\">", piece, "</w:W>", &text[one.end..]].concat()
        }
        Edit::Rename => {
            let name = &text[one.start + 1..name_end];
            let renamed =
                piece.replace(&format!("<{name}"), "<renamed").replace(&format!("</{name}"), "</renamed");
            [&text[..one.start], &renamed, &text[one.end..]].concat()
        }
        Edit::Declare => {
            let declared = " xmlns:rsa=\"urn:evil\" xmlns:del=\"urn:evil\" xmlns:ec=\"urn:evil\"";
            [&text[..name_end], declared, &text[name_end..]].concat()
        }
        Edit::Identify => [&text[..name_end], " Id=\"_identified\"", &text[name_end..]].concat(),
    }
}

/// sts.md §10: 207.
#[test]
fn one_bit_of_a_token_alone_changes_nothing_that_is_accepted() {
    for shape in [Shape::Own, Shape::Foreign] {
        for confirms in [Confirms::Bearer, Confirms::Holder] {
            let token = good(shape, confirms).token.as_bytes();
            let claims = verdict_of_token(token).claims;
            for place in (0..token.len()).step_by(11) {
                let mut mutant = token.to_vec();
                mutant[place] ^= 1 << (place % 7);
                let verdict = verdict_of_token(&mutant);
                assert!(verdict.refusal.is_some() || verdict.claims == claims, "byte {place}");
            }
        }
    }
}
