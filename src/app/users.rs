//! People, machines, groups, roles and permissions: added, listed, and applied from a seed.

use std::sync::Arc;

use super::audit::{Action, accepted};
use super::error::Failure;
use super::{Actor, App, nt_hashes, passwords};
use crate::clock::Moment;
use crate::entropy::uuid;
use crate::identity::principal::fold;
use crate::identity::{AccountName, well_known};
use crate::pki::Certificate;
use crate::secret::Secret;
use crate::store::{NewSolution, NewUser, Noun, PrincipalKind, Profile, StoreError, Unit};

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
    /// Keeps an NT hash of the password, for NTLM.
    pub ntlm: bool,
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

/// The stored form of a password that nobody has to judge.
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
/// [`Failure::PasswordRefused`] by the policy, [`Failure::Store`] when the name is taken or a group does not exist.
pub async fn add_person(app: &App, mut person: Person, by: impl Into<Actor<'_>>) -> Result<(), Failure> {
    let by = by.into();
    let nt_hash = nt_hashes::of(&person);
    let hash = match person.password.take() {
        Some(password) => Some(passwords::ready(app, &person.name, None, password).await?.into_hash()),
        None => None,
    };
    let id = uuid(&*app.entropy)?;
    let mut unit = app.store.begin().await?;
    write_person(&mut unit, &person, hash, id.clone(), app.now()).await?;
    nt_hashes::settle(app, &mut unit, &id, &person, nt_hash, (by.name, by.peer)).await?;
    finish(app, unit, Action::AddUser, &person.name, by).await
}

/// From the next password on, a user has an NT hash; or has none from now on.
///
/// # Errors
/// [`Failure::Store`] when there is no such user, [`Failure::Ntlm`] when it cannot have one.
pub async fn allow_ntlm(
    app: &App,
    name: &AccountName,
    allowed: bool,
    by: impl Into<Actor<'_>>,
) -> Result<(), Failure> {
    let by = by.into();
    let mut unit = app.store.begin().await?;
    let found = unit.find(name.as_str()).await?.filter(|found| found.kind == PrincipalKind::User);
    let missing = || StoreError::NotFound { what: Noun::User, name: name.as_str().to_owned() };
    let id = found.ok_or_else(missing)?.id;
    nt_hashes::allow(app, &mut unit, &id, name, allowed, (by.name, by.peer)).await?;
    Ok(unit.commit().await?)
}

/// Adds a machine.
///
/// # Errors
/// [`Failure::Store`] when the name or the certificate is taken or a group does not exist.
pub async fn add_machine(app: &App, machine: Machine, by: impl Into<Actor<'_>>) -> Result<(), Failure> {
    let mut unit = app.store.begin().await?;
    write_machine(&mut unit, &machine, uuid(&*app.entropy)?, app.now()).await?;
    finish(app, unit, Action::AddSolution, &machine.name, by.into()).await
}

/// Adds a group with members.
///
/// # Errors
/// [`Failure::Store`] when the name is taken or a member does not exist.
pub async fn add_group(
    app: &App,
    name: &AccountName,
    members: &[String],
    by: impl Into<Actor<'_>>,
) -> Result<(), Failure> {
    let mut unit = app.store.begin().await?;
    unit.add_group(&uuid(&*app.entropy)?, name, None, app.now()).await?;
    for member in members {
        unit.add_member(name.as_str(), member).await?;
    }
    finish(app, unit, Action::AddGroup, name, by.into()).await
}

/// The audit row goes into the same commit as the change.
async fn finish(
    app: &App,
    mut unit: Unit,
    action: Action,
    name: &AccountName,
    by: Actor<'_>,
) -> Result<(), Failure> {
    let detail = serde_json::json!({ "name": name.as_str() });
    unit.audit(&accepted(app, action, by.name, &detail, by.peer)).await?;
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
