//! Roles: listed, added, changed and removed (`session-manager.md` §2.4). Those of the system stay what they are.

use serde_json::json;

use super::audit::{Action, accepted, note};
use super::error::Failure;
use super::objection::Objection;
use super::{App, Peer};
use crate::identity::principal::MAX_NAME;
use crate::identity::privilege::{self, OF_EVERY_ROLE};
use crate::identity::role;
pub use crate::store::Role;
use crate::store::Unit;

/// All roles, by number.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<Role>, Failure> {
    Ok(app.store.roles().await?)
}

/// Adds a role; its number. It allows what every role does, and these privileges.
///
/// # Errors
/// [`Objection::BadName`], [`Objection::NameTaken`], [`Objection::BadValue`] for a privilege that does not exist.
pub async fn add(
    app: &App,
    by: &str,
    name: &str,
    privileges: &[String],
    peer: &Peer,
) -> Result<i64, Objection> {
    let (name, privileges) = (name_of(name)?, known(privileges)?);
    let mut unit = app.store.begin().await?;
    let id = unit.add_role(name, &privileges).await?;
    let detail = json!({ "role": id, "name": name, "privileges": privileges });
    finish(app, unit, Action::AddRole, by, &detail, peer).await?;
    Ok(id)
}

/// Gives a role another name and other privileges.
///
/// # Errors
/// As [`add`]; [`Objection::Missing`], and [`Objection::BadValue`] for a role of the system.
pub async fn update(
    app: &App,
    by: &str,
    id: i64,
    name: &str,
    privileges: &[String],
    peer: &Peer,
) -> Result<(), Objection> {
    let (name, privileges) = (name_of(name)?, known(privileges)?);
    changeable(id)?;
    let mut unit = app.store.begin().await?;
    unit.set_role(id, name, &privileges).await?;
    let detail = json!({ "role": id, "name": name, "privileges": privileges });
    finish(app, unit, Action::UpdateRole, by, &detail, peer).await
}

/// Removes a role; with `even_if_used` the permissions that have it go with it.
///
/// # Errors
/// [`Objection::Missing`], [`Objection::InUse`], [`Objection::BadValue`] for a role of the system.
pub async fn remove(app: &App, by: &str, id: i64, even_if_used: bool, peer: &Peer) -> Result<(), Objection> {
    changeable(id)?;
    let mut unit = app.store.begin().await?;
    let revoked = if even_if_used { unit.revoke_role(id).await? } else { 0 };
    unit.remove_role(id).await?;
    let detail = json!({ "role": id, "permissions_removed": revoked });
    finish(app, unit, Action::RemoveRole, by, &detail, peer).await
}

/// The audit row goes into the same commit as the change.
pub(super) async fn finish(
    app: &App,
    mut unit: Unit,
    action: Action,
    by: &str,
    detail: &serde_json::Value,
    peer: &Peer,
) -> Result<(), Objection> {
    unit.audit(&accepted(app, action, by, detail, peer)).await?;
    unit.commit().await?;
    note(action, by, peer);
    Ok(())
}

fn changeable(id: i64) -> Result<(), Objection> {
    if role::system(id).is_some() { Err(Objection::BadValue { path: "roleId" }) } else { Ok(()) }
}

/// Role names are for people: anything that can be seen, but not endlessly.
fn name_of(text: &str) -> Result<&str, Objection> {
    let name = text.trim();
    let fits = !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(Objection::BadName { name: text.chars().take(MAX_NAME).collect() }) }
}

fn known(privileges: &[String]) -> Result<Vec<&'static str>, Objection> {
    let unknown = Objection::BadValue { path: "privIds" };
    let known: Option<Vec<_>> = privileges.iter().map(|id| privilege::known(id)).collect();
    let mut known = known.ok_or(unknown)?;
    known.extend(OF_EVERY_ROLE);
    known.sort_unstable();
    known.dedup();
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_allows_what_every_role_does_and_each_thing_once() {
        let ids = ["Global.Settings", "System.View", "Global.Settings"].map(str::to_owned);
        let wanted = ["Global.Settings", "System.Anonymous", "System.Read", "System.View"];
        assert_eq!(known(&ids).unwrap(), wanted);
        let unknown = known(&["Global.Nothing".to_owned()]);
        assert!(matches!(unknown, Err(Objection::BadValue { path: "privIds" })));
    }

    #[test]
    fn a_name_is_what_can_be_seen() {
        assert_eq!(name_of(" Virtual machine user (sample) ").unwrap(), "Virtual machine user (sample)");
        assert!(name_of(&"x".repeat(MAX_NAME)).is_ok());
        for name in ["", "  ", "a\u{7}b", &"x".repeat(MAX_NAME + 1)] {
            assert!(matches!(name_of(name), Err(Objection::BadName { .. })), "{name:?}");
        }
    }
}
