//! Roles: named sets of privileges. Those of the system have negative numbers; who may change what is not decided here.

use super::error::Noun;
use super::native::{Link, rows, run};
use super::{Store, StoreError, Unit, sql, text};
use crate::identity::principal::fold;
use crate::identity::role::Privileges;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its number on the wire; negative for system roles.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub privileges: Privileges,
}

impl Store {
    /// All roles, by number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn roles(&self) -> Result<Vec<Role>, StoreError> {
        roles(&mut self.reader().await?.link()).await
    }
}

impl Unit {
    /// Adds a role; its number.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`].
    pub async fn add_role(&mut self, name: &str, privileges: &[&str]) -> Result<i64, StoreError> {
        let next: Vec<(i64,)> = rows!(&mut self.link(), sql::NEXT_ROLE)?;
        let id = next.first().map_or(1, |(id,)| *id);
        let added = self.add_role_as(id, name, privileges).await?;
        if added { Ok(id) } else { Err(StoreError::NameTaken { name: name.to_owned() }) }
    }

    /// All roles, by number, within the unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn roles(&mut self) -> Result<Vec<Role>, StoreError> {
        roles(&mut self.link()).await
    }

    /// Gives a role another name and other privileges. Those of the system stay what they are.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::NameTaken`], also by the system's own role.
    pub async fn set_role(&mut self, id: i64, name: &str, privileges: &[&str]) -> Result<(), StoreError> {
        self.bump().await?;
        let link = &mut self.link();
        let folded = fold(name);
        let owners: Vec<(i64,)> = rows!(link, sql::FIND_ROLE, text(&folded))?;
        if id < 0 || owners.iter().any(|(owner,)| *owner != id) {
            return Err(StoreError::NameTaken { name: name.to_owned() });
        }
        let renamed: Vec<(i64,)> = rows!(link, sql::RENAME_ROLE, id, text(name), text(&folded))?;
        if renamed.is_empty() {
            return Err(StoreError::not_found(Noun::Role, id.to_string()));
        }
        run!(link, sql::CLEAR_PRIVILEGES, id)?;
        add_privileges(link, id, privileges).await?;
        Ok(())
    }

    /// Removes a role that no permission needs.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::InUse`].
    pub async fn remove_role(&mut self, id: i64) -> Result<(), StoreError> {
        self.bump().await?;
        let link = &mut self.link();
        let uses: Vec<(i64,)> = rows!(link, sql::ROLE_USES, id)?;
        if let Some((users,)) = uses.first().filter(|(users,)| *users > 0) {
            return Err(StoreError::InUse { what: Noun::Role, name: id.to_string(), users: *users });
        }
        let removed: Vec<(i64,)> = rows!(link, sql::REMOVE_ROLE, id)?;
        if removed.is_empty() { Err(StoreError::not_found(Noun::Role, id.to_string())) } else { Ok(()) }
    }

    /// Adds a role under a given number; false when the number or the name is taken.
    pub(super) async fn add_role_as(
        &mut self,
        id: i64,
        name: &str,
        privileges: &[&str],
    ) -> Result<bool, StoreError> {
        let folded = fold(name);
        let added: Vec<(i64,)> = rows!(&mut self.link(), sql::ADD_ROLE, id, text(name), text(&folded))?;
        if added.is_empty() {
            return Ok(false);
        }
        self.bump().await?;
        add_privileges(&mut self.link(), id, privileges).await?;
        Ok(true)
    }
}

async fn add_privileges(link: &mut Link<'_>, id: i64, privileges: &[&str]) -> Result<(), StoreError> {
    for privilege in privileges {
        let _: Vec<(i64,)> = rows!(link, sql::ADD_PRIVILEGE, id, text(privilege))?;
    }
    Ok(())
}

async fn roles(link: &mut Link<'_>) -> Result<Vec<Role>, StoreError> {
    let lines: Vec<(i64, String, Option<String>)> = rows!(link, sql::ROLES)?;
    let mut roles: Vec<Role> = Vec::new();
    for (id, name, privilege) in lines {
        if roles.last().is_none_or(|role| role.id != id) {
            roles.push(Role { id, name, privileges: Privileges::of(id) });
        }
        if let (Some(role), Some(privilege)) = (roles.last_mut(), privilege) {
            role.privileges.add(privilege);
        }
    }
    Ok(roles)
}
