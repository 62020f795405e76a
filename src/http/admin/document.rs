//! The `OpenAPI` document, written from the table of operations and the types that they read and write
//! (`docs/openapi.json`; a test compares the two).

use actix_web::http::{Method, StatusCode};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::ROOT;
use super::operation::Operation;
use super::problem::{CONTENT_TYPE, Kind, Written};
use super::table::OPERATIONS;

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut writer = Writer::new();
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS.iter() {
        let described = writer.operation(operation);
        let path = paths.entry(format!("{ROOT}{}", operation.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.as_str().to_ascii_lowercase(), described);
        }
    }
    paths.insert(format!("{ROOT}{DOCUMENT}"), json!({ "get": own() }));
    let problem = writer.written.subschema_for::<Written<'_>>();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "vcsso: the admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "operatorToken": [] }, { "administrator": [] }],
        "paths": paths,
        "components": {
            "schemas": writer.schemas(),
            "responses": responses(&problem.to_value()),
            "headers": { "trace": {
                "description": "The trace of this exchange: the same in log, audit and /_lab/v1/exchanges/{trace}.",
                "schema": { "type": "string" },
            } },
            "securitySchemes": {
                "operatorToken": {
                    "type": "http", "scheme": "bearer",
                    "description": "The token in the file operator-token of the state folder of the replica that is asked.",
                },
                "administrator": {
                    "type": "http", "scheme": "basic",
                    "description": "Name and password of a user with the role Admin on the root folder.",
                },
            },
        },
    })
}

/// What is read and what is written are described apart: a default makes a member optional for who sends it alone.
struct Writer {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Writer {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    fn operation(&mut self, operation: &Operation) -> Value {
        let noun = operation.path.split('/').nth(1).unwrap_or_default();
        let mut described = json!({
            "operationId": operation.id,
            "summary": operation.summary,
            "tags": [noun],
            "responses": self.responses(operation),
        });
        let (parameters, body) = (self.parameters(operation), (operation.body)(&mut self.read));
        if let Some(described) = described.as_object_mut() {
            if !parameters.is_empty() {
                described.insert("parameters".into(), parameters.into());
            }
            if let Some(schema) = body {
                let content = json!({ "application/json": { "schema": schema } });
                described.insert("requestBody".into(), json!({ "required": true, "content": content }));
            }
        }
        described
    }

    /// Each member of the object of parameters: those that the path names stand there, the others in the query.
    fn parameters(&mut self, operation: &Operation) -> Vec<Value> {
        let object = (operation.parameters)(&mut self.read).to_value();
        let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let members = object.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let parameter = |(name, mut schema): (String, Value)| {
            let in_path = operation.path.contains(&format!("{{{name}}}"));
            let meaning = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            json!({
                "name": name,
                "in": if in_path { "path" } else { "query" },
                "required": in_path || required.iter().any(|other| *other == name),
                "description": meaning.unwrap_or_default(),
                "schema": without_null(schema, in_path),
            })
        };
        members.into_iter().map(parameter).collect()
    }

    fn responses(&mut self, operation: &Operation) -> Value {
        let done = match (operation.answer)(&mut self.written) {
            Some(schema) => json!({
                "description": "It was done.", "headers": headers(),
                "content": { "application/json": { "schema": schema } },
            }),
            None => json!({ "description": "It was done.", "headers": headers() }),
        };
        let mut responses = Map::from_iter([(operation.status.as_str().to_owned(), done)]);
        for status in refusals(operation) {
            responses.insert(
                status.as_str().to_owned(),
                json!({ "$ref": format!("#/components/responses/{}", name(status)) }),
            );
        }
        responses.into()
    }

    /// Both kinds; a test sees to it that no two of them have one name.
    fn schemas(&mut self) -> Map<String, Value> {
        let mut schemas = self.read.take_definitions(true);
        schemas.extend(self.written.take_definitions(true));
        schemas
    }
}

/// The document describes itself: everybody may read it.
fn own() -> Value {
    json!({
        "operationId": "document",
        "summary": "This document.",
        "tags": ["document"],
        "security": [],
        "responses": { "200": {
            "description": "An OpenAPI document.", "headers": headers(),
            "content": { "application/json": { "schema": { "type": "object" } } },
        } },
    })
}

/// What an operation may be answered with when it was not done. What goes by the path, the body or a change is only there.
fn refusals(operation: &Operation) -> Vec<StatusCode> {
    let changes = operation.method != Method::GET;
    let all = Kind::ALL.iter().map(|kind| kind.status()).chain([StatusCode::MISDIRECTED_REQUEST]);
    let mut all: Vec<StatusCode> = all
        .filter(|status| match *status {
            StatusCode::METHOD_NOT_ALLOWED => false,
            StatusCode::NOT_FOUND => operation.path.contains('{'),
            StatusCode::CONFLICT => changes,
            _ => true,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn responses(problem: &Value) -> Map<String, Value> {
    let mut all: Vec<StatusCode> = Kind::ALL.iter().map(|kind| kind.status()).collect();
    all.sort_unstable();
    all.dedup();
    let mut responses = Map::new();
    for status in all {
        let kinds = Kind::ALL.iter().filter(|kind| kind.status() == status);
        let meanings: Vec<String> =
            kinds.map(|kind| format!("`{}`: {}", kind.slug(), kind.title())).collect();
        let mut content = json!({ CONTENT_TYPE: { "schema": problem } });
        // Those that a guard before all doors may answer: it speaks plainly.
        let guarded = matches!(status, StatusCode::FORBIDDEN | StatusCode::UNSUPPORTED_MEDIA_TYPE);
        if let Some(content) = content.as_object_mut().filter(|_| guarded) {
            content.insert("text/plain".into(), json!({ "schema": { "type": "string" } }));
        }
        let response =
            json!({ "description": meanings.join("\n\n"), "headers": headers(), "content": content });
        responses.insert(name(status), response);
    }
    let misdirected = json!({
        "description": "The host of the request is none of this service's.", "headers": headers(),
        "content": { "text/plain": { "schema": { "type": "string" } } },
    });
    responses.insert(name(StatusCode::MISDIRECTED_REQUEST), misdirected);
    responses
}

fn headers() -> Value {
    json!({ "X-Vcsso-Trace": { "$ref": "#/components/headers/trace" } })
}

/// `NotFound` for 404.
fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().split(' ').collect()
}

/// A parameter that is left out is not null; and nothing is empty in a path.
fn without_null(mut schema: Value, in_path: bool) -> Value {
    let Some(object) = schema.as_object_mut() else { return schema };
    let single = |kinds: &mut Vec<Value>| {
        kinds.retain(|kind| kind != "null" && kind.get("type").is_none_or(|kind| kind != "null"));
        (kinds.len() == 1).then(|| kinds.remove(0))
    };
    if let Some(kind) = object.get_mut("type").and_then(Value::as_array_mut).and_then(single) {
        object.insert("type".into(), kind);
    }
    if let Some(one) = object.get_mut("anyOf").and_then(Value::as_array_mut).and_then(single) {
        object.remove("anyOf");
        object.extend(one.as_object().cloned().unwrap_or_default());
    }
    if in_path && object.get("type").is_some_and(|kind| kind == "string") {
        object.insert("minLength".into(), 1.into());
    }
    schema
}

/// Where it is, below the root.
pub(super) const DOCUMENT: &str = "/openapi.json";
const ABOUT: &str = "\
Users, groups, solution users, extensions, roles, permissions, sessions, issued tokens, signing keys, policies, external \
issuers and the audit of a vcsso, for its operator. The commands of `vcsso` do the same by the same acts.\n\n\
Written by `vcsso docs openapi` from the table of operations and the types they read and write. A JSON object with a member \
that is not here, or with one twice, is refused. Lists come page by page: give `next` as `after`. A change counts from the \
next request on, at every door and on every replica, and leaves a row in the audit that names who made it.";

#[cfg(test)]
mod tests {
    use schemars::JsonSchema as _;

    use super::*;
    use crate::http::observe::TRACE;

    #[test]
    fn what_is_read_and_what_is_written_share_no_name_and_every_reference_leads_somewhere() {
        let mut writer = Writer::new();
        for operation in OPERATIONS.iter() {
            writer.operation(operation);
        }
        let read = writer.read.take_definitions(true);
        let written = writer.written.take_definitions(true);
        for (name, schema) in &read {
            assert!(written.get(name).is_none_or(|other| other == schema), "{name}");
        }
        let document = document();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_parameter_of_a_path_is_described() {
        for operation in OPERATIONS.iter() {
            let described = Writer::new().parameters(operation);
            let in_path = described.iter().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(in_path, operation.path.matches('{').count(), "{}", operation.path);
            assert!(
                described.iter().all(|parameter| parameter["description"].is_string()),
                "{}",
                operation.id
            );
        }
    }

    #[test]
    fn the_trace_is_a_header_of_every_answer() {
        assert!(TRACE.as_str().eq_ignore_ascii_case("X-Vcsso-Trace"));
        assert!(Written::schema_name().contains("Problem"));
    }
}
