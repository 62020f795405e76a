//! The data objects of roles, privileges and permissions, in the order of the schema (`session-manager.md` §2.4).

use crate::vim::Reference;
use crate::vim::values::{Field, Record, Value};

/// A principal has a role on an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// On which; a client that sets it need not repeat that.
    pub entity: Option<Reference>,
    /// Whose: `DOMAIN\name`.
    pub principal: String,
    /// It is a group.
    pub group: bool,
    /// Which role.
    pub role_id: i32,
    /// Whether entities below inherit it.
    pub propagate: bool,
}

/// A named set of privileges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRole {
    /// Negative for those of the system.
    pub role_id: i32,
    /// Nobody can change it.
    pub system: bool,
    /// Its name, by which programs know it.
    pub name: String,
    /// Its name, for people.
    pub label: String,
    /// What it is for.
    pub summary: String,
    /// What it allows.
    pub privileges: Vec<String>,
}

/// A privilege.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationPrivilege {
    /// `Group.Name`.
    pub id: &'static str,
    /// What stands before its last dot.
    pub group: &'static str,
    /// What stands behind it.
    pub name: &'static str,
}

/// Names of privileges and of their groups, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationDescription {
    /// Every privilege.
    pub privileges: Vec<AuthorizationPrivilege>,
}

/// Which of some privileges somebody has on an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityPrivilege {
    /// The entity.
    pub entity: Reference,
    /// Each privilege that was asked for, and whether it is granted.
    pub granted: Vec<(String, bool)>,
}

/// Every privilege that somebody has on an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPrivilegeResult {
    /// The entity.
    pub entity: Reference,
    /// The privileges.
    pub privileges: Vec<String>,
}

impl From<&'static str> for AuthorizationPrivilege {
    fn from(id: &'static str) -> Self {
        let (group, name) = id.rsplit_once('.').unwrap_or(("", id));
        Self { id, group, name }
    }
}

impl From<Permission> for Record {
    fn from(permission: Permission) -> Self {
        let fields = vec![
            Field::optional("entity", permission.entity),
            Field::new("principal", permission.principal),
            Field::new("group", permission.group),
            Field::new("roleId", permission.role_id),
            Field::new("propagate", permission.propagate),
        ];
        Self::new("Permission", fields)
    }
}

impl From<AuthorizationRole> for Record {
    fn from(role: AuthorizationRole) -> Self {
        let info = Self::new(
            "Description",
            vec![Field::new("label", role.label), Field::new("summary", role.summary)],
        );
        let fields = vec![
            Field::new("roleId", role.role_id),
            Field::new("system", role.system),
            Field::new("name", role.name),
            Field::new("info", info),
            Field::new("privilege", Value::texts(role.privileges)),
        ];
        Self::new("AuthorizationRole", fields)
    }
}

impl From<AuthorizationPrivilege> for Record {
    fn from(privilege: AuthorizationPrivilege) -> Self {
        let fields = vec![
            Field::new("privId", privilege.id),
            Field::new("onParent", false),
            Field::new("name", privilege.name),
            Field::new("privGroupName", privilege.group),
        ];
        Self::new("AuthorizationPrivilege", fields)
    }
}

impl From<AuthorizationDescription> for Record {
    fn from(description: AuthorizationDescription) -> Self {
        let element = |key: &'static str, label: &'static str| {
            let fields = vec![Field::new("label", label), Field::new("summary", key), Field::new("key", key)];
            Self::new("ElementDescription", fields)
        };
        let mut groups: Vec<&str> = description.privileges.iter().map(|privilege| privilege.group).collect();
        groups.sort_unstable();
        groups.dedup();
        let privileges = description.privileges.iter().map(|privilege| element(privilege.id, privilege.name));
        let groups = groups.into_iter().map(|group| element(group, group));
        let fields = vec![
            Field::new("privilege", Value::records("ElementDescription", privileges)),
            Field::new("privilegeGroup", Value::records("ElementDescription", groups)),
        ];
        Self::new("AuthorizationDescription", fields)
    }
}

impl From<EntityPrivilege> for Record {
    fn from(entity: EntityPrivilege) -> Self {
        let availability = |(id, granted): (String, bool)| {
            let fields = vec![Field::new("privId", id), Field::new("isGranted", granted)];
            Self::new("PrivilegeAvailability", fields)
        };
        let granted = entity.granted.into_iter().map(availability);
        let fields = vec![
            Field::new("entity", entity.entity),
            Field::new("privAvailability", Value::records("PrivilegeAvailability", granted)),
        ];
        Self::new("EntityPrivilege", fields)
    }
}

impl From<UserPrivilegeResult> for Record {
    fn from(result: UserPrivilegeResult) -> Self {
        let fields = vec![
            Field::new("entity", result.entity),
            Field::new("privileges", Value::texts(result.privileges)),
        ];
        Self::new("UserPrivilegeResult", fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::ApiVersion;
    use crate::vim::values::wire;

    fn written(value: impl Into<Value>) -> String {
        let mut out = String::new();
        wire::element(&mut out, "v", &value.into(), ApiVersion::NEWEST);
        out
    }

    #[test]
    fn a_role_is_written_with_its_description_before_its_privileges() {
        let role = AuthorizationRole {
            role_id: -2,
            system: true,
            name: "ReadOnly".into(),
            label: "Read-only".into(),
            summary: "See".into(),
            privileges: vec!["System.View".into()],
        };
        assert_eq!(
            written(role),
            "<v><roleId>-2</roleId><system>true</system><name>ReadOnly</name>\
             <info><label>Read-only</label><summary>See</summary></info><privilege>System.View</privilege></v>"
        );
    }

    #[test]
    fn a_permission_names_its_entity_first() {
        let permission = Permission {
            entity: Some(Reference::root()),
            principal: "D\\a".into(),
            group: false,
            role_id: 1,
            propagate: true,
        };
        assert_eq!(
            written(permission),
            "<v><entity type=\"Folder\">group-d1</entity><principal>D\\a</principal><group>false</group>\
             <roleId>1</roleId><propagate>true</propagate></v>"
        );
    }

    #[test]
    fn a_privilege_belongs_to_the_group_before_its_last_dot() {
        let privilege = AuthorizationPrivilege::from("VirtualMachine.Config.Rename");
        assert_eq!((privilege.group, privilege.name), ("VirtualMachine.Config", "Rename"));
        let entity = EntityPrivilege { entity: Reference::root(), granted: vec![("A.b".into(), true)] };
        assert_eq!(
            written(entity),
            "<v><entity type=\"Folder\">group-d1</entity><privAvailability><privId>A.b</privId>\
             <isGranted>true</isGranted></privAvailability></v>"
        );
        let nothing = UserPrivilegeResult { entity: Reference::root(), privileges: vec![] };
        assert_eq!(written(nothing), "<v><entity type=\"Folder\">group-d1</entity></v>");
    }
}
