//! `Authorization: SIGN`: a SAML token and a signature over an HTTP request, in one header (`clients.md` §6.1).
//!
//! The header is read and the signed text is put together here. Whether token and signature are good is the verifier's.

mod header;
mod inflate;
mod target;

pub use header::{HeaderProblem, Nonce, RequestSignature, SignHeader};
pub use target::Target;
