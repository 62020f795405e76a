//! WS-Trust 1.3 as vSphere speaks it (`sts.md` §2): requests read, responses and fault codes written.

pub mod advice;
pub mod binary_exchange;
pub mod challenge;
pub mod fault;
pub mod operation;
pub mod participants;
pub mod request;
pub mod response;
pub mod schema;
pub mod wsdl;

pub use advice::{Advice, AdviceAttribute};
pub use binary_exchange::BinaryExchange;
pub use challenge::Challenge;
pub use fault::FaultCode;
pub use operation::Operation;
pub use participants::Participants;
pub use request::{ActAs, IssueRequest, KeyType, Lifetime, RequestError};
