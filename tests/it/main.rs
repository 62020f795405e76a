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

mod accounts;
mod admin;
mod admin_accounts;
mod admin_audit;
mod admin_rules;
mod exchange;
mod guards;
mod hostile_http;
mod issuers;
mod json_tokens;
mod keys;
mod lockout;
mod lookup;
mod minted;
mod openid;
mod passwords;
mod policies;
mod replay;
mod rest;
mod rpc;
mod sdk_access;
mod sdk_authorization;
mod sdk_directory;
mod sdk_events;
mod sdk_extensions;
mod sdk_json;
mod sdk_managing;
mod sdk_options;
mod sdk_reading;
mod sdk_sessions;
mod sdk_sspi;
mod sdk_tickets;
mod sdk_waiting;
mod sso_admin;
mod sso_admin_managing;
mod sso_admin_settings;
mod sts_advice;
mod sts_by_token;
mod sts_delegate;
mod sts_issue;
mod sts_random;
mod sts_refusals;
mod sts_renew;
mod sts_signature;
mod sts_sspi;
mod sts_validate;
mod sts_wishes;
mod sts_wsdl;
mod tunnel;

// Clients of Kerberos and NTLM that were written without the acceptor's code; they name our modules as it does.
#[allow(dead_code, reason = "the acceptor's own tests use more of it")]
#[path = "../../src/negotiate/tests/fixtures.rs"]
mod fixtures;
#[allow(dead_code, reason = "the acceptor's own tests use more of it")]
#[path = "../../src/negotiate/tests/kerberos_client.rs"]
mod kerberos_client;
#[allow(dead_code, reason = "the acceptor's own tests use more of it")]
#[path = "../../src/negotiate/tests/ntlm_client.rs"]
mod ntlm_client;
use vcsso::{clock, entropy, negotiate, secret};

// The attack table, posted: `table` runs its rows at the listener instead of the judge.
#[path = "../attacks/edit.rs"]
mod edit;
#[allow(dead_code, reason = "only its rows' types: here `table` runs them")]
#[path = "../attacks/table.rs"]
mod judge_table;
mod table;
#[path = "../attacks/world.rs"]
mod world;

#[path = "../attacks/algorithms.rs"]
mod algorithms;
#[path = "../attacks/canonical.rs"]
mod canonical;
#[path = "../attacks/header.rs"]
mod header;
#[path = "../attacks/parser.rs"]
mod parser;
#[path = "../attacks/semantics.rs"]
mod semantics;
#[path = "../attacks/trust.rs"]
mod trust;
#[path = "../attacks/wrapped_messages.rs"]
mod wrapped_messages;
#[path = "../attacks/wrapping.rs"]
mod wrapping;
