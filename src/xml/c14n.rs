//! Exclusive XML canonicalisation 1.0 without comments, of one element of a parsed document.

use super::document::{AttributeView, Content, Element};
use super::write;

/// The canonical form of `apex`, with the namespaces of `inclusive` prefixes treated inclusively, and without the
/// subtree `omitted` (the enveloped signature).
#[must_use]
pub fn canonical(apex: Element<'_>, inclusive: &[&str], omitted: Option<Element<'_>>) -> String {
    let mut writer = Writer {
        inclusive,
        omitted,
        rendered: Vec::with_capacity(8),
        out: String::with_capacity(apex.raw().len()),
    };
    writer.element(apex, true);
    writer.out
}

struct Writer<'d, 'a> {
    inclusive: &'a [&'a str],
    omitted: Option<Element<'d>>,
    /// Declarations written so far on the way down: prefix, namespace.
    rendered: Vec<(&'d str, &'d str)>,
    out: String,
}

impl<'d> Writer<'d, '_> {
    /// Depth is bounded by the parser's budget, so that recursion is.
    fn element(&mut self, element: Element<'d>, is_apex: bool) {
        let outside = self.rendered.len();
        self.out.push('<');
        self.out.push_str(element.qualified());
        self.declarations(element, is_apex);
        self.attributes(element);
        self.out.push('>');
        for content in element.content() {
            match content {
                Content::Element(child) if Some(child) == self.omitted => {}
                Content::Element(child) => self.element(child, false),
                Content::Text(view) if view.verbatim => self.out.push_str(view.text),
                Content::Text(view) => write::text(&mut self.out, view.text),
            }
        }
        self.out.push_str("</");
        self.out.push_str(element.qualified());
        self.out.push('>');
        self.rendered.truncate(outside);
    }

    fn declarations(&mut self, element: Element<'d>, is_apex: bool) {
        let mut needed: Vec<(&'d str, &'d str)> = Vec::new();
        self.need(&mut needed, element.prefix(), element.namespace());
        for attribute in element.attributes().filter(|attribute| !attribute.namespace.is_empty()) {
            let prefix = attribute.qualified.split_once(':').map_or("", |(prefix, _)| prefix);
            self.need(&mut needed, prefix, attribute.namespace);
        }
        if !self.inclusive.is_empty() {
            self.inclusive_declarations(&mut needed, element, is_apex);
        }
        needed.sort_unstable_by_key(|(prefix, _)| *prefix);
        for (prefix, namespace) in &needed {
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            write::attribute(&mut self.out, namespace);
            self.out.push('"');
        }
        self.rendered.append(&mut needed);
    }

    /// Listed prefixes follow inclusive canonicalisation: written where they are in scope, whether used or not.
    fn inclusive_declarations(
        &self,
        needed: &mut Vec<(&'d str, &'d str)>,
        element: Element<'d>,
        is_apex: bool,
    ) {
        for listed in self.inclusive {
            let listed = if *listed == "#default" { "" } else { listed };
            let declared = element.declarations().find(|declaration| declaration.prefix == listed);
            match declared {
                Some(declaration) => self.need(needed, declaration.prefix, declaration.namespace),
                None if is_apex => {
                    let outside = std::iter::successors(element.parent(), |outer| outer.parent());
                    let found =
                        { outside }.find_map(|outer| outer.declarations().find(|d| d.prefix == listed));
                    if let Some(declaration) = found {
                        self.need(needed, declaration.prefix, declaration.namespace);
                    }
                }
                None => {}
            }
        }
    }

    /// Adds a declaration unless it is already in force in the output.
    fn need(&self, needed: &mut Vec<(&'d str, &'d str)>, prefix: &'d str, namespace: &'d str) {
        if prefix == "xml" || needed.iter().any(|(other, _)| *other == prefix) {
            return;
        }
        let in_force =
            self.rendered.iter().rev().find(|(other, _)| *other == prefix).map(|(_, namespace)| *namespace);
        let redundant = match in_force {
            Some(current) => current == namespace,
            // No default namespace is the state everything begins in.
            None => prefix.is_empty() && namespace.is_empty(),
        };
        if !redundant {
            needed.push((prefix, namespace));
        }
    }

    fn attributes(&mut self, element: Element<'d>) {
        let in_order =
            element.attributes().is_sorted_by_key(|attribute| (attribute.namespace, attribute.local));
        if in_order {
            element.attributes().for_each(|attribute| self.attribute(attribute));
            return;
        }
        let mut sorted: Vec<_> = element.attributes().collect();
        sorted.sort_unstable_by_key(|attribute| (attribute.namespace, attribute.local));
        for attribute in sorted {
            self.attribute(attribute);
        }
    }

    fn attribute(&mut self, attribute: AttributeView<'d>) {
        self.out.push(' ');
        self.out.push_str(attribute.qualified);
        self.out.push_str("=\"");
        if attribute.verbatim {
            self.out.push_str(attribute.value);
        } else {
            write::attribute(&mut self.out, attribute.value);
        }
        self.out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Limits};
    use super::*;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes().to_vec(), &Limits::MESSAGE).unwrap()
    }

    #[test]
    fn only_visibly_used_namespaces_are_written() {
        let text = "<o:out xmlns:o='urn:o' xmlns:u='urn:u' xmlns='urn:d'><in z='1' u:b='2' a='3'><o:x/><n xmlns=''/></in></o:out>";
        let document = document(text);
        let inner = document.root().child("urn:d", "in").unwrap();
        assert_eq!(
            canonical(inner, &[], None),
            "<in xmlns=\"urn:d\" xmlns:u=\"urn:u\" a=\"3\" z=\"1\" u:b=\"2\"><o:x xmlns:o=\"urn:o\"></o:x><n xmlns=\"\"></n></in>"
        );
    }

    #[test]
    fn listed_prefixes_are_written_where_they_are_in_scope() {
        let document = document(
            "<o:out xmlns:o='urn:o' xmlns:s='urn:s'><o:in t='s:x'><o:y xmlns:s='urn:s'/><o:z xmlns:s='urn:t'/></o:in></o:out>",
        );
        let inner = document.root().child("urn:o", "in").unwrap();
        assert_eq!(
            canonical(inner, &["s", "none"], None),
            "<o:in xmlns:o=\"urn:o\" xmlns:s=\"urn:s\" t=\"s:x\"><o:y></o:y><o:z xmlns:s=\"urn:t\"></o:z></o:in>"
        );
    }

    #[test]
    fn texts_and_values_are_escaped_and_the_signature_is_left_out() {
        let document = document(
            "<a b='&quot;&#9;&#xA;&lt;>&amp;'>x &gt; y > z &#xD;<sig>gone</sig><!-- gone -->'\"</a>",
        );
        let signature = document.root().child("", "sig");
        assert_eq!(
            canonical(document.root(), &[], signature),
            "<a b=\"&quot;&#x9;&#xA;&lt;>&amp;\">x &gt; y &gt; z &#xD;'\"</a>"
        );
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form() {
        let once = canonical(
            document("<p:a xmlns:p='urn:p' xmlns:q='urn:q' q:x='1' p:x='2'><p:b/>t</p:a>").root(),
            &[],
            None,
        );
        assert_eq!(canonical(document(&once).root(), &[], None), once);
    }
}
