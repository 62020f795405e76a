//! The attack table at function level: every mutation of a good token or message is refused, and by the step that is
//! there to refuse it.
//!
//! Row ids name the attack table: P parser, R references and wrapping, C canonicalisation, K algorithms, T key trust,
//! A assertion semantics, H security header; `rows.rs` lists all. Each file of `attacks/` holds one letter, and the good twins run first.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "a test that cannot go on has failed, and none is in a hurry"
)]

#[path = "attacks/edit.rs"]
mod edit;
#[path = "attacks/table.rs"]
mod table;
#[path = "attacks/world.rs"]
mod world;

#[path = "attacks/algorithms.rs"]
mod algorithms;
#[path = "attacks/canonical.rs"]
mod canonical;
#[path = "attacks/header.rs"]
mod header;
#[path = "attacks/parser.rs"]
mod parser;
#[path = "attacks/semantics.rs"]
mod semantics;
#[path = "attacks/times.rs"]
mod times;
#[path = "attacks/trust.rs"]
mod trust;
#[path = "attacks/wrapped_messages.rs"]
mod wrapped_messages;
#[path = "attacks/wrapping.rs"]
mod wrapping;

#[path = "attacks/page.rs"]
mod page;
#[path = "attacks/rows.rs"]
mod rows;
#[path = "conformance/source.rs"]
mod source;

#[path = "attacks/mistakes.rs"]
mod mistakes;

#[path = "attacks/differential.rs"]
mod differential;
#[path = "attacks/mutations.rs"]
mod mutations;
