//! What the operator of a lab controls: the clock, and the recent exchanges with their evidence.

pub mod clock;
pub mod exchanges;

pub use clock::LabClock;
pub use exchanges::Exchanges;
