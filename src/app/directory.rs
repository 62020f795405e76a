//! Users and groups, searched as the user directory does (`session-manager.md` §2.6).

use std::collections::HashSet;

use super::App;
use super::error::Failure;
use super::objection::Objection;
use crate::identity::principal::fold;
use crate::identity::{Domain, LoginName, well_known};
use crate::store::{Group, Profile, Store};

/// Whom to look for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Their domain; nothing = ours.
    pub domain: Option<String>,
    /// Their name, or a part of it; empty = everybody.
    pub name: String,
    /// The name is whole.
    pub whole: bool,
    /// Only direct members of this group.
    pub group: Option<String>,
    /// Only groups of which this user is a direct member.
    pub member: Option<String>,
    /// Users and machines are wanted.
    pub users: bool,
    /// Groups are wanted.
    pub groups: bool,
}

/// Somebody who was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name as registered, without domain.
    pub name: String,
    /// What else is told: a person's full name, a group's description.
    pub full_name: Option<String>,
    /// It is a group.
    pub group: bool,
}

/// Everybody the search means: first users and machines, then groups, each by name.
///
/// # Errors
/// [`Objection::Missing`] for a domain, group or user that is not ours.
pub async fn search(app: &App, search: &Search) -> Result<Vec<Found>, Objection> {
    let domain = &app.settings.domain;
    if search.domain.as_deref().is_some_and(|other| !domain.is(other)) {
        return Err(Objection::Missing);
    }
    let groups = groups(&app.store).await?;
    let mut found = everybody(&app.store).await?;
    if let Some(user) = &search.member {
        let user = local(domain, user)?;
        if !found.iter().any(|somebody| fold(&somebody.name) == user) {
            return Err(Objection::Missing);
        }
        let holds = |group: &&Group| group.members.iter().any(|member| fold(member) == user);
        let holding: HashSet<String> = groups.iter().filter(holds).map(|group| fold(&group.name)).collect();
        found = groups.iter().map(Found::from).collect();
        found.retain(|group| holding.contains(&fold(&group.name)));
    } else {
        found.extend(groups.iter().map(Found::from));
    }
    if let Some(name) = &search.group {
        let name = local(domain, name)?;
        let group = groups.iter().find(|group| fold(&group.name) == name).ok_or(Objection::Missing)?;
        let members: HashSet<String> = group.members.iter().map(|member| fold(member)).collect();
        found.retain(|somebody| members.contains(&fold(&somebody.name)));
    }
    let wanted = Wanted::of(domain, search);
    found.retain(|somebody| {
        (if somebody.group { search.groups } else { search.users }) && wanted.is(&somebody.name)
    });
    Ok(found)
}

/// What a name has to be like.
struct Wanted {
    name: String,
    whole: bool,
}

impl Wanted {
    /// A whole name may carry its domain.
    fn of(domain: &Domain, search: &Search) -> Self {
        let whole = search.whole && !search.name.is_empty();
        let name = if whole { local(domain, &search.name).unwrap_or_default() } else { fold(&search.name) };
        Self { name, whole }
    }

    fn is(&self, name: &str) -> bool {
        let name = fold(name);
        if self.whole { name == self.name } else { name.contains(&self.name) }
    }
}

/// The folded name within our domain.
fn local(domain: &Domain, typed: &str) -> Result<String, Objection> {
    let name = LoginName::parse(typed).map_err(|_| Objection::Missing)?;
    name.within(domain).map(fold).ok_or(Objection::Missing)
}

async fn everybody(store: &Store) -> Result<Vec<Found>, Failure> {
    let people = store.users().await?.into_iter().map(|user| Found {
        full_name: full_name(&user.profile),
        name: user.name,
        group: false,
    });
    let machines = store.solutions().await?.into_iter().map(|machine| Found {
        name: machine.name,
        full_name: machine.description,
        group: false,
    });
    let mut everybody: Vec<Found> = people.chain(machines).collect();
    everybody.sort_by_key(|somebody| fold(&somebody.name));
    Ok(everybody)
}

/// All groups with their direct members, also those that have no member list.
pub(super) async fn groups(store: &Store) -> Result<Vec<Group>, Failure> {
    let mut groups = store.groups().await?;
    let machines = store.solutions().await?;
    let implied = fold(well_known::SOLUTION_USERS);
    for group in groups.iter_mut().filter(|group| fold(&group.name) == implied) {
        group.members.extend(machines.iter().map(|machine| machine.name.clone()));
    }
    let members = everybody(store).await?.into_iter().map(|somebody| somebody.name).collect();
    let (id, name) = (String::new(), well_known::EVERYONE.to_owned());
    groups.push(Group { id, name, description: None, members });
    groups.sort_by_key(|group| fold(&group.name));
    Ok(groups)
}

fn full_name(profile: &Profile) -> Option<String> {
    let parts: Vec<&str> =
        [&profile.given_name, &profile.surname].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

impl From<&Group> for Found {
    fn from(group: &Group) -> Self {
        Self { name: group.name.clone(), full_name: group.description.clone(), group: true }
    }
}
