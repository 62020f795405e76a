//! Permissions: listed, set, removed, and asked about (`session-manager.md` §2.4). Whoever lost one notices with the next
//! call: every change is a new epoch.

use std::sync::Arc;

use serde_json::json;

use super::audit::Action;
use super::caller::SessionCaller;
use super::error::Failure;
use super::objection::Objection;
use super::roles::finish;
use super::standings::Lookup;
use super::{App, Peer, sessions};
use crate::identity::principal::fold;
use crate::identity::privilege::ROOT;
use crate::identity::role::{ADMIN, NOT_GRANTED};
use crate::identity::{Domain, Grantee, LoginName, Standing, well_known};
use crate::session::Service;
pub use crate::store::Permission;
use crate::store::{PrincipalKind, Unit};

/// A permission as somebody wants it on an entity.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Who gets it, as typed.
    pub principal: String,
    /// It is a group.
    pub group: bool,
    /// Which role.
    pub role_id: i64,
    /// Whether entities below inherit it.
    pub propagate: bool,
}

/// All permissions, by entity.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<Permission>, Failure> {
    Ok(app.store.permissions().await?)
}

/// The permissions with a role.
///
/// # Errors
/// [`Objection::Missing`] when there is no such role.
pub async fn with_role(app: &App, role_id: i64) -> Result<Vec<Permission>, Objection> {
    if !app.store.roles().await?.iter().any(|role| role.id == role_id) {
        return Err(Objection::Missing);
    }
    let mut permissions = app.store.permissions().await?;
    permissions.retain(|permission| permission.role_id == role_id);
    Ok(permissions)
}

/// Sets permissions on an entity, all of them or none: in place of those of the same principals, or with `alone` of all.
/// Where one principal is named twice, the last one counts.
///
/// # Errors
/// [`Objection::NoSuchPrincipal`], [`Objection::Missing`] for a role, [`Objection::BadValue`] for one that cannot be
/// granted, [`Objection::LastAdministrator`].
pub async fn set(
    app: &App,
    by: &str,
    entity: &str,
    wanted: &[Wanted],
    alone: bool,
    peer: &Peer,
) -> Result<(), Objection> {
    if wanted.len() > MOST_AT_ONCE {
        return Err(Objection::BadValue { path: "permission" });
    }
    let mut unit = app.store.begin().await?;
    let guard = Guard::of(&mut unit).await?;
    if alone {
        unit.clear_permissions(entity).await?;
    }
    let mut written = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        if NOT_GRANTED.contains(&wanted.role_id) {
            return Err(Objection::BadValue { path: "permission.roleId" });
        }
        let permission = Permission {
            entity: entity.to_owned(),
            principal: resolve(&mut unit, &app.settings.domain, wanted).await?,
            group: wanted.group,
            role_id: wanted.role_id,
            propagate: wanted.propagate,
        };
        unit.set_permission(&permission).await?;
        written.push(json!({
            "principal": permission.principal, "group": permission.group, "role": permission.role_id,
            "propagate": permission.propagate,
        }));
    }
    guard.check(&mut unit).await?;
    let action = if alone { Action::ResetPermissions } else { Action::SetPermissions };
    finish(app, unit, action, by, &json!({ "entity": entity, "permissions": written }), peer).await
}

/// Removes a permission. Its principal may be gone already.
///
/// # Errors
/// [`Objection::Missing`], [`Objection::LastAdministrator`].
pub async fn remove(
    app: &App,
    by: &str,
    entity: &str,
    principal: &str,
    group: bool,
    peer: &Peer,
) -> Result<(), Objection> {
    let name = match within(&app.settings.domain, principal) {
        Some(name) => name,
        None => Grantee::new(principal).map_err(|_| Objection::Missing)?.as_str().to_owned(),
    };
    let mut unit = app.store.begin().await?;
    let guard = Guard::of(&mut unit).await?;
    unit.remove_permission(entity, &name, group).await?;
    guard.check(&mut unit).await?;
    let detail = json!({ "entity": entity, "principal": name, "group": group });
    finish(app, unit, Action::RemovePermission, by, &detail, peer).await
}

/// Gives every permission with one role another.
///
/// # Errors
/// [`Objection::Missing`] for either role, [`Objection::BadValue`] for a role that cannot be granted,
/// [`Objection::LastAdministrator`].
pub async fn merge(app: &App, by: &str, source: i64, destination: i64, peer: &Peer) -> Result<(), Objection> {
    if NOT_GRANTED.contains(&destination) {
        return Err(Objection::BadValue { path: "dstRoleId" });
    }
    let mut unit = app.store.begin().await?;
    let roles = unit.roles().await?;
    if ![source, destination].iter().all(|id| roles.iter().any(|role| role.id == *id)) {
        return Err(Objection::Missing);
    }
    let guard = Guard::of(&mut unit).await?;
    let merged = unit.merge_permissions(source, destination).await?;
    guard.check(&mut unit).await?;
    let detail = json!({ "from": source, "to": destination, "permissions": merged });
    finish(app, unit, Action::MergePermissions, by, &detail, peer).await
}

/// The standing behind a live session, by the session's key.
///
/// # Errors
/// [`Failure::Store`].
pub async fn of_session(app: &App, by: &SessionCaller, key: &str) -> Result<Option<Arc<Standing>>, Failure> {
    if by.session.key == key {
        return Ok(Some(Arc::clone(&by.standing)));
    }
    let policies = app.policies.current(app).await?;
    let session = app.store.session(key).await?.map(|session| sessions::as_used(app, session));
    let live = session
        .filter(|session| session.service == Service::Vim && policies.session.is_live(session, app.now()));
    let Some(session) = live else { return Ok(None) };
    Ok(app.standings.find(app, Lookup::of(&session)).await?.map(|(standing, _)| standing))
}

/// The standing of a user, by a name as people type it.
///
/// # Errors
/// [`Failure::Store`].
pub async fn of_user(app: &App, typed: &str) -> Result<Option<Arc<Standing>>, Failure> {
    let Some(name) = within(&app.settings.domain, typed) else { return Ok(None) };
    Ok(app.standings.find_now(app, Lookup::Name(name)).await?.map(|(standing, _)| standing))
}

/// Watches that the root folder keeps an administrator whose rights reach everything, if it had one.
struct Guard {
    had: bool,
}

impl Guard {
    async fn of(unit: &mut Unit) -> Result<Self, Objection> {
        Ok(Self { had: has_administrator(unit).await? })
    }

    async fn check(&self, unit: &mut Unit) -> Result<(), Objection> {
        if self.had && !has_administrator(unit).await? { Err(Objection::LastAdministrator) } else { Ok(()) }
    }
}

async fn has_administrator(unit: &mut Unit) -> Result<bool, Objection> {
    let reaches_all = |permission: &Permission| {
        permission.entity == ROOT && permission.role_id == ADMIN && permission.propagate
    };
    Ok(unit.permissions().await?.iter().any(reaches_all))
}

/// The registered name of whom a permission is for. A group is not a user of the same name.
async fn resolve(unit: &mut Unit, domain: &Domain, wanted: &Wanted) -> Result<String, Objection> {
    let unknown = || Objection::NoSuchPrincipal { principal: wanted.principal.clone() };
    let Some(name) = within(domain, &wanted.principal) else {
        return external(unit, wanted).await?.ok_or_else(unknown);
    };
    if wanted.group && fold(&name) == fold(well_known::EVERYONE) {
        return Ok(well_known::EVERYONE.to_owned());
    }
    let found = unit.find(&name).await?.filter(|found| (found.kind == PrincipalKind::Group) == wanted.group);
    found.map(|found| found.name).ok_or_else(unknown)
}

/// A user of a domain that an external issuer speaks for. Nobody here knows whether there is one.
async fn external(unit: &mut Unit, wanted: &Wanted) -> Result<Option<String>, Objection> {
    let grantee = Grantee::new(&wanted.principal).ok().filter(|_| !wanted.group);
    let Some((grantee, domain)) =
        grantee.and_then(|grantee| Some((grantee.clone(), grantee.domain()?.clone())))
    else {
        return Ok(None);
    };
    let speaker = unit.speaker_for(domain.as_str()).await?;
    Ok(speaker.map(|_| grantee.as_str().to_owned()))
}

fn within(domain: &Domain, typed: &str) -> Option<String> {
    LoginName::parse(typed).ok()?.within(domain).map(str::to_owned)
}

/// Nothing else is written while a unit is open: more than a whole team's permissions at once would keep others waiting.
const MOST_AT_ONCE: usize = 500;
