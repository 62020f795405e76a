//! From bytes to tokens: names, values, texts and references of well-formed XML 1.0, and nothing that needs a DTD.
//!
//! Looks at every byte once and copies none; a token is a range of the source. What a token means where it stands is the
//! builder's affair.

use memchr::{memchr, memchr2, memmem};

use super::super::XmlError;
use super::super::scan::{is_ncname, is_xml_character};
use super::{Slice, is_white};

/// What stands at one place of the document.
pub(super) enum Token {
    /// `<` before a name: the name and the attributes follow.
    Tag,
    /// `</`: the name of the innermost open element must follow.
    EndTag,
    /// Characters up to the next markup.
    Text(Slice),
    /// The inside of a CDATA section.
    Literal(Slice),
    /// What a reference stands for.
    Reference(char),
    /// A comment, left behind.
    Comment,
    /// The end of the document.
    End,
}

/// A name as written, and what one look at it has told.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) text: Slice,
    /// Length of prefix and colon, zero without prefix.
    pub(super) prefix: u32,
}

/// What follows in a tag.
pub(super) enum Next {
    /// An attribute: its value follows.
    Attribute(Name),
    /// `>`.
    Open,
    /// `/>`.
    Closed,
}

/// A place in the source.
pub(super) struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    /// At the first byte after the XML declaration, if there is one.
    pub(super) fn new(source: &'s str) -> Result<Self, XmlError> {
        let mut lexer = Self { source, at: 0 };
        if source.starts_with("<?xml ") || source.starts_with("<?xml\n") || source.starts_with("<?xml\t") {
            lexer.declaration()?;
        }
        Ok(lexer)
    }

    /// Offset of the next byte.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn token(&mut self) -> Result<Token, XmlError> {
        match (self.peek(0), self.peek(1)) {
            (None, _) => Ok(Token::End),
            (Some(b'<'), Some(b'/')) => Ok(self.past(2, Token::EndTag)),
            (Some(b'<'), Some(b'!')) => self.declared(),
            (Some(b'<'), Some(b'?')) => Err(self.misplaced_instruction()),
            (Some(b'<'), _) => Ok(self.past(1, Token::Tag)),
            (Some(b'&'), _) => self.reference(),
            _ => {
                let length = memchr2(b'<', b'&', self.rest()).unwrap_or(self.source.len() - self.at);
                Ok(Token::Text(self.take(length)?))
            }
        }
    }

    /// A name, its parts on both sides of a colon valid.
    pub(super) fn name(&mut self) -> Result<Name, XmlError> {
        let (mut length, mut prefix, mut kinds) = (0, 0, 0);
        for byte in self.rest() {
            let kind = kind_of(*byte);
            if kind == OTHER {
                break;
            }
            if kind == COLON {
                if prefix != 0 {
                    return Err(self.wrong("not a name"));
                }
                prefix = length + 1;
            }
            kinds |= kind;
            length += 1;
        }
        let parts = (self.at, self.at + length);
        let text = self.take(length)?;
        let (before, local) = (parts.0 + prefix.saturating_sub(1), parts.0 + prefix);
        let valid = if kinds & WIDE == 0 {
            length > prefix && self.starts(local) && (prefix == 0 || (prefix > 1 && self.starts(parts.0)))
        } else {
            let part = |from, to| self.source.get(from..to).is_some_and(is_ncname);
            part(local, parts.1) && (prefix == 0 || part(parts.0, before))
        };
        if !valid {
            return Err(XmlError::Syntax { at: parts.0, what: "not a name" });
        }
        Ok(Name { text, prefix: offset(prefix)? })
    }

    /// What follows in a tag after its name or after an attribute.
    pub(super) fn next_in_tag(&mut self) -> Result<Next, XmlError> {
        let spaced = self.skip_white();
        match self.peek(0) {
            Some(b'>') => Ok(self.past(1, Next::Open)),
            Some(b'/') if self.peek(1) == Some(b'>') => Ok(self.past(2, Next::Closed)),
            None => Err(self.wrong("unexpected end")),
            _ if !spaced => Err(self.wrong("no white space before an attribute")),
            _ => {
                let name = self.name()?;
                self.skip_white();
                self.expect("=", "attribute")?;
                self.skip_white();
                Ok(Next::Attribute(name))
            }
        }
    }

    /// The value of the attribute whose name was read last: resolved into `decoded` where it differs from its source.
    pub(super) fn value(&mut self, decoded: &mut String) -> Result<Slice, XmlError> {
        let quote = self.peek(0).filter(|quote| matches!(quote, b'"' | b'\''));
        let quote = quote.ok_or_else(|| self.wrong("attribute"))?;
        self.at += 1;
        let length = memchr(quote, self.rest()).ok_or_else(|| self.wrong("attribute"))?;
        let special = |byte: &u8| matches!(byte, b'<' | b'&' | b'\t' | b'\n');
        let plain = !self.rest().iter().take(length).fold(false, |found, byte| found | special(byte));
        let value = if plain {
            Slice { verbatim: quote == b'"', ..self.take(length)? }
        } else {
            self.resolved(self.at + length, decoded)?
        };
        self.at += 1;
        Ok(value)
    }

    /// The rest of an end tag that must close the element of this name.
    pub(super) fn end_of(&mut self, name: &[u8]) -> Result<(), XmlError> {
        if !self.rest().starts_with(name) {
            return Err(self.wrong("an end tag that closes another element"));
        }
        self.at += name.len();
        self.skip_white();
        self.expect(">", "an end tag that closes another element")
    }

    fn resolved(&mut self, end: usize, decoded: &mut String) -> Result<Slice, XmlError> {
        let start = offset(decoded.len())?;
        while self.at < end {
            let rest = self.source.get(self.at..end).unwrap_or_default();
            let plain = rest.find(['<', '&', '\t', '\n']).unwrap_or(rest.len());
            decoded.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek(0) {
                _ if self.at == end => {}
                Some(b'<') => return Err(self.wrong("< in an attribute value")),
                Some(b'&') => decoded.push(self.character(end)?),
                _ => {
                    decoded.push(' ');
                    self.at += 1;
                }
            }
        }
        Ok(Slice { start, end: offset(decoded.len())?, decoded: true, verbatim: false })
    }

    fn reference(&mut self) -> Result<Token, XmlError> {
        Ok(Token::Reference(self.character(self.source.len())?))
    }

    /// What the reference that begins here stands for.
    fn character(&mut self, end: usize) -> Result<char, XmlError> {
        // The longest that exists is `&#x10ffff;` with leading zeros up to eight digits.
        let name = self.source.as_bytes().get(self.at + 1..end.min(self.at + 13)).unwrap_or_default();
        let length = memchr(b';', name).ok_or_else(|| self.wrong("reference"))?;
        let name = self.source.get(self.at + 1..self.at + 1 + length);
        let character = name.and_then(resolve).ok_or_else(|| self.wrong("reference"))?;
        self.at += length + 2;
        Ok(character)
    }

    /// `<!`: a comment, a CDATA section, or a document type.
    fn declared(&mut self) -> Result<Token, XmlError> {
        let rest = self.rest();
        if rest.starts_with(b"<!--") {
            self.at += 4;
            let length = memmem::find(self.rest(), b"--").ok_or_else(|| self.wrong("unexpected end"))?;
            self.at += length + 2;
            self.expect(">", "-- in a comment")?;
            Ok(Token::Comment)
        } else if rest.starts_with(b"<![CDATA[") {
            self.at += 9;
            let length = memmem::find(self.rest(), b"]]>").ok_or_else(|| self.wrong("unexpected end"))?;
            let text = self.take(length)?;
            Ok(self.past(3, Token::Literal(text)))
        } else if rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case(b"<!DOCTYPE")) {
            Err(XmlError::Doctype)
        } else {
            Err(self.wrong("markup"))
        }
    }

    /// `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, the last two optional.
    fn declaration(&mut self) -> Result<(), XmlError> {
        const WRONG: XmlError = XmlError::Encoding("only XML 1.0 in UTF-8, declared at the very beginning");
        let end = memmem::find(self.rest(), b"?>").ok_or_else(|| self.wrong("unexpected end"))?;
        let inside = self.source.get(5..end).unwrap_or_default();
        let (name, version, mut rest) =
            pseudo_attribute(inside).ok_or_else(|| self.wrong("XML declaration"))?;
        if (name, version) != ("version", "1.0") {
            return Err(WRONG);
        }
        let mut optional = ["encoding", "standalone"].iter();
        while !is_white(rest) {
            let (name, value, after) = pseudo_attribute(rest).ok_or_else(|| self.wrong("XML declaration"))?;
            let in_order = optional.any(|known| *known == name);
            let allowed = match name {
                "encoding" => value.eq_ignore_ascii_case("utf-8"),
                _ => value == "yes" || value == "no",
            };
            if !in_order || !allowed {
                return Err(WRONG);
            }
            rest = after;
        }
        self.at = end + 2;
        Ok(())
    }

    fn misplaced_instruction(&self) -> XmlError {
        let is_declaration =
            self.rest().starts_with(b"<?xml") && self.peek(5).is_none_or(|b| kind_of(b) == OTHER);
        if is_declaration {
            return XmlError::Encoding("only XML 1.0 in UTF-8, declared at the very beginning");
        }
        self.wrong("processing instruction")
    }

    fn rest(&self) -> &'s [u8] {
        self.source.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    fn starts(&self, at: usize) -> bool {
        self.source.as_bytes().get(at).is_some_and(|byte| kind_of(*byte) == START)
    }

    fn past<T>(&mut self, length: usize, token: T) -> T {
        self.at += length;
        token
    }

    fn take(&mut self, length: usize) -> Result<Slice, XmlError> {
        let start = offset(self.at)?;
        self.at += length;
        Ok(Slice { start, end: offset(self.at)?, ..Slice::default() })
    }

    /// Whether there was any.
    fn skip_white(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(0), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.at > start
    }

    fn expect(&mut self, wanted: &str, what: &'static str) -> Result<(), XmlError> {
        if !self.rest().starts_with(wanted.as_bytes()) {
            return Err(self.wrong(what));
        }
        self.at += wanted.len();
        Ok(())
    }

    const fn wrong(&self, what: &'static str) -> XmlError {
        XmlError::Syntax { at: self.at, what }
    }
}

/// Name, value and what comes after, of something like an attribute with white space before it.
fn pseudo_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let trimmed = text.trim_start_matches([' ', '\t', '\n']);
    let (name, after) = trimmed.split_once('=').filter(|_| trimmed.len() < text.len())?;
    let after = after.trim_start_matches([' ', '\t', '\n']);
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, rest) = after.get(1..)?.split_once(quote)?;
    Some((name.trim_end_matches([' ', '\t', '\n']), value, rest))
}

/// The five predefined entities and character references; nothing else exists without a DTD.
fn resolve(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |hex| (hex, 16));
            let plain = digits.len() <= 8 && digits.chars().all(|c| c.is_digit(radix));
            let code = u32::from_str_radix(digits, radix).ok().filter(|_| plain);
            code.and_then(char::from_u32).filter(|c| is_xml_character(*c))
        }
    }
}

/// What a byte may be in a name.
const OTHER: u8 = 0;
/// Begins a name, and continues one.
const START: u8 = 1;
/// Continues a name.
const CONTINUES: u8 = 2;
/// Divides a prefix from a local name.
const COLON: u8 = 4;
/// Part of a character beyond ASCII: [`is_ncname`] decides.
const WIDE: u8 = 8;

fn kind_of(byte: u8) -> u8 {
    KINDS.get(usize::from(byte)).copied().unwrap_or(OTHER)
}

static KINDS: [u8; 256] = {
    let mut kinds = [WIDE; 256];
    let mut rest: &mut [u8] = &mut kinds;
    let mut byte = 0_u8;
    while let Some((first, others)) = rest.split_first_mut() {
        *first = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => START,
            b'0'..=b'9' | b'-' | b'.' => CONTINUES,
            b':' => COLON,
            0x80.. => WIDE,
            _ => OTHER,
        };
        byte = byte.wrapping_add(1);
        rest = others;
    }
    kinds
};

pub(super) fn offset(position: usize) -> Result<u32, XmlError> {
    u32::try_from(position).map_err(|_| XmlError::Size { seen: position, wanted: super::index(u32::MAX) })
}
