//! The service as clients meet it: the real app and the real HTTPS listener in this process, a frozen clock, a fresh
//! database for each case. One file for each door and act.
//!
//! Every case runs on `SQLite`, and on Postgres when `VCSSO_TEST_POSTGRES` names a server on which databases may be
//! made; without it the Postgres half says that it is skipped, and fails when `CI=true`.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::format_collect,
    clippy::match_wild_err_arm,
    clippy::unchecked_time_subtraction,
    clippy::format_push_string,
    clippy::too_many_lines,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on has failed, and none is in a hurry"
)]

#[macro_use]
mod harness;

#[allow(dead_code, reason = "what the attacks edit with, of which these need a part")]
#[path = "../attacks/edit.rs"]
mod edit;

mod accounts;
mod guards;
mod lockout;
mod replay;
mod sdk_access;
mod sdk_reading;
mod sdk_sessions;
mod sts_issue;
mod sts_refusals;
