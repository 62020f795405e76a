//! Who shall be there: accounts and groups.

use super::{Asked, Refusal, named};
use crate::app::accounts;
use crate::app::registry::{self, Joining, NotDone, Profile};
use crate::identity::AccountName;
use crate::pki::Certificate;
use crate::sso_admin::certificate;
use crate::sso_admin::details::PersonDetails;
use crate::sso_admin::method::{ManagementCall, MemberKind};
use crate::sso_admin::principal::PrincipalId;
use crate::vim::values::Value;
use crate::wsse::UnverifiedLogin;

pub(super) async fn answer(asked: &Asked<'_>, call: ManagementCall) -> Result<Option<Value>, Refusal> {
    let (app, by) = (asked.app, asked.by());
    match call {
        ManagementCall::CreatePerson { name, details, password } => {
            registry::create_person(app, &named(&name)?, about(details), password, by).await?;
        }
        ManagementCall::CreateMachine { name, details } => {
            let certificate = read(&details.certificate)?;
            registry::create_machine(app, &named(&name)?, details.description, &certificate, by).await?;
        }
        ManagementCall::CreateGroup { name, description } => {
            registry::create_group(app, &named(&name)?, description.as_deref(), by).await?;
        }
        ManagementCall::UpdatePerson { name, details } => {
            registry::update_person(app, &whose(asked, name)?, about(details), by).await?;
        }
        ManagementCall::UpdateMachine { name, details } => {
            let certificate = read(&details.certificate)?;
            let (name, description) = (whose(asked, name)?, details.description.as_deref());
            registry::update_machine(app, &name, description, &certificate, by).await?;
        }
        ManagementCall::UpdateGroup { name, description } => {
            registry::update_group(app, &named(&name)?, description.as_deref(), by).await?;
        }
        ManagementCall::SetPassword { name, password } => {
            let name = whose(asked, name)?;
            let set = accounts::set_password(app, &name, password, by).await;
            set.map_err(|why| registry::named(why, &name))?;
        }
        ManagementCall::ChangePassword { name, old, new } => {
            let login = UnverifiedLogin { user_name: name, password: old };
            accounts::change_password_of(app, &login, new, asked.peer).await?;
        }
        ManagementCall::Remove { name } => registry::remove(app, &named(&name)?, by).await?,
        ManagementCall::Join { group, members, kind, single } => {
            let joining = match kind {
                MemberKind::Users => Joining::Users,
                MemberKind::Groups => Joining::Groups,
            };
            let members = accounts_of(asked, &members)?;
            let added = registry::join(app, &named(&group)?, &members, joining, by).await?;
            return Ok(truths(added, single));
        }
        ManagementCall::Leave { group, members, single } => {
            let members = accounts_of(asked, &members)?;
            return Ok(truths(registry::leave(app, &named(&group)?, &members, by).await?, single));
        }
        ManagementCall::SetDisabled { user, disabled } => {
            let name = asked.account(&user)?;
            let set = accounts::set_disabled(app, &name, disabled, by).await;
            set.map_err(|why| registry::named(why, &name))?;
            return Ok(Some(true.into()));
        }
        ManagementCall::Unlock(user) => {
            let name = asked.account(&user)?;
            accounts::unlock(app, &name, by).await.map_err(|why| registry::named(why, &name))?;
            return Ok(Some(true.into()));
        }
    }
    Ok(None)
}

fn about(details: PersonDetails) -> (Option<String>, Profile) {
    let PersonDetails { description, email, first_name, last_name } = details;
    (description, Profile { given_name: first_name, surname: last_name, email })
}

fn read(text: &str) -> Result<Certificate, NotDone> {
    certificate::read(text).ok_or(NotDone::BadCertificate)
}

/// Whoever is named; without a name the caller, who has an account only if the house's own issuer knows him.
fn whose(asked: &Asked<'_>, name: Option<String>) -> Result<AccountName, Refusal> {
    if let Some(name) = name {
        return Ok(named(&name)?);
    }
    let standing = &asked.session().map_err(Refusal::Fault)?.standing;
    if standing.is_external() || standing.is_extension() {
        return Err(super::nobody(&standing.name).into());
    }
    Ok(named(&standing.name)?)
}

fn accounts_of(asked: &Asked<'_>, ids: &[PrincipalId]) -> Result<Vec<AccountName>, NotDone> {
    ids.iter().map(|id| asked.account(id)).collect()
}

fn truths(truths: Vec<bool>, single: bool) -> Option<Value> {
    if single { truths.first().copied().map(Value::from) } else { Some(Value::booleans(truths)) }
}
