//! Groups and who belongs to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json, Made, Nothing, account, new_name};
use super::problem::Problem;
use super::users::Named;
use super::values::{Page, Paging};
use crate::app::roster::{self, PrincipalKind};
use crate::app::{accounts, details, users};
use crate::identity::principal::fold;

/// A group.
#[derive(JsonSchema, Serialize)]
pub(super) struct Group {
    /// Its name as registered, without domain.
    name: String,
    /// For lists.
    description: Option<String>,
    /// Names of the users, solution users and groups that are direct members.
    members: Vec<String>,
}

/// A group to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroup {
    /// Its name, without domain.
    name: String,
    /// Users, solution users and groups that join it.
    #[serde(default)]
    members: Vec<String>,
}

/// Which membership.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Membership {
    /// The group.
    name: String,
    /// The user, solution user or group that is a member.
    member: String,
}

pub(super) async fn list(asked: Asked, paging: Paging, _: Empty) -> Result<Json<Page<Group>>, Problem> {
    let groups = roster::groups(&asked.app).await?;
    Ok(Json(paging.of(groups, |group| group.name.clone(), Group::from)))
}

pub(super) async fn find(asked: Asked, of: Named, _: Empty) -> Result<Json<Group>, Problem> {
    one(&asked, &of.name).await.map(Json)
}

pub(super) async fn add(asked: Asked, _: Nothing, Json(new): Json<NewGroup>) -> Result<Made<Group>, Problem> {
    users::add_group(&asked.app, &new_name(&new.name)?, &new.members, asked.by()).await?;
    one(&asked, &new.name).await.map(Made)
}

pub(super) async fn join(asked: Asked, of: Membership, _: Empty) -> Result<Done, Problem> {
    let (group, member) = (account("group", &of.name)?, account("member", &of.member)?);
    details::join(&asked.app, &group, &member, asked.by()).await?;
    Ok(Done)
}

pub(super) async fn leave(asked: Asked, of: Membership, _: Empty) -> Result<Done, Problem> {
    let (group, member) = (account("group", &of.name)?, account("member", &of.member)?);
    accounts::leave(&asked.app, &group, &member, asked.on_accounts()).await?;
    Ok(Done)
}

pub(super) async fn remove(asked: Asked, of: Named, _: Empty) -> Result<Done, Problem> {
    let name = account("group", &of.name)?;
    accounts::remove(&asked.app, &name, PrincipalKind::Group, asked.on_accounts()).await?;
    Ok(Done)
}

async fn one(asked: &Asked, name: &str) -> Result<Group, Problem> {
    let name = account("group", name)?;
    let found =
        roster::groups(&asked.app).await?.into_iter().find(|group| fold(&group.name) == name.folded());
    found.map(Group::from).ok_or_else(|| Problem::missing("group", name.as_str()))
}

impl From<roster::Group> for Group {
    fn from(group: roster::Group) -> Self {
        Self { name: group.name, description: group.description, members: group.members }
    }
}
