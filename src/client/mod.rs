//! The other side of the wire: requests as vSphere's clients write and sign them. Benches and tests use it.
//!
//! Pure: time, identifiers and keys come in, text comes out. Nothing here is trusted by anything that verifies.

pub mod rest;
pub mod sdk;
pub mod sign;
pub mod sts;

pub use sign::{Ids, Message, Part, SignError, Style};
