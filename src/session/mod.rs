//! Sessions as data: what one is, and when it ends.

pub mod state;

pub use state::{Service, Session, SessionPolicy};
