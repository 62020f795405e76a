//! vAPI calls as JSON-RPC (`clients.md` §6.3): the envelope, the security context in it, and the answers.
//!
//! A call is read here, and the text that its signature is over is written. Whether token and signature are good is the
//! verifier's.

pub mod answer;
mod call;
mod canonical;
mod security;

pub use call::{Call, CallProblem, Id, Unreadable};
pub use security::{Algorithm, Security, SecurityProblem, SignedCall};
