//! The answer to a call of vim25.

use crate::vim::values::message;
use crate::vim::{ApiVersion, MethodName, Value};
use crate::xml::names::VIM;

/// The whole message.
#[must_use]
pub fn write(method: MethodName, returned: Option<&Value>, version: ApiVersion) -> String {
    message::answer(VIM, method.facts().wire, returned, version)
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
