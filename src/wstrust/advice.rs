//! `rsa:AdviceSet`: what a token is to say of its subject in somebody else's name (`sts.md` §2.2, §5.9).

use super::request::RequestError;
use crate::xml::names::WST_ADVICE;
use crate::xml::write::{attribute, element};
use crate::xml::{Cursor, Element, Unexpected};

/// What one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// `AdviceSource`.
    pub source: String,
    /// At least one, each name once.
    pub attributes: Vec<AdviceAttribute>,
}

/// `rsa:Attribute`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdviceAttribute {
    /// `Name`.
    pub name: String,
    /// `FriendlyName`.
    pub friendly_name: Option<String>,
    /// The values, in order; there may be none.
    pub values: Vec<String>,
}

/// Reads `AdviceSet`. Values are texts: what holds elements is refused (`attacks.md` W18).
pub(super) fn read(set: Element<'_>) -> Result<Vec<Advice>, RequestError> {
    let read = read_set(set).ok_or(RequestError::Value("AdviceSet"))?;
    let texts = read.iter().flat_map(|advice| &advice.attributes).flat_map(|attribute| &attribute.values);
    if read.len() > MOST_ADVICE || texts.map(|text| text.len() + 1).sum::<usize>() > MOST_TEXT {
        return Err(RequestError::Value("AdviceSet"));
    }
    Ok(read)
}

fn read_set(set: Element<'_>) -> Option<Vec<Advice>> {
    let mut read: Vec<Advice> = Vec::new();
    for element in every(set, "Advice").ok()? {
        let source = name(element.attribute("AdviceSource")?)?;
        let mut attributes: Vec<AdviceAttribute> = Vec::new();
        for element in every(element, "Attribute").ok()? {
            let attribute = read_attribute(element)?;
            let told =
                read.iter().filter(|advice| advice.source == source).flat_map(|advice| &advice.attributes);
            if told.chain(&attributes).any(|earlier| earlier.name == attribute.name) {
                return None;
            }
            attributes.push(attribute);
        }
        (!attributes.is_empty() && attributes.len() <= MOST_ATTRIBUTES).then_some(())?;
        read.push(Advice { source, attributes });
    }
    (!read.is_empty()).then_some(read)
}

fn read_attribute(element: Element<'_>) -> Option<AdviceAttribute> {
    let friendly_name = match element.attribute("FriendlyName") {
        Some(friendly_name) => Some(name(friendly_name)?),
        None => None,
    };
    let mut values = Vec::new();
    for value in every(element, "AttributeValue").ok()? {
        values.push(value.text().filter(|text| text.len() <= MAX_VALUE)?.to_owned());
    }
    Some(AdviceAttribute { name: name(element.attribute("Name")?)?, friendly_name, values })
}

/// The children, which must all be these.
fn every<'d>(parent: Element<'d>, local: &str) -> Result<Vec<Element<'d>>, Unexpected> {
    let mut parts = Cursor::over(parent)?;
    let mut every = Vec::new();
    while let Some(part) = parts.optional(WST_ADVICE, local) {
        every.push(part);
    }
    parts.end()?;
    Ok(every)
}

fn name(text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.len() <= MAX_NAME && !text.chars().any(char::is_control);
    plain.then(|| text.to_owned())
}

/// Writes `AdviceSet`; nothing when there is none.
pub fn write(out: &mut String, advice: &[Advice]) {
    if advice.is_empty() {
        return;
    }
    out.push_str(&["<rsa:AdviceSet xmlns:rsa=\"", WST_ADVICE, "\">"].concat());
    for advice in advice {
        open(out, "<rsa:Advice AdviceSource=\"", &advice.source);
        out.push('>');
        for attribute in &advice.attributes {
            write_attribute(out, attribute);
        }
        out.push_str("</rsa:Advice>");
    }
    out.push_str("</rsa:AdviceSet>");
}

fn write_attribute(out: &mut String, attribute: &AdviceAttribute) {
    open(out, "<rsa:Attribute Name=\"", &attribute.name);
    if let Some(friendly_name) = &attribute.friendly_name {
        open(out, " FriendlyName=\"", friendly_name);
    }
    out.push('>');
    for value in &attribute.values {
        element(out, "rsa:AttributeValue", value);
    }
    out.push_str("</rsa:Attribute>");
}

fn open(out: &mut String, start: &str, value: &str) {
    out.push_str(start);
    attribute(out, value);
    out.push('"');
}

/// Sources and names are URIs.
const MAX_NAME: usize = 512;
/// As long as our own reader of tokens takes.
const MAX_VALUE: usize = 4_096;
const MOST_ATTRIBUTES: usize = 64;
/// Every delegate may add as many again, so a token of a long chain stays small enough for a header.
const MOST_ADVICE: usize = 16;
const MOST_TEXT: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn read_text(text: &str) -> Result<Vec<Advice>, RequestError> {
        read(Document::parse(text.as_bytes().to_vec(), &Limits::MESSAGE).unwrap().root())
    }

    fn set(inside: &str) -> Result<Vec<Advice>, RequestError> {
        read_text(&format!("<AdviceSet xmlns='{WST_ADVICE}'>{inside}</AdviceSet>"))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let advice = vec![Advice {
            source: "urn:s<\"&".into(),
            attributes: vec![
                AdviceAttribute {
                    name: "urn:a".into(),
                    friendly_name: Some("A<".into()),
                    values: vec!["<script>\r".into(), String::new()],
                },
                AdviceAttribute { name: "urn:b".into(), friendly_name: None, values: Vec::new() },
            ],
        }];
        let mut out = String::new();
        write(&mut out, &advice);
        assert_eq!(read_text(&out), Ok(advice));
    }

    /// `attacks.md` W18.
    #[test]
    fn markup_strangers_and_too_much_are_refused() {
        let advice = |inside: &str| set(&format!("<Advice AdviceSource='urn:s'>{inside}</Advice>"));
        let valued = |value: &str| {
            advice(&format!("<Attribute Name='a'><AttributeValue>{value}</AttributeValue></Attribute>"))
        };
        assert!(
            valued("text").is_ok() && valued("&lt;script>").is_ok() && valued(&"x".repeat(4_096)).is_ok()
        );
        let one = "<Attribute Name='a'/>";
        assert!(advice(one).is_ok());
        let numbered =
            |count: usize| -> String { (0..count).map(|n| format!("<Attribute Name='a{n}'/>")).collect() };
        let sources = |count: usize| -> String {
            (0..count).map(|n| format!("<Advice AdviceSource='s{n}'>{one}</Advice>")).collect()
        };
        assert!(advice(&numbered(64)).is_ok() && set(&sources(16)).is_ok());
        let full = |count: usize| -> String {
            (0..count).map(|_| format!("<AttributeValue>{}</AttributeValue>", "x".repeat(4_095))).collect()
        };
        assert!(advice(&format!("<Attribute Name='a'>{}</Attribute>", full(8))).is_ok());
        for wrong in [
            valued("<x/>"),
            valued(&"x".repeat(4_097)),
            valued("<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>"),
            set(""),
            set("text"),
            set("<Advice><Attribute Name='a'/></Advice>"),
            set("<Advice AdviceSource=''><Attribute Name='a'/></Advice>"),
            set("<Advice AdviceSource='urn:s&#10;'><Attribute Name='a'/></Advice>"),
            set(&format!("<Advice AdviceSource='{}'>{one}</Advice>", "x".repeat(513))),
            set("<x:Advice xmlns:x='urn:x' AdviceSource='urn:s'/>"),
            set(&sources(17)),
            advice(""),
            advice("<Attribute/>"),
            advice("<Attribute Name='a' FriendlyName=''/>"),
            advice("<Attribute Name='a'/><Attribute Name='a'/>"),
            advice(&numbered(65)),
            advice(&format!("<Attribute Name='a'>{}</Attribute>", full(9))),
            set(&format!("<Advice AdviceSource='s'>{one}</Advice>").repeat(2)),
        ] {
            assert_eq!(wrong, Err(RequestError::Value("AdviceSet")));
        }
    }
}
