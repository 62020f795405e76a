//! A SOAP 1.1 fault (§4.4): code, text, and where vim25 wants it a detail. One line, no white space anywhere, because
//! pyVmomi counts the text nodes of the whole document (`clients.md` §3.2).

use crate::xml::names::SOAP;
use crate::xml::write;

/// A fault, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The namespace to which the code's prefix `ns0` is bound; none = the code has no prefix of ours.
    pub code_namespace: Option<&'static str>,
    /// The code, without prefix when `code_namespace` is given.
    pub code: &'static str,
    /// The text.
    pub text: String,
    /// Finished XML for the detail.
    pub detail: Option<String>,
}

impl Fault {
    /// A fault of SOAP itself: `Client`, `Server`, `VersionMismatch`, `MustUnderstand`.
    #[must_use]
    pub fn soap(code: &'static str, text: impl Into<String>) -> Self {
        Self { code_namespace: Some(SOAP), code, text: text.into(), detail: None }
    }

    /// The whole envelope, its prefixes as the caller's clients know them.
    #[must_use]
    pub fn write(&self, prefix: &str, declarations: &str) -> String {
        let mut out = String::with_capacity(512);
        let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
        put(&[
            "<",
            prefix,
            ":Envelope xmlns:",
            prefix,
            "=\"",
            SOAP,
            "\"",
            declarations,
            "><",
            prefix,
            ":Body><",
            prefix,
            ":Fault",
        ]);
        match self.code_namespace {
            Some(namespace) => {
                put(&[" xmlns:ns0=\"", namespace, "\"><faultcode>ns0:", self.code, "</faultcode>"]);
            }
            None => put(&["><faultcode>", self.code, "</faultcode>"]),
        }
        write::element(&mut out, "faultstring", &self.text);
        let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
        if let Some(detail) = &self.detail {
            put(&["<detail>", detail, "</detail>"]);
        }
        put(&["</", prefix, ":Fault></", prefix, ":Body></", prefix, ":Envelope>"]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::names::WST;

    #[test]
    fn a_fault_is_one_line_with_two_texts() {
        let fault = Fault {
            code_namespace: Some(WST),
            code: "FailedAuthentication",
            text: "Invalid <x>".into(),
            detail: None,
        };
        assert_eq!(
            fault.write("S", ""),
            "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>\
             <S:Fault xmlns:ns0=\"http://docs.oasis-open.org/ws-sx/ws-trust/200512\"><faultcode>ns0:FailedAuthentication</faultcode>\
             <faultstring>Invalid &lt;x&gt;</faultstring></S:Fault></S:Body></S:Envelope>"
        );
    }
}
