//! The answer to a call: an envelope with one element, called after the method (`session-manager.md` §3.2).
//!
//! The prefixes are a contract: rbvmomi looks for `soapenv`, pyVmomi for an envelope without default
//! namespace.

use crate::soap::Fault;
use crate::vim::values::{ApiVersion, Record, Value, wire};
use crate::xml::names::SOAP;
use crate::xml::write::printable;

/// The whole message. Without a value, because there is none or the method returns nothing, the element is
/// empty; an array is one `returnval` for each value; what `Fetch` read names its own type.
#[must_use]
pub fn answer(namespace: &str, method: &str, returned: Option<&Value>, version: ApiVersion) -> String {
    let mut out = String::with_capacity(1_024);
    let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    put(&[PROLOG, "<soapenv:Envelope xmlns:soapenv=\"", SOAP, "\"", DECLARATIONS, "><soapenv:Body>"]);
    put(&["<", method, "Response xmlns=\"", namespace, "\">"]);
    if let Some(value) = returned {
        wire::element(&mut out, "returnval", value, version);
    }
    let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    put(&["</", method, "Response></soapenv:Body></soapenv:Envelope>"]);
    out
}

/// A fault whose detail is a data object, its element called after the type with `Fault` behind it.
#[must_use]
pub fn fault(namespace: &str, code: &'static str, text: &str, of: &Record, version: ApiVersion) -> Fault {
    let name = of.type_name;
    let mut detail = format!("<{name}Fault xmlns=\"{namespace}\" xsi:type=\"{name}\">");
    wire::fields(&mut detail, of, version);
    detail.push_str("</");
    detail.push_str(name);
    detail.push_str("Fault>");
    Fault { code_namespace: None, code, text: printable(text), detail: Some(detail) }
}

/// A fault as the whole message, to be sent with status 500.
#[must_use]
pub fn refusal(fault: &Fault) -> String {
    PROLOG.to_owned() + &fault.write("soapenv", DECLARATIONS)
}

/// What stands before the envelope.
const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The declarations on every envelope beside `soapenv` itself.
const DECLARATIONS: &str = " xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" \
     xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
