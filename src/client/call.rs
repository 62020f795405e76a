//! What `/sdk` and a lookup service answer, as far as whoever looks at them from outside needs it. Nothing is verified.

use crate::soap::{Envelope, EnvelopeError};
use crate::xml::Element;
use crate::xml::names::{SOAP, XSI};

/// Who answers at `/sdk`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// `VMware vCenter Server 8.0.3 build-1`.
    pub full_name: String,
    /// `VirtualCenter` or `HostAgent`.
    pub api_type: String,
    /// The version of the API.
    pub api_version: String,
    /// There is something to log in to.
    pub has_sessions: bool,
}

/// An address that a lookup service names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address.
    pub url: String,
    /// The certificates that are expected there, base64 of DER.
    pub ssl_trust: Vec<String>,
}

/// A call that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The answer is no SOAP message.
    #[error("the answer is no SOAP message: {0}")]
    Message(#[from] EnvelopeError),
    /// The server says no.
    #[error("{kind}: {text}")]
    Fault {
        /// The type of the fault, or its code where it has no detail.
        kind: String,
        /// Its text.
        text: String,
    },
    /// It is another answer than the call has.
    #[error("the answer holds {0}, and not what was asked for")]
    Other(String),
}

impl About {
    /// Reads the answer to `RetrieveServiceContent`.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, CallError> {
        let envelope = Envelope::parse(bytes)?;
        let content = returned(&envelope, "RetrieveServiceContentResponse")?.next();
        let content = content.ok_or_else(|| CallError::Other("no content".to_owned()))?;
        let about = child(content, "about").ok_or_else(|| CallError::Other("no about".to_owned()))?;
        Ok(Self {
            full_name: text(about, "fullName"),
            api_type: text(about, "apiType"),
            api_version: text(about, "apiVersion"),
            has_sessions: child(content, "sessionManager").is_some(),
        })
    }
}

/// Reads the answer to `LoginByToken`: who is logged in.
///
/// # Errors
/// [`CallError`].
pub fn logged_in(bytes: Vec<u8>) -> Result<String, CallError> {
    let envelope = Envelope::parse(bytes)?;
    let session = returned(&envelope, "LoginByTokenResponse")?.next();
    session.map(|session| text(session, "userName")).ok_or_else(|| CallError::Other("no session".to_owned()))
}

/// Reads the answer to `List`: every address, in the order of the answer.
///
/// # Errors
/// [`CallError`].
pub fn endpoints(bytes: Vec<u8>) -> Result<Vec<Endpoint>, CallError> {
    let envelope = Envelope::parse(bytes)?;
    let services = returned(&envelope, "ListResponse")?;
    let endpoints = services.flat_map(|service| children(service, "serviceEndpoints"));
    let read = |endpoint| Endpoint {
        url: text(endpoint, "url"),
        ssl_trust: children(endpoint, "sslTrust").filter_map(Element::text).map(without_white).collect(),
    };
    Ok(endpoints.map(read).collect())
}

/// Every value of an answer.
fn returned<'e>(
    envelope: &'e Envelope,
    wanted: &str,
) -> Result<impl Iterator<Item = Element<'e>> + use<'e>, CallError> {
    let answer = envelope.request().ok_or_else(|| CallError::Other("nothing".to_owned()))?;
    if answer.is(SOAP, "Fault") {
        return Err(fault(answer));
    }
    if answer.local() != wanted {
        return Err(CallError::Other(answer.qualified().chars().take(64).collect()));
    }
    Ok(children(answer, "returnval"))
}

fn fault(fault: Element<'_>) -> CallError {
    let detail = child(fault, "detail").and_then(Element::first_child);
    let kind = detail.map(|detail| detail.attribute_in(XSI, "type").unwrap_or(detail.local()));
    let kind = kind.map_or_else(|| text(fault, "faultcode"), str::to_owned);
    CallError::Fault { kind: local(&kind).to_owned(), text: text(fault, "faultstring") }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn children<'e>(parent: Element<'e>, wanted: &'static str) -> impl Iterator<Item = Element<'e>> + use<'e> {
    parent.children().filter(move |child| child.local() == wanted)
}

fn child<'e>(parent: Element<'e>, wanted: &'static str) -> Option<Element<'e>> {
    children(parent, wanted).next()
}

fn text(parent: Element<'_>, wanted: &'static str) -> String {
    child(parent, wanted).and_then(Element::text).unwrap_or_default().trim().to_owned()
}

fn without_white(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(body: &str) -> Vec<u8> {
        super::super::sdk::message(body).into_bytes()
    }

    #[test]
    fn an_answer_is_its_values() {
        let about = "<about><fullName>vC</fullName><apiVersion>8.0.3.0</apiVersion><apiType>VirtualCenter</apiType></about>";
        let content = format!(
            "<R xmlns='urn:vim25'><returnval>{about}<sessionManager type='S'>S</sessionManager></returnval></R>"
        );
        let content = content
            .replace("R ", "RetrieveServiceContentResponse ")
            .replace("/R>", "/RetrieveServiceContentResponse>");
        let wanted = About {
            full_name: "vC".into(),
            api_type: "VirtualCenter".into(),
            api_version: "8.0.3.0".into(),
            has_sessions: true,
        };
        assert_eq!(About::read(envelope(&content)), Ok(wanted));
        let login = "<LoginByTokenResponse xmlns='urn:vim25'><returnval><userName>D\\a</userName></returnval></LoginByTokenResponse>";
        assert_eq!(logged_in(envelope(login)), Ok("D\\a".into()));
        let endpoint = |url: &str| {
            format!("<serviceEndpoints><url>{url}</url><sslTrust>TUlJ\n QQ==</sslTrust></serviceEndpoints>")
        };
        let list = format!(
            "<ListResponse xmlns='urn:lookup'><returnval>{}{}</returnval><returnval/></ListResponse>",
            endpoint("a"),
            endpoint("b")
        );
        let found = endpoints(envelope(&list)).unwrap();
        assert_eq!(found.iter().map(|one| one.url.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(found[0].ssl_trust, ["TUlJQQ=="]);
        assert_eq!(endpoints(envelope("<ListResponse xmlns='urn:lookup'/>")), Ok(Vec::new()));
    }

    #[test]
    fn a_fault_is_its_type_and_what_is_no_answer_is_told() {
        let fault = |detail: &str| {
            let fault = format!(
                "<S:Fault><faultcode>S:ServerFaultCode</faultcode><faultstring>No.</faultstring>{detail}</S:Fault>"
            );
            logged_in(envelope(&fault)).unwrap_err()
        };
        let of = |kind: &str| CallError::Fault { kind: kind.into(), text: "No.".into() };
        let detail = format!(
            "<detail><InvalidLoginFault xmlns='urn:vim25' xmlns:x='{XSI}' x:type='InvalidLogin'/></detail>"
        );
        assert_eq!(fault(&detail), of("InvalidLogin"));
        assert_eq!(fault("<detail><NotFound/></detail>"), of("NotFound"));
        assert_eq!(fault(""), of("ServerFaultCode"));
        assert!(matches!(logged_in(envelope("<x/>")), Err(CallError::Other(_))));
        assert!(matches!(logged_in(b"<html>".to_vec()), Err(CallError::Message(_))));
    }
}
