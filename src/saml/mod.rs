//! SAML 2.0 assertions of the vCenter profile (`sts.md` §5.1, `clients.md` §4): the claims as data, a closed reader, a
//! template writer whose output is already canonical, the recogniser of that very output, and the metadata of the issuer.

pub mod advice;
pub mod assertion;
pub mod metadata;
pub mod names;
pub mod read;
pub mod shape;
pub mod write;

pub use advice::{Advice, AdviceAttribute};
pub use assertion::{Assertion, Attribute, AuthnStatement, Conditions, Confirmation, Delegate, Subject};
pub use read::ReadError;
