//! What is asked of the authorization manager (`session-manager.md` §2.4).

use super::table::AuthorizationMethod;
use crate::vim::Reference;
use crate::vim::values::Permission;
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::xml::Element;

/// A call of `AuthorizationManager`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationCall {
    /// A new role.
    AddRole {
        /// Its name.
        name: String,
        /// What it allows.
        privileges: Vec<String>,
    },
    /// Away with a role.
    RemoveRole {
        /// Which.
        role: i32,
        /// Not while a permission has it; otherwise those permissions go with it.
        fail_if_used: bool,
    },
    /// Another name and other privileges for a role.
    UpdateRole {
        /// Which.
        role: i32,
        /// Its new name.
        name: String,
        /// What it allows from now on.
        privileges: Vec<String>,
    },
    /// Every permission with one role gets another.
    MergePermissions {
        /// The role that is left.
        source: i32,
        /// The role that is taken.
        destination: i32,
    },
    /// Permissions with one role.
    RetrieveRolePermissions {
        /// Which.
        role: i32,
    },
    /// Permissions on an entity.
    RetrieveEntityPermissions {
        /// Which.
        entity: Reference,
        /// Also those that it inherits.
        inherited: bool,
    },
    /// All permissions.
    RetrieveAllPermissions,
    /// Permissions more, or other ones for the same principals.
    SetEntityPermissions {
        /// On which entity.
        entity: Reference,
        /// Which; the entity that they name themselves counts for nothing.
        permissions: Vec<Permission>,
    },
    /// These permissions in place of all others.
    ResetEntityPermissions {
        /// On which entity.
        entity: Reference,
        /// Which.
        permissions: Vec<Permission>,
    },
    /// A permission less.
    RemoveEntityPermission {
        /// On which entity.
        entity: Reference,
        /// Whose.
        principal: String,
        /// It is a group.
        group: bool,
    },
    /// What the user of a session may do with one entity.
    HasPrivilegeOnEntity {
        /// Which entity.
        entity: Reference,
        /// Key of the session.
        session: String,
        /// Which privileges.
        privileges: Vec<String>,
    },
    /// What the user of a session may do with entities.
    HasPrivilegeOnEntities {
        /// Which entities.
        entities: Vec<Reference>,
        /// Key of the session.
        session: String,
        /// Which privileges.
        privileges: Vec<String>,
    },
    /// What somebody may do with entities.
    HasUserPrivilegeOnEntities {
        /// Which entities.
        entities: Vec<Reference>,
        /// Who.
        user: String,
        /// Which privileges.
        privileges: Vec<String>,
    },
    /// Everything that somebody may do with entities.
    FetchUserPrivilegeOnEntities {
        /// Which entities.
        entities: Vec<Reference>,
        /// Who.
        user: String,
    },
}

impl AuthorizationCall {
    pub(super) const fn name(&self) -> AuthorizationMethod {
        match self {
            Self::AddRole { .. } => AuthorizationMethod::AddAuthorizationRole,
            Self::RemoveRole { .. } => AuthorizationMethod::RemoveAuthorizationRole,
            Self::UpdateRole { .. } => AuthorizationMethod::UpdateAuthorizationRole,
            Self::MergePermissions { .. } => AuthorizationMethod::MergePermissions,
            Self::RetrieveRolePermissions { .. } => AuthorizationMethod::RetrieveRolePermissions,
            Self::RetrieveEntityPermissions { .. } => AuthorizationMethod::RetrieveEntityPermissions,
            Self::RetrieveAllPermissions => AuthorizationMethod::RetrieveAllPermissions,
            Self::SetEntityPermissions { .. } => AuthorizationMethod::SetEntityPermissions,
            Self::ResetEntityPermissions { .. } => AuthorizationMethod::ResetEntityPermissions,
            Self::RemoveEntityPermission { .. } => AuthorizationMethod::RemoveEntityPermission,
            Self::HasPrivilegeOnEntity { .. } => AuthorizationMethod::HasPrivilegeOnEntity,
            Self::HasPrivilegeOnEntities { .. } => AuthorizationMethod::HasPrivilegeOnEntities,
            Self::HasUserPrivilegeOnEntities { .. } => AuthorizationMethod::HasUserPrivilegeOnEntities,
            Self::FetchUserPrivilegeOnEntities { .. } => AuthorizationMethod::FetchUserPrivilegeOnEntities,
        }
    }

    pub(super) fn read(name: AuthorizationMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let role = |name| arguments.required_integer(name);
        let entity = || arguments.reference("entity");
        let privileges = |name| arguments.texts(name);
        Ok(match name {
            AuthorizationMethod::AddAuthorizationRole => {
                Self::AddRole { name: arguments.owned("name")?, privileges: privileges("privIds")? }
            }
            AuthorizationMethod::RemoveAuthorizationRole => Self::RemoveRole {
                role: role("roleId")?,
                fail_if_used: arguments.required_boolean("failIfUsed")?,
            },
            AuthorizationMethod::UpdateAuthorizationRole => Self::UpdateRole {
                role: role("roleId")?,
                name: arguments.owned("newName")?,
                privileges: privileges("privIds")?,
            },
            AuthorizationMethod::MergePermissions => {
                Self::MergePermissions { source: role("srcRoleId")?, destination: role("dstRoleId")? }
            }
            AuthorizationMethod::RetrieveRolePermissions => {
                Self::RetrieveRolePermissions { role: role("roleId")? }
            }
            AuthorizationMethod::RetrieveEntityPermissions => Self::RetrieveEntityPermissions {
                entity: entity()?,
                inherited: arguments.required_boolean("inherited")?,
            },
            AuthorizationMethod::RetrieveAllPermissions => Self::RetrieveAllPermissions,
            AuthorizationMethod::SetEntityPermissions => Self::SetEntityPermissions {
                entity: entity()?,
                permissions: arguments.data("permission", permission)?,
            },
            AuthorizationMethod::ResetEntityPermissions => Self::ResetEntityPermissions {
                entity: entity()?,
                permissions: arguments.data("permission", permission)?,
            },
            AuthorizationMethod::RemoveEntityPermission => Self::RemoveEntityPermission {
                entity: entity()?,
                principal: arguments.owned("user")?,
                group: arguments.required_boolean("isGroup")?,
            },
            AuthorizationMethod::HasPrivilegeOnEntity => Self::HasPrivilegeOnEntity {
                entity: entity()?,
                session: arguments.owned("sessionId")?,
                privileges: privileges("privId")?,
            },
            AuthorizationMethod::HasPrivilegeOnEntities => Self::HasPrivilegeOnEntities {
                entities: arguments.references("entity")?,
                session: arguments.owned("sessionId")?,
                privileges: privileges("privId")?,
            },
            AuthorizationMethod::HasUserPrivilegeOnEntities => Self::HasUserPrivilegeOnEntities {
                entities: arguments.references("entities")?,
                user: arguments.owned("userName")?,
                privileges: privileges("privId")?,
            },
            AuthorizationMethod::FetchUserPrivilegeOnEntities => Self::FetchUserPrivilegeOnEntities {
                entities: arguments.references("entities")?,
                user: arguments.owned("userName")?,
            },
        })
    }
}

fn permission(element: Element<'_>) -> Result<Permission, Problem> {
    let known = ["entity", "principal", "group", "roleId", "propagate"];
    let fields = Arguments::of(element, Owner::Data("Permission"), &known)?;
    Ok(Permission {
        entity: fields.optional("entity")?.and_then(Reference::read),
        principal: fields.owned("principal")?,
        group: fields.required_boolean("group")?,
        role_id: fields.required_integer("roleId")?,
        propagate: fields.required_boolean("propagate")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soap::Envelope;
    use crate::vim::{Call, Fault, Method};
    use crate::xml::names::SOAP;

    fn read(method: &str, parameters: &str) -> Result<AuthorizationCall, Fault> {
        let message = format!(
            "<Envelope xmlns=\"{SOAP}\"><Body><{method} xmlns=\"urn:vim25\">\
             <_this type=\"AuthorizationManager\">AuthorizationManager</_this>{parameters}</{method}></Body></Envelope>"
        );
        let envelope = Envelope::parse(message.into_bytes()).unwrap();
        match Call::read(&envelope).map_err(|error| error.fault())?.method {
            Method::Authorization(call) => Ok(call),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_govc_sends_to_set_a_permission_is_read() {
        let parameters = "<entity type=\"Folder\">group-d1</entity><permission><principal>VSPHERE.LOCAL\\bob</principal>\
                          <group>false</group><roleId>-2</roleId><propagate>true</propagate></permission>";
        let permission = Permission {
            entity: None,
            principal: "VSPHERE.LOCAL\\bob".into(),
            group: false,
            role_id: -2,
            propagate: true,
        };
        let call = AuthorizationCall::SetEntityPermissions {
            entity: Reference::root(),
            permissions: vec![permission],
        };
        assert_eq!(read("SetEntityPermissions", parameters), Ok(call));
    }

    #[test]
    fn privileges_may_be_none_and_a_role_has_a_number() {
        let call = AuthorizationCall::AddRole { name: "r".into(), privileges: vec![] };
        assert_eq!(read("AddAuthorizationRole", "<name>r</name>"), Ok(call));
        for number in ["", "one", "99999999999"] {
            let parameters = format!("<roleId>{number}</roleId><failIfUsed>true</failIfUsed>");
            let fault = read("RemoveAuthorizationRole", &parameters).unwrap_err();
            assert_eq!(fault.type_name(), "InvalidRequest", "{number}");
        }
        let missing = read("RemoveAuthorizationRole", "<roleId>1</roleId>").unwrap_err();
        assert!(missing.text().starts_with("\nRequired parameter failIfUsed is missing"), "{missing:?}");
    }
}
