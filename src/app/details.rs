//! What an administrator says of accounts, beside passwords and locks: who they are, what they belong to, what they sign
//! with. Each act is one commit with its audit row.

use serde_json::json;

use super::accounts::{By, commit, find};
use super::audit::Action;
use super::objection::Objection;
use super::{Actor, App};
use crate::identity::AccountName;
use crate::pki::Certificate;
use crate::store::{PrincipalKind, Profile};

/// Tells anew who a user is.
///
/// # Errors
/// [`Objection::Missing`].
pub async fn set_profile(
    app: &App,
    name: &AccountName,
    profile: &Profile,
    by: impl Into<Actor<'_>>,
) -> Result<(), Objection> {
    let mut unit = app.store.begin().await?;
    let user = find(&mut unit, name).await?;
    if user.kind != PrincipalKind::User {
        return Err(Objection::Missing);
    }
    unit.set_profile(&user.id, profile).await?;
    commit(app, unit, Action::UpdateUser, &json!({ "name": user.name }), named(by.into())).await
}

/// Makes a user, solution user or group a member of a group; one that is a member stays one.
///
/// # Errors
/// [`Objection::Missing`], [`Objection::Failure`] when the group would contain itself.
pub async fn join(
    app: &App,
    group: &AccountName,
    member: &AccountName,
    by: impl Into<Actor<'_>>,
) -> Result<(), Objection> {
    let mut unit = app.store.begin().await?;
    unit.add_member(group.as_str(), member.as_str()).await?;
    let detail = json!({ "name": group.as_str(), "member": member.as_str() });
    commit(app, unit, Action::JoinGroup, &detail, named(by.into())).await
}

/// Gives a solution user another certificate to sign with.
///
/// # Errors
/// [`Objection::Missing`], [`Objection::Failure`] when another solution user has it.
pub async fn set_certificate(
    app: &App,
    name: &AccountName,
    certificate: &Certificate,
    by: impl Into<Actor<'_>>,
) -> Result<(), Objection> {
    let mut unit = app.store.begin().await?;
    let machine = find(&mut unit, name).await?;
    if machine.kind != PrincipalKind::Solution {
        return Err(Objection::Missing);
    }
    let sha256 = certificate.fingerprint();
    unit.set_certificate(&machine.id, certificate.der(), &sha256).await?;
    let detail = json!({ "name": machine.name, "certificate_sha256": sha256 });
    commit(app, unit, Action::UpdateSolution, &detail, named(by.into())).await
}

const fn named(actor: Actor<'_>) -> By<'_> {
    (actor.name, actor.peer)
}
