//! A SOAP 1.1 envelope (§4), read from bytes: exactly one body, at most one header before it, nothing after it.
//!
//! It owns the parsed document; what it hands out are elements of it.

use crate::xml::names::{SOAP, SOAP12, WSA, WSSE};
use crate::xml::{Document, Element, Limits, XmlError};

/// A message with the structure of SOAP. What it says is not believed yet.
#[derive(Debug)]
pub struct Envelope {
    document: Document,
}

/// Why bytes are not a SOAP message for this house.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not a document.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// SOAP 1.2, or no SOAP at all.
    #[error("the root element is {seen}, wanted a SOAP 1.1 Envelope")]
    Version {
        /// The root element.
        seen: String,
    },
    /// The parts of the envelope are not where SOAP puts them.
    #[error("{0}")]
    Structure(&'static str),
    /// A header that must be understood and is not.
    #[error("the header {0} must be understood, and is not")]
    MustUnderstand(String),
}

impl Envelope {
    /// Reads a message.
    ///
    /// # Errors
    /// [`EnvelopeError`] for everything that is no SOAP 1.1 message.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, EnvelopeError> {
        let envelope = Self { document: Document::parse(bytes, &Limits::MESSAGE)? };
        envelope.check_structure()?;
        envelope.check_headers()?;
        Ok(envelope)
    }

    /// The document it was read from.
    #[must_use]
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// The header, if there is one.
    #[must_use]
    pub fn header(&self) -> Option<Element<'_>> {
        self.document.root().child(SOAP, "Header")
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Element<'_> {
        let root = self.document.root();
        // `check_structure` found one; the root stands in for what cannot happen.
        root.child(SOAP, "Body").unwrap_or(root)
    }

    /// The first element of the body: the request itself.
    #[must_use]
    pub fn request(&self) -> Option<Element<'_>> {
        self.body().children().next()
    }

    /// The header blocks of this name, direct children of the header only.
    pub fn header_blocks<'e>(
        &'e self,
        namespace: &'e str,
        local: &'e str,
    ) -> impl Iterator<Item = Element<'e>> {
        self.header().into_iter().flat_map(Element::children).filter(move |block| block.is(namespace, local))
    }

    fn check_structure(&self) -> Result<(), EnvelopeError> {
        let root = self.document.root();
        if !root.is(SOAP, "Envelope") {
            let seen = if root.namespace() == SOAP12 { "a SOAP 1.2 Envelope" } else { root.qualified() };
            return Err(EnvelopeError::Version { seen: seen.chars().take(64).collect() });
        }
        if root.has_loose_text() {
            return Err(EnvelopeError::Structure("text beside the body"));
        }
        let mut parts = root.children().peekable();
        parts.next_if(|part| part.is(SOAP, "Header"));
        match (parts.next(), parts.next()) {
            (Some(body), None) if body.is(SOAP, "Body") => Ok(()),
            (Some(first), Some(_)) if first.is(SOAP, "Body") => {
                Err(EnvelopeError::Structure("something after the body"))
            }
            _ => Err(EnvelopeError::Structure("not one optional header and one body")),
        }
    }

    fn check_headers(&self) -> Result<(), EnvelopeError> {
        for block in self.header().into_iter().flat_map(Element::children) {
            let required = match block.attribute_in(SOAP, "mustUnderstand") {
                None | Some("0" | "false") => false,
                Some("1" | "true") => true,
                Some(_) => return Err(EnvelopeError::Structure("mustUnderstand is neither true nor false")),
            };
            let understood = UNDERSTOOD.iter().any(|(namespace, local)| block.is(namespace, local));
            if required && !understood {
                return Err(EnvelopeError::MustUnderstand(block.qualified().chars().take(64).collect()));
            }
        }
        Ok(())
    }
}

/// The headers this house acts on (`sts.md` §4.1-4).
const UNDERSTOOD: &[(&str, &str)] = &[(WSSE, "Security"), (WSA, "Action")];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(inner: &str) -> Result<Envelope, EnvelopeError> {
        Envelope::parse(format!("<s:Envelope xmlns:s='{SOAP}'>{inner}</s:Envelope>").into_bytes())
    }

    #[test]
    fn header_and_body_are_found() {
        let envelope =
            parse("\n<s:Header><h xmlns='urn:h'/></s:Header>\n<s:Body>\n<r xmlns='urn:r'/></s:Body>")
                .unwrap();
        assert!(envelope.request().unwrap().is("urn:r", "r"));
        assert_eq!(envelope.header_blocks("urn:h", "h").count(), 1);
        assert!(parse("<s:Body/>").unwrap().request().is_none());
    }

    #[test]
    fn parts_that_are_missing_doubled_or_misplaced_are_refused() {
        for inner in [
            "",
            "<s:Header/>",
            "<s:Body/><s:Body/>",
            "<s:Body/><s:Header/>",
            "<s:Header/><s:Header/><s:Body/>",
            "<s:Body/><x/>",
            "<x/><s:Body/>",
            "<Body/>",
            "x<s:Body/>",
            "<t:Body xmlns:t='http://www.w3.org/2003/05/soap-envelope'/>",
        ] {
            assert!(matches!(parse(inner), Err(EnvelopeError::Structure(_))), "{inner}");
        }
    }

    #[test]
    fn another_soap_version_says_so() {
        let text = "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body/></e:Envelope>";
        assert!(matches!(Envelope::parse(text.into()), Err(EnvelopeError::Version { .. })));
    }

    #[test]
    fn an_unknown_header_that_must_be_understood_is_refused_and_another_is_not() {
        let header = |value: &str| {
            parse(&format!("<s:Header><h xmlns='urn:h' s:mustUnderstand='{value}'/></s:Header><s:Body/>"))
        };
        assert!(header("0").is_ok());
        assert_eq!(header("1").unwrap_err(), EnvelopeError::MustUnderstand("h".into()));
        assert_eq!(header("true").unwrap_err(), EnvelopeError::MustUnderstand("h".into()));
        assert!(matches!(header("perhaps"), Err(EnvelopeError::Structure(_))));
    }
}
