//! Policies: rules that are changed while the service runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Empty, Json};
use super::problem::{Kind, Problem};
use super::users::Named;
use super::values::{Page, Paging};
use crate::app::policies::{self, Line, PolicyRefused, Scalar, change};

/// A policy.
#[derive(JsonSchema, Serialize)]
pub(super) struct Policy {
    /// Its name, as in the configuration file.
    name: String,
    /// Its value; nothing when it has none.
    value: Option<Value>,
    /// It was changed at run time.
    changed: bool,
    /// What it may be, in words.
    allowed: String,
}

/// A value of a policy.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    /// `true` or `false`.
    Switch(bool),
    /// A whole number.
    Number(u64),
    /// A text.
    Text(String),
    /// Texts.
    List(Vec<String>),
}

/// Another value of a policy.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewValue {
    /// The value.
    value: Value,
}

pub(super) async fn list(asked: Asked, paging: Paging, _: Empty) -> Result<Json<Page<Policy>>, Problem> {
    let lines = policies::list(&asked.app).await?;
    Ok(Json(paging.of(lines, |line| line.policy.key().to_owned(), Policy::from)))
}

pub(super) async fn find(asked: Asked, of: Named, _: Empty) -> Result<Json<Policy>, Problem> {
    let policy = named(&of.name)?;
    one(&asked, policy).await
}

pub(super) async fn set(asked: Asked, of: Named, Json(new): Json<NewValue>) -> Result<Json<Policy>, Problem> {
    let policy = named(&of.name)?;
    let value = match new.value {
        Value::Switch(value) => Scalar::Switch(value),
        Value::Number(number) => Scalar::Number(number),
        Value::Text(text) => Scalar::Text(text),
        Value::List(texts) => Scalar::List(texts),
    };
    change(&asked.app, &[(policy, Some(value))], &asked.name, &asked.peer).await?;
    one(&asked, policy).await
}

pub(super) async fn reset(asked: Asked, of: Named, _: Empty) -> Result<Json<Policy>, Problem> {
    let policy = named(&of.name)?;
    change(&asked.app, &[(policy, None)], &asked.name, &asked.peer).await?;
    one(&asked, policy).await
}

fn named(name: &str) -> Result<policies::Policy, Problem> {
    policies::Policy::by_key(name).ok_or_else(|| PolicyRefused::Unknown(name.to_owned()).into())
}

async fn one(asked: &Asked, policy: policies::Policy) -> Result<Json<Policy>, Problem> {
    let found = policies::list(&asked.app).await?.into_iter().find(|line| line.policy == policy);
    found.map(|line| Json(line.into())).ok_or_else(|| Problem::new(Kind::Missing))
}

impl From<Line> for Policy {
    fn from(line: Line) -> Self {
        Self {
            name: line.policy.key().to_owned(),
            value: line.value.map(|value| match value {
                Scalar::Switch(value) => Value::Switch(value),
                Scalar::Number(number) => Value::Number(number),
                Scalar::Text(text) => Value::Text(text),
                Scalar::List(texts) => Value::List(texts),
            }),
            changed: line.changed,
            allowed: line.policy.kind().allowed(),
        }
    }
}
