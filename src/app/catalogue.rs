//! Who there is, and who belongs to what: all people, machines and groups at one moment, to be looked through as the
//! principal discovery of the SSO administration service does (`sts.md` §9). What the user directory of `/sdk` finds is
//! less: names alone.

use std::collections::HashSet;

use super::error::Failure;
use super::{App, directory};
use crate::identity::principal::fold;
use crate::store;

/// Everybody.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// People, by name.
    pub people: Vec<Person>,
    /// Solution users, by name.
    pub machines: Vec<Machine>,
    groups: Vec<store::Group>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name as registered.
    pub name: String,
    /// For lists.
    pub description: Option<String>,
    /// Who it is.
    pub profile: store::Profile,
    /// Switched off by an administrator.
    pub disabled: bool,
    /// Locked by failed logins, now.
    pub locked: bool,
}

/// A solution user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The name as registered.
    pub name: String,
    /// For lists.
    pub description: Option<String>,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// Switched off by an administrator.
    pub disabled: bool,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name as registered.
    pub name: String,
    /// For lists.
    pub description: Option<String>,
}

/// Which of the groups of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Those it is a member of itself.
    Direct,
    /// Those too that contain one of them.
    Nested,
}

impl Catalogue {
    /// Reads it.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn read(app: &App) -> Result<Self, Failure> {
        let now = app.now();
        let people = app.store.users().await?.into_iter().map(|user| Person {
            locked: user.locked_until.is_some_and(|until| now < until),
            name: user.name,
            description: user.description,
            profile: user.profile,
            disabled: user.disabled,
        });
        let machines = app.store.solutions().await?.into_iter().map(|machine| Machine {
            name: machine.name,
            description: machine.description,
            certificate: machine.certificate,
            disabled: machine.disabled,
        });
        let (people, machines) = (people.collect(), machines.collect());
        Ok(Self { people, machines, groups: directory::groups(&app.store).await? })
    }

    /// The groups, by name.
    pub fn groups(&self) -> impl Iterator<Item = Group> + '_ {
        self.groups.iter().map(Group::from)
    }

    /// The folded names of those who are members of a group themselves; nothing when there is no such group.
    #[must_use]
    pub fn members(&self, group: &str) -> Option<HashSet<String>> {
        let group = self.groups.iter().find(|known| fold(&known.name) == fold(group))?;
        Some(group.members.iter().map(|member| fold(member)).collect())
    }

    /// The groups of whoever has the name.
    #[must_use]
    pub fn groups_of(&self, name: &str, depth: Depth) -> Vec<Group> {
        let mut inside = HashSet::from([fold(name)]);
        let mut found = HashSet::new();
        loop {
            let holds = |group: &&store::Group| {
                !found.contains(&fold(&group.name))
                    && group.members.iter().any(|member| inside.contains(&fold(member)))
            };
            let more: Vec<String> = self.groups.iter().filter(holds).map(|group| fold(&group.name)).collect();
            found.extend(more.iter().cloned());
            if more.is_empty() || depth == Depth::Direct {
                break;
            }
            inside.extend(more);
        }
        self.groups.iter().filter(|group| found.contains(&fold(&group.name))).map(Group::from).collect()
    }

    /// Whether anybody or anything has the name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        let name = fold(name);
        self.people.iter().any(|person| fold(&person.name) == name)
            || self.machines.iter().any(|machine| fold(&machine.name) == name)
            || self.groups.iter().any(|group| fold(&group.name) == name)
    }
}

impl From<&store::Group> for Group {
    fn from(group: &store::Group) -> Self {
        Self { name: group.name.clone(), description: group.description.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(groups: &[(&str, &[&str])]) -> Catalogue {
        let group = |(name, members): &(&str, &[&str])| store::Group {
            id: (*name).into(),
            name: (*name).into(),
            description: None,
            members: members.iter().map(|member| (*member).to_owned()).collect(),
        };
        let (people, machines) = (Vec::new(), Vec::new());
        Catalogue { people, machines, groups: groups.iter().map(group).collect() }
    }

    #[test]
    fn groups_of_groups_are_found_only_where_they_are_asked_for() {
        let catalogue = catalogue(&[("A", &["alice"]), ("B", &["a"]), ("C", &["b"]), ("D", &["bob"])]);
        let names = |depth| -> Vec<String> {
            catalogue.groups_of("ALICE", depth).into_iter().map(|group| group.name).collect()
        };
        assert_eq!(names(Depth::Direct), ["A"]);
        assert_eq!(names(Depth::Nested), ["A", "B", "C"]);
        assert!(catalogue.groups_of("nobody", Depth::Nested).is_empty());
        assert_eq!(catalogue.members("d"), Some(HashSet::from(["bob".to_owned()])));
        assert_eq!(catalogue.members("E"), None);
    }
}
