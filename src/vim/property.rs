//! The property collector without its waiting: what is asked for ([`spec`]), how it is found
//! ([`mod@retrieve`]), how it is answered ([`content`]), and what is new in it ([`difference`])
//! (`session-manager.md` §2.3). Pure functions of a specification and of [`Objects`].

pub mod content;
pub mod difference;
pub mod retrieve;
pub mod spec;

pub use content::{ObjectContent, RetrieveResult, page};
pub use difference::Told;
pub use retrieve::{fetch, retrieve};
pub use spec::{FilterSpec, mentions};

use crate::vim::{Fault, Reference, Value};

/// The managed objects as one caller sees them. Which properties a type has stands in
/// [`super::object::TYPES`]; whether this caller may read one, and its value, is answered here.
pub trait Objects {
    /// Whether there is such an object.
    fn exists(&self, object: &Reference) -> bool;
    /// Reads a property that the object's type has.
    fn read(&self, object: &Reference, property: &str) -> Reading;
}

/// What reading a property gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Its value.
    Value(Value),
    /// It has none.
    Unset,
    /// This caller may not read it.
    Denied(Fault),
}
