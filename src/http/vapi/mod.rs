//! The sessions of vAPI, by REST in both of its styles (`clients.md` §6.1) and by JSON-RPC (§6.3): the same sessions as
//! `/sdk`, opened by a password or by a token with the request.

mod answer;
mod rpc;
mod session;

pub use answer::Style;
pub use rpc::rpc;
pub use session::session;
