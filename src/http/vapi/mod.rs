//! The sessions of the REST API, in both of its styles (`clients.md` §6.1): the same sessions as `/sdk`, opened by a
//! password or by a token with the request, carried in a header of their own.

mod answer;
mod session;

pub use answer::Style;
pub(super) use session::basic;
pub use session::session;
