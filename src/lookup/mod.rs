//! The lookup service, `urn:lookup`: what is registered, and how a client asks for it (`clients.md` §1.3, §1.4).
//!
//! Nothing is decided here: the door makes the [`Registration`]s of this server, [`Filter`] finds among them.

pub mod answer;
pub mod call;
pub mod fault;
pub mod registration;

pub use call::{Call, Method};
pub use fault::Fault;
pub use registration::{Endpoint, Filter, Registration};

/// The namespace of its messages.
pub const NAMESPACE: &str = "urn:lookup";
