//! The two headers of vim25 beside WS-Security (`session-manager.md` §3.4): the session of a client that
//! cannot send a cookie, and its name for the operation. Their namespace differs by client; only the local
//! name counts. The Java SDK's `#` never gets here: `xml` reads no relative namespace name, which canonical
//! XML leaves undefined.

use crate::secret::Secret;
use crate::soap::Envelope;
use crate::xml::Element;

/// What the header says about a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallHeader {
    /// The value of the session cookie, without quotes. Not believed yet.
    pub session_cookie: Option<Secret>,
    /// The client's name for what it does, for the log, cut to a printable length.
    pub operation_id: Option<String>,
}

impl CallHeader {
    /// Reads both; what is empty counts as absent, and the first of several counts.
    #[must_use]
    pub fn read(envelope: &Envelope) -> Self {
        let text = |local| {
            let mut blocks = envelope.header().into_iter().flat_map(Element::children);
            let text = blocks.find(|block| block.local() == local)?.text()?.trim();
            (!text.is_empty()).then_some(text)
        };
        Self {
            session_cookie: text("vcSessionCookie").map(|cookie| Secret::new(cookie.trim_matches('"'))),
            operation_id: text("operationID").map(loggable),
        }
    }
}

fn loggable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_OPERATION_ID).collect()
}

/// Real ones have up to 60 characters; a log line is no place for more.
const MAX_OPERATION_ID: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::names::SOAP;

    fn read(header: &str) -> CallHeader {
        let text =
            format!("<s:Envelope xmlns:s='{SOAP}'><s:Header>{header}</s:Header><s:Body/></s:Envelope>");
        CallHeader::read(&Envelope::parse(text.into_bytes()).unwrap())
    }

    #[test]
    fn the_cookie_is_read_from_every_clients_namespace() {
        for header in [
            "<vcSessionCookie>52aa</vcSessionCookie>",
            "<vcSessionCookie xmlns='urn:x'>\"52aa\"</vcSessionCookie>",
            "<s:vcSessionCookie> 52aa </s:vcSessionCookie>",
        ] {
            assert_eq!(read(header).session_cookie, Some(Secret::new("52aa")), "{header}");
        }
    }

    #[test]
    fn without_them_there_is_nothing() {
        assert_eq!(read(""), CallHeader::default());
        assert_eq!(read("<vcSessionCookie/><operationID> </operationID><x>y</x>"), CallHeader::default());
        assert_eq!(read("<x><vcSessionCookie>52aa</vcSessionCookie></x>"), CallHeader::default());
    }

    #[test]
    fn the_name_of_the_operation_fits_a_log_line() {
        assert_eq!(read("<operationID>a\nb</operationID>").operation_id.as_deref(), Some("ab"));
        let long = format!("<operationID>{}</operationID>", "x".repeat(500));
        assert_eq!(read(&long).operation_id.map(|id| id.len()), Some(128));
    }
}
