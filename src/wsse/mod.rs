//! WS-Security 1.1 as vSphere's clients write it: the one header, its timestamp, and the tokens in it. Nothing here is
//! believed; `verifier` judges.

pub mod binary_token;
pub mod header;
pub mod timestamp;
pub mod token_reference;
pub mod username_token;

pub use binary_token::BinaryToken;
pub use header::{HeaderError, SecurityHeader};
pub use timestamp::{Timestamp, TimestampError};
pub use token_reference::{ReferenceError, TokenReference};
pub use username_token::UnverifiedLogin;
