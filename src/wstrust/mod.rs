//! WS-Trust 1.3 as vSphere speaks it (`sts.md` §2): requests read, responses and fault codes written.

pub mod fault;
pub mod request;
pub mod response;

pub use fault::FaultCode;
pub use request::{IssueRequest, KeyType, Lifetime, RequestError};
