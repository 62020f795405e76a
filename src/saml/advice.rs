//! `rsa:RSAAdvice` in `saml2:Advice`: what others say about the subject, each by its source (`sts.md` §5.1, §5.9).
//!
//! Signed like everything, and nothing here rests on it: it is carried on from token to token for whoever asked.

use super::read::{ReadError, attribute, known, read_values, within};
use crate::xml::names::{SAML2, SAML2_RSA};
use crate::xml::write::{attribute as escaped, text as content};
use crate::xml::{Cursor, Element};

/// What one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// `AdviceSource`.
    pub source: String,
    /// At least one.
    pub attributes: Vec<AdviceAttribute>,
}

/// `saml2:Attribute` of an advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdviceAttribute {
    /// `Name`.
    pub name: String,
    /// `FriendlyName`.
    pub friendly_name: Option<String>,
    /// The values, in order; there may be none.
    pub values: Vec<String>,
}

impl Advice {
    /// Whether it has an attribute of this name.
    #[must_use]
    pub fn names(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|known| known.name == attribute)
    }
}

/// Reads `saml2:Advice`. What is not `VMware`'s is left alone, another assertion too (`attacks.md` A30).
pub(super) fn read(element: Element<'_>) -> Result<Vec<Advice>, ReadError> {
    let mut read = Vec::new();
    for element in element.children().filter(|child| child.is(SAML2_RSA, "RSAAdvice")) {
        read.push(read_one(element)?);
        within("RSAAdvice", read.len(), MOST_ADVICE)?;
    }
    Ok(read)
}

fn read_one(element: Element<'_>) -> Result<Advice, ReadError> {
    known(element, "RSAAdvice", &["AdviceSource"])?;
    let source = attribute(element, "RSAAdvice", "AdviceSource")?.to_owned();
    let mut parts = Cursor::over(element)?;
    let mut attributes = vec![read_attribute(parts.required(SAML2, "Attribute")?)?];
    while let Some(next) = parts.optional(SAML2, "Attribute") {
        attributes.push(read_attribute(next)?);
        within("Attribute", attributes.len(), MOST_ATTRIBUTES)?;
    }
    parts.end()?;
    Ok(Advice { source, attributes })
}

fn read_attribute(element: Element<'_>) -> Result<AdviceAttribute, ReadError> {
    known(element, "Attribute", &["FriendlyName", "Name", "NameFormat"])?;
    Ok(AdviceAttribute {
        name: attribute(element, "Attribute", "Name")?.to_owned(),
        friendly_name: element.attribute("FriendlyName").map(str::to_owned),
        values: read_values(element)?,
    })
}

/// Writes `saml2:Advice`, in canonical form; nothing when there is none.
pub(super) fn write(out: &mut String, advice: &[Advice]) {
    if advice.is_empty() {
        return;
    }
    out.push_str("<saml2:Advice>");
    for advice in advice {
        out.push_str("<rsa:RSAAdvice AdviceSource=\"");
        escaped(out, &advice.source);
        out.push_str("\">");
        for attribute in &advice.attributes {
            write_attribute(out, attribute);
        }
        out.push_str("</rsa:RSAAdvice>");
    }
    out.push_str("</saml2:Advice>");
}

fn write_attribute(out: &mut String, attribute: &AdviceAttribute) {
    out.push_str("<saml2:Attribute");
    let named = [("FriendlyName", attribute.friendly_name.as_deref()), ("Name", Some(&attribute.name))];
    for (name, value) in named {
        if let Some(value) = value {
            out.push_str(&[" ", name, "=\""].concat());
            escaped(out, value);
            out.push('"');
        }
    }
    out.push_str(" NameFormat=\"urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified\">");
    for value in &attribute.values {
        out.push_str("<saml2:AttributeValue xsi:type=\"xsd:string\">");
        content(out, value);
        out.push_str("</saml2:AttributeValue>");
    }
    out.push_str("</saml2:Attribute>");
}

/// A chain of 64 delegates, each of whom asked for as much as a request may.
const MOST_ADVICE: usize = 1_024;
const MOST_ATTRIBUTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn advice() -> Vec<Advice> {
        let attribute = |name: &str, friendly_name: Option<&str>, values: &[&str]| AdviceAttribute {
            name: name.into(),
            friendly_name: friendly_name.map(str::to_owned),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        vec![
            Advice {
                source: "urn:s<\"&".into(),
                attributes: vec![attribute("urn:a", Some("A \"<&"), &["1 <&>]]>\r", ""])],
            },
            Advice {
                source: "urn:t".into(),
                attributes: vec![attribute("urn:a", None, &[]), attribute("urn:b", None, &["2"])],
            },
        ]
    }

    fn document(advice: &str) -> Document {
        let text = format!(
            "<saml2:Assertion xmlns:saml2='{SAML2}' xmlns:rsa='{SAML2_RSA}' xmlns:xsi='{}'>{advice}</saml2:Assertion>",
            crate::xml::names::XSI
        );
        Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap()
    }

    fn read_in(text: &str) -> Result<Vec<Advice>, ReadError> {
        read(document(text).root().children().next().unwrap())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut out = String::new();
        write(&mut out, &advice());
        assert_eq!(read_in(&out), Ok(advice()));
        out.clear();
        write(&mut out, &[]);
        assert_eq!(out, "");
    }

    #[test]
    fn what_is_not_of_the_profile_is_refused_and_what_is_others_is_left_alone() {
        let inside = |text: &str| read_in(&format!("<saml2:Advice>{text}</saml2:Advice>"));
        assert_eq!(inside("<x xmlns='urn:x'>text<y/></x>text"), Ok(Vec::new()));
        let attribute =
            "<saml2:Attribute Name='n'><saml2:AttributeValue>v</saml2:AttributeValue></saml2:Attribute>";
        assert_eq!(
            inside(&format!("<rsa:RSAAdvice AdviceSource='s'>{attribute}</rsa:RSAAdvice>"))
                .map(|read| read.len()),
            Ok(1)
        );
        for wrong in [
            "<rsa:RSAAdvice AdviceSource='s'/>",
            &format!("<rsa:RSAAdvice>{attribute}</rsa:RSAAdvice>"),
            &format!("<rsa:RSAAdvice AdviceSource='s' x='y'>{attribute}</rsa:RSAAdvice>"),
            &format!("<rsa:RSAAdvice AdviceSource='s'>{attribute}text</rsa:RSAAdvice>"),
            "<rsa:RSAAdvice AdviceSource='s'><saml2:Attribute/></rsa:RSAAdvice>",
            &format!("<rsa:RSAAdvice AdviceSource='s'>{}</rsa:RSAAdvice>", attribute.repeat(65)),
        ] {
            assert!(inside(wrong).is_err(), "{wrong}");
        }
    }
}
