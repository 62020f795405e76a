//! Whoever operates a house by its admin API. Every answer is held against the document, and none holds a secret.

use serde_json::{Value, json};

use super::house::OPERATOR_TOKEN;
use super::{Answer, House, PASSWORD, Request};

/// Somebody with a credential.
#[derive(Clone)]
pub struct Operator<'h> {
    house: &'h House,
    authorization: String,
}

/// What was answered.
pub struct Said {
    pub answer: Answer,
    pub status: u16,
    pub body: Value,
}

/// `Basic` of RFC 7617.
pub fn basic(name: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")))
}

impl House {
    /// Whoever holds the operator's token.
    pub fn operator(&self) -> Operator<'_> {
        self.operator_by(&format!("Bearer {OPERATOR_TOKEN}"))
    }

    pub fn operator_by(&self, authorization: &str) -> Operator<'_> {
        Operator { house: self, authorization: authorization.to_owned() }
    }
}

impl Operator<'_> {
    pub fn get(&self, path: &str) -> Said {
        self.ask("GET", path, None)
    }

    pub fn post(&self, path: &str, body: impl Into<Option<Value>>) -> Said {
        self.ask("POST", path, body.into())
    }

    pub fn put(&self, path: &str, body: impl Into<Option<Value>>) -> Said {
        self.ask("PUT", path, body.into())
    }

    pub fn delete(&self, path: &str) -> Said {
        self.ask("DELETE", path, None)
    }

    pub fn ask(&self, method: &'static str, path: &str, body: Option<Value>) -> Said {
        let request = Request { method, ..Request::get(&format!("/_lab/v1{path}")) };
        let request = match body {
            Some(body) => Request { body: body.to_string().into(), ..request }
                .header("Content-Type", "application/json"),
            None => request,
        };
        self.send(request)
    }

    pub fn send(&self, request: Request) -> Said {
        let request = request.header("Authorization", &self.authorization);
        let answer = self.house.send(&request);
        let body =
            if answer.body.is_empty() { Value::Null } else { serde_json::from_str(&answer.body).unwrap() };
        for secret in [PASSWORD, OPERATOR_TOKEN, "$argon2", "PRIVATE KEY"] {
            assert!(!answer.body.contains(secret), "{secret} in {}", answer.body);
        }
        holds(request.method, &request.path, &answer, &body);
        Said { status: answer.status, answer, body }
    }
}

impl Said {
    /// It was done.
    pub fn done(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.answer.body);
        self.body
    }

    /// The status and the kind of the problem.
    pub fn problem(&self) -> (u16, &str) {
        let kind =
            self.body["type"].as_str().unwrap_or_else(|| panic!("{} {}", self.status, self.answer.body));
        assert_eq!(self.body["trace"].as_str(), Some(self.answer.trace()));
        assert_eq!(self.answer.header("content-type"), Some("application/problem+json"));
        (self.status, kind.strip_prefix("urn:vcsso:problem:").unwrap())
    }

    pub fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_default()
    }
}

/// The answer is one that the document has for the operation, and its body is of the described shape.
fn holds(method: &str, path: &str, answer: &Answer, body: &Value) {
    let document = vcsso::http::admin::document();
    let path = path.split('?').next().unwrap();
    let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let same = |own: &str| {
        let (own, asked) = (parts(own), parts(path));
        own.len() == asked.len()
            && own.iter().zip(&asked).all(|(own, asked)| own.starts_with('{') || own == asked)
    };
    let Some((_, operations)) = document["paths"].as_object().unwrap().iter().find(|(own, _)| same(own))
    else {
        assert_eq!(answer.status, 404);
        return;
    };
    let operation = &operations[method.to_ascii_lowercase()];
    if operation.is_null() {
        assert_eq!(answer.status, 405);
        return;
    }
    let mut response = &operation["responses"][answer.status.to_string()];
    if let Some(reference) = response["$ref"].as_str() {
        response = document.pointer(reference.trim_start_matches('#')).unwrap();
    }
    assert!(
        !response.is_null(),
        "{method} {path} is answered {} and that is not in the document",
        answer.status
    );
    match answer.header("content-type") {
        Some(kind) => {
            let schema = &response["content"][kind]["schema"];
            assert!(!schema.is_null(), "{method} {path}: {kind}");
            assert!(fits(&document, schema, body), "{method} {path}: {body} is none of {schema}");
        }
        None => assert!(response["content"].is_null(), "{method} {path}: nothing"),
    }
}

/// As much of JSON Schema as the document speaks of answers.
fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(document, document.pointer(reference.trim_start_matches('#')).unwrap(), value);
    }
    let any = |schemas: &Value| {
        schemas.as_array().is_none_or(|all| all.iter().any(|one| fits(document, one, value)))
    };
    let is = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        other => panic!("{other:?}"),
    };
    let kind = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    };
    let word = schema["enum"].as_array().is_none_or(|words| words.contains(value));
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    let items = value.as_array().is_none_or(|all| {
        all.iter().all(|one| schema["items"].is_null() || fits(document, &schema["items"], one))
    });
    let members = value.as_object().is_none_or(|members| {
        let named = schema["properties"].as_object();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        required.iter().all(|name| members.contains_key(name.as_str().unwrap()))
            && named.is_none_or(|named| {
                members
                    .iter()
                    .all(|(name, value)| named.get(name).is_some_and(|schema| fits(document, schema, value)))
            })
    });
    kind && word && constant && items && members && any(&schema["anyOf"]) && any(&schema["oneOf"])
}

#[test]
fn what_does_not_fit_is_seen() {
    let document = json!({ "a": { "type": "object", "required": ["x"], "properties": { "x": { "type": ["string", "null"] } } } });
    let schema = json!({ "$ref": "#/a" });
    assert!(
        fits(&document, &schema, &json!({ "x": null })) && fits(&document, &schema, &json!({ "x": "y" }))
    );
    for wrong in [json!({}), json!({ "x": 1 }), json!({ "x": "y", "z": 1 }), json!([])] {
        assert!(!fits(&document, &schema, &wrong), "{wrong}");
    }
}
