//! Who may do what: the roles are memberships (`sts.md` §9).

use super::{Asked, Refusal};
use crate::app::catalogue::{Catalogue, Depth};
use crate::app::registry::{self, Joining, NotDone};
use crate::identity::principal::fold;
use crate::identity::well_known::{ACT_AS_USERS, ADMINISTRATORS};
use crate::identity::{AccountName, Standing};
use crate::sso_admin::method::RoleCall;
use crate::sso_admin::principal::PrincipalId;
use crate::vim::values::Value;

pub(super) async fn answer(asked: &Asked<'_>, call: RoleCall) -> Result<Option<Value>, Refusal> {
    let truth = match call {
        RoleCall::HasAdministrator(user) => {
            let (catalogue, name) = known(asked, &user).await?;
            let groups = catalogue.groups_of(name.as_str(), Depth::Nested);
            groups.iter().any(|group| fold(&group.name) == fold(ADMINISTRATORS))
        }
        // Whoever has an account may log in.
        RoleCall::HasRegularUser(user) => known(asked, &user).await.map(|_| true)?,
        RoleCall::Set(user, role) => match role.as_str() {
            "Administrator" => join(asked, ADMINISTRATORS, &user).await?,
            "RegularUser" => leave(asked, ADMINISTRATORS, &user).await?,
            _ => return Err(NotDone::BadValue("role").into()),
        },
        RoleCall::WsTrust { user, role, granted } => match (role.as_str(), granted) {
            ("ActAsUser", true) => join(asked, ACT_AS_USERS, &user).await?,
            ("ActAsUser", false) => leave(asked, ACT_AS_USERS, &user).await?,
            _ => return Err(NotDone::BadValue("role").into()),
        },
    };
    Ok(Some(truth.into()))
}

/// Whether somebody may change everything here: a member of Administrators, directly or through a group.
pub(super) fn administers(standing: &Standing) -> bool {
    standing.groups.iter().any(|group| fold(group) == fold(ADMINISTRATORS))
}

async fn known(asked: &Asked<'_>, id: &PrincipalId) -> Result<(Catalogue, AccountName), Refusal> {
    let name = asked.account(id)?;
    let catalogue = Catalogue::read(asked.app).await?;
    if catalogue.knows(name.as_str()) { Ok((catalogue, name)) } else { Err(super::nobody(&id.name).into()) }
}

async fn join(asked: &Asked<'_>, group: &str, user: &PrincipalId) -> Result<bool, NotDone> {
    let members = [asked.account(user)?];
    let added =
        registry::join(asked.app, &super::named(group)?, &members, Joining::Users, asked.by()).await?;
    Ok(added.contains(&true))
}

async fn leave(asked: &Asked<'_>, group: &str, user: &PrincipalId) -> Result<bool, NotDone> {
    let removed =
        registry::leave(asked.app, &super::named(group)?, &[asked.account(user)?], asked.by()).await?;
    Ok(removed.contains(&true))
}
