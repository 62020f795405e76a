//! Roles, permissions, and who may do what (`session-manager.md` §2.4).

use super::Answer;
use super::calls::{Asked, Reply, unavailable};
use crate::app::caller::SessionCaller;
use crate::app::error::Failure;
use crate::app::objection::Objection;
use crate::app::permissions::{self, Wanted};
use crate::app::roles::{self, Role};
use crate::identity::privilege::{ALL, MODIFY_PERMISSIONS, READ, ROOT, VIEW};
use crate::identity::{Domain, Standing, role};
use crate::vim::fault::Denial;
use crate::vim::method::AuthorizationCall;
use crate::vim::values::{AuthorizationRole, EntityPrivilege, Permission, UserPrivilegeResult};
use crate::vim::{Fault, Reference, Value, entity, object};

pub(super) async fn answer(asked: &Asked<'_>, call: AuthorizationCall) -> Result<Reply, Answer> {
    let Some(by) = asked.caller.session() else { return Err(Fault::not_authenticated().into()) };
    let (app, peer, who) = (asked.exchange.app, asked.exchange.peer, by.session.user_name.as_str());
    match call {
        AuthorizationCall::AddRole { name, privileges } => {
            let id = roles::add(app, who, &name, &privileges, peer).await.map_err(objected)?;
            return Ok(Reply::of(number(id)));
        }
        AuthorizationCall::UpdateRole { role, name, privileges } => {
            roles::update(app, who, role.into(), &name, &privileges, peer).await.map_err(objected)?;
        }
        AuthorizationCall::RemoveRole { role, fail_if_used } => {
            roles::remove(app, who, role.into(), !fail_if_used, peer).await.map_err(objected)?;
        }
        AuthorizationCall::MergePermissions { source, destination } => {
            permissions::merge(app, who, source.into(), destination.into(), peer).await.map_err(objected)?;
        }
        AuthorizationCall::SetEntityPermissions { entity, permissions } => {
            set(asked, by, &entity, permissions, false).await?;
        }
        AuthorizationCall::ResetEntityPermissions { entity, permissions } => {
            set(asked, by, &entity, permissions, true).await?;
        }
        AuthorizationCall::RemoveEntityPermission { entity, principal, group } => {
            may(by, &entity, MODIFY_PERMISSIONS)?;
            let removed = permissions::remove(app, who, &entity.value, &principal, group, peer).await;
            removed.map_err(objected)?;
        }
        AuthorizationCall::RetrieveRolePermissions { role } => {
            let found = permissions::with_role(app, role.into()).await.map_err(objected)?;
            return Ok(visible(asked, by, found));
        }
        AuthorizationCall::RetrieveAllPermissions => {
            let found = permissions::list(app).await.map_err(|failure| unavailable(&failure))?;
            return Ok(visible(asked, by, found));
        }
        AuthorizationCall::RetrieveEntityPermissions { entity, inherited } => {
            may(by, &entity, READ)?;
            return on_entity(asked, &entity, inherited).await;
        }
        AuthorizationCall::HasPrivilegeOnEntity { entity, session, privileges } => {
            let standing = of_session(asked, by, &[&entity], &session).await?;
            let holds = privileges.iter().map(|id| standing.holds_on(&entity.value, id));
            return Ok(Reply::of(Value::booleans(holds)));
        }
        AuthorizationCall::HasPrivilegeOnEntities { entities, session, privileges } => {
            let standing = of_session(asked, by, &entities.iter().collect::<Vec<_>>(), &session).await?;
            return granted(&standing, entities, &privileges);
        }
        AuthorizationCall::HasUserPrivilegeOnEntities { entities, user, privileges } => {
            let standing = of_user(asked, by, &entities, &user).await?;
            return granted(&standing, entities, &privileges);
        }
        AuthorizationCall::FetchUserPrivilegeOnEntities { entities, user } => {
            let standing = of_user(asked, by, &entities, &user).await?;
            return all_granted(&standing, entities);
        }
    }
    Ok(Reply::NOTHING)
}

/// A role in the words of vim25.
pub(super) fn role_of(role: &Role) -> AuthorizationRole {
    let system = role::system(role.id);
    AuthorizationRole {
        role_id: number(role.id),
        system: system.is_some(),
        name: role.name.clone(),
        label: system.map_or_else(|| role.name.clone(), |system| system.label.to_owned()),
        summary: system.map_or_else(|| role.name.clone(), |system| system.summary.to_owned()),
        privileges: role.privileges.iter().map(str::to_owned).collect(),
    }
}

/// A permission in the words of vim25.
pub(super) fn permission_of(domain: &Domain, permission: &permissions::Permission) -> Permission {
    Permission {
        entity: Some(entity::reference(&permission.entity)),
        // That of another issuer's subject is its full name.
        principal: if permission.principal.contains('\\') {
            permission.principal.clone()
        } else {
            format!("{}\\{}", domain.capitals(), permission.principal)
        },
        group: permission.group,
        role_id: number(permission.role_id),
        propagate: permission.propagate,
    }
}

/// Numbers of roles begin at 1 and count up.
pub(super) fn number(id: i64) -> i32 {
    i32::try_from(id).unwrap_or(i32::MAX)
}

/// The fault that says why something was not done.
pub(super) fn objected(objection: Objection) -> Answer {
    Answer::Fault(match objection {
        Objection::NameTaken { name } => Fault::AlreadyExists { name },
        Objection::BadName { name } => Fault::InvalidName { name },
        Objection::Missing => Fault::NotFound,
        Objection::BadValue { path } => Fault::InvalidArgument { property: Some(path.to_owned()) },
        Objection::NoSuchPrincipal { principal } => Fault::UserNotFound { principal },
        Objection::InUse => Fault::RemoveFailed,
        Objection::LastAdministrator => Fault::AuthMinimumAdminPermission,
        Objection::BuiltIn { .. } | Objection::WrongPassword => Fault::InvalidArgument { property: None },
        Objection::Failure(failure) => return unavailable(&failure),
    })
}

async fn set(
    asked: &Asked<'_>,
    by: &SessionCaller,
    entity: &Reference,
    permissions: Vec<Permission>,
    alone: bool,
) -> Result<(), Answer> {
    may(by, entity, MODIFY_PERMISSIONS)?;
    let wanted: Vec<Wanted> = permissions
        .into_iter()
        .map(|permission| Wanted {
            principal: permission.principal,
            group: permission.group,
            role_id: permission.role_id.into(),
            propagate: permission.propagate,
        })
        .collect();
    let (app, peer) = (asked.exchange.app, asked.exchange.peer);
    permissions::set(app, &by.session.user_name, &entity.value, &wanted, alone, peer).await.map_err(objected)
}

/// Those on entities that the caller can see.
fn visible(asked: &Asked<'_>, by: &SessionCaller, mut found: Vec<permissions::Permission>) -> Reply {
    found.retain(|permission| by.standing.holds_on(&permission.entity, VIEW));
    reply(asked, &found)
}

async fn on_entity(asked: &Asked<'_>, entity: &Reference, inherited: bool) -> Result<Reply, Answer> {
    let all = permissions::list(asked.exchange.app).await.map_err(|failure| unavailable(&failure))?;
    let (mut found, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|permission| permission.entity == entity.value);
    if inherited {
        found.extend(
            others.into_iter().filter(|permission| permission.entity == ROOT && permission.propagate),
        );
    }
    Ok(reply(asked, &found))
}

fn reply(asked: &Asked<'_>, found: &[permissions::Permission]) -> Reply {
    let domain = &asked.exchange.app.settings.domain;
    Reply::of(Value::records("Permission", found.iter().map(|permission| permission_of(domain, permission))))
}

/// An entity that does not exist comes before a privilege that is missing on it.
fn may(by: &SessionCaller, entity: &Reference, privilege: &'static str) -> Result<(), Answer> {
    if !entity::is_one(entity) {
        return Err(Fault::ManagedObjectNotFound { object: entity.clone() }.into());
    }
    if by.standing.holds_on(&entity.value, privilege) {
        return Ok(());
    }
    Err(Fault::NoPermission(Denial { object: entity.clone(), privilege }).into())
}

async fn of_session(
    asked: &Asked<'_>,
    by: &SessionCaller,
    entities: &[&Reference],
    key: &str,
) -> Result<std::sync::Arc<Standing>, Answer> {
    entities.iter().try_for_each(|entity| may(by, entity, READ))?;
    known(permissions::of_session(asked.exchange.app, by, key).await, "sessionId")
}

/// Here any managed object may be named; what is no entity counts as the root folder.
async fn of_user(
    asked: &Asked<'_>,
    by: &SessionCaller,
    objects: &[Reference],
    user: &str,
) -> Result<std::sync::Arc<Standing>, Answer> {
    let entities = objects.iter().filter(|object| scope(object) == object.value);
    entities.into_iter().try_for_each(|entity| may(by, entity, VIEW))?;
    known(permissions::of_user(asked.exchange.app, user).await, "userName")
}

fn known<T>(found: Result<Option<T>, Failure>, parameter: &str) -> Result<T, Answer> {
    let found = found.map_err(|failure| unavailable(&failure))?;
    found.ok_or_else(|| Fault::InvalidArgument { property: Some(parameter.to_owned()) }.into())
}

/// The entity on which an object's permissions stand.
fn scope(reference: &Reference) -> &str {
    let published = object::published(&reference.value).is_some_and(|object| object.kind == reference.kind);
    if published { ROOT } else { &reference.value }
}

fn granted(standing: &Standing, entities: Vec<Reference>, privileges: &[String]) -> Result<Reply, Answer> {
    within_budget(entities.len(), privileges.len())?;
    let one = |object: Reference| EntityPrivilege {
        granted: privileges.iter().map(|id| (id.clone(), standing.holds_on(scope(&object), id))).collect(),
        entity: object,
    };
    Ok(Reply::of(Value::records("EntityPrivilege", entities.into_iter().map(one))))
}

fn all_granted(standing: &Standing, entities: Vec<Reference>) -> Result<Reply, Answer> {
    within_budget(entities.len(), ALL.len())?;
    let one = |object: Reference| UserPrivilegeResult {
        privileges: standing.privileges_on(scope(&object)).into_iter().map(str::to_owned).collect(),
        entity: object,
    };
    Ok(Reply::of(Value::records("UserPrivilegeResult", entities.into_iter().map(one))))
}

/// An answer is as long as the product of what is asked: every privilege on two hundred entities, and not more.
fn within_budget(entities: usize, privileges: usize) -> Result<(), Answer> {
    if entities.saturating_mul(privileges) <= MOST_ANSWERS {
        return Ok(());
    }
    Err(Fault::InvalidArgument { property: Some("entities".into()) }.into())
}

const MOST_ANSWERS: usize = 100_000;
