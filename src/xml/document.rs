//! The arena: a whole document, read once, strictly, within [`Limits`].
//!
//! Everything is an offset into the source, so that reading allocates a few vectors and nothing per node. Comments are
//! dropped and the text around them joined (`attacks.md` C01); an element remembers that it held one. `lexer` knows what
//! XML looks like, `build` what may stand where: names, namespaces, identifiers, budgets.

mod arena;
mod build;
mod lexer;

use arena::{Attribute, Declaration, ElementData, Id, Kind, NONE, NOTHING, Node, Slice, index};

use super::names::{XML, XMLNS};
use super::{Limits, XmlError};

/// A parsed document. Owns its source.
#[derive(Debug)]
pub struct Document {
    source: String,
    /// Texts and attribute values that differ from their source: references resolved, pieces joined.
    decoded: String,
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    declarations: Vec<Declaration>,
    /// Distinct namespace names; index 0 is "no namespace", 1 the one of `xml`.
    namespaces: Vec<Slice>,
    /// Attributes that identify, with the element they stand on.
    identifiers: Vec<(Slice, Id)>,
}

/// One element of a document: a handle, free to copy.
#[derive(Clone, Copy)]
pub struct Element<'d> {
    document: &'d Document,
    id: Id,
}

/// A child of an element.
#[derive(Clone, Copy)]
pub enum Content<'d> {
    /// An element.
    Element(Element<'d>),
    /// Text, references resolved; adjacent texts are one.
    Text(TextView<'d>),
}

/// A text between tags.
#[derive(Clone, Copy, Debug)]
pub struct TextView<'d> {
    /// The text.
    pub text: &'d str,
    /// Canonical form writes it as it stands.
    pub verbatim: bool,
}

/// One attribute; namespace declarations are not attributes.
#[derive(Clone, Copy, Debug)]
pub struct AttributeView<'d> {
    /// As written, prefix included.
    pub qualified: &'d str,
    /// Empty when the attribute has no prefix.
    pub namespace: &'d str,
    /// Without prefix.
    pub local: &'d str,
    /// Normalised and resolved.
    pub value: &'d str,
    /// Canonical form writes the value as it stands.
    pub verbatim: bool,
}

/// One namespace declaration of an element.
#[derive(Clone, Copy, Debug)]
pub struct DeclarationView<'d> {
    /// Empty for the default namespace.
    pub prefix: &'d str,
    /// Empty when the default namespace is switched off.
    pub namespace: &'d str,
}

impl Document {
    /// Reads a whole document.
    ///
    /// # Errors
    /// [`XmlError`], one variant for each thing that can be wrong.
    pub fn parse(bytes: Vec<u8>, limits: &Limits) -> Result<Self, XmlError> {
        if bytes.len() > limits.bytes {
            return Err(XmlError::Size { seen: bytes.len(), wanted: limits.bytes });
        }
        let text = String::from_utf8(bytes).map_err(|_| XmlError::Encoding("invalid UTF-8"))?;
        Self::read(text, limits)
    }

    /// The same from what is text already.
    ///
    /// # Errors
    /// [`XmlError`], one variant for each thing that can be wrong.
    pub fn read(text: String, limits: &Limits) -> Result<Self, XmlError> {
        build::build(text, limits)
    }

    /// The root element.
    #[must_use]
    pub const fn root(&self) -> Element<'_> {
        Element { document: self, id: 0 }
    }

    /// The element that carries the identifier, whatever the attribute is called. Exact bytes.
    #[must_use]
    pub fn by_id(&self, wanted: &str) -> Option<Element<'_>> {
        let found = self.identifiers.iter().find(|(id, _)| self.slice(*id) == wanted);
        found.map(|(_, id)| Element { document: self, id: *id })
    }

    fn slice(&self, slice: Slice) -> &str {
        let text = if slice.decoded { &self.decoded } else { &self.source };
        text.get(index(slice.start)..index(slice.end)).unwrap_or_default()
    }

    fn namespace(&self, namespace: u16) -> &str {
        match namespace {
            0 => "",
            1 => XML,
            other => self.namespaces.get(usize::from(other)).map_or("", |slice| self.slice(*slice)),
        }
    }

    fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(index(id))
    }
}

impl<'d> Element<'d> {
    /// The document it belongs to.
    #[must_use]
    pub const fn document(self) -> &'d Document {
        self.document
    }

    /// The name as written, prefix included.
    #[must_use]
    pub fn qualified(self) -> &'d str {
        self.document.slice(self.data().name)
    }

    /// The prefix, empty without one.
    #[must_use]
    pub fn prefix(self) -> &'d str {
        self.qualified().get(..index(self.data().prefix).saturating_sub(1)).unwrap_or_default()
    }

    /// The name without prefix.
    #[must_use]
    pub fn local(self) -> &'d str {
        self.qualified().get(index(self.data().prefix)..).unwrap_or_default()
    }

    /// The namespace, empty for none.
    #[must_use]
    pub fn namespace(self) -> &'d str {
        self.document.namespace(self.data().namespace)
    }

    /// Whether it is this element of this namespace.
    #[must_use]
    pub fn is(self, namespace: &str, local: &str) -> bool {
        self.local() == local && self.namespace() == namespace
    }

    /// The element around it.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let parent = self.document.node(self.id)?.parent;
        (parent != NONE).then_some(Self { document: self.document, id: parent })
    }

    /// Everything directly inside, in order.
    pub fn content(self) -> impl Iterator<Item = Content<'d>> {
        let document = self.document;
        let mut next = document.node(self.id).map_or(NONE, |node| node.first);
        std::iter::from_fn(move || {
            let id = next;
            let node = document.node(id)?;
            next = node.next;
            Some(match node.kind {
                Kind::Element(_) => Content::Element(Element { document, id }),
                Kind::Text(slice) => {
                    Content::Text(TextView { text: document.slice(slice), verbatim: slice.verbatim })
                }
            })
        })
    }

    /// The elements directly inside, in order.
    pub fn children(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.first_child(), |child| child.next_sibling())
    }

    /// The first element directly inside.
    #[must_use]
    pub fn first_child(self) -> Option<Self> {
        self.element_from(self.document.node(self.id)?.first)
    }

    /// The next element beside it.
    #[must_use]
    pub fn next_sibling(self) -> Option<Self> {
        self.element_from(self.document.node(self.id)?.next)
    }

    /// The first element in a row of siblings.
    fn element_from(self, mut id: Id) -> Option<Self> {
        loop {
            let node = self.document.node(id)?;
            if matches!(node.kind, Kind::Element(_)) {
                return Some(Element { document: self.document, id });
            }
            id = node.next;
        }
    }

    /// The first child with this name.
    #[must_use]
    pub fn child(self, namespace: &str, local: &str) -> Option<Self> {
        self.children().find(|child| child.is(namespace, local))
    }

    /// The text of an element that holds nothing but text; nothing when it holds an element.
    #[must_use]
    pub fn text(self) -> Option<&'d str> {
        let mut content = self.content();
        match (content.next(), content.next()) {
            (None, _) => Some(""),
            (Some(Content::Text(view)), None) => Some(view.text),
            _ => None,
        }
    }

    /// Something other than white space stands between its children.
    #[must_use]
    pub fn has_loose_text(self) -> bool {
        self.content().any(|content| matches!(content, Content::Text(view) if !is_white(view.text)))
    }

    /// Any text at all stands between its children.
    #[must_use]
    pub fn has_text(self) -> bool {
        self.content().any(|content| matches!(content, Content::Text(_)))
    }

    /// A comment or CDATA section stood directly inside.
    #[must_use]
    pub fn is_annotated(self) -> bool {
        self.data().annotated
    }

    /// The attributes, in order of writing.
    pub fn attributes(self) -> impl Iterator<Item = AttributeView<'d>> {
        let document = self.document;
        let (start, end) = self.data().attributes;
        document.attributes.get(index(start)..index(end)).unwrap_or_default().iter().map(move |attribute| {
            let qualified = document.slice(attribute.name);
            AttributeView {
                qualified,
                namespace: document.namespace(attribute.namespace),
                local: qualified.get(index(attribute.prefix)..).unwrap_or_default(),
                value: document.slice(attribute.value),
                verbatim: attribute.value.verbatim,
            }
        })
    }

    /// The attribute without namespace of this name.
    #[must_use]
    pub fn attribute(self, local: &str) -> Option<&'d str> {
        self.attribute_in("", local)
    }

    /// The attribute of this namespace and name.
    #[must_use]
    pub fn attribute_in(self, namespace: &str, local: &str) -> Option<&'d str> {
        self.attributes()
            .find(|a| a.local == local && a.namespace == namespace)
            .map(|attribute| attribute.value)
    }

    /// The namespace declarations written on this element.
    pub fn declarations(self) -> impl Iterator<Item = DeclarationView<'d>> {
        let document = self.document;
        let (start, end) = self.data().declarations;
        document.declarations.get(index(start)..index(end)).unwrap_or_default().iter().map(
            move |declaration| DeclarationView {
                prefix: document.slice(declaration.prefix),
                namespace: document.namespace(declaration.namespace),
            },
        )
    }

    /// What the prefix stands for here; the empty prefix is the default namespace.
    #[must_use]
    pub fn resolve(self, prefix: &str) -> Option<&'d str> {
        if prefix == "xml" {
            return Some(XML);
        }
        std::iter::successors(Some(self), |element| element.parent())
            .find_map(|element| element.declarations().find(|declaration| declaration.prefix == prefix))
            .map(|declaration| declaration.namespace)
    }

    /// The bytes it was read from, tags included.
    #[must_use]
    pub fn raw(self) -> &'d str {
        self.document.slice(self.data().span)
    }

    /// Where [`Self::raw`] begins in the document.
    #[must_use]
    pub fn offset(self) -> usize {
        index(self.data().span.start)
    }

    fn data(self) -> &'d ElementData {
        match self.document.node(self.id).map(|node| &node.kind) {
            Some(Kind::Element(data)) => data,
            // A handle is only made for elements; this arm cannot be reached.
            _ => &NOTHING,
        }
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.id == other.id
    }
}

impl Eq for Element<'_> {}

impl std::fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{}>", self.qualified())
    }
}

/// Nothing but XML white space.
#[must_use]
pub fn is_white(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

/// Whether a namespace may not be declared.
fn is_reserved(namespace: &str) -> bool {
    namespace == XML || namespace == XMLNS
}

#[cfg(test)]
mod tests {
    use super::super::XmlError;
    use super::*;

    fn parse(text: &str) -> Result<Document, XmlError> {
        Document::parse(text.as_bytes().to_vec(), &Limits::MESSAGE)
    }

    fn refused(text: &str) -> &'static str {
        match parse(text) {
            Err(XmlError::Syntax { what, .. } | XmlError::Identifier { what, .. }) => what,
            Err(XmlError::Encoding(_)) => "encoding",
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_document_is_read_with_its_names_values_and_texts() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- first --><a:r xmlns:a='urn:a' xmlns='urn:d' \
                    a:x=\"1 &lt; 2\" y='&#x41;\tb'><c>one<!-- not a -->two<![CDATA[<3>]]>&amp;&#10;</c><a:c/></a:r>\n";
        let document = parse(text).unwrap();
        let root = document.root();
        assert!(root.is("urn:a", "r"));
        assert_eq!(root.attribute_in("urn:a", "x"), Some("1 < 2"));
        assert_eq!(root.attribute("y"), Some("A b"));
        let children: Vec<_> = root.children().collect();
        assert!(children[0].is("urn:d", "c") && children[0].is_annotated());
        assert_eq!(children[0].text(), Some("onetwo<3>&\n"));
        assert!(children[1].is("urn:a", "c"));
        assert_eq!(children[1].text(), Some(""));
        assert_eq!(children[1].raw(), "<a:c/>");
        assert_eq!(children[1].parent(), Some(root));
        assert_eq!(children[0].resolve("a"), Some("urn:a"));
    }

    #[test]
    fn line_ends_are_normalised_and_references_to_them_are_not() {
        let document = parse("<a>x\r\ny\rz&#xD;</a>").unwrap();
        assert_eq!(document.root().text(), Some("x\ny\nz\r"));
    }

    /// sts.md §10: 219.
    #[test]
    fn a_document_type_is_never_read() {
        for text in ["<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>"]
        {
            assert_eq!(parse(text).unwrap_err(), XmlError::Doctype);
        }
    }

    /// sts.md §10: 209.
    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in [
            "<a/><b/>",
            "<a/>x",
            "x<a/>",
            "<a>]]></a>",
            "<a b='1'c='2'/>",
            "<a b='<'/>",
            "<a b='1' b='2'/>",
            "<a>&nope;</a>",
            "<a>&AMP;</a>",
            "<a>&#0;</a>",
            "<a>&#xD800;</a>",
            "<a>& b</a>",
            "<1/>",
            "<a:b/>",
            "<a xmlns:a=''/>",
            "<a xmlns:xml='urn:x'/>",
            "<a xmlns:b='http://www.w3.org/2000/xmlns/'/>",
            "<a xmlns:p='relative'/>",
            "<a xmlns:p='urn:a' xmlns:p='urn:b'/>",
            "<a xmlns:p='urn:a' xmlns:q='urn:a' p:x='1' q:x='2'/>",
            "<?go now?><a/>",
            "<a><?go now?></a>",
            "<a",
            "<a><b></a></b>",
            "",
            "<a:b:c xmlns:a='urn:a'/>",
            "<:a/>",
            "<a xmlns='urn:x'><:b/></a>",
            "<a xmlns='urn:x' :b=''/>",
            "<a xmlns:='urn:x'/>",
            "<a><!-- x -- y --></a>",
            "<a>&#x0000000041;</a>",
            "</a>",
            "<a></a></a>",
        ] {
            refused(text);
        }
        for text in [
            "<?xml version='1.1'?><a/>",
            "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
            " <?xml version='1.0'?><a/>",
            "<a>\u{1}</a>",
            "<a>\u{ffff}</a>",
        ] {
            assert_eq!(refused(text), "encoding", "{text}");
        }
        assert!(matches!(
            Document::parse(b"<a>\xff</a>".to_vec(), &Limits::MESSAGE),
            Err(XmlError::Encoding(_))
        ));
    }

    #[test]
    fn identifiers_are_unique_whatever_their_attribute_is_called() {
        let twice = "<a xmlns:w='urn:w'><b ID='_1'/><c w:Id='_1'/></a>";
        assert_eq!(refused(twice), "used twice");
        assert_eq!(refused("<a AssertionID='_1' xml:id='_1'/>"), "used twice");
        assert_eq!(refused("<a Id='1 2'/>"), "not a name of reasonable length");
        let once = parse("<a Id=''><b Id=''/><c ID='_1'/></a>").unwrap();
        assert!(once.by_id("_1").unwrap().is("", "c"));
        assert!(once.by_id("").is_none() && once.by_id("_2").is_none());
    }

    #[test]
    fn each_budget_has_a_last_value_and_a_first_too_much() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parse(&nested(48)).is_ok());
        assert_eq!(parse(&nested(49)).unwrap_err(), XmlError::Depth(48));
        assert_eq!(parse(&nested(100_000)).unwrap_err(), XmlError::Depth(48));
        let wide =
            |count: usize| format!("<a {}/>", (0..count).map(|n| format!("a{n}='' ")).collect::<String>());
        assert!(parse(&wide(64)).is_ok());
        assert_eq!(parse(&wide(65)).unwrap_err(), XmlError::Attributes(64));
        assert_eq!(parse(&wide(60_000)).unwrap_err(), XmlError::Attributes(64));
        let siblings = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
        assert!(parse(&siblings(39_999)).is_ok());
        assert_eq!(parse(&siblings(40_000)).unwrap_err(), XmlError::Nodes(40_000));
        let named = |count: usize| {
            format!("<a>{}</a>", (0..count).map(|n| format!("<b id='_{n}'/>")).collect::<String>())
        };
        assert!(parse(&named(128)).is_ok());
        assert_eq!(parse(&named(129)).unwrap_err(), XmlError::Identifiers(128));
        let long = |length: usize| format!("<a>{}</a>", "x".repeat(length - 7));
        assert!(parse(&long(1 << 20)).is_ok());
        assert_eq!(
            parse(&long((1 << 20) + 1)).unwrap_err(),
            XmlError::Size { seen: (1 << 20) + 1, wanted: 1 << 20 }
        );
    }

    #[test]
    fn a_message_cut_anywhere_is_refused_and_never_panics() {
        let text =
            "<?xml version='1.0'?><a xmlns:p='urn:p' p:x='&lt;'><b>t&amp;u</b><!--c--><![CDATA[d]]></a>";
        for end in 0..text.len() {
            assert!(parse(&text[..end]).is_err(), "{end}");
        }
    }
}
