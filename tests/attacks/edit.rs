//! Edits of markup as an attacker makes them: on the text, not on a tree. Each fails loudly when it would change nothing.

/// Replaces the first occurrence.
pub fn swap(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in the text");
    text.replacen(from, to, 1)
}

/// The first element of this qualified name, tags included.
pub fn element<'t>(text: &'t str, name: &str) -> &'t str {
    let start = start_of(text, name);
    let rest = &text[start..];
    let tag = rest.find('>').unwrap();
    if rest[..tag].ends_with('/') {
        return &rest[..=tag];
    }
    let close = format!("</{name}>");
    &rest[..rest.find(&close).unwrap() + close.len()]
}

/// Takes the element out.
pub fn without(text: &str, name: &str) -> String {
    replaced(text, name, "")
}

/// Puts something else in the element's place.
pub fn replaced(text: &str, name: &str, new: &str) -> String {
    swap(text, element(text, name), new)
}

/// Puts something before the element.
pub fn before(text: &str, name: &str, new: &str) -> String {
    let (head, tail) = text.split_at(start_of(text, name));
    [head, new, tail].concat()
}

/// Puts something after the element.
pub fn after(text: &str, name: &str, new: &str) -> String {
    let found = element(text, name);
    let end = start_of(text, name) + found.len();
    [&text[..end], new, &text[end..]].concat()
}

/// Puts something into the element, at its end.
pub fn inside(text: &str, name: &str, new: &str) -> String {
    swap(text, &format!("</{name}>"), &format!("{new}</{name}>"))
}

/// Adds an attribute to the element.
pub fn with_attribute(text: &str, name: &str, attribute: &str) -> String {
    let at = start_of(text, name) + 1 + name.len();
    [&text[..at], " ", attribute, &text[at..]].concat()
}

/// What stands between the tags of an element.
pub fn content<'t>(text: &'t str, name: &str) -> &'t str {
    let found = element(text, name);
    let start = found.find('>').unwrap() + 1;
    &found[start..found.len() - name.len() - 3]
}

/// Puts another text between the tags of an element.
pub fn with_content(text: &str, name: &str, new: &str) -> String {
    let found = element(text, name);
    let start = found.find('>').unwrap() + 1;
    swap(text, found, &[&found[..start], new, &format!("</{name}>")].concat())
}

fn start_of(text: &str, name: &str) -> usize {
    let open = format!("<{name}");
    let ends = |place: &usize| matches!(text.as_bytes()[place + open.len()], b' ' | b'>' | b'/' | b'\n');
    let found = text.match_indices(&open).map(|(place, _)| place).find(ends);
    found.unwrap_or_else(|| panic!("no {name} in the text"))
}
