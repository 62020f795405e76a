//! References to managed objects: a type and an identifier, compared as they are written
//! (`session-manager.md` §3.1).

use crate::vim::object;
use crate::xml::Element;

/// Names one managed object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The type's name on the wire, without prefix.
    pub kind: String,
    /// The identifier among objects of its type.
    pub value: String,
}

impl Reference {
    /// A reference to `value` of type `kind`.
    #[must_use]
    pub fn new(kind: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: kind.into(), value: value.into() }
    }

    /// The folder at the root of the inventory, on which privileges are checked.
    #[must_use]
    pub fn root() -> Self {
        Self::new("Folder", object::ROOT)
    }

    /// Reads an element such as `_this`: the type's prefix is dropped, every other attribute (`versionId`,
    /// `xsi:type`, `serverGuid`) ignored. Without a type it is the published object of that name. Nothing
    /// without an identifier.
    #[must_use]
    pub fn read(element: Element<'_>) -> Option<Self> {
        let value = element.text()?.trim();
        let kind = match element.attribute("type") {
            Some(kind) => unprefixed(kind),
            None => object::published(value).map_or("", |object| object.kind),
        };
        (!value.is_empty()).then(|| Self::new(kind, value))
    }
}

/// The name after the prefix.
pub(super) fn unprefixed(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn read(xml: &str) -> Option<Reference> {
        let document = Document::parse(xml.as_bytes().to_vec(), &Limits::MESSAGE).unwrap();
        Reference::read(document.root())
    }

    #[test]
    fn a_reference_is_read_whatever_else_stands_on_it() {
        let wanted = Some(Reference::new("SessionManager", "SessionManager"));
        for attributes in [
            "type='SessionManager'",
            "versionId='8.0.2.0' type='SessionManager'",
            "type='vim25:SessionManager' serverGuid='x'",
            "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='ManagedObjectReference' type='SessionManager'",
            "",
        ] {
            assert_eq!(read(&format!("<_this {attributes}>SessionManager</_this>")), wanted, "{attributes}");
        }
    }

    #[test]
    fn a_reference_that_names_nothing_is_none() {
        for xml in
            ["<_this type='Folder'/>", "<_this type='Folder'> </_this>", "<_this type='Folder'><x/></_this>"]
        {
            assert_eq!(read(xml), None, "{xml}");
        }
        assert_eq!(read("<_this>nobody</_this>"), Some(Reference::new("", "nobody")));
    }

    #[test]
    fn references_differ_by_case() {
        assert_ne!(read("<o type='Folder'>group-d1</o>"), Some(Reference::new("folder", "group-d1")));
        assert_eq!(read("<o type='Folder'>group-d1</o>"), Some(Reference::root()));
    }
}
