//! The envelope of a call: JSON-RPC 2.0, whose one method is `invoke`.

use serde_json::Value;

use super::canonical::canonical;
use super::security::{Security, SecurityProblem};
use crate::json::{Members, Node};

/// A call.
#[derive(Debug)]
pub struct Call {
    /// What the answer repeats.
    pub id: Id,
    /// The service.
    pub service: String,
    /// Its operation.
    pub operation: String,
    /// The input is a structure: the one form that the input of an operation has.
    pub has_input: bool,
    /// Who says to be calling.
    pub security: Result<Security, SecurityProblem>,
}

/// The identifier of a call: a text, a number or null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Id(pub(super) Value);

/// A message that is no call, and the identifier that is known of it.
#[derive(Debug)]
pub struct Unreadable {
    /// What the answer repeats.
    pub id: Id,
    /// What is wrong.
    pub problem: CallProblem,
}

/// Why a message is no call.
#[derive(Debug, thiserror::Error)]
pub enum CallProblem {
    /// Not JSON, or more of it than is read.
    #[error("not JSON that is read here: {0}")]
    Syntax(#[from] serde_json::Error),
    /// JSON, and no request of JSON-RPC 2.0.
    #[error("the message is no request of JSON-RPC 2.0: {0}")]
    Request(&'static str),
    /// Another method than `invoke`.
    #[error("the method is not invoke")]
    Method,
    /// The parameters do not name an operation.
    #[error("the parameters are none of invoke: {0}")]
    Parameters(&'static str),
    /// The headers of the HTTP request name another operation.
    #[error("the headers name another operation than the message")]
    Headers,
}

impl Call {
    /// Reads a message.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let nameless = |problem| Unreadable { id: Id::default(), problem };
        let message = Node::read(bytes).map_err(|error| nameless(error.into()))?;
        let request = |what| nameless(CallProblem::Request(what));
        let Node::Object(members) = &message else { return Err(request("no object")) };
        let id = match member(members, "id") {
            Some(Node::Text(text)) => Id(Value::from(text.as_ref())),
            Some(Node::Number(digits)) => Id(digits.parse().map(Value::Number).map_err(|_| request("id"))?),
            Some(Node::Null) => Id::default(),
            Some(Node::Boolean(_) | Node::List(_) | Node::Object(_)) | None => return Err(request("id")),
        };
        if text(members, "jsonrpc") != Some("2.0") {
            return Err(request("jsonrpc"));
        }
        let method = text(members, "method").ok_or_else(|| request("method"))?;
        let named = |problem| Unreadable { id: id.clone(), problem };
        if method != "invoke" {
            return Err(named(CallProblem::Method));
        }
        let parameter = |what| named(CallProblem::Parameters(what));
        let Some(Node::Object(parameters)) = member(members, "params") else {
            return Err(parameter("params"));
        };
        let service = text(parameters, "serviceId").ok_or_else(|| parameter("serviceId"))?.to_owned();
        let operation = text(parameters, "operationId").ok_or_else(|| parameter("operationId"))?.to_owned();
        let security = match member(parameters, "ctx") {
            None | Some(Node::Null) => None,
            Some(Node::Object(context)) => member(context, "securityCtx"),
            Some(_) => return Err(parameter("ctx")),
        };
        let signed = || canonical(&message, &SIGNATURE).map_err(|_| SecurityProblem::Number);
        let security = Security::read(security, signed);
        let has_input =
            matches!(member(parameters, "input"), Some(Node::Object(input)) if is_structure(input));
        Ok(Self { id, service, operation, has_input, security })
    }

    /// Whether headers that name an operation name this one: whoever is on the way reads those (`vapi-service`).
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn agrees_with(self, service: Option<&str>, operation: Option<&str>) -> Result<Self, Unreadable> {
        let agrees = service.is_none_or(|named| named == self.service)
            && operation.is_none_or(|named| named == self.operation);
        if agrees { Ok(self) } else { Err(Unreadable { id: self.id, problem: CallProblem::Headers }) }
    }
}

impl CallProblem {
    /// The code of JSON-RPC; the last one is vAPI's own.
    #[must_use]
    pub const fn code(&self) -> i32 {
        match self {
            Self::Syntax(_) => -32_700,
            Self::Request(_) => -32_600,
            Self::Method => -32_601,
            Self::Parameters(_) => -32_602,
            Self::Headers => -31_001,
        }
    }

    /// Its text.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "Parse error.",
            Self::Request(_) => "Invalid Request.",
            Self::Method => "Method not found.",
            Self::Parameters(_) => "Invalid params.",
            Self::Headers => "Mismatching operation identifier in HTTP header and payload",
        }
    }
}

fn member<'n>(members: &'n Members<'n>, wanted: &str) -> Option<&'n Node<'n>> {
    members.iter().find(|(name, _)| name == wanted).map(|(_, node)| node)
}

fn text<'n>(members: &'n Members<'n>, wanted: &str) -> Option<&'n str> {
    match member(members, wanted) {
        Some(Node::Text(text)) => Some(text),
        _ => None,
    }
}

/// `{"STRUCTURE": {"name": {…}}}`.
fn is_structure(input: &Members<'_>) -> bool {
    matches!(input.as_slice(), [(kind, Node::Object(named))] if kind == "STRUCTURE"
        && matches!(named.as_slice(), [(_, Node::Object(_))]))
}

/// What the signature is not over: itself.
const SIGNATURE: [&str; 4] = ["params", "ctx", "securityCtx", "signature"];

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = r#"{"jsonrpc":"2.0","method":"invoke","id":"0","params":{"serviceId":"com.vmware.cis.session","operationId":"create","input":{"STRUCTURE":{"operation-input":{}}},"ctx":{"appCtx":{"opId":"1"},"securityCtx":{"schemeId":"com.vmware.vapi.std.security.session_id","sessionId":"s"}}}}"#;

    fn problem(message: &str) -> (i32, Value) {
        let unreadable = Call::read(message.as_bytes()).unwrap_err();
        (unreadable.problem.code(), unreadable.id.0)
    }

    #[test]
    fn a_call_names_an_operation_and_who_calls() {
        let call = Call::read(CALL.as_bytes()).unwrap();
        assert_eq!(
            (call.service.as_str(), call.operation.as_str(), call.has_input),
            ("com.vmware.cis.session", "create", true)
        );
        assert_eq!((call.id, matches!(call.security, Ok(Security::Session(_)))), (Id("0".into()), true));
        let number = Call::read(CALL.replace("\"id\":\"0\"", "\"id\":7").as_bytes()).unwrap();
        assert_eq!(number.id, Id(7.into()));
        let nobody = Call::read(CALL.replace("securityCtx", "other").as_bytes()).unwrap();
        assert!(matches!(nobody.security, Ok(Security::None)));
        for input in ["{}", "[]", r#"{"STRUCTURE":{}}"#, r#"{"ERROR":{"a":{}}}"#, r#"{"STRUCTURE":{"a":1}}"#]
        {
            let other = CALL.replace(r#"{"STRUCTURE":{"operation-input":{}}}"#, input);
            assert!(!Call::read(other.as_bytes()).unwrap().has_input, "{input}");
        }
    }

    /// `attacks.md` Q01, Q06.
    #[test]
    fn a_message_is_read_strictly_before_anything_in_it_is_judged() {
        let twice = |name: &str| {
            CALL.replacen("\"method\":\"invoke\"", &format!("\"method\":\"invoke\",\"{name}\":\"other\""), 1)
        };
        for name in ["method", "\\u006dethod"] {
            assert_eq!(problem(&twice(name)), (-32_700, Value::Null), "{name}");
        }
        assert!(Call::read(twice("\\u004dethod").as_bytes()).is_ok(), "another name");
        assert_eq!(problem(&"[".repeat(100_000)), (-32_700, Value::Null));
        for message in ["", "{", "\u{feff}{}", "{} {}"] {
            assert_eq!(problem(message), (-32_700, Value::Null), "{message}");
        }
    }

    #[test]
    fn what_is_no_call_is_told_apart() {
        for (from, to, code, id) in [
            ("\"2.0\"", "\"1.0\"", -32_600, Value::Null),
            ("\"2.0\"", "2.0", -32_600, Value::Null),
            ("\"id\":\"0\"", "\"id\":[]", -32_600, Value::Null),
            ("\"id\":\"0\",", "", -32_600, Value::Null),
            ("\"invoke\"", "1", -32_600, Value::Null),
            ("\"invoke\"", "\"eval\"", -32_601, "0".into()),
            ("\"params\":", "\"parameters\":", -32_602, "0".into()),
            ("\"serviceId\":", "\"service\":", -32_602, "0".into()),
            ("\"operationId\":\"create\"", "\"operationId\":{}", -32_602, "0".into()),
            ("\"ctx\":", "\"ctx\":1,\"context\":", -32_602, "0".into()),
        ] {
            assert_eq!(problem(&CALL.replace(from, to)), (code, id), "{to}");
        }
        for list in ["[]", &format!("[{CALL}]"), "1"] {
            assert_eq!(problem(list), (-32_600, Value::Null), "{list}");
        }
    }

    #[test]
    fn headers_name_the_same_operation_or_none() {
        let read = || Call::read(CALL.as_bytes()).unwrap();
        for (service, operation, agrees) in [
            (None, None, true),
            (Some("com.vmware.cis.session"), Some("create"), true),
            (Some("com.vmware.cis.session"), Some("delete"), false),
            (Some("com.vmware.cis"), None, false),
        ] {
            assert_eq!(read().agrees_with(service, operation).is_ok(), agrees, "{service:?} {operation:?}");
        }
    }
}
