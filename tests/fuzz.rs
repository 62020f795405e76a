//! The oracles of `fuzz/`, fed with mutations of real messages: the small twin of the fuzz targets, on stable Rust.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, and none is in a hurry"
)]

#[path = "../fuzz/oracles.rs"]
mod oracles;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

/// What a mutation does to the bytes at a place.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Cut(Index, Index),
    Copy(Index, Index, Index),
    Put(Index, &'static str),
}

/// What readers of markup, of JSON and of headers stumble over.
const PIECES: [&str; 16] = [
    "<",
    ">",
    "/>",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "&#0;",
    "&lt;",
    " xmlns:x=\"\"",
    " ID=\"_a\"",
    "\0",
    "\"",
    "{\"a\":",
    "=",
    ".",
];

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, bits)| Change::Flip(at, bits)),
        (place(), place()).prop_map(|(from, to)| Change::Cut(from, to)),
        (place(), place(), place()).prop_map(|(from, to, at)| Change::Copy(from, to, at)),
        (place(), 0..PIECES.len()).prop_map(|(at, piece)| Change::Put(at, PIECES[piece])),
    ]
}

fn changed(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for change in changes.iter().filter(|_| !bytes.is_empty()) {
        if out.is_empty() {
            break;
        }
        let span = |from: &Index, to: &Index| {
            let (from, to) = (from.index(out.len()), to.index(out.len()));
            from.min(to)..from.max(to).min(from.min(to) + 2_000)
        };
        match change {
            Change::Flip(at, bits) => {
                let at = at.index(out.len());
                out[at] ^= bits;
            }
            Change::Cut(from, to) => drop(out.drain(span(from, to))),
            Change::Copy(from, to, at) => {
                let (piece, at) = (out[span(from, to)].to_vec(), at.index(out.len()));
                out.splice(at..at, piece);
            }
            Change::Put(at, piece) => {
                let at = at.index(out.len());
                out.splice(at..at, piece.bytes());
            }
        }
    }
    out
}

/// Every recorded message, and what is kept of the corpora.
fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let messages = fs::read_dir(root.join("tests/vectors")).unwrap();
    let messages = messages.map(|folder| fs::read(folder.unwrap().path().join("message.xml")).unwrap());
    let kept = fs::read_dir(root.join("fuzz/seeds")).unwrap();
    let mut seeds: Vec<_> =
        messages.chain(kept.map(|file| fs::read(file.unwrap().path()).unwrap())).collect();
    seeds.sort();
    seeds
}

#[test]
fn what_must_hold_of_any_bytes_holds_of_changed_messages() {
    let seeds = seeds();
    for (_, oracle) in oracles::ALL {
        for seed in &seeds {
            oracle(seed);
        }
    }
    let mut runner = TestRunner::new(Config { cases: 4_000, failure_persistence: None, ..Config::default() });
    let changes = proptest::collection::vec(change(), 1..4);
    let all = (any::<Index>(), changes);
    let run = runner.run(&all, |(seed, changes)| {
        let bytes = changed(seed.get::<Vec<u8>>(&seeds), &changes);
        for (_, oracle) in oracles::ALL {
            oracle(&bytes);
        }
        Ok(())
    });
    run.unwrap();
}
