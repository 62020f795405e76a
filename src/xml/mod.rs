//! Documents: hostile bytes in, an arena out; and the canonical bytes of any element of it.
//!
//! One parser ([`Document::parse`]), strict and within budgets; one canonicalisation
//! ([`c14n`], exclusive, without comments); one writer's helper ([`mod@write`]). Knows XML and its namespaces, no protocol.

pub mod c14n;
pub mod cursor;
pub mod document;
pub mod limits;
pub mod names;
mod scan;
pub mod write;

pub use cursor::{Cursor, Unexpected};
pub use document::{Document, Element};
pub use limits::Limits;

/// Why bytes are not a document this house reads. Each variant is one step of the verifier's report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Not UTF-8, or a character XML 1.0 does not allow.
    #[error("not XML 1.0 in UTF-8: {0}")]
    Encoding(&'static str),
    /// A document type declaration: never read further (`attacks.md` P01).
    #[error("a document type declaration is not allowed")]
    Doctype,
    /// Not well-formed, namespaces included.
    #[error("not well-formed at byte {at}: {what}")]
    Syntax {
        /// Offset in the document.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// Elements nested deeper than the budget.
    #[error("elements nested deeper than {0}")]
    Depth(usize),
    /// More elements and texts than the budget.
    #[error("more than {0} nodes")]
    Nodes(usize),
    /// More attributes on one element than the budget.
    #[error("more than {0} attributes on one element")]
    Attributes(usize),
    /// More identifiers than the budget.
    #[error("more than {0} identifiers")]
    Identifiers(usize),
    /// Two elements with the same identifier, or one that is no `NCName`.
    #[error("identifier {id:?}: {what}")]
    Identifier {
        /// The identifier, cut to a printable length.
        id: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// More bytes than the budget.
    #[error("{seen} bytes, at most {wanted} are read")]
    Size {
        /// Length of the input.
        seen: usize,
        /// The budget.
        wanted: usize,
    },
}
