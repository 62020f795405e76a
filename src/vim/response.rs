//! The answer to a call: an envelope with one element, called after the method (`session-manager.md` §3.2).
//!
//! The prefixes are a contract: rbvmomi looks for `soapenv`, pyVmomi for an envelope without default
//! namespace.

use crate::vim::values::wire;
use crate::vim::{ApiVersion, MethodName, Value};
use crate::xml::names::{SOAP, VIM};

/// What stands before the envelope.
pub const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The declarations on every envelope beside `soapenv` itself.
pub const DECLARATIONS: &str = " xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" \
     xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

/// The whole message. Without a value, because there is none or the method returns nothing, the element is
/// empty; an array is one `returnval` for each value; what `Fetch` read names its own type.
#[must_use]
pub fn write(method: MethodName, returned: Option<&Value>, version: ApiVersion) -> String {
    let mut out = String::with_capacity(1_024);
    let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    put(&[PROLOG, "<soapenv:Envelope xmlns:soapenv=\"", SOAP, "\"", DECLARATIONS, "><soapenv:Body>"]);
    put(&["<", method.facts().wire, "Response xmlns=\"", VIM, "\">"]);
    if let Some(value) = returned {
        wire::element(&mut out, "returnval", value, version);
    }
    let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    put(&["</", method.facts().wire, "Response></soapenv:Body></soapenv:Envelope>"]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soap::Envelope;
    use crate::vim::method::{ObjectMethod, OptionMethod, SessionMethod};
    use crate::vim::values::data::tests::session;

    #[expect(clippy::needless_pass_by_value, reason = "the callers make the value on the spot")]
    fn body(method: MethodName, returned: Option<Value>) -> String {
        let message = write(method, returned.as_ref(), ApiVersion::NEWEST);
        let envelope = Envelope::parse(message.into_bytes()).unwrap();
        envelope.request().unwrap().raw().to_owned()
    }

    #[test]
    fn an_answer_has_the_prefixes_of_a_real_server() {
        assert_eq!(
            write(MethodName::Session(SessionMethod::Logout), None, ApiVersion::NEWEST),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" \
             xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
             <soapenv:Body><LogoutResponse xmlns=\"urn:vim25\"></LogoutResponse></soapenv:Body></soapenv:Envelope>"
        );
    }

    #[test]
    fn a_value_is_returned_plain_by_a_method_and_typed_by_fetch() {
        let login = body(MethodName::Session(SessionMethod::Login), Some(session().into()));
        assert!(
            login.starts_with("<LoginResponse xmlns=\"urn:vim25\"><returnval><key>52aa</key>"),
            "{login}"
        );
        let fetch = body(MethodName::Object(ObjectMethod::Fetch), Some(Value::from(session()).any()));
        assert!(
            fetch.starts_with("<FetchResponse xmlns=\"urn:vim25\"><returnval xsi:type=\"UserSession\"><key>"),
            "{fetch}"
        );
    }

    #[test]
    fn nothing_is_an_empty_answer_and_several_values_are_repeated() {
        assert_eq!(
            body(MethodName::Object(ObjectMethod::Fetch), None),
            "<FetchResponse xmlns=\"urn:vim25\"></FetchResponse>"
        );
        let texts = body(MethodName::Options(OptionMethod::QueryOptions), Some(Value::texts(["a", "b"])));
        assert!(texts.contains("<returnval>a</returnval><returnval>b</returnval>"), "{texts}");
        let typed = body(MethodName::Object(ObjectMethod::Fetch), Some(Value::texts(["a"]).any()));
        assert!(
            typed.contains("<returnval xsi:type=\"ArrayOfString\"><string>a</string></returnval>"),
            "{typed}"
        );
    }
}
