//! From tokens to the arena: the one pass over hostile bytes.

use memchr::{memchr, memchr3};
use quick_xml::Reader;
use quick_xml::events::attributes::Attribute as Token;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::super::scan::{is_absolute, is_name, is_xml_character, only_xml_characters};
use super::super::{Limits, XmlError};
use super::{
    Attribute, Declaration, Document, ElementData, Id, Kind, NONE, Node, Slice, index, is_reserved, is_white,
};

pub(super) fn build(bytes: Vec<u8>, limits: &Limits) -> Result<Document, XmlError> {
    let source = prepare(bytes, limits)?;
    let mut builder = Builder {
        limits,
        nodes: Vec::with_capacity(source.len() / 24),
        attributes: Vec::with_capacity(source.len() / 64),
        declarations: Vec::new(),
        namespaces: vec![Slice::default(), Slice::default()],
        identifiers: Vec::new(),
        decoded: String::new(),
        scope: Vec::new(),
        open: Vec::with_capacity(limits.depth),
        own_scope: 0,
        text: None,
        last_child: NONE,
    };
    let mut reader = Reader::from_str(&source);
    let config = reader.config_mut();
    config.check_comments = true;
    config.check_end_names = true;
    let mut at = 0;
    loop {
        let event = reader.read_event().map_err(|_| XmlError::Syntax { at, what: "markup" })?;
        let end = position(&reader);
        if builder.take(&source, &event, at, end)? {
            break;
        }
        at = end;
    }
    let Builder { nodes, attributes, declarations, namespaces, identifiers, decoded, .. } = builder;
    Ok(Document { source, decoded, nodes, attributes, declarations, namespaces, identifiers })
}

/// UTF-8, allowed characters, line ends as XML wants them, no byte-order mark.
fn prepare(bytes: Vec<u8>, limits: &Limits) -> Result<String, XmlError> {
    if bytes.len() > limits.bytes {
        return Err(XmlError::Size { seen: bytes.len(), wanted: limits.bytes });
    }
    let mut source = String::from_utf8(bytes).map_err(|_| XmlError::Encoding("invalid UTF-8"))?;
    if source.starts_with('\u{feff}') {
        source.drain(..'\u{feff}'.len_utf8());
    }
    if !only_xml_characters(&source) {
        return Err(XmlError::Encoding("a character that XML does not allow"));
    }
    if source.contains('\r') {
        source = source.replace("\r\n", "\n").replace('\r', "\n");
    }
    Ok(source)
}

struct Builder<'l> {
    limits: &'l Limits,
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    declarations: Vec<Declaration>,
    namespaces: Vec<Slice>,
    identifiers: Vec<(Slice, Id)>,
    decoded: String,
    /// Declarations in force, innermost last.
    scope: Vec<(Slice, u16)>,
    /// Open elements: the element, the height of `scope` outside it, its last child so far.
    open: Vec<(Id, usize, Id)>,
    /// Where the declarations of the tag that is being read begin in `scope`.
    own_scope: usize,
    /// Text read since the last tag.
    text: Option<Slice>,
    /// The last child of the document itself: none before the root, the root after it.
    last_child: Id,
}

impl Builder<'_> {
    /// Takes one token; true at the end of the document.
    fn take(&mut self, source: &str, event: &Event<'_>, at: usize, end: usize) -> Result<bool, XmlError> {
        match event {
            Event::Start(tag) => self.start(source, tag, at)?,
            Event::Empty(tag) => {
                self.start(source, tag, at)?;
                self.end(at, end)?;
            }
            Event::End(_) => self.end(at, end)?,
            Event::Text(text) => self.characters(source, slice_of(source, text, at)?, at)?,
            Event::CData(text) => {
                self.annotate(at)?;
                let piece = slice_of(source, text, at)?;
                self.append(source, piece)?;
            }
            Event::GeneralRef(reference) => self.reference(source, reference, at)?,
            Event::Comment(_) => self.annotate_if_open(),
            Event::Decl(declaration) => {
                let version =
                    declaration.version().map_err(|_| XmlError::Syntax { at, what: "XML declaration" })?;
                let utf8 =
                    declaration.encoding().is_none_or(|e| e.is_ok_and(|e| e.eq_ignore_ascii_case("utf-8")));
                if at != 0 || version != "1.0" || !utf8 {
                    return Err(XmlError::Encoding("only XML 1.0 in UTF-8, declared at the very beginning"));
                }
            }
            Event::PI(_) => return Err(XmlError::Syntax { at, what: "processing instruction" }),
            Event::DocType(_) => return Err(XmlError::Doctype),
            Event::Eof => {
                let complete = self.open.is_empty() && self.last_child != NONE;
                return if complete {
                    Ok(true)
                } else {
                    Err(XmlError::Syntax { at, what: "unexpected end" })
                };
            }
        }
        Ok(false)
    }

    fn start(&mut self, source: &str, tag: &BytesStart<'_>, at: usize) -> Result<(), XmlError> {
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
        self.read_attributes(source, tag, at)?;
        let name = slice_of(source, tag.name().into_inner(), at)?;
        let (prefix, namespace) = self.qualify(source, name, true, at)?;
        self.qualify_attributes(source, index(attributes), id, at)?;
        let span = Slice { start: offset(at)?, ..Slice::default() };
        let data = ElementData {
            name,
            prefix,
            namespace,
            attributes: (attributes, length(&self.attributes)?),
            declarations: (declarations, length(&self.declarations)?),
            span,
            annotated: false,
        };
        if let Some(node) = self.nodes.get_mut(index(id)) {
            node.kind = Kind::Element(data);
        }
        self.open.push((id, self.own_scope, NONE));
        Ok(())
    }

    fn end(&mut self, at: usize, end: usize) -> Result<(), XmlError> {
        self.flush_text()?;
        let Some((id, outside, _)) = self.open.pop() else {
            return Err(XmlError::Syntax { at, what: "an end tag without a start tag" });
        };
        self.scope.truncate(outside);
        if let Some(Node { kind: Kind::Element(data), .. }) = self.nodes.get_mut(index(id)) {
            data.span.end = offset(end)?;
        }
        Ok(())
    }

    /// First the declarations, then the rest: a prefix may be declared after its use in the same tag.
    fn read_attributes(&mut self, source: &str, tag: &BytesStart<'_>, at: usize) -> Result<(), XmlError> {
        if tag.attributes_raw().is_empty() {
            return Ok(());
        }
        let mut seen = 0;
        for token in tag.attributes().with_checks(false) {
            let token = token.map_err(|_| XmlError::Syntax { at, what: "attribute" })?;
            seen += 1;
            if seen > self.limits.attributes {
                return Err(XmlError::Attributes(self.limits.attributes));
            }
            let name = token.key.into_inner();
            let key = slice_of(source, name, at)?;
            let before = index(key.start).checked_sub(1).and_then(|place| source.get(place..=place));
            if !before.is_some_and(is_white) {
                return Err(XmlError::Syntax { at, what: "no white space before an attribute" });
            }
            let value = self.attribute_value(source, &token, at)?;
            match name.strip_prefix("xmlns") {
                Some("") => self.declare(source, Slice { start: key.end, ..key }, value, at)?,
                Some(":") => return Err(XmlError::Syntax { at, what: "a prefix that is no name" }),
                Some(rest) if rest.starts_with(':') => {
                    self.declare(source, Slice { start: key.start + 6, ..key }, value, at)?;
                }
                _ => self.attributes.push(Attribute { name: key, prefix: 0, namespace: 0, value }),
            }
        }
        Ok(())
    }

    fn declare(&mut self, source: &str, prefix: Slice, value: Slice, at: usize) -> Result<(), XmlError> {
        let wrong = |what| Err(XmlError::Syntax { at, what });
        let name = text_of(source, &self.decoded, prefix);
        let uri = text_of(source, &self.decoded, value);
        match (name, uri) {
            ("xmlns", _) => return wrong("the prefix xmlns is reserved"),
            ("xml", uri) if uri != super::XML => return wrong("the prefix xml is reserved"),
            ("xml", _) => return Ok(()),
            (_, uri) if is_reserved(uri) => return wrong("a reserved namespace"),
            ("", "") => {}
            (_, "") => return wrong("a prefix without namespace"),
            (name, _) if !name.is_empty() && !is_name(name) => return wrong("a prefix that is no name"),
            (_, uri) if !is_absolute(uri) => return wrong("a relative namespace name"),
            _ => {}
        }
        let mut own = self.scope.get(self.own_scope..).unwrap_or_default().iter();
        if own.any(|(other, _)| text_of(source, &self.decoded, *other) == name) {
            return wrong("a prefix declared twice");
        }
        let namespace = self.intern(source, value)?;
        self.scope.push((prefix, namespace));
        self.declarations.push(Declaration { prefix, namespace });
        Ok(())
    }

    fn qualify_attributes(&mut self, source: &str, from: usize, id: Id, at: usize) -> Result<(), XmlError> {
        for position in from..self.attributes.len() {
            let Some(Attribute { name, value, .. }) = self.attributes.get(position) else { break };
            let (name, value) = (*name, *value);
            let (prefix, namespace) = self.qualify(source, name, false, at)?;
            let local = text_of(source, &self.decoded, Slice { start: name.start + prefix, ..name });
            let earlier = self.attributes.get(from..position).unwrap_or_default();
            if earlier.iter().any(|other| {
                other.namespace == namespace
                    && text_of(
                        source,
                        &self.decoded,
                        Slice { start: other.name.start + other.prefix, ..other.name },
                    ) == local
            }) {
                return Err(XmlError::Syntax { at, what: "an attribute given twice" });
            }
            if identifies(local) {
                self.identify(source, value, id)?;
            }
            if let Some(attribute) = self.attributes.get_mut(position) {
                (attribute.prefix, attribute.namespace) = (prefix, namespace);
            }
        }
        Ok(())
    }

    /// An empty identifier is none: govmomi signs with `Id=""` (`decisions.md` §5).
    fn identify(&mut self, source: &str, value: Slice, id: Id) -> Result<(), XmlError> {
        let name = text_of(source, &self.decoded, value);
        if name.is_empty() {
            return Ok(());
        }
        let wrong = |what| Err(XmlError::Identifier { id: name.chars().take(64).collect(), what });
        if name.len() > self.limits.identifier_bytes || !is_name(name) {
            return wrong("not a name of reasonable length");
        }
        if self.identifiers.iter().any(|(other, _)| text_of(source, &self.decoded, *other) == name) {
            return wrong("used twice");
        }
        if self.identifiers.len() >= self.limits.identifiers {
            return Err(XmlError::Identifiers(self.limits.identifiers));
        }
        self.identifiers.push((value, id));
        Ok(())
    }

    /// Length of prefix and colon, and the namespace.
    fn qualify(
        &self,
        source: &str,
        name: Slice,
        is_element: bool,
        at: usize,
    ) -> Result<(u32, u16), XmlError> {
        let text = text_of(source, &self.decoded, name);
        let wrong = |what| Err(XmlError::Syntax { at, what });
        let colon = memchr(b':', text.as_bytes());
        let Some((prefix, local)) = colon.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) else {
            if !is_name(text) {
                return wrong("not a name");
            }
            let namespace = if is_element { self.in_scope(source, "").unwrap_or(0) } else { 0 };
            return Ok((0, namespace));
        };
        // A prefix that is in scope was a name when it was declared; none is the default namespace's.
        let bound = if prefix == "xml" { Some(1) } else { self.in_scope(source, prefix) };
        match bound.filter(|_| !prefix.is_empty()) {
            Some(namespace) if is_name(local) => Ok((offset(prefix.len() + 1)?, namespace)),
            Some(_) => wrong("not a name"),
            None => wrong("a prefix that is not declared"),
        }
    }

    fn in_scope(&self, source: &str, prefix: &str) -> Option<u16> {
        let bound = self.scope.iter().rev().find(|(name, _)| text_of(source, &self.decoded, *name) == prefix);
        bound.map(|(_, namespace)| *namespace)
    }

    fn intern(&mut self, source: &str, value: Slice) -> Result<u16, XmlError> {
        let uri = text_of(source, &self.decoded, value);
        if uri.is_empty() {
            return Ok(0);
        }
        let known =
            self.namespaces.iter().skip(2).position(|other| text_of(source, &self.decoded, *other) == uri);
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

    fn attribute_value(&mut self, source: &str, token: &Token<'_>, at: usize) -> Result<Slice, XmlError> {
        let raw: &str = &token.value;
        if memchr(b'<', raw.as_bytes()).is_some() {
            return Err(XmlError::Syntax { at, what: "< in an attribute value" });
        }
        if memchr3(b'&', b'\t', b'\n', raw.as_bytes()).is_none() {
            let value = slice_of(source, raw, at)?;
            let quote = index(value.start).checked_sub(1).and_then(|place| source.as_bytes().get(place));
            return Ok(Slice { verbatim: quote == Some(&b'"'), ..value });
        }
        let start = offset(self.decoded.len())?;
        let mut rest = raw;
        while let Some(place) = rest.find(['&', '\t', '\n']) {
            let (before, from) = rest.split_at(place);
            self.decoded.push_str(before);
            let Some(reference) = from.strip_prefix('&') else {
                self.decoded.push(' ');
                rest = from.get(1..).unwrap_or_default();
                continue;
            };
            let (name, after) =
                reference.split_once(';').ok_or(XmlError::Syntax { at, what: "reference" })?;
            self.decoded.push(resolve(name, at)?);
            rest = after;
        }
        self.decoded.push_str(rest);
        Ok(Slice { start, end: offset(self.decoded.len())?, decoded: true, verbatim: false })
    }

    fn characters(&mut self, source: &str, piece: Slice, at: usize) -> Result<(), XmlError> {
        let text = text_of(source, &self.decoded, piece);
        if self.open.is_empty() {
            return if is_white(text) {
                Ok(())
            } else {
                Err(XmlError::Syntax { at, what: "text outside the root" })
            };
        }
        let greater = memchr(b'>', text.as_bytes()).is_some();
        if greater && text.contains("]]>") {
            return Err(XmlError::Syntax { at, what: "]]> in text" });
        }
        self.append(source, Slice { verbatim: !greater, ..piece })
    }

    fn reference(&mut self, source: &str, reference: &BytesRef<'_>, at: usize) -> Result<(), XmlError> {
        if self.open.is_empty() {
            return Err(XmlError::Syntax { at, what: "text outside the root" });
        }
        let mut buffer = [0; 4];
        self.append_decoded(source, resolve(reference, at)?.encode_utf8(&mut buffer))
    }

    /// Joins a piece of the source to the text read since the last tag.
    fn append(&mut self, source: &str, piece: Slice) -> Result<(), XmlError> {
        if self.text.is_some() {
            return self.append_decoded(source, text_of(source, "", piece));
        }
        self.text = Some(piece);
        Ok(())
    }

    /// Joins more to that text where it can grow: in `decoded`, to which it moves first.
    fn append_decoded(&mut self, source: &str, more: &str) -> Result<(), XmlError> {
        let start = match self.text {
            Some(text) if text.decoded => text.start,
            text => {
                let start = offset(self.decoded.len())?;
                self.decoded.push_str(text_of(source, "", text.unwrap_or_default()));
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

    fn annotate(&mut self, at: usize) -> Result<(), XmlError> {
        if self.open.is_empty() {
            return Err(XmlError::Syntax { at, what: "text outside the root" });
        }
        self.annotate_if_open();
        Ok(())
    }

    fn annotate_if_open(&mut self) {
        let Some((id, ..)) = self.open.last() else { return };
        if let Some(Node { kind: Kind::Element(data), .. }) = self.nodes.get_mut(index(*id)) {
            data.annotated = true;
        }
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

/// The five predefined entities and character references; nothing else exists without a DTD.
fn resolve(name: &str, at: usize) -> Result<char, XmlError> {
    let wrong = XmlError::Syntax { at, what: "reference" };
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#').ok_or(wrong.clone())?;
            let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |hex| (hex, 16));
            let plain = digits.len() <= 8 && digits.chars().all(|c| c.is_digit(radix));
            let code = u32::from_str_radix(digits, radix).ok().filter(|_| plain);
            code.and_then(char::from_u32).filter(|c| is_xml_character(*c)).ok_or(wrong)?
        }
    };
    Ok(character)
}

/// Attributes that identify, whatever their namespace and case: one name space for all of them (`attacks.md` §2.2-3).
fn identifies(local: &str) -> bool {
    matches!(local.len(), 2 | 9..=11)
        && ["id", "assertionid", "requestid", "responseid"]
            .iter()
            .any(|name| local.eq_ignore_ascii_case(name))
}

fn text_of<'t>(source: &'t str, decoded: &'t str, slice: Slice) -> &'t str {
    let text = if slice.decoded { decoded } else { source };
    text.get(index(slice.start)..index(slice.end)).unwrap_or_default()
}

/// Where `part`, a piece of `source`, lies in it.
fn slice_of(source: &str, part: &str, at: usize) -> Result<Slice, XmlError> {
    let start = part.as_ptr().addr().wrapping_sub(source.as_ptr().addr());
    // quick-xml hands out pieces of its input; a piece of something else would be its mistake, found here.
    if start.checked_add(part.len()).is_none_or(|end| end > source.len()) {
        return Err(XmlError::Syntax { at, what: "markup" });
    }
    Ok(Slice { start: offset(start)?, end: offset(start + part.len())?, ..Slice::default() })
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn offset(position: usize) -> Result<u32, XmlError> {
    u32::try_from(position).map_err(|_| XmlError::Size { seen: position, wanted: index(u32::MAX) })
}

fn length<T>(items: &[T]) -> Result<u32, XmlError> {
    offset(items.len())
}

/// Far more than any message names (12), few enough to search in a row.
const MAX_NAMESPACES: usize = 256;
