//! Roles: named sets of privileges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json, Made, Nothing};
use super::problem::Problem;
use super::values::{Page, Paging};
use crate::app::roles;
use crate::identity::role;

/// A role.
#[derive(JsonSchema, Serialize)]
pub(super) struct Role {
    /// Its number; negative for those that every system has.
    id: i64,
    /// Its name.
    name: String,
    /// Every system has it, and nobody changes it.
    system: bool,
    /// What it allows, sorted.
    privileges: Vec<String>,
}

/// A role to be made, or what becomes of one.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRole {
    /// Its name.
    name: String,
    /// Identifiers of privileges. What every role allows is added.
    privileges: Vec<String>,
}

/// Which role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Number {
    /// Its number.
    id: i64,
}

/// Which role, and how.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    /// Its number.
    id: i64,
    /// Although there are permissions with it: they go with it.
    #[serde(default)]
    force: bool,
}

pub(super) async fn list(asked: Asked, paging: Paging, _: Empty) -> Result<Json<Page<Role>>, Problem> {
    let roles = roles::list(&asked.app).await?;
    Ok(Json(paging.of(roles, |role| role.name.clone(), Role::from)))
}

pub(super) async fn find(asked: Asked, of: Number, _: Empty) -> Result<Json<Role>, Problem> {
    one(&asked, of.id).await.map(Json)
}

pub(super) async fn add(asked: Asked, _: Nothing, Json(new): Json<NewRole>) -> Result<Made<Role>, Problem> {
    let id = roles::add(&asked.app, &asked.name, &new.name, &new.privileges, &asked.peer).await?;
    one(&asked, id).await.map(Made)
}

pub(super) async fn update(
    asked: Asked,
    of: Number,
    Json(new): Json<NewRole>,
) -> Result<Json<Role>, Problem> {
    one(&asked, of.id).await?;
    roles::update(&asked.app, &asked.name, of.id, &new.name, &new.privileges, &asked.peer).await?;
    one(&asked, of.id).await.map(Json)
}

pub(super) async fn remove(asked: Asked, of: Removal, _: Empty) -> Result<Done, Problem> {
    roles::remove(&asked.app, &asked.name, of.id, of.force, &asked.peer).await?;
    Ok(Done)
}

async fn one(asked: &Asked, id: i64) -> Result<Role, Problem> {
    let found = roles::list(&asked.app).await?.into_iter().find(|role| role.id == id);
    found.map(Role::from).ok_or_else(|| Problem::missing("role", &id.to_string()))
}

impl From<roles::Role> for Role {
    fn from(role: roles::Role) -> Self {
        Self {
            id: role.id,
            system: role::system(role.id).is_some(),
            privileges: role.privileges.iter().map(str::to_owned).collect(),
            name: role.name,
        }
    }
}
