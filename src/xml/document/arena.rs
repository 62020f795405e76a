//! What a document is made of: nodes, attributes, declarations, and ranges of text, in vectors.

pub(super) type Id = u32;

pub(super) const NONE: Id = Id::MAX;

/// A range of `source` or of `decoded`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slice {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) decoded: bool,
    /// A text or value that canonical form writes as it stands: known since parsing, so that nobody looks again.
    pub(super) verbatim: bool,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: Id,
    pub(super) first: Id,
    pub(super) next: Id,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Element(ElementData),
    Text(Slice),
}

#[derive(Debug)]
pub(super) struct ElementData {
    /// Prefix and local name as written.
    pub(super) name: Slice,
    /// Length of prefix and colon, zero without prefix.
    pub(super) prefix: u32,
    pub(super) namespace: u16,
    pub(super) attributes: (u32, u32),
    pub(super) declarations: (u32, u32),
    /// From `<` to the end of the end tag.
    pub(super) span: Slice,
    /// A comment or a CDATA section stood directly inside.
    pub(super) annotated: bool,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Slice,
    pub(super) prefix: u32,
    pub(super) namespace: u16,
    pub(super) value: Slice,
}

#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) prefix: Slice,
    pub(super) namespace: u16,
}

#[expect(clippy::as_conversions, reason = "every machine this runs on has addresses of at least 32 bits")]
pub(super) const fn index(id: u32) -> usize {
    id as usize
}

pub(super) static NOTHING: ElementData = ElementData {
    name: Slice { start: 0, end: 0, decoded: false, verbatim: false },
    prefix: 0,
    namespace: 0,
    attributes: (0, 0),
    declarations: (0, 0),
    span: Slice { start: 0, end: 0, decoded: false, verbatim: false },
    annotated: false,
};
