//! Text into XML: escaped as canonical XML escapes it, so that what is written is already canonical.

use memchr::{memchr, memchr3};

use super::scan::is_xml_character;

/// Appends `text` as element content: `& < >` and CR escaped.
pub fn text(out: &mut String, text: &str) {
    if memchr3(b'&', b'<', b'>', text.as_bytes()).is_none() && memchr(b'\r', text.as_bytes()).is_none() {
        return out.push_str(text);
    }
    escape(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends `value` as the content of a double-quoted attribute: `& < "`, tab, LF and CR escaped.
pub fn attribute(out: &mut String, value: &str) {
    if memchr3(b'&', b'<', b'"', value.as_bytes()).is_none()
        && memchr3(b'\t', b'\n', b'\r', value.as_bytes()).is_none()
    {
        return out.push_str(value);
    }
    escape(out, value, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends `<local>text</local>`.
pub fn element(out: &mut String, local: &str, content: &str) {
    out.push('<');
    out.push_str(local);
    out.push('>');
    text(out, content);
    out.push_str("</");
    out.push_str(local);
    out.push('>');
}

/// Whether the text can stand in a document at all.
#[must_use]
pub fn is_writable(text: &str) -> bool {
    text.chars().all(is_xml_character)
}

/// The text without the characters that no document can hold, for what a client sent about itself.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| is_xml_character(*c)).collect()
}

fn escape(out: &mut String, text: &str, escaped: impl Fn(u8) -> Option<&'static str>) {
    let mut rest = text;
    while let Some((place, replacement)) =
        rest.bytes().enumerate().find_map(|(at, b)| escaped(b).map(|e| (at, e)))
    {
        let (before, from) = rest.split_at(place);
        out.push_str(before);
        out.push_str(replacement);
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}
