//! SOAP 1.1: envelopes in, faults out. Knows nothing of what stands in the body.

pub mod envelope;
pub mod fault;

pub use envelope::{Envelope, EnvelopeError};
pub use fault::Fault;
