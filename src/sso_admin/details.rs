//! What is told about people, machines and groups: read in calls, written in answers.

use super::certificate;
use super::principal::PrincipalId;
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::vim::values::{Field, Record};

/// About a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonDetails {
    /// For lists.
    pub description: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Surname.
    pub last_name: Option<String>,
}

/// About a machine, as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineDetails {
    /// For lists.
    pub description: Option<String>,
    /// The certificate as it was written; not read yet.
    pub certificate: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonUser {
    /// Who.
    pub id: PrincipalId,
    /// What is told.
    pub details: PersonDetails,
    /// Switched off.
    pub disabled: bool,
    /// Locked by wrong passwords.
    pub locked: bool,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolutionUser {
    /// Who.
    pub id: PrincipalId,
    /// For lists.
    pub description: Option<String>,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// Switched off.
    pub disabled: bool,
}

/// A person or a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub id: PrincipalId,
    /// It is a machine.
    pub machine: bool,
    /// For lists.
    pub description: Option<String>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub id: PrincipalId,
    /// For lists.
    pub description: Option<String>,
}

impl PersonDetails {
    pub(super) fn of(arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let fields = Arguments::of(
            arguments.required("userDetails")?,
            Owner::Data("AdminPersonDetails"),
            &["description", "emailAddress", "firstName", "lastName"],
        )?;
        Ok(Self {
            description: told(&fields, "description")?,
            email: told(&fields, "emailAddress")?,
            first_name: told(&fields, "firstName")?,
            last_name: told(&fields, "lastName")?,
        })
    }
}

impl MachineDetails {
    pub(super) fn of(arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let element = arguments.required("userDetails")?;
        let owner = Owner::Data("AdminSolutionDetails");
        let fields = Arguments::of(element, owner, &["description", "certificate"])?;
        Ok(Self { description: told(&fields, "description")?, certificate: fields.owned("certificate")? })
    }
}

/// The description of a group.
pub(super) fn of_group(arguments: &Arguments<'_>) -> Result<Option<String>, Problem> {
    let element = arguments.required("groupDetails")?;
    told(&Arguments::of(element, Owner::Data("AdminGroupDetails"), &["description"])?, "description")
}

/// A text that says nothing is none.
fn told(fields: &Arguments<'_>, name: &'static str) -> Result<Option<String>, Problem> {
    Ok(fields.optional_owned(name)?.filter(|text| !text.is_empty()))
}

impl From<&PersonDetails> for Record {
    fn from(details: &PersonDetails) -> Self {
        Self::new(
            "AdminPersonDetails",
            vec![
                Field::optional("description", details.description.as_deref()),
                Field::optional("emailAddress", details.email.as_deref()),
                Field::optional("firstName", details.first_name.as_deref()),
                Field::optional("lastName", details.last_name.as_deref()),
            ],
        )
    }
}

impl From<PersonUser> for Record {
    fn from(person: PersonUser) -> Self {
        Self::new(
            "AdminPersonUser",
            vec![
                Field::new("id", &person.id),
                Field::new("details", &person.details),
                Field::new("disabled", person.disabled),
                Field::new("locked", person.locked),
            ],
        )
    }
}

impl From<SolutionUser> for Record {
    fn from(machine: SolutionUser) -> Self {
        let details = vec![
            Field::optional("description", machine.description.as_deref()),
            Field::new("certificate", certificate::write(&machine.certificate)),
        ];
        Self::new(
            "AdminSolutionUser",
            vec![
                Field::new("id", &machine.id),
                Field::new("details", Self::new("AdminSolutionDetails", details)),
                Field::new("disabled", machine.disabled),
            ],
        )
    }
}

impl From<User> for Record {
    fn from(user: User) -> Self {
        Self::new(
            "AdminUser",
            vec![
                Field::new("id", &user.id),
                Field::new("kind", if user.machine { "solution" } else { "person" }),
                Field::optional("description", user.description.as_deref()),
            ],
        )
    }
}

impl From<Group> for Record {
    fn from(group: Group) -> Self {
        let description = vec![Field::optional("description", group.description.as_deref())];
        Self::new(
            "AdminGroup",
            vec![
                Field::new("id", &group.id),
                Field::new("details", Self::new("AdminGroupDetails", description)),
            ],
        )
    }
}
