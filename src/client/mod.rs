//! The other side of the wire: requests as vSphere's clients write and sign them, and what they are answered. `vcsso token`,
//! `vcsso doctor`, the benches and the tests are made of it.
//!
//! Pure: time, identifiers and keys come in, text comes out. Nothing here is trusted by anything that verifies.

pub mod answer;
pub mod call;
pub mod credential;
pub mod forge;
pub mod lookup;
pub mod rest;
pub mod rpc;
pub mod sdk;
pub mod sign;
pub mod sts;
pub mod unverified;

pub use answer::{Answer, Fault};
pub use credential::Credential;
pub use sign::{Ids, Message, Part, SignError, Style};
pub use unverified::UnverifiedToken;
