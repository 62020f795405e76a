//! The SSO administration service, `urn:sso`: its objects, what they can be asked, and what they answer (`sts.md` §9,
//! `clients.md` §1.5).
//!
//! Messages alone: who may ask what stands in the table of [`method`], and the door judges by it.

pub mod certificate;
pub mod content;
pub mod details;
pub mod fault;
pub mod method;
pub mod object;
pub mod policy;
pub mod principal;
pub mod source;

pub use fault::Fault;
pub use method::{Access, Call, Method};
pub use object::Object;

/// The namespace of its messages.
pub const NAMESPACE: &str = "urn:sso";
