//! Accounts and groups as the SSO administration service keeps them (`sts.md` §7.1, §9): made, described anew, joined and
//! left. Each act is one commit with its audit row, and everybody sees it with the next request.

use serde_json::json;

use super::accounts::{By, commit, find, still_administered};
use super::audit::Action;
use super::error::Failure;
use super::objection::Objection;
use super::users::Password;
use super::{App, passwords};
use crate::entropy::uuid;
use crate::identity::principal::fold;
use crate::identity::{AccountName, PasswordViolation, well_known};
use crate::pki::Certificate;
use crate::secret::Secret;
pub use crate::store::Profile;
use crate::store::{NewSolution, NewUser, Noun, PrincipalKind, StoreError};

/// Why something was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// Somebody else has the name.
    #[error("the name {0:?} is taken")]
    NameTaken(String),
    /// The text is no name, or nobody has it.
    #[error("there is no principal {0:?}")]
    NoSuchPrincipal(String),
    /// It would contain itself.
    #[error("the group {group:?} already belongs to {member:?}")]
    Cycle {
        /// The group that should get a member.
        group: String,
        /// The group that contains it.
        member: String,
    },
    /// Another solution user has the certificate.
    #[error("the certificate is registered for another solution user")]
    CertificateTaken,
    /// The text is no certificate, or one that cannot be used now.
    #[error("the certificate cannot be used")]
    BadCertificate,
    /// The policy does not allow the password.
    #[error("the password is not allowed: {0}")]
    Password(#[from] PasswordViolation),
    /// The old password is not the one in use.
    #[error("the password is wrong")]
    WrongPassword,
    /// Every system has it.
    #[error("{0:?} is part of every system")]
    BuiltIn(String),
    /// Nobody would be left who administers the house.
    #[error("no administrator would be left")]
    LastAdministrator,
    /// A value is not allowed.
    #[error("the value of {0} is not allowed")]
    BadValue(&'static str),
    /// Values do not fit together, or one is out of its bounds.
    #[error("{0}")]
    BadPolicy(String),
    /// The domain is registered already.
    #[error("the domain {0:?} is registered already")]
    DomainTaken(String),
    /// The domain is not registered.
    #[error("there is no domain {0:?}")]
    NoSuchDomain(String),
    /// Something of ours failed.
    #[error(transparent)]
    Failure(Failure),
}

/// Makes a person.
///
/// # Errors
/// [`NotDone`].
pub async fn create_person(
    app: &App,
    name: &AccountName,
    (description, profile): (Option<String>, Profile),
    password: Secret,
    by: By<'_>,
) -> Result<(), NotDone> {
    let ready = passwords::ready(app, name, None, Password::Plain(password)).await?;
    let id = uuid(&*app.entropy).map_err(Failure::from)?;
    let hash = Some(ready.into_hash());
    let user = NewUser { id, name: name.clone(), description, profile, password_hash: hash };
    let mut unit = app.store.begin().await?;
    unit.add_user(&user, app.now()).await?;
    Ok(commit(app, unit, Action::AddUser, &json!({ "name": name.as_str() }), by).await?)
}

/// Makes a solution user.
///
/// # Errors
/// [`NotDone`].
pub async fn create_machine(
    app: &App,
    name: &AccountName,
    description: Option<String>,
    certificate: &Certificate,
    by: By<'_>,
) -> Result<(), NotDone> {
    usable(app, certificate).await?;
    let solution = NewSolution {
        id: uuid(&*app.entropy).map_err(Failure::from)?,
        name: name.clone(),
        description,
        certificate: certificate.der().to_vec(),
        certificate_sha256: certificate.fingerprint(),
    };
    let mut unit = app.store.begin().await?;
    unit.add_solution(&solution, app.now()).await?;
    let detail = json!({ "name": name.as_str(), "certificate_sha256": certificate.fingerprint() });
    Ok(commit(app, unit, Action::AddSolution, &detail, by).await?)
}

/// Makes a group.
///
/// # Errors
/// [`NotDone`].
pub async fn create_group(
    app: &App,
    name: &AccountName,
    description: Option<&str>,
    by: By<'_>,
) -> Result<(), NotDone> {
    if name.folded() == fold(well_known::EVERYONE) {
        return Err(NotDone::NameTaken(name.as_str().to_owned()));
    }
    let id = uuid(&*app.entropy).map_err(Failure::from)?;
    let mut unit = app.store.begin().await?;
    unit.add_group(&id, name, description, app.now()).await?;
    Ok(commit(app, unit, Action::AddGroup, &json!({ "name": name.as_str() }), by).await?)
}

/// Tells anew who a person is.
///
/// # Errors
/// [`NotDone`].
pub async fn update_person(
    app: &App,
    name: &AccountName,
    (description, profile): (Option<String>, Profile),
    by: By<'_>,
) -> Result<(), NotDone> {
    let mut unit = app.store.begin().await?;
    let person = find(&mut unit, name).await.map_err(|why| named(why, name))?;
    of_kind(person.kind == PrincipalKind::User, name)?;
    unit.set_profile(&person.id, &profile).await?;
    unit.set_description(&person.id, description.as_deref()).await?;
    Ok(commit(app, unit, Action::UpdateUser, &json!({ "name": person.name }), by).await?)
}

/// Gives a solution user another certificate, or the same, and another description.
///
/// # Errors
/// [`NotDone`].
pub async fn update_machine(
    app: &App,
    name: &AccountName,
    description: Option<&str>,
    certificate: &Certificate,
    by: By<'_>,
) -> Result<(), NotDone> {
    let mut unit = app.store.begin().await?;
    let machine = find(&mut unit, name).await.map_err(|why| named(why, name))?;
    of_kind(machine.kind == PrincipalKind::Solution, name)?;
    if app.store.certificate_of(&machine.id).await?.as_deref() != Some(certificate.der()) {
        usable(app, certificate).await?;
        unit.set_certificate(&machine.id, certificate.der(), &certificate.fingerprint()).await?;
    }
    unit.set_description(&machine.id, description).await?;
    let detail = json!({ "name": machine.name, "certificate_sha256": certificate.fingerprint() });
    Ok(commit(app, unit, Action::UpdateSolution, &detail, by).await?)
}

/// Describes a group anew.
///
/// # Errors
/// [`NotDone`].
pub async fn update_group(
    app: &App,
    name: &AccountName,
    description: Option<&str>,
    by: By<'_>,
) -> Result<(), NotDone> {
    let mut unit = app.store.begin().await?;
    let group = find(&mut unit, name).await.map_err(|why| named(why, name))?;
    of_kind(group.kind == PrincipalKind::Group, name)?;
    unit.set_description(&group.id, description).await?;
    Ok(commit(app, unit, Action::UpdateGroup, &json!({ "name": group.name }), by).await?)
}

/// What may become a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// People and machines.
    Users,
    /// Groups.
    Groups,
}

/// Makes members of a group, all of them or none; of each whether it was not one before.
///
/// # Errors
/// [`NotDone`].
pub async fn join(
    app: &App,
    group: &AccountName,
    members: &[AccountName],
    joining: Joining,
    by: By<'_>,
) -> Result<Vec<bool>, NotDone> {
    let mut unit = app.store.begin().await?;
    let mut added = Vec::with_capacity(members.len());
    for member in members {
        let found = find(&mut unit, member).await.map_err(|why| named(why, member))?;
        of_kind((found.kind == PrincipalKind::Group) == (joining == Joining::Groups), member)?;
        added.push(unit.add_member(group.as_str(), member.as_str()).await?);
    }
    let names: Vec<&str> = members.iter().map(AccountName::as_str).collect();
    let detail = json!({ "name": group.as_str(), "members": names });
    commit(app, unit, Action::JoinGroup, &detail, by).await?;
    Ok(added)
}

/// Ends memberships, all of them or none; of each whether there was one.
///
/// # Errors
/// [`NotDone`].
pub async fn leave(
    app: &App,
    group: &AccountName,
    members: &[AccountName],
    by: By<'_>,
) -> Result<Vec<bool>, NotDone> {
    let mut unit = app.store.begin().await?;
    let before = unit.administrators().await?;
    let mut removed = Vec::with_capacity(members.len());
    for member in members {
        removed.push(match unit.remove_member(group.as_str(), member.as_str()).await {
            Ok(()) => true,
            Err(StoreError::NotFound { what: Noun::Member, .. }) => false,
            Err(error) => return Err(error.into()),
        });
    }
    still_administered(&mut unit, before).await?;
    let names: Vec<&str> = members.iter().map(AccountName::as_str).collect();
    let detail = json!({ "name": group.as_str(), "members": names });
    commit(app, unit, Action::LeaveGroup, &detail, by).await?;
    Ok(removed)
}

/// Removes whoever has the name.
///
/// # Errors
/// [`NotDone`].
pub async fn remove(app: &App, name: &AccountName, by: By<'_>) -> Result<(), NotDone> {
    let found = app.store.find(name.as_str()).await?;
    let found = found.ok_or_else(|| NotDone::NoSuchPrincipal(name.as_str().to_owned()))?;
    super::accounts::remove(app, name, found.kind, by).await.map_err(|why| named(why, name))
}

/// A certificate that a machine can sign with now, as far as clocks agree (`sts.md` §7.1).
async fn usable(app: &App, certificate: &Certificate) -> Result<(), NotDone> {
    let tolerance = app.policies.current(app).await?.token.clock_tolerance;
    let now = app.now();
    let begun = now.plus(tolerance) >= certificate.not_before();
    let ended = now.minus(tolerance) >= certificate.not_after();
    if begun && !ended && certificate.key().is_usable() { Ok(()) } else { Err(NotDone::BadCertificate) }
}

fn of_kind(is: bool, name: &AccountName) -> Result<(), NotDone> {
    if is { Ok(()) } else { Err(NotDone::NoSuchPrincipal(name.as_str().to_owned())) }
}

/// An objection to what is done with somebody, who has a name.
#[must_use]
pub fn named(objection: Objection, name: &AccountName) -> NotDone {
    match objection {
        Objection::Missing => NotDone::NoSuchPrincipal(name.as_str().to_owned()),
        other => other.into(),
    }
}

impl NotDone {
    /// The reason in a word, for the audit.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NameTaken(_) => "name-taken",
            Self::NoSuchPrincipal(_) => "no-such-principal",
            Self::Cycle { .. } => "group-cycle",
            Self::CertificateTaken => "certificate-taken",
            Self::BadCertificate => "bad-certificate",
            Self::Password(_) => "password-policy",
            Self::WrongPassword => "wrong-password",
            Self::BuiltIn(_) => "built-in",
            Self::LastAdministrator => "last-administrator",
            Self::BadValue(_) => "bad-value",
            Self::BadPolicy(_) => "bad-policy",
            Self::DomainTaken(_) => "domain-taken",
            Self::NoSuchDomain(_) => "no-such-domain",
            Self::Failure(_) => "service",
        }
    }
}

impl From<Failure> for NotDone {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::PasswordRefused { why, .. } => Self::Password(why),
            Failure::Store(error) => error.into(),
            other => Self::Failure(other),
        }
    }
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NameTaken { name } => Self::NameTaken(name),
            StoreError::NotFound { name, .. } => Self::NoSuchPrincipal(name),
            StoreError::Cycle { group, member } => Self::Cycle { group, member },
            StoreError::CertificateTaken { .. } => Self::CertificateTaken,
            other => Self::Failure(other.into()),
        }
    }
}

impl From<Objection> for NotDone {
    fn from(objection: Objection) -> Self {
        match objection {
            Objection::NameTaken { name } => Self::NameTaken(name),
            Objection::BadName { name } | Objection::NoSuchPrincipal { principal: name } => {
                Self::NoSuchPrincipal(name)
            }
            Objection::Missing => Self::NoSuchPrincipal(String::new()),
            Objection::BadValue { path } => Self::BadValue(path),
            Objection::InUse => Self::BadValue("name"),
            Objection::BuiltIn { name } => Self::BuiltIn(name),
            Objection::WrongPassword => Self::WrongPassword,
            Objection::LastAdministrator => Self::LastAdministrator,
            Objection::Failure(failure) => failure.into(),
        }
    }
}
