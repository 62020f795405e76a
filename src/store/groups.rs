//! The one name space of users, solution users and groups, and who belongs to which group.

use super::error::Noun;
use super::native::{Link, rows, run};
use super::{Store, StoreError, Unit, flag, sql, text};
use crate::clock::Moment;
use crate::identity::AccountName;
use crate::identity::principal::fold;

/// What sort of principal a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A machine.
    Solution,
    /// A group.
    Group,
}

/// Who has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The row's identifier.
    pub id: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// The name as registered.
    pub name: String,
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The row's identifier.
    pub id: String,
    /// The name as registered.
    pub name: String,
    /// For lists.
    pub description: Option<String>,
    /// Names of the direct members.
    pub members: Vec<String>,
}

impl Store {
    /// All groups by name, with their direct members.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn groups(&self) -> Result<Vec<Group>, StoreError> {
        let lines: Vec<(String, String, Option<String>, Option<String>)> =
            rows!(&mut self.reader().await?.link(), sql::GROUPS)?;
        let mut groups: Vec<Group> = Vec::new();
        for (id, name, description, member) in lines {
            match groups.last_mut() {
                Some(group) if group.id == id => group.members.extend(member),
                _ => groups.push(Group { id, name, description, members: member.into_iter().collect() }),
            }
        }
        Ok(groups)
    }

    /// Names of the groups of which a principal is a direct member.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn groups_of(&self, id: &str) -> Result<Vec<String>, StoreError> {
        let groups: Vec<(String,)> = rows!(&mut self.reader().await?.link(), sql::GROUPS_OF, id)?;
        Ok(groups.into_iter().map(|(name,)| name).collect())
    }

    /// Who has this name, whatever its case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn find(&self, name: &str) -> Result<Option<Found>, StoreError> {
        find(&mut self.reader().await?.link(), name).await
    }
}

impl Unit {
    /// Who has this name, whatever its case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find(&mut self, name: &str) -> Result<Option<Found>, StoreError> {
        find(&mut self.link(), name).await
    }

    /// Adds a group.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`].
    pub async fn add_group(
        &mut self,
        id: &str,
        name: &AccountName,
        description: Option<&str>,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.bump().await?;
        add_principal(&mut self.link(), id, PrincipalKind::Group, name, description, now).await
    }

    /// Removes a group with its memberships and permissions; its members stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_group(&mut self, id: &str) -> Result<(), StoreError> {
        self.remove_principal(id, PrincipalKind::Group).await
    }

    /// Makes a user, solution user or group a member; false when it was one already.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for either name, [`StoreError::Cycle`] when the group is inside the member.
    pub async fn add_member(&mut self, group: &str, member: &str) -> Result<bool, StoreError> {
        let (group, member) = self.membership(group, member).await?;
        let inside: Vec<(String,)> = rows!(&mut self.link(), sql::CONTAINS, &member.id, &group.id)?;
        if !inside.is_empty() {
            return Err(StoreError::Cycle { group: group.name, member: member.name });
        }
        self.bump().await?;
        let added: Vec<(String,)> = rows!(&mut self.link(), sql::ADD_MEMBER, &group.id, &member.id)?;
        Ok(!added.is_empty())
    }

    /// Ends a membership.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for either name, or when it is no member.
    pub async fn remove_member(&mut self, group: &str, member: &str) -> Result<(), StoreError> {
        let (group, member) = self.membership(group, member).await?;
        self.bump().await?;
        let removed: Vec<(String,)> = rows!(&mut self.link(), sql::REMOVE_MEMBER, &group.id, &member.id)?;
        if removed.is_empty() { Err(StoreError::not_found(Noun::Member, member.name)) } else { Ok(()) }
    }

    /// Replaces the description of a user, solution user or group.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_description(&mut self, id: &str, description: Option<&str>) -> Result<(), StoreError> {
        let set: Vec<(String,)> = rows!(&mut self.link(), sql::SET_DESCRIPTION, id, description.map(text))?;
        if set.is_empty() { Err(StoreError::not_found(Noun::Principal, id)) } else { Ok(()) }
    }

    pub(super) async fn remove_principal(&mut self, id: &str, kind: PrincipalKind) -> Result<(), StoreError> {
        self.bump().await?;
        let link = &mut self.link();
        let removed: Vec<(String,)> = rows!(link, sql::REMOVE_PRINCIPAL, id, kind.as_str())?;
        let Some((folded,)) = removed.first() else {
            return Err(StoreError::not_found(kind.noun(), id));
        };
        run!(link, sql::REMOVE_GRANTS, folded, flag(kind == PrincipalKind::Group))?;
        let _: Vec<(String,)> = rows!(link, sql::END_SESSIONS_OF, id)?;
        Ok(())
    }

    async fn membership(&mut self, group: &str, member: &str) -> Result<(Found, Found), StoreError> {
        let found = self.find(group).await?.filter(|found| found.kind == PrincipalKind::Group);
        let group = found.ok_or_else(|| StoreError::not_found(Noun::Group, group))?;
        let member =
            self.find(member).await?.ok_or_else(|| StoreError::not_found(Noun::Principal, member))?;
        Ok((group, member))
    }
}

impl PrincipalKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Solution => "solution",
            Self::Group => "group",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        [Self::User, Self::Solution, Self::Group]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| StoreError::Corrupt { column: "principals.kind", value: text.to_owned() })
    }

    const fn noun(self) -> Noun {
        match self {
            Self::User => Noun::User,
            Self::Solution => Noun::SolutionUser,
            Self::Group => Noun::Group,
        }
    }
}

pub(super) async fn add_principal(
    link: &mut Link<'_>,
    id: &str,
    kind: PrincipalKind,
    name: &AccountName,
    description: Option<&str>,
    now: Moment,
) -> Result<(), StoreError> {
    let (written, folded) = (name.as_str(), name.folded());
    let added: Vec<(String,)> = rows!(
        link,
        sql::ADD_PRINCIPAL,
        id,
        kind.as_str(),
        written,
        &folded,
        description.map(text),
        now.micros()
    )?;
    if added.is_empty() { Err(StoreError::NameTaken { name: written.to_owned() }) } else { Ok(()) }
}

async fn find(link: &mut Link<'_>, name: &str) -> Result<Option<Found>, StoreError> {
    let folded = fold(name);
    let found: Vec<(String, String, String)> = rows!(link, sql::FIND_PRINCIPAL, text(&folded))?;
    match found.into_iter().next() {
        Some((id, kind, name)) => Ok(Some(Found { id, kind: PrincipalKind::read(&kind)?, name })),
        None => Ok(None),
    }
}
