//! From tokens to the arena: the one pass over hostile bytes.

use memchr::{memchr, memmem};

use super::super::scan::{is_absolute, is_name, only_xml_characters};
use super::super::{Limits, XmlError};
use super::lexer::{Lexer, Name, Next, Token, offset};
use super::{
    Attribute, Declaration, Document, ElementData, Id, Kind, NONE, Node, Slice, index, is_reserved, is_white,
};

pub(super) fn build(source: String, limits: &Limits) -> Result<Document, XmlError> {
    let source = prepare(source, limits)?;
    let mut builder = Builder {
        limits,
        source: &source,
        nodes: Vec::with_capacity(source.len() / 24),
        attributes: Vec::with_capacity(source.len() / 64),
        declarations: Vec::new(),
        namespaces: vec![Slice::default(), Slice::default()],
        identifiers: Vec::new(),
        decoded: String::new(),
        scope: Vec::with_capacity(16),
        open: Vec::with_capacity(limits.depth),
        own_scope: 0,
        text: None,
        last_child: NONE,
    };
    let mut lexer = Lexer::new(&source)?;
    while builder.take(&mut lexer)? {}
    let Builder { nodes, attributes, declarations, namespaces, identifiers, decoded, .. } = builder;
    Ok(Document { source, decoded, nodes, attributes, declarations, namespaces, identifiers })
}

/// Allowed characters, line ends as XML wants them, no byte-order mark.
fn prepare(mut source: String, limits: &Limits) -> Result<String, XmlError> {
    if source.len() > limits.bytes {
        return Err(XmlError::Size { seen: source.len(), wanted: limits.bytes });
    }
    if source.starts_with('\u{feff}') {
        source.drain(..'\u{feff}'.len_utf8());
    }
    if !only_xml_characters(&source) {
        return Err(XmlError::Encoding("a character that XML does not allow"));
    }
    if memchr(b'\r', source.as_bytes()).is_some() {
        source = source.replace("\r\n", "\n").replace('\r', "\n");
    }
    Ok(source)
}

struct Builder<'s> {
    limits: &'s Limits,
    source: &'s str,
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    declarations: Vec<Declaration>,
    namespaces: Vec<Slice>,
    identifiers: Vec<(Slice, Id)>,
    decoded: String,
    /// Declarations in force, innermost last.
    scope: Vec<Binding>,
    /// Open elements: the element, the height of `scope` outside it, its last child so far.
    open: Vec<(Id, usize, Id)>,
    /// Where the declarations of the tag that is being read begin in `scope`.
    own_scope: usize,
    /// Text read since the last tag.
    text: Option<Slice>,
    /// The last child of the document itself: none before the root, the root after it.
    last_child: Id,
}

/// A declaration in force.
struct Binding {
    key: u64,
    prefix: Slice,
    namespace: u16,
}

impl Builder<'_> {
    /// Takes one token; false at the end of the document.
    fn take(&mut self, lexer: &mut Lexer<'_>) -> Result<bool, XmlError> {
        let at = lexer.at();
        match lexer.token()? {
            Token::Tag => self.start(lexer, at)?,
            Token::EndTag => self.end(lexer)?,
            Token::Text(piece) => self.characters(piece, at)?,
            Token::Literal(piece) => {
                self.inside_root(at)?;
                self.annotate();
                self.append(piece)?;
            }
            Token::Reference(character) => {
                self.inside_root(at)?;
                self.append_decoded(character.encode_utf8(&mut [0; 4]))?;
            }
            Token::Comment => self.annotate(),
            Token::End if self.open.is_empty() && self.last_child != NONE => return Ok(false),
            Token::End => return Err(XmlError::Syntax { at, what: "unexpected end" }),
        }
        Ok(true)
    }

    fn start(&mut self, lexer: &mut Lexer<'_>, at: usize) -> Result<(), XmlError> {
        self.flush_text()?;
        if self.open.is_empty() && self.last_child != NONE {
            return Err(XmlError::Syntax { at, what: "a second root element" });
        }
        if self.open.len() >= self.limits.depth {
            return Err(XmlError::Depth(self.limits.depth));
        }
        let id = self.add(Kind::Text(Slice::default()))?;
        self.own_scope = self.scope.len();
        let (attributes, declarations) = (length(&self.attributes)?, length(&self.declarations)?);
        let name = lexer.name()?;
        let closed = self.read_attributes(lexer)?;
        let namespace = self.namespace_of(name, at)?;
        self.qualify_attributes(index(attributes), id, at)?;
        let data = ElementData {
            name: name.text,
            prefix: name.prefix,
            namespace,
            attributes: (attributes, length(&self.attributes)?),
            declarations: (declarations, length(&self.declarations)?),
            span: Slice { start: offset(at)?, end: offset(lexer.at())?, ..Slice::default() },
            annotated: false,
        };
        if let Some(node) = self.nodes.get_mut(index(id)) {
            node.kind = Kind::Element(data);
        }
        if closed {
            self.scope.truncate(self.own_scope);
        } else {
            self.open.push((id, self.own_scope, NONE));
        }
        Ok(())
    }

    fn end(&mut self, lexer: &mut Lexer<'_>) -> Result<(), XmlError> {
        self.flush_text()?;
        let Some((id, outside, _)) = self.open.pop() else {
            return Err(XmlError::Syntax { at: lexer.at(), what: "an end tag without a start tag" });
        };
        self.scope.truncate(outside);
        if let Some(Node { kind: Kind::Element(data), .. }) = self.nodes.get_mut(index(id)) {
            lexer.end_of(bytes_of(self.source, "", data.name))?;
            data.span.end = offset(lexer.at())?;
        }
        Ok(())
    }

    /// Declarations and attributes of a tag, not yet qualified: a prefix may be declared after its use. Whether the tag
    /// closes itself.
    fn read_attributes(&mut self, lexer: &mut Lexer<'_>) -> Result<bool, XmlError> {
        let mut seen = 0;
        loop {
            let at = lexer.at();
            let Name { text, prefix } = match lexer.next_in_tag()? {
                Next::Attribute(name) => name,
                Next::Open => return Ok(false),
                Next::Closed => return Ok(true),
            };
            seen += 1;
            if seen > self.limits.attributes {
                return Err(XmlError::Attributes(self.limits.attributes));
            }
            let value = lexer.value(&mut self.decoded)?;
            match bytes_of(self.source, "", text) {
                b"xmlns" => self.declare(Slice { start: text.end, ..text }, value, at)?,
                name if prefix == 6 && name.starts_with(b"xmlns:") => {
                    self.declare(Slice { start: text.start + prefix, ..text }, value, at)?;
                }
                _ => self.attributes.push(Attribute { name: text, prefix, namespace: 0, value }),
            }
        }
    }

    fn declare(&mut self, prefix: Slice, value: Slice, at: usize) -> Result<(), XmlError> {
        let wrong = |what| Err(XmlError::Syntax { at, what });
        let name = self.bytes(prefix);
        match (name, self.text(value)) {
            (b"xmlns", _) => return wrong("the prefix xmlns is reserved"),
            (b"xml", uri) if uri != super::XML => return wrong("the prefix xml is reserved"),
            (b"xml", _) => return Ok(()),
            (_, uri) if is_reserved(uri) => return wrong("a reserved namespace"),
            (b"", "") => {}
            (_, "") => return wrong("a prefix without namespace"),
            (_, uri) if !is_absolute(uri) => return wrong("a relative namespace name"),
            _ => {}
        }
        let key = key_of(name);
        let own = self.scope.get(self.own_scope..).unwrap_or_default();
        if own.iter().any(|binding| self.binds(binding, key, name)) {
            return wrong("a prefix declared twice");
        }
        let namespace = self.intern(value)?;
        self.scope.push(Binding { key, prefix, namespace });
        self.declarations.push(Declaration { prefix, namespace });
        Ok(())
    }

    fn qualify_attributes(&mut self, from: usize, id: Id, at: usize) -> Result<(), XmlError> {
        for position in from..self.attributes.len() {
            let Some(Attribute { name, prefix, value, .. }) = self.attributes.get(position) else { break };
            let (name, prefix, value) = (*name, *prefix, *value);
            let namespace = if prefix == 0 { 0 } else { self.namespace_of(Name { text: name, prefix }, at)? };
            let local = |name: Slice, prefix| self.bytes(Slice { start: name.start + prefix, ..name });
            let own = local(name, prefix);
            let earlier = self.attributes.get(from..position).unwrap_or_default();
            if earlier.iter().any(|a| a.namespace == namespace && local(a.name, a.prefix) == own) {
                return Err(XmlError::Syntax { at, what: "an attribute given twice" });
            }
            if identifies(own) {
                self.identify(value, id)?;
            }
            if let Some(attribute) = self.attributes.get_mut(position) {
                attribute.namespace = namespace;
            }
        }
        Ok(())
    }

    /// An empty identifier is none: govmomi signs with `Id=""` (`decisions.md` §5).
    fn identify(&mut self, value: Slice, id: Id) -> Result<(), XmlError> {
        let name = self.text(value);
        if name.is_empty() {
            return Ok(());
        }
        let wrong = |what| Err(XmlError::Identifier { id: name.chars().take(64).collect(), what });
        if name.len() > self.limits.identifier_bytes || !is_name(name) {
            return wrong("not a name of reasonable length");
        }
        if self.identifiers.iter().any(|(other, _)| self.text(*other) == name) {
            return wrong("used twice");
        }
        if self.identifiers.len() >= self.limits.identifiers {
            return Err(XmlError::Identifiers(self.limits.identifiers));
        }
        self.identifiers.push((value, id));
        Ok(())
    }

    /// The namespace of a name; of one without prefix, the default namespace.
    fn namespace_of(&self, name: Name, at: usize) -> Result<u16, XmlError> {
        let end = name.text.start + name.prefix.saturating_sub(1);
        let prefix = self.bytes(Slice { end, ..name.text });
        if prefix == b"xml" {
            return Ok(1);
        }
        let key = key_of(prefix);
        match self.scope.iter().rev().find(|binding| self.binds(binding, key, prefix)) {
            Some(binding) => Ok(binding.namespace),
            None if prefix.is_empty() => Ok(0),
            None => Err(XmlError::Syntax { at, what: "a prefix that is not declared" }),
        }
    }

    fn binds(&self, binding: &Binding, key: u64, prefix: &[u8]) -> bool {
        binding.key == key && (prefix.len() <= KEY_BYTES || self.bytes(binding.prefix) == prefix)
    }

    fn intern(&mut self, value: Slice) -> Result<u16, XmlError> {
        let uri = self.bytes(value);
        if uri.is_empty() {
            return Ok(0);
        }
        let known = self.namespaces.iter().skip(2).position(|other| self.bytes(*other) == uri);
        let place = known.map_or(self.namespaces.len(), |place| place + 2);
        // A namespace costs at least 14 bytes of tag; the search above must not become quadratic on hostile input.
        if place >= MAX_NAMESPACES {
            return Err(XmlError::Syntax { at: index(value.start), what: "too many namespaces" });
        }
        if known.is_none() {
            self.namespaces.push(value);
        }
        u16::try_from(place).map_err(|_| XmlError::Attributes(self.limits.attributes))
    }

    fn characters(&mut self, piece: Slice, at: usize) -> Result<(), XmlError> {
        let text = self.bytes(piece);
        if self.open.is_empty() {
            return if is_white(self.text(piece)) {
                Ok(())
            } else {
                Err(XmlError::Syntax { at, what: "text outside the root" })
            };
        }
        let greater = memchr(b'>', text).is_some();
        if greater && memmem::find(text, b"]]>").is_some() {
            return Err(XmlError::Syntax { at, what: "]]> in text" });
        }
        self.append(Slice { verbatim: !greater, ..piece })
    }

    /// Joins a piece of the source to the text read since the last tag.
    fn append(&mut self, piece: Slice) -> Result<(), XmlError> {
        if self.text.is_some() {
            return self.append_decoded(text_of(self.source, "", piece));
        }
        self.text = Some(piece);
        Ok(())
    }

    /// Joins more to that text where it can grow: in `decoded`, to which it moves first.
    fn append_decoded(&mut self, more: &str) -> Result<(), XmlError> {
        let start = match self.text {
            Some(text) if text.decoded => text.start,
            text => {
                let start = offset(self.decoded.len())?;
                self.decoded.push_str(text_of(self.source, "", text.unwrap_or_default()));
                start
            }
        };
        self.decoded.push_str(more);
        self.text = Some(Slice { start, end: offset(self.decoded.len())?, decoded: true, verbatim: false });
        Ok(())
    }

    fn flush_text(&mut self) -> Result<(), XmlError> {
        let Some(text) = self.text.take() else { return Ok(()) };
        if text.start != text.end {
            self.add(Kind::Text(text))?;
        }
        Ok(())
    }

    fn inside_root(&self, at: usize) -> Result<(), XmlError> {
        if self.open.is_empty() {
            return Err(XmlError::Syntax { at, what: "text outside the root" });
        }
        Ok(())
    }

    fn annotate(&mut self) {
        let Some((id, ..)) = self.open.last() else { return };
        if let Some(Node { kind: Kind::Element(data), .. }) = self.nodes.get_mut(index(*id)) {
            data.annotated = true;
        }
    }

    fn text(&self, slice: Slice) -> &str {
        text_of(self.source, &self.decoded, slice)
    }

    fn bytes(&self, slice: Slice) -> &[u8] {
        bytes_of(self.source, &self.decoded, slice)
    }

    /// Adds a node as the last child of the innermost open element.
    fn add(&mut self, kind: Kind) -> Result<Id, XmlError> {
        if self.nodes.len() >= self.limits.nodes {
            return Err(XmlError::Nodes(self.limits.nodes));
        }
        let id = length(&self.nodes)?;
        let (parent, previous) = match self.open.last_mut() {
            Some((parent, _, last)) => (*parent, std::mem::replace(last, id)),
            None => (NONE, std::mem::replace(&mut self.last_child, id)),
        };
        self.nodes.push(Node { parent, first: NONE, next: NONE, kind });
        let link = if previous == NONE { parent } else { previous };
        if let Some(node) = self.nodes.get_mut(index(link)) {
            if previous == NONE { node.first = id } else { node.next = id }
        }
        Ok(id)
    }
}

/// Attributes that identify, whatever their namespace and case: one name space for all of them (`attacks.md` §2.2-3).
fn identifies(local: &[u8]) -> bool {
    matches!(local.len(), 2 | 9..=11)
        && ["id", "assertionid", "requestid", "responseid"]
            .iter()
            .any(|name| local.eq_ignore_ascii_case(name.as_bytes()))
}

/// Length and first bytes of a prefix: all of it for the short ones that everybody uses.
fn key_of(prefix: &[u8]) -> u64 {
    let length = u64::try_from(prefix.len()).unwrap_or(u64::MAX);
    prefix.iter().take(KEY_BYTES).fold(length, |key, byte| key << 8 | u64::from(*byte))
}

const KEY_BYTES: usize = 6;

fn text_of<'t>(source: &'t str, decoded: &'t str, slice: Slice) -> &'t str {
    let text = if slice.decoded { decoded } else { source };
    text.get(index(slice.start)..index(slice.end)).unwrap_or_default()
}

/// The same, where nobody asks for characters.
fn bytes_of<'t>(source: &'t str, decoded: &'t str, slice: Slice) -> &'t [u8] {
    let text = if slice.decoded { decoded } else { source };
    text.as_bytes().get(index(slice.start)..index(slice.end)).unwrap_or_default()
}

fn length<T>(items: &[T]) -> Result<u32, XmlError> {
    offset(items.len())
}

/// Far more than any message names (12), few enough to search in a row.
const MAX_NAMESPACES: usize = 256;
