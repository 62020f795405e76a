//! vcsso: vCenter single sign-on for a lab, in one binary.
//!
//! The map, floor by floor, in reading order. A module imports lower floors and, on its own floor, only what stands
//! left of it; `tests/floors.rs` keeps this true. Everything above the line builds without I/O
//! (`--no-default-features`).

// 0 ground: time, chance, secrets, injected.
pub mod clock;
pub mod entropy;
pub mod secret;

// 1 documents and keys: bytes to documents and back, certificates and keys, XML signatures.
pub mod dsig;
pub mod pki;
pub mod xml;

// 2 protocols: messages read and written; nothing is decided here.
pub mod saml;
pub mod soap;
pub mod vim;
pub mod wsse;
pub mod wstrust;

// 3 judgement: the rules of the house, pure functions of bytes, keys, policy and time.
pub mod identity;
pub mod session;
pub mod sts;
pub mod verifier;

// ── above this line: no I/O, builds with `--no-default-features` ──

// 4 memory: what the house remembers, in SQLite or Postgres.
#[cfg(feature = "server")]
pub mod store;

// 5 acts: what a person, or another program, asks for. `client` is pure too: benches and fuzzers write messages with it.
#[cfg(feature = "server")]
pub mod app;
pub mod client;
#[cfg(feature = "server")]
pub mod lab;

// 6 doors: bytes in, an act, bytes out.
#[cfg(feature = "server")]
pub mod http;

// 7 program: start, observe, operate. Configuration is read once.
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod telemetry;
