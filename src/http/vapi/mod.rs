//! vAPI: its sessions, by REST in both of its styles (`clients.md` §6.1) and by JSON-RPC (§6.3), which are the same as those of
//! `/sdk`; and its exchange of tokens (§6.2).

mod answer;
mod rpc;
mod session;
mod token_exchange;

pub use answer::Style;
pub use rpc::rpc;
pub(super) use session::basic;
pub use session::session;
pub use token_exchange::{AUTHENTICATION_TOKEN, Exchange, token_exchange};
