//! The REST API: its exchange of tokens (`clients.md` §6.2), and its sessions in both of its styles (`clients.md` §6.1): the same sessions as `/sdk`, opened by a
//! password or by a token with the request, carried in a header of their own.

mod answer;
mod session;
mod token_exchange;

pub use answer::Style;
pub use session::session;
pub use token_exchange::{AUTHENTICATION_TOKEN, Exchange, token_exchange};
