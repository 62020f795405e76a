//! Text into XML: escaped as canonical XML escapes it, so that what is written is already canonical.

use super::scan::is_xml_character;

/// Appends `text` as element content: `& < >` and CR escaped.
pub fn text(out: &mut String, text: &str) {
    escape(out, text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends `value` as the content of a double-quoted attribute: `& < "`, tab, LF and CR escaped.
pub fn attribute(out: &mut String, value: &str) {
    escape(out, value, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
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

fn escape(out: &mut String, text: &str, escaped: impl Fn(char) -> Option<&'static str>) {
    let mut rest = text;
    while let Some((place, replacement)) = rest.char_indices().find_map(|(at, c)| escaped(c).map(|e| (at, e))) {
        let (before, from) = rest.split_at(place);
        out.push_str(before);
        out.push_str(replacement);
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}
