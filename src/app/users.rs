//! People, machines, groups, roles and permissions: added, listed, and applied from a seed.

use std::sync::Arc;

use super::App;
use super::error::Failure;
use crate::clock::Moment;
use crate::entropy::uuid;
use crate::identity::principal::fold;
use crate::identity::{AccountName, well_known};
use crate::pki::Certificate;
use crate::secret::Secret;
use crate::store::{NewSolution, NewUser, Profile, Unit};

/// A person to be added.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub name: AccountName,
    /// A password, or a hash of one that was made elsewhere.
    pub password: Option<Password>,
    /// Who it is.
    pub profile: Profile,
    /// Groups it belongs to.
    pub groups: Vec<String>,
}

/// How a password arrives.
#[derive(Clone, Debug)]
pub enum Password {
    /// In plain text; hashed before any unit of work is opened.
    Plain(Secret),
    /// As an argon2id hash in PHC form.
    Hashed(String),
}

/// A machine to be added.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The account.
    pub name: AccountName,
    /// The certificate it signs with.
    pub certificate: Certificate,
    /// Groups it belongs to.
    pub groups: Vec<String>,
}

/// The stored form of a password.
///
/// # Errors
/// [`Failure`] when it cannot be hashed.
pub async fn hash(app: &App, password: Option<Password>) -> Result<Option<String>, Failure> {
    match password {
        Some(Password::Plain(password)) => {
            Ok(Some(app.hashing.hash(password, Arc::clone(&app.entropy)).await?))
        }
        Some(Password::Hashed(hash)) => Ok(Some(hash)),
        None => Ok(None),
    }
}

/// Adds a person.
///
/// # Errors
/// [`Failure::Store`] when the name is taken or a group does not exist.
pub async fn add_person(app: &App, mut person: Person) -> Result<(), Failure> {
    let hash = hash(app, person.password.take()).await?;
    let mut unit = app.store.begin().await?;
    write_person(&mut unit, &person, hash, uuid(&*app.entropy)?, app.now()).await?;
    unit.commit().await?;
    Ok(())
}

/// Adds a machine.
///
/// # Errors
/// [`Failure::Store`] when the name or the certificate is taken or a group does not exist.
pub async fn add_machine(app: &App, machine: Machine) -> Result<(), Failure> {
    let mut unit = app.store.begin().await?;
    write_machine(&mut unit, &machine, uuid(&*app.entropy)?, app.now()).await?;
    unit.commit().await?;
    Ok(())
}

/// Writes a person in a unit that is open.
///
/// # Errors
/// [`Failure::Store`].
pub async fn write_person(
    unit: &mut Unit,
    person: &Person,
    password_hash: Option<String>,
    id: String,
    now: Moment,
) -> Result<(), Failure> {
    let user = NewUser {
        id: id.clone(),
        name: person.name.clone(),
        description: None,
        profile: person.profile.clone(),
        password_hash,
    };
    unit.add_user(&user, now).await?;
    join(unit, &person.groups, &person.name).await
}

/// Writes a machine in a unit that is open.
///
/// # Errors
/// [`Failure::Store`].
pub async fn write_machine(
    unit: &mut Unit,
    machine: &Machine,
    id: String,
    now: Moment,
) -> Result<(), Failure> {
    let solution = NewSolution {
        id,
        name: machine.name.clone(),
        description: None,
        certificate: machine.certificate.der().to_vec(),
        certificate_sha256: machine.certificate.fingerprint(),
    };
    unit.add_solution(&solution, now).await?;
    join(unit, &machine.groups, &machine.name).await
}

/// Makes somebody a member of groups. Everybody is in `Everyone`, which has no row.
///
/// # Errors
/// [`Failure::Store`] when a group does not exist.
pub async fn join(unit: &mut Unit, groups: &[String], member: &AccountName) -> Result<(), Failure> {
    for group in groups.iter().filter(|group| fold(group) != fold(well_known::EVERYONE)) {
        unit.add_member(group, member.as_str()).await?;
    }
    Ok(())
}
