//! One operation: its method and path, and the act behind it. What an operation reads and writes are types, and the document
//! is written from the same types: it cannot say anything else than what is done.

use std::pin::Pin;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Query};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::problem::{Kind, Problem};
use crate::app::accounts::By;
use crate::app::{Actor, App, Peer};
use crate::identity::AccountName;

/// A line of the table.
pub(super) struct Operation {
    pub(super) method: Method,
    /// Below the root, with `{name}` for a part that is a parameter.
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// An object whose members are the parameters of path and query.
    pub(super) parameters: fn(&mut SchemaGenerator) -> Schema,
    pub(super) body: fn(&mut SchemaGenerator) -> Option<Schema>,
    pub(super) answer: fn(&mut SchemaGenerator) -> Option<Schema>,
    pub(super) status: StatusCode,
    act: Box<dyn Fn(Asked, Brought) -> Answering + Send + Sync>,
}

type Answering = Pin<Box<dyn Future<Output = Result<HttpResponse, Problem>>>>;

/// Who asks for something.
pub(super) struct Asked {
    pub(super) app: Data<App>,
    pub(super) peer: Peer,
    /// As the audit names them.
    pub(super) name: String,
}

/// What came with it.
pub(super) struct Brought {
    /// The parameters of path and query, as in a query.
    pub(super) parameters: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What an operation reads of the body.
pub(super) trait Body: Sized {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem>;
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// What an operation answers with.
pub(super) trait Answer {
    const STATUS: StatusCode;
    fn write(self) -> HttpResponse;
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// No parameters.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// No body.
pub(super) struct Empty;

/// A body, or an answer.
pub(super) struct Json<T>(pub(super) T);

/// What was made.
pub(super) struct Made<T>(pub(super) T);

/// It was done, and there is nothing to say.
pub(super) struct Done;

impl Operation {
    /// Binds an act to a method and a path.
    pub(super) fn new<P, B, A, F, R>(
        method: Method,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        act: F,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        B: Body + 'static,
        A: Answer,
        F: Fn(Asked, P, B) -> R + Copy + Send + Sync + 'static,
        R: Future<Output = Result<A, Problem>> + 'static,
    {
        let named = path.contains('{');
        let run = move |asked, brought: Brought| -> Answering {
            Box::pin(async move {
                let parameters =
                    Query::<P>::from_query(&brought.parameters).map_err(|error| malformed(&error))?;
                let body = B::read(&brought.headers, &brought.body)?;
                let done = act(asked, parameters.into_inner(), body).await;
                done.map(A::write).map_err(|problem| if named { problem } else { problem.in_body() })
            })
        };
        Self {
            method,
            path,
            id,
            summary,
            parameters: P::json_schema,
            body: B::schema,
            answer: A::schema,
            status: A::STATUS,
            act: Box::new(run),
        }
    }

    /// The values of its parameters, if a path below the root, in its parts as they were sent, is its own.
    pub(super) fn matches<'p>(&self, path: &[&'p str]) -> Option<Vec<(&'static str, &'p str)>> {
        let own: Vec<&str> = self.path.split('/').skip(1).collect();
        if own.len() != path.len() {
            return None;
        }
        let mut values = Vec::new();
        for (own, part) in own.into_iter().zip(path) {
            match own.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if !part.is_empty() => values.push((name, *part)),
                None if own == *part => {}
                Some(_) | None => return None,
            }
        }
        Some(values)
    }

    pub(super) async fn run(&self, asked: Asked, brought: Brought) -> Result<HttpResponse, Problem> {
        (self.act)(asked, brought).await
    }
}

impl Asked {
    /// Whoever asks, for acts that want to know.
    pub(super) fn by(&self) -> Actor<'_> {
        (self.name.as_str(), &self.peer).into()
    }

    /// The same, for acts on accounts.
    pub(super) fn on_accounts(&self) -> By<'_> {
        (&self.name, &self.peer)
    }
}

/// A text that is no name names nobody.
pub(super) fn account(what: &str, name: &str) -> Result<AccountName, Problem> {
    AccountName::new(name).map_err(|_| Problem::missing(what, name))
}

/// A name for something new.
pub(super) fn new_name(name: &str) -> Result<AccountName, Problem> {
    AccountName::new(name).map_err(|error| Problem::seen(Kind::NotAllowed, error.to_string()))
}

impl Body for Empty {
    fn read(_: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            Ok(Self)
        } else {
            Err(Problem::seen(Kind::Malformed, "a body where none is read"))
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

impl<T: DeserializeOwned + JsonSchema> Body for Json<T> {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(Kind::MediaType));
        }
        serde_json::from_slice(body).map(Self).map_err(|error| malformed(&error))
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

impl<T: Serialize + JsonSchema> Answer for Json<T> {
    const STATUS: StatusCode = StatusCode::OK;

    fn write(self) -> HttpResponse {
        HttpResponse::build(Self::STATUS).json(self.0)
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

impl<T: Serialize + JsonSchema> Answer for Made<T> {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn write(self) -> HttpResponse {
        HttpResponse::build(Self::STATUS).json(self.0)
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

impl Answer for Done {
    const STATUS: StatusCode = StatusCode::NO_CONTENT;

    fn write(self) -> HttpResponse {
        HttpResponse::new(Self::STATUS)
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

fn malformed(error: &dyn std::fmt::Display) -> Problem {
    Problem::seen(Kind::Malformed, error.to_string())
}
