//! Reading an element's children in the order a schema gives them, and nothing else.

use super::document::Element;

/// The children of one element, taken in order.
pub struct Cursor<'d> {
    parent: Element<'d>,
    next: Option<Element<'d>>,
}

/// Something else stands where the schema wants an element.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{seen} in {parent}, wanted {wanted}")]
pub struct Unexpected {
    /// What stands there.
    pub seen: String,
    /// The element around it.
    pub parent: String,
    /// What should stand there.
    pub wanted: &'static str,
}

impl<'d> Cursor<'d> {
    /// Over the children of `parent`, which must hold no text of its own.
    ///
    /// # Errors
    /// [`Unexpected`] when there is text between the children.
    pub fn over(parent: Element<'d>) -> Result<Self, Unexpected> {
        let cursor = Self { parent, next: parent.first_child() };
        if parent.has_loose_text() { Err(cursor.unexpected("text", "elements only")) } else { Ok(cursor) }
    }

    /// The next child, if it has this name.
    pub fn optional(&mut self, namespace: &str, local: &str) -> Option<Element<'d>> {
        let found = self.next.filter(|child| child.is(namespace, local))?;
        self.next = found.next_sibling();
        Some(found)
    }

    /// The next child, which must have this name.
    ///
    /// # Errors
    /// [`Unexpected`] when it has another one, or there is none.
    pub fn required(&mut self, namespace: &str, local: &'static str) -> Result<Element<'d>, Unexpected> {
        if let Some(element) = self.optional(namespace, local) {
            Ok(element)
        } else {
            let seen = self.next.map_or("nothing".to_owned(), |child| child.qualified().to_owned());
            Err(self.unexpected(&seen, local))
        }
    }

    /// There must be nothing left.
    ///
    /// # Errors
    /// [`Unexpected`] when there is another child.
    pub fn end(self) -> Result<(), Unexpected> {
        match self.next {
            Some(child) => Err(self.unexpected(child.qualified(), "nothing more")),
            None => Ok(()),
        }
    }

    fn unexpected(&self, seen: &str, wanted: &'static str) -> Unexpected {
        Unexpected {
            seen: seen.chars().take(64).collect(),
            parent: self.parent.qualified().chars().take(64).collect(),
            wanted,
        }
    }
}
