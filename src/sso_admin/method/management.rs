//! Who shall be there: accounts and groups, made, changed and removed; and what everybody may change of the own account.

use super::super::details::{MachineDetails, PersonDetails, of_group};
use super::super::principal::PrincipalId;
use super::Method;
use crate::secret::Secret;
use crate::vim::values::arguments::{Arguments, Problem};

/// Of the management. Names are those of this house's domain.
#[derive(Clone, Debug)]
pub enum ManagementCall {
    /// A person is made.
    CreatePerson {
        /// The name.
        name: String,
        /// What is told.
        details: PersonDetails,
        /// The password.
        password: Secret,
    },
    /// A solution user is made.
    CreateMachine {
        /// The name.
        name: String,
        /// What is told, and the certificate.
        details: MachineDetails,
    },
    /// A group is made.
    CreateGroup {
        /// The name.
        name: String,
        /// For lists.
        description: Option<String>,
    },
    /// A person is described anew; nobody = the caller.
    UpdatePerson {
        /// The name.
        name: Option<String>,
        /// What is told.
        details: PersonDetails,
    },
    /// A solution user is described anew; nobody = the caller.
    UpdateMachine {
        /// The name.
        name: Option<String>,
        /// What is told, and the certificate.
        details: MachineDetails,
    },
    /// A group is described anew.
    UpdateGroup {
        /// The name.
        name: String,
        /// For lists.
        description: Option<String>,
    },
    /// A person gets another password; nobody = the caller.
    SetPassword {
        /// The name.
        name: Option<String>,
        /// The password.
        password: Secret,
    },
    /// Whoever knows a password gets another one for it.
    ChangePassword {
        /// The name.
        name: String,
        /// The one in use.
        old: Secret,
        /// The one to be used.
        new: Secret,
    },
    /// Whoever has the name is removed.
    Remove {
        /// The name.
        name: String,
    },
    /// Members join a group.
    Join {
        /// The group.
        group: String,
        /// Who.
        members: Vec<PrincipalId>,
        /// What they must be.
        kind: MemberKind,
        /// One was named, and the answer is one.
        single: bool,
    },
    /// Members leave a group.
    Leave {
        /// The group.
        group: String,
        /// Who.
        members: Vec<PrincipalId>,
        /// One was named, and the answer is one.
        single: bool,
    },
    /// An account is switched off, or on.
    SetDisabled {
        /// Who.
        user: PrincipalId,
        /// Off.
        disabled: bool,
    },
    /// A lock is opened.
    Unlock(PrincipalId),
}

/// What may join a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// People and solution users.
    Users,
    /// Groups.
    Groups,
}

type Read = Result<Method, Problem>;

pub(super) fn create_person(arguments: &Arguments<'_>) -> Read {
    let (name, details) = (arguments.owned("userName")?, PersonDetails::of(arguments)?);
    let password = Secret::new(arguments.text("password")?);
    Ok(Method::Management(ManagementCall::CreatePerson { name, details, password }))
}

pub(super) fn create_machine(arguments: &Arguments<'_>) -> Read {
    let (name, details) = (arguments.owned("userName")?, MachineDetails::of(arguments)?);
    Ok(Method::Management(ManagementCall::CreateMachine { name, details }))
}

pub(super) fn create_group(arguments: &Arguments<'_>) -> Read {
    let (name, description) = (arguments.owned("groupName")?, of_group(arguments)?);
    Ok(Method::Management(ManagementCall::CreateGroup { name, description }))
}

pub(super) fn update_person(arguments: &Arguments<'_>) -> Read {
    let (name, details) = (Some(arguments.owned("userName")?), PersonDetails::of(arguments)?);
    Ok(Method::Management(ManagementCall::UpdatePerson { name, details }))
}

pub(super) fn update_own_person(arguments: &Arguments<'_>) -> Read {
    let details = PersonDetails::of(arguments)?;
    Ok(Method::Management(ManagementCall::UpdatePerson { name: None, details }))
}

pub(super) fn update_machine(arguments: &Arguments<'_>) -> Read {
    let (name, details) = (Some(arguments.owned("userName")?), MachineDetails::of(arguments)?);
    Ok(Method::Management(ManagementCall::UpdateMachine { name, details }))
}

pub(super) fn update_own_machine(arguments: &Arguments<'_>) -> Read {
    let details = MachineDetails::of(arguments)?;
    Ok(Method::Management(ManagementCall::UpdateMachine { name: None, details }))
}

pub(super) fn update_group(arguments: &Arguments<'_>) -> Read {
    let (name, description) = (arguments.owned("groupName")?, of_group(arguments)?);
    Ok(Method::Management(ManagementCall::UpdateGroup { name, description }))
}

pub(super) fn set_password(arguments: &Arguments<'_>) -> Read {
    let (name, password) = (Some(arguments.owned("userName")?), Secret::new(arguments.text("newPassword")?));
    Ok(Method::Management(ManagementCall::SetPassword { name, password }))
}

pub(super) fn set_own_password(arguments: &Arguments<'_>) -> Read {
    let password = Secret::new(arguments.text("newPassword")?);
    Ok(Method::Management(ManagementCall::SetPassword { name: None, password }))
}

pub(super) fn change_password(arguments: &Arguments<'_>) -> Read {
    let name = arguments.owned("username")?;
    let old = Secret::new(arguments.text("currentPassword")?);
    let new = Secret::new(arguments.text("newPassword")?);
    Ok(Method::Management(ManagementCall::ChangePassword { name, old, new }))
}

pub(super) fn remove(arguments: &Arguments<'_>) -> Read {
    Ok(Method::Management(ManagementCall::Remove { name: arguments.owned("principalName")? }))
}

pub(super) fn join_one(kind: MemberKind, name: &'static str, arguments: &Arguments<'_>) -> Read {
    let (group, members) = (arguments.owned("groupName")?, vec![PrincipalId::of(arguments, name)?]);
    Ok(Method::Management(ManagementCall::Join { group, members, kind, single: true }))
}

pub(super) fn join(kind: MemberKind, name: &'static str, arguments: &Arguments<'_>) -> Read {
    let (group, members) = (arguments.owned("groupName")?, PrincipalId::all_of(arguments, name)?);
    Ok(Method::Management(ManagementCall::Join { group, members, kind, single: false }))
}

pub(super) fn leave_one(arguments: &Arguments<'_>) -> Read {
    let (group, members) = (arguments.owned("groupName")?, vec![PrincipalId::of(arguments, "principalId")?]);
    Ok(Method::Management(ManagementCall::Leave { group, members, single: true }))
}

pub(super) fn leave(arguments: &Arguments<'_>) -> Read {
    let (group, members) = (arguments.owned("groupName")?, PrincipalId::all_of(arguments, "principalsIds")?);
    Ok(Method::Management(ManagementCall::Leave { group, members, single: false }))
}

pub(super) fn set_disabled(disabled: bool, arguments: &Arguments<'_>) -> Read {
    let user = PrincipalId::of(arguments, "userId")?;
    Ok(Method::Management(ManagementCall::SetDisabled { user, disabled }))
}

pub(super) fn unlock(arguments: &Arguments<'_>) -> Read {
    Ok(Method::Management(ManagementCall::Unlock(PrincipalId::of(arguments, "userId")?)))
}
