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
pub mod xml;
pub mod pki;
pub mod dsig;

// 2 protocols: messages read and written; nothing is decided here.
pub mod soap;
pub mod wsse;
pub mod saml;
pub mod wstrust;

// 3 judgement: the rules of the house, pure functions of bytes, keys, policy and time.
pub mod identity;
pub mod session;
pub mod verifier;
pub mod sts;

// 7 program: start, observe, operate. Configuration is read once.
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod cli;
