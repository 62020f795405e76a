//! What a name, a character and a namespace URI may be. Pure predicates over text, used while parsing.

/// Whether every character of `text` is allowed in XML 1.0. UTF-8 already excludes lone surrogates.
pub(super) fn only_xml_characters(text: &str) -> bool {
    let bytes = text.as_bytes();
    let controls =
        bytes.iter().fold(false, |bad, byte| bad | (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')));
    !controls && (bytes.is_ascii() || !text.contains(['\u{fffe}', '\u{ffff}']))
}

/// Whether one character is allowed in XML 1.0.
pub(super) const fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// A name without colon (Namespaces in XML 1.0 §4).
pub(super) fn is_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

/// The same for the names every message is full of, without decoding characters.
pub(super) fn is_name(name: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    (starts && name.bytes().all(simple)) || is_ncname(name)
}

/// An absolute URI: a scheme and a colon first. Relative namespace names make canonicalisers disagree (C13).
pub(super) fn is_absolute(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
}

const fn starts_name(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '_'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

const fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c, '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
