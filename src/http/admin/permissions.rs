//! Permissions: who has which role on what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json, Nothing};
use super::problem::{Kind, Problem};
use super::values::{Page, Paging, Short};
use crate::app::permissions::{self, Wanted};
use crate::app::roles;
use crate::identity::principal::fold;
use crate::identity::privilege::ROOT;

/// A permission.
#[derive(JsonSchema, Serialize)]
pub(super) struct Permission {
    /// The entity that it stands on: `group-d1` is the root folder.
    entity: String,
    /// The name of the user, solution user or group, without domain; `DOMAIN\name` for a user of an external issuer.
    principal: String,
    /// It is a group's.
    group: bool,
    /// The name of the role.
    role: String,
    /// The number of the role.
    role_id: i64,
    /// Entities below have it too.
    propagate: bool,
}

/// A permission to be set, in place of the one that the principal has on the entity.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPermission {
    /// The name of the user, solution user or group.
    principal: String,
    /// It is a group's.
    #[serde(default)]
    group: bool,
    /// The name of the role.
    role: String,
    /// The entity that it stands on.
    #[serde(default = "root")]
    entity: Short,
    /// Entities below have it too.
    #[serde(default = "yes")]
    propagate: bool,
}

/// Which permission.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// The entity that it stands on.
    #[serde(default = "root")]
    entity: Short,
    /// The name of the user, solution user or group.
    principal: String,
    /// It is a group's.
    #[serde(default)]
    group: bool,
}

pub(super) async fn list(asked: Asked, paging: Paging, _: Empty) -> Result<Json<Page<Permission>>, Problem> {
    let (permissions, roles) = (permissions::list(&asked.app).await?, roles::list(&asked.app).await?);
    Ok(Json(paging.of(permissions, key, |permission| shown(permission, &roles))))
}

pub(super) async fn set(
    asked: Asked,
    _: Nothing,
    Json(new): Json<NewPermission>,
) -> Result<Json<Permission>, Problem> {
    let roles = roles::list(&asked.app).await?;
    let role = roles.iter().find(|role| fold(&role.name) == fold(&new.role));
    let role_id = role.ok_or_else(|| Problem::missing("role", &new.role))?.id;
    if new.entity.0.is_empty() || new.entity.0.chars().any(char::is_control) {
        return Err(Problem::seen(Kind::NotAllowed, "entity: wanted an identifier"));
    }
    let NewPermission { principal, group, entity, propagate, .. } = new;
    let wanted = [Wanted { principal, group, role_id, propagate }];
    permissions::set(&asked.app, &asked.name, &entity.0, &wanted, false, &asked.peer).await?;
    // The principal was given as people type it.
    let [Wanted { principal, .. }] = &wanted;
    let typed = fold(principal);
    let same = |permission: &permissions::Permission| {
        let name = fold(&permission.principal);
        let named =
            typed == name || typed.starts_with(&format!("{name}@")) || typed.ends_with(&format!("\\{name}"));
        permission.entity == entity.0 && permission.group == group && named
    };
    let found = permissions::list(&asked.app).await?.into_iter().find(same);
    found.map(|set| Json(shown(set, &roles))).ok_or_else(|| Problem::missing("permission of", principal))
}

pub(super) async fn remove(asked: Asked, of: Which, _: Empty) -> Result<Done, Problem> {
    let Which { entity, principal, group } = of;
    permissions::remove(&asked.app, &asked.name, &entity.0, &principal, group, &asked.peer).await?;
    Ok(Done)
}

/// What the order of a list goes by.
fn key(permission: &permissions::Permission) -> String {
    let kind = if permission.group { "group" } else { "user" };
    format!("{}/{kind}/{}", permission.entity, permission.principal)
}

fn shown(permission: permissions::Permission, roles: &[roles::Role]) -> Permission {
    let role = roles.iter().find(|role| role.id == permission.role_id);
    Permission {
        role: role.map(|role| role.name.clone()).unwrap_or_default(),
        entity: permission.entity,
        principal: permission.principal,
        group: permission.group,
        role_id: permission.role_id,
        propagate: permission.propagate,
    }
}

fn root() -> Short {
    Short(ROOT.to_owned())
}

const fn yes() -> bool {
    true
}
