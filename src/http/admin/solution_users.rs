//! Solution users: machines that sign with a certificate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json, Made, Nothing, account, new_name};
use super::problem::Problem;
use super::users::Named;
use super::values::{Page, Paging, Time, certificate, certificate_pem};
use crate::app::roster::{self, Member, PrincipalKind, Solution};
use crate::app::users::{self, Machine};
use crate::app::{accounts, details};
use crate::identity::principal::fold;

/// A solution user.
#[derive(JsonSchema, Serialize)]
pub(super) struct SolutionUser {
    /// The account name as registered, without domain.
    name: String,
    /// For lists.
    description: Option<String>,
    /// Groups that it is a direct member of; every solution user is in `SolutionUsers`.
    groups: Vec<String>,
    /// An administrator switched the account off.
    disabled: bool,
    /// The certificate it signs with, PEM.
    certificate: String,
    /// SHA-256 of the certificate, lower-case hexadecimal.
    certificate_sha256: String,
    /// When the account was made.
    created_at: Time,
}

/// A solution user to be registered.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSolutionUser {
    /// The account name, without domain.
    name: String,
    /// The certificate it signs with, PEM.
    certificate: String,
    /// Groups to join.
    #[serde(default)]
    groups: Vec<String>,
}

/// A certificate.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCertificate {
    /// PEM; the first one counts.
    pub(super) certificate: String,
}

pub(super) async fn list(
    asked: Asked,
    paging: Paging,
    _: Empty,
) -> Result<Json<Page<SolutionUser>>, Problem> {
    let machines = roster::solutions(&asked.app).await?;
    Ok(Json(paging.of(machines, |machine| machine.account.name.clone(), SolutionUser::from)))
}

pub(super) async fn find(asked: Asked, of: Named, _: Empty) -> Result<Json<SolutionUser>, Problem> {
    one(&asked, &of.name).await.map(Json)
}

pub(super) async fn add(
    asked: Asked,
    _: Nothing,
    Json(new): Json<NewSolutionUser>,
) -> Result<Made<SolutionUser>, Problem> {
    let (name, certificate) = (new_name(&new.name)?, certificate(&new.certificate)?);
    let machine = Machine { name, certificate, groups: new.groups };
    users::add_machine(&asked.app, machine, asked.by()).await?;
    one(&asked, &new.name).await.map(Made)
}

pub(super) async fn set_certificate(
    asked: Asked,
    of: Named,
    Json(new): Json<NewCertificate>,
) -> Result<Json<SolutionUser>, Problem> {
    let (name, certificate) = (account("solution user", &of.name)?, certificate(&new.certificate)?);
    details::set_certificate(&asked.app, &name, &certificate, asked.by()).await?;
    one(&asked, &of.name).await.map(Json)
}

pub(super) async fn disable(asked: Asked, of: Named, _: Empty) -> Result<Json<SolutionUser>, Problem> {
    set_disabled(asked, of, true).await
}

pub(super) async fn enable(asked: Asked, of: Named, _: Empty) -> Result<Json<SolutionUser>, Problem> {
    set_disabled(asked, of, false).await
}

pub(super) async fn remove(asked: Asked, of: Named, _: Empty) -> Result<Done, Problem> {
    let name = account("solution user", &of.name)?;
    accounts::remove(&asked.app, &name, PrincipalKind::Solution, asked.on_accounts()).await?;
    Ok(Done)
}

async fn set_disabled(asked: Asked, of: Named, disabled: bool) -> Result<Json<SolutionUser>, Problem> {
    // A user of the name is no solution user.
    let machine = one(&asked, &of.name).await?;
    let name = account("solution user", &machine.name)?;
    accounts::set_disabled(&asked.app, &name, disabled, asked.on_accounts()).await?;
    one(&asked, &of.name).await.map(Json)
}

async fn one(asked: &Asked, name: &str) -> Result<SolutionUser, Problem> {
    let name = account("solution user", name)?;
    let found = roster::solutions(&asked.app).await?.into_iter();
    let machine = { found }.find(|machine| fold(&machine.account.name) == name.folded());
    machine.map(SolutionUser::from).ok_or_else(|| Problem::missing("solution user", name.as_str()))
}

impl From<Member<Solution>> for SolutionUser {
    fn from(Member { account, groups }: Member<Solution>) -> Self {
        Self {
            name: account.name,
            description: account.description,
            groups,
            disabled: account.disabled,
            certificate: certificate_pem(&account.certificate),
            certificate_sha256: account.certificate_sha256,
            created_at: Time(account.created_at),
        }
    }
}
