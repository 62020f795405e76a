//! XML signatures, in the one strict profile that vSphere's clients and tokens use (`attacks.md` §2): exclusive
//! canonicalisation, RSA with SHA-2, same-document references. Does not know what an assertion or a message is.

pub mod algorithm;
pub mod check;
pub mod signature;
pub mod write;

pub use algorithm::{DigestAlgorithm, SignatureAlgorithm};
pub use check::{Reference, SignatureError, VerifiedInfo};
pub use signature::{SignatureElement, WhiteSpace};
