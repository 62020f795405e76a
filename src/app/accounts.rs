//! Accounts that exist: their passwords, locks and end. What the house cannot do without stays (`attacks.md` U07, U10).

use serde_json::json;

use super::audit::{Action, accepted, note, refuse};
use super::credentials::verify_to_change;
use super::error::{Cause, Failure};
use super::objection::Objection;
use super::users::Password;
use super::{App, Peer, nt_hashes, passwords};
use crate::identity::principal::fold;
use crate::identity::{AccountName, well_known};
use crate::secret::Secret;
use crate::store::{Found, PrincipalKind, Unit};
use crate::verifier::Report;
use crate::wsse::UnverifiedLogin;

/// Somebody who acts on accounts, as the audit knows them.
pub type By<'a> = (&'a str, &'a Peer);

/// Gives a user another password.
///
/// # Errors
/// [`Objection`].
pub async fn set_password(
    app: &App,
    name: &AccountName,
    password: Secret,
    by: By<'_>,
) -> Result<(), Objection> {
    let user = app.store.find(name.as_str()).await?.filter(|found| found.kind == PrincipalKind::User);
    let user = user.ok_or(Objection::Missing)?;
    let nt_hash = nt_hashes::made_of(&password);
    let ready = passwords::ready(app, name, Some(&user.id), Password::Plain(password)).await?;
    let mut unit = app.store.begin().await?;
    passwords::write(app, &mut unit, &user.id, &ready).await?;
    nt_hashes::renew(app, &mut unit, &user.id, name, &nt_hash, by).await?;
    finish(app, unit, Action::SetPassword, name.as_str(), by).await
}

/// A user changes the own password, also one that has expired. A wrong old one counts, costs and waits like at any door,
/// whoever is meant.
///
/// # Errors
/// [`Objection::WrongPassword`] for who is nobody, may not act, or has another password; as [`set_password`] otherwise.
pub async fn change_password(
    app: &App,
    name: &AccountName,
    old: &Secret,
    new: Secret,
    peer: &Peer,
) -> Result<(), Objection> {
    let login = UnverifiedLogin { user_name: name.as_str().to_owned(), password: old.clone() };
    change_password_of(app, &login, new, peer).await
}

/// The same for a name as people type it. A refusal is in the audit already.
///
/// # Errors
/// As [`change_password`].
pub async fn change_password_of(
    app: &App,
    login: &UnverifiedLogin,
    new: Secret,
    peer: &Peer,
) -> Result<(), Objection> {
    let mut report = Report::new(PASSWORD_DOOR, app.now());
    match verify_to_change(app, &mut report, login, peer).await {
        Ok(standing) => {
            let bad_name = |_| Objection::BadName { name: standing.name.clone() };
            let name = AccountName::new(&standing.name).map_err(bad_name)?;
            set_password(app, &name, new, (name.as_str(), peer)).await
        }
        Err(cause) => {
            let refused = refuse(app, Action::SetPassword, &login.user_name, report, cause, peer).await;
            Err(match refused.cause {
                Cause::Overloaded => Failure::Overloaded.into(),
                Cause::Unavailable => Failure::Unsettled.into(),
                Cause::Step
                | Cause::Request(_)
                | Cause::Decision(_)
                | Cause::Locked { .. }
                | Cause::Expired { .. } => Objection::WrongPassword,
            })
        }
    }
}

/// Switches a user or solution user off or on.
///
/// # Errors
/// [`Objection::LastAdministrator`], [`Objection::Missing`].
pub async fn set_disabled(
    app: &App,
    name: &AccountName,
    disabled: bool,
    by: By<'_>,
) -> Result<(), Objection> {
    let mut unit = app.store.begin().await?;
    let account = find(&mut unit, name).await?;
    if account.kind == PrincipalKind::Group {
        return Err(Objection::Missing);
    }
    let before = unit.administrators().await?;
    unit.set_disabled(&account.id, disabled).await?;
    still_administered(&mut unit, before).await?;
    let action = if disabled { Action::DisableAccount } else { Action::EnableAccount };
    finish(app, unit, action, &account.name, by).await
}

/// Opens the lock that wrong passwords closed.
///
/// # Errors
/// [`Objection::Missing`].
pub async fn unlock(app: &App, name: &AccountName, by: By<'_>) -> Result<(), Objection> {
    let mut unit = app.store.begin().await?;
    let account = find(&mut unit, name).await?;
    if account.kind != PrincipalKind::User {
        return Err(Objection::Missing);
    }
    unit.unlock(&account.id).await?;
    finish(app, unit, Action::UnlockAccount, &account.name, by).await
}

/// Removes a user, a solution user or a group, with what was granted to it.
///
/// # Errors
/// [`Objection::BuiltIn`], [`Objection::LastAdministrator`], [`Objection::Missing`].
pub async fn remove(app: &App, name: &AccountName, kind: PrincipalKind, by: By<'_>) -> Result<(), Objection> {
    let mut unit = app.store.begin().await?;
    let account = find(&mut unit, name).await?;
    if account.kind != kind {
        return Err(Objection::Missing);
    }
    if is_built_in(&account.name) {
        return Err(Objection::BuiltIn { name: account.name });
    }
    let before = unit.administrators().await?;
    match kind {
        PrincipalKind::User => unit.remove_user(&account.id).await?,
        PrincipalKind::Solution => unit.remove_solution(&account.id).await?,
        PrincipalKind::Group => unit.remove_group(&account.id).await?,
    }
    still_administered(&mut unit, before).await?;
    finish(app, unit, Action::RemoveAccount, &account.name, by).await
}

/// Ends a membership.
///
/// # Errors
/// [`Objection::LastAdministrator`], [`Objection::Missing`].
pub async fn leave(
    app: &App,
    group: &AccountName,
    member: &AccountName,
    by: By<'_>,
) -> Result<(), Objection> {
    let mut unit = app.store.begin().await?;
    let before = unit.administrators().await?;
    unit.remove_member(group.as_str(), member.as_str()).await?;
    still_administered(&mut unit, before).await?;
    let detail = json!({ "name": group.as_str(), "member": member.as_str() });
    commit(app, unit, Action::LeaveGroup, &detail, by).await
}

/// Where an active person was in Administrators, directly or through a group, one is left.
pub(super) async fn still_administered(unit: &mut Unit, before: u64) -> Result<(), Objection> {
    let nobody = before > 0 && unit.administrators().await? == 0;
    if nobody { Err(Objection::LastAdministrator) } else { Ok(()) }
}

fn is_built_in(name: &str) -> bool {
    let built_in = well_known::GROUPS.iter().chain([&well_known::ADMINISTRATOR]);
    built_in.into_iter().any(|known| fold(known) == fold(name))
}

pub(super) async fn find(unit: &mut Unit, name: &AccountName) -> Result<Found, Objection> {
    unit.find(name.as_str()).await?.ok_or(Objection::Missing)
}

async fn finish(app: &App, unit: Unit, action: Action, name: &str, by: By<'_>) -> Result<(), Objection> {
    commit(app, unit, action, &json!({ "name": name }), by).await
}

/// The audit row goes into the same commit as the change, and this replica knows the new epoch at once.
pub(super) async fn commit(
    app: &App,
    mut unit: Unit,
    action: Action,
    detail: &serde_json::Value,
    (who, peer): By<'_>,
) -> Result<(), Objection> {
    unit.audit(&accepted(app, action, who, detail, peer)).await?;
    let epoch = unit.epoch().await?;
    unit.commit().await.map_err(Failure::from)?;
    app.standings.saw(epoch);
    note(action, who, peer);
    Ok(())
}

/// Where a password is changed, in reports.
const PASSWORD_DOOR: &str = "password";
