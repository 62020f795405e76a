//! Permissions: a principal has a role on an object. They name their principal, without its domain.

use super::error::Noun;
use super::native::{Link, rows, run};
use super::{Store, StoreError, Unit, flag, sql, text};
use crate::identity::principal::fold;

/// One permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Identifier of the managed object, `group-d1` for the root folder.
    pub entity: String,
    /// Name of the user, solution user or group, without domain.
    pub principal: String,
    /// It is a group.
    pub group: bool,
    /// Which role.
    pub role_id: i64,
    /// Whether objects below inherit it.
    pub propagate: bool,
}

impl Store {
    /// All permissions, by object.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn permissions(&self) -> Result<Vec<Permission>, StoreError> {
        permissions(&mut self.reader().await?.link()).await
    }
}

impl Unit {
    /// All permissions, by object, within the unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn permissions(&mut self) -> Result<Vec<Permission>, StoreError> {
        permissions(&mut self.link()).await
    }

    /// Gives every permission with one role another; how many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn merge_permissions(&mut self, source: i64, destination: i64) -> Result<u64, StoreError> {
        self.bump().await?;
        run!(&mut self.link(), sql::MERGE_PERMISSIONS, source, destination)
    }

    /// Removes every permission on an object; how many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn clear_permissions(&mut self, entity: &str) -> Result<u64, StoreError> {
        self.bump().await?;
        run!(&mut self.link(), sql::CLEAR_PERMISSIONS, text(entity))
    }

    /// Removes every permission with a role; how many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revoke_role(&mut self, role_id: i64) -> Result<u64, StoreError> {
        self.bump().await?;
        run!(&mut self.link(), sql::REVOKE_ROLE, role_id)
    }

    /// Sets what a principal may do on an object, in place of what it was. The principal need not exist.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the role.
    pub async fn set_permission(&mut self, permission: &Permission) -> Result<(), StoreError> {
        self.bump().await?;
        let Permission { entity, principal, group, role_id, propagate } = permission;
        let link = &mut self.link();
        let role: Vec<(String,)> = rows!(link, sql::ROLE_NAME, role_id)?;
        if role.is_empty() {
            return Err(StoreError::not_found(Noun::Role, role_id.to_string()));
        }
        let (entity, folded, principal) = (text(entity), fold(principal), text(principal));
        let (group, propagate) = (flag(*group), flag(*propagate));
        run!(link, sql::SET_PERMISSION, entity, text(&folded), group, principal, role_id, propagate)?;
        Ok(())
    }

    /// Removes what a principal may do on an object.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_permission(
        &mut self,
        entity: &str,
        principal: &str,
        group: bool,
    ) -> Result<(), StoreError> {
        self.bump().await?;
        let folded = fold(principal);
        let removed: Vec<(String,)> =
            rows!(&mut self.link(), sql::REMOVE_PERMISSION, text(entity), text(&folded), flag(group))?;
        if removed.is_empty() { Err(StoreError::not_found(Noun::Permission, principal)) } else { Ok(()) }
    }
}

async fn permissions(link: &mut Link<'_>) -> Result<Vec<Permission>, StoreError> {
    let lines: Vec<(String, String, i64, i64, i64)> = rows!(link, sql::PERMISSIONS)?;
    let permission = |(entity, principal, group, role_id, propagate)| Permission {
        entity,
        principal,
        group: group != 0,
        role_id,
        propagate: propagate != 0,
    };
    Ok(lines.into_iter().map(permission).collect())
}
