//! What a call is answered with: a value, an error of a service, or an error of the protocol.

use serde_json::{Value, json};

use super::call::{CallProblem, Id};

/// An error of vAPI's standard library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardError {
    /// Its name, without the package that all of them share.
    pub name: &'static str,
    /// The identifier of its message.
    pub message: &'static str,
    /// The message.
    pub text: String,
    /// What stands in the message.
    pub arguments: Vec<String>,
    /// How to become somebody: `unauthenticated` alone says it.
    pub challenge: Option<String>,
}

/// A secret: the identifier of a session.
#[must_use]
pub fn secret(text: &str) -> Value {
    json!({ "SECRET": text })
}

/// A structure.
#[must_use]
pub fn structure(name: &str, fields: &Value) -> Value {
    json!({ "STRUCTURE": { name: fields } })
}

/// A call that went well; nothing is null.
#[must_use]
pub fn output(id: &Id, value: &Value) -> String {
    answer(id, "result", &json!({ "output": value }))
}

/// A call that an operation refused.
#[must_use]
pub fn error(id: &Id, error: &StandardError) -> String {
    let nothing = json!({ "OPTIONAL": null });
    let message = json!({
        "id": error.message,
        "default_message": error.text,
        "args": error.arguments,
        "params": nothing,
        "localized": nothing,
    });
    let mut fields = json!({
        "messages": [structure("com.vmware.vapi.std.localizable_message", &message)],
        "data": nothing,
        "error_type": { "OPTIONAL": error.name.to_ascii_uppercase() },
    });
    if let (Some(challenge), Some(fields)) = (&error.challenge, fields.as_object_mut()) {
        fields.insert("challenge".to_owned(), json!({ "OPTIONAL": challenge }));
    }
    answer(id, "result", &json!({ "error": { "ERROR": { error.qualified(): fields } } }))
}

/// A message that is no call. Where it could not be read at all, nothing is repeated.
#[must_use]
pub fn problem(id: &Id, problem: &CallProblem) -> String {
    answer(id, "error", &json!({ "code": problem.code(), "message": problem.text() }))
}

impl StandardError {
    /// The whole name.
    #[must_use]
    pub fn qualified(&self) -> String {
        format!("com.vmware.vapi.std.errors.{}", self.name)
    }
}

fn answer(Id(id): &Id, kind: &str, content: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, kind: content }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_answer_repeats_the_identifier() {
        let id = Id("0".into());
        assert_eq!(
            read(&output(&id, &secret("s"))),
            json!({"jsonrpc":"2.0","id":"0","result":{"output":{"SECRET":"s"}}})
        );
        assert_eq!(
            read(&output(&id, &Value::Null)),
            json!({"jsonrpc":"2.0","id":"0","result":{"output":null}})
        );
        let wrong = read(&problem(&Id::default(), &CallProblem::Request("id")));
        assert_eq!(
            wrong,
            json!({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request."}})
        );
    }

    #[test]
    fn an_error_has_the_fields_of_its_type() {
        let unauthenticated = StandardError {
            name: "unauthenticated",
            message: "m",
            text: "t".into(),
            arguments: vec!["a".into()],
            challenge: Some("c".into()),
        };
        let written = read(&error(&Id("0".into()), &unauthenticated));
        let fields = &written["result"]["error"]["ERROR"]["com.vmware.vapi.std.errors.unauthenticated"];
        assert_eq!(fields["error_type"], json!({ "OPTIONAL": "UNAUTHENTICATED" }));
        assert_eq!(
            (&fields["challenge"], &fields["data"]),
            (&json!({ "OPTIONAL": "c" }), &json!({ "OPTIONAL": null }))
        );
        let message = &fields["messages"][0]["STRUCTURE"]["com.vmware.vapi.std.localizable_message"];
        assert_eq!((&message["id"], &message["args"][0]), (&json!("m"), &json!("a")));
        let other = StandardError { challenge: None, ..unauthenticated };
        assert!(!error(&Id::default(), &other).contains("challenge"));
    }
}
