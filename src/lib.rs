//! vcsso: vCenter single sign-on for a lab, in one binary.
//!
//! The map, floor by floor, in reading order. A module imports lower floors and, on its own floor, only what stands
//! above it here; `tests/floors.rs` keeps this true. Everything above the line builds without I/O
//! (`--no-default-features`).

// 0 ground: time, chance, secrets, injected.
pub mod clock;
pub mod entropy;
pub mod secret;

// 1 documents and keys: bytes to documents and back, certificates and keys, XML signatures, JSON.
pub mod xml;
pub mod pki;
pub mod dsig;
pub mod json;

// 2 protocols: messages read and written; nothing is decided here.
pub mod soap;
pub mod wsse;
pub mod saml;
pub mod wstrust;
pub mod vapi_sign;
pub mod vapi_rpc;
pub mod jwt;
pub mod negotiate;
pub mod vim;
pub mod lookup;
pub mod sso_admin;

// 3 judgement: the rules of the house, pure functions of bytes, keys, policy and time.
pub mod identity;
pub mod session;
pub mod verifier;
pub mod sts;

// ── above this line: no I/O, builds with `--no-default-features` ──

// 4 memory: what the house remembers, in SQLite or Postgres.
#[cfg(feature = "server")]
pub mod store;

// 5 acts: what a person, or another program, asks for. `client` is pure too: benches and tests write messages with it.
#[cfg(feature = "server")]
pub mod lab;
#[cfg(feature = "server")]
pub mod app;
pub mod client;

// 6 doors: bytes in, an act, bytes out.
#[cfg(feature = "server")]
pub mod http;

// 7 program: start, observe, operate. Configuration is read once.
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod cli;
