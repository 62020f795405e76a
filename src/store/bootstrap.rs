//! First start: system roles, well-known groups, and the one permission that lets administrators in
//! (`decisions.md` §18). Administrator is added by the caller, in the same unit: hashing is slow.

use super::groups::{PrincipalKind, add_principal};
use super::native::rows;
use super::permissions::Permission;
use super::{StoreError, Unit, sql};
use crate::clock::Moment;
use crate::identity::principal::fold;
use crate::identity::well_known::{ADMINISTRATORS, GROUPS};
use crate::identity::{AccountName, privilege, role};

impl Unit {
    /// Adds what is missing; true when the store was empty, and then the permission is added too. Later starts change
    /// nothing that people changed; what the roles of the system allow, the program knows itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::NameTaken`] when a user has the name of a well-known group.
    pub async fn bootstrap(&mut self, now: Moment) -> Result<bool, StoreError> {
        let principals: Vec<(i64,)> = rows!(&mut self.link(), sql::COUNT_PRINCIPALS)?;
        let was_empty = principals.first().is_none_or(|(count,)| *count == 0);
        for system in role::SYSTEM_ROLES {
            self.add_role_as(system.id, system.name, &[]).await?;
        }
        for name in GROUPS {
            self.well_known_group(name, now).await?;
        }
        if was_empty {
            self.set_permission(&Permission {
                entity: privilege::ROOT.to_owned(),
                principal: ADMINISTRATORS.to_owned(),
                group: true,
                role_id: role::ADMIN,
                propagate: true,
            })
            .await?;
        }
        Ok(was_empty)
    }

    async fn well_known_group(&mut self, name: &str, now: Moment) -> Result<(), StoreError> {
        let taken = || StoreError::NameTaken { name: name.to_owned() };
        match self.find(name).await? {
            Some(found) if found.kind == PrincipalKind::Group => Ok(()),
            Some(_) => Err(taken()),
            None => {
                self.bump().await?;
                let name = AccountName::new(name).map_err(|_| taken())?;
                let id = format!("well-known-{}", fold(name.as_str()));
                add_principal(&mut self.link(), &id, PrincipalKind::Group, &name, None, now).await
            }
        }
    }
}
