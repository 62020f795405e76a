//! Sessions of the vim25 doors as data: what one is, and when it ends.

pub mod state;

pub use state::{Session, SessionPolicy};
