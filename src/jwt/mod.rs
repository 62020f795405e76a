//! JSON Web Tokens in one strict profile (RFC 7515, 7517, 7519; `sts.md` §8.3), and the request that exchanges tokens
//! (RFC 8693). What is written is read here; whether it is true is the verifier's.
//!
//! One algorithm for each key, and the key by its name alone: what a token's header says about keys is not looked at.

mod algorithm;
mod claims;
mod compact;
mod exchange;
mod header;
mod key;
mod parameters;
mod write;

pub use algorithm::Algorithm;
pub use claims::{Claims, ClaimsError, TokenClass};
pub use compact::{Compact, FormError};
pub use exchange::{
    ActorToken, ExchangeError, ExchangeRequest, GRANT_TYPE, Scope, SubjectType, TokenType, assertion_of,
};
pub use header::{Header, HeaderError};
pub use key::VerificationKey;
pub use write::NewToken;
