//! Who there is, and what somebody belongs to.

use std::collections::HashSet;

use super::{Asked, Refusal};
use crate::app::catalogue::{self, Catalogue, Depth};
use crate::identity::principal::fold;
use crate::sso_admin::details::{Group, PersonDetails, PersonUser, SolutionUser, User};
use crate::sso_admin::method::{DiscoveryCall, GroupCheckCall, Only, Wanted};
use crate::sso_admin::principal::{PrincipalId, list};
use crate::vim::values::{Field, Record, Value};

pub(super) async fn answer(asked: &Asked<'_>, call: DiscoveryCall) -> Result<Option<Value>, Refusal> {
    let catalogue = Catalogue::read(asked.app).await?;
    let pick = |fits: &dyn Fn(&str) -> bool, only, limit| Found::pick(asked, &catalogue, fits, only, limit);
    match call {
        DiscoveryCall::One { wanted, who } => {
            let name = fold(&who.name);
            let ours = asked.is_ours(&who.domain);
            Ok(pick(&|other| ours && fold(other) == name, Only::Any, 1).first(wanted))
        }
        DiscoveryCall::Matching { wanted, only, criteria, limit } => {
            let search = fold(&criteria.search);
            let ours = asked.is_ours(criteria.domain.as_deref().unwrap_or_default());
            Ok(Some(pick(&|other| ours && fold(other).contains(&search), only, limit).all(wanted)))
        }
        DiscoveryCall::Inside { wanted, group, search, limit } => {
            let members = members(asked, &catalogue, &group)?;
            let search = fold(&search);
            let fits = |other: &str| members.contains(&fold(other)) && fold(other).contains(&search);
            Ok(Some(pick(&fits, Only::Any, limit).all(wanted)))
        }
        DiscoveryCall::Parents { of, nested } => {
            let depth = if nested { Depth::Nested } else { Depth::Direct };
            let groups = groups_of(asked, &catalogue, &of, depth)?;
            let groups: Vec<Group> = groups.into_iter().map(|group| described(asked, group)).collect();
            Ok(Some(Value::records("AdminGroup", groups)))
        }
    }
}

pub(super) async fn check(asked: &Asked<'_>, call: GroupCheckCall) -> Result<Option<Value>, Refusal> {
    let catalogue = Catalogue::read(asked.app).await?;
    match call {
        GroupCheckCall::IsMember { user, group } => {
            members(asked, &catalogue, &group)?;
            let groups = groups_of(asked, &catalogue, &user, Depth::Nested)?;
            Ok(Some(groups.iter().any(|known| fold(&known.name) == fold(&group.name)).into()))
        }
        GroupCheckCall::Parents { user, among } => {
            let mut groups = groups_of(asked, &catalogue, &user, Depth::Nested)?;
            if let Some(among) = among {
                let named = |group: &catalogue::Group| {
                    let mut ours = among.iter().filter(|id| asked.is_ours(&id.domain));
                    ours.any(|id| fold(&id.name) == fold(&group.name))
                };
                groups.retain(named);
            }
            let ids: Vec<PrincipalId> = groups.iter().map(|group| asked.id(&group.name)).collect();
            Ok(Some(list(&ids)))
        }
    }
}

fn members(
    asked: &Asked<'_>,
    catalogue: &Catalogue,
    group: &PrincipalId,
) -> Result<HashSet<String>, Refusal> {
    let name = asked.account(group)?;
    Ok(catalogue.members(name.as_str()).ok_or_else(|| super::nobody(&group.name))?)
}

fn groups_of(
    asked: &Asked<'_>,
    catalogue: &Catalogue,
    of: &PrincipalId,
    depth: Depth,
) -> Result<Vec<catalogue::Group>, Refusal> {
    let name = asked.account(of)?;
    if !catalogue.knows(name.as_str()) {
        return Err(super::nobody(&of.name).into());
    }
    Ok(catalogue.groups_of(name.as_str(), depth))
}

fn described(asked: &Asked<'_>, group: catalogue::Group) -> Group {
    Group { id: asked.id(&group.name), description: group.description }
}

/// Whoever was found, of every sort.
struct Found {
    people: Vec<PersonUser>,
    machines: Vec<SolutionUser>,
    groups: Vec<Group>,
    limit: usize,
}

impl Found {
    fn pick(
        asked: &Asked<'_>,
        catalogue: &Catalogue,
        fits: &dyn Fn(&str) -> bool,
        only: Only,
        limit: i32,
    ) -> Self {
        let state = |disabled, locked| match only {
            Only::Any => true,
            Only::Locked => locked,
            Only::Disabled => disabled,
        };
        let people = catalogue.people.iter();
        let people = people.filter(|person| fits(&person.name) && state(person.disabled, person.locked));
        let machines = catalogue.machines.iter();
        let machines = machines.filter(|machine| fits(&machine.name) && state(machine.disabled, false));
        let groups = catalogue.groups().filter(|group| fits(&group.name));
        // A negative number is no limit, and has no unsigned form.
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            people: people.take(limit).map(|person| told(asked, person)).collect(),
            machines: machines.take(limit).map(|machine| shown(asked, machine)).collect(),
            groups: groups.take(limit).map(|group| described(asked, group)).collect(),
            limit,
        }
    }

    fn all(self, wanted: Wanted) -> Value {
        match wanted {
            Wanted::People => Value::records("AdminPersonUser", self.people),
            Wanted::Machines => Value::records("AdminSolutionUser", self.machines),
            Wanted::Groups => Value::records("AdminGroup", self.groups),
            Wanted::Users => {
                let limit = self.limit;
                Value::records("AdminUser", self.users().into_iter().take(limit))
            }
            Wanted::Everything => Record::new(
                "AdminPrincipalDiscoveryServiceSearchResult",
                vec![
                    Field::new("personUsers", Value::records("AdminPersonUser", self.people)),
                    Field::new("solutionUsers", Value::records("AdminSolutionUser", self.machines)),
                    Field::new("groups", Value::records("AdminGroup", self.groups)),
                ],
            )
            .into(),
        }
    }

    fn first(self, wanted: Wanted) -> Option<Value> {
        match self.all(wanted) {
            Value::Array(found) => found.values.into_iter().next(),
            other => Some(other),
        }
    }

    fn users(self) -> Vec<User> {
        let people = self.people.into_iter().map(|person| User {
            id: person.id,
            machine: false,
            description: person.details.description,
        });
        let machines = self.machines.into_iter().map(|machine| User {
            id: machine.id,
            machine: true,
            description: machine.description,
        });
        let mut users: Vec<User> = people.chain(machines).collect();
        users.sort_by_key(|user| fold(&user.id.name));
        users
    }
}

fn told(asked: &Asked<'_>, person: &catalogue::Person) -> PersonUser {
    let profile = person.profile.clone();
    PersonUser {
        id: asked.id(&person.name),
        details: PersonDetails {
            description: person.description.clone(),
            email: profile.email,
            first_name: profile.given_name,
            last_name: profile.surname,
        },
        disabled: person.disabled,
        locked: person.locked,
    }
}

fn shown(asked: &Asked<'_>, machine: &catalogue::Machine) -> SolutionUser {
    SolutionUser {
        id: asked.id(&machine.name),
        description: machine.description.clone(),
        certificate: machine.certificate.clone(),
        disabled: machine.disabled,
    }
}
