//! External issuers: other Security Token Services whose tokens are accepted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json, Nothing};
use super::problem::{Kind, Problem};
use super::values::{Page, Paging, Short};
use crate::app::issuers::{self, ExternalIssuer as Trusted, Issuer};
use crate::identity::Domain;
use crate::pki::pem;

/// An external issuer.
#[derive(JsonSchema, Serialize)]
pub(super) struct ExternalIssuer {
    /// Its entity identifier: `Issuer` of its tokens.
    issuer: String,
    /// The domain of its users.
    domain: String,
    /// Groups of this domain that its users belong to.
    groups: Vec<String>,
    /// What it signs with, PEM.
    certificates: String,
}

/// An issuer to be trusted; of one that is known, by these certificates only.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewExternalIssuer {
    /// Its entity identifier, as its tokens say it.
    issuer: Short,
    /// The domain of its users, as their names end.
    domain: String,
    /// What it signs with, PEM; of a chain the leaf counts.
    certificates: String,
    /// Groups of this domain that its users belong to.
    #[serde(default)]
    groups: Vec<String>,
}

/// Which issuer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Its entity identifier.
    issuer: String,
}

pub(super) async fn list(
    asked: Asked,
    paging: Paging,
    _: Empty,
) -> Result<Json<Page<ExternalIssuer>>, Problem> {
    let issuers = issuers::list(&asked.app).await?;
    Ok(Json(paging.of(issuers, |issuer| issuer.issuer.clone(), ExternalIssuer::from)))
}

pub(super) async fn trust(
    asked: Asked,
    _: Nothing,
    Json(new): Json<NewExternalIssuer>,
) -> Result<Json<ExternalIssuer>, Problem> {
    let domain = Domain::new(&new.domain);
    let domain = domain.map_err(|error| Problem::seen(Kind::NotAllowed, format!("domain: {error}")))?;
    if new.issuer.0.trim().is_empty() || new.issuer.0.chars().any(char::is_control) {
        return Err(Problem::seen(Kind::NotAllowed, "issuer: wanted an entity identifier"));
    }
    let (issuer, certificates) = (new.issuer.0, pem::leaves(&new.certificates)?);
    let wanted = Issuer { issuer, domain, certificates, groups: new.groups };
    issuers::trust(&asked.app, &wanted, asked.by()).await?;
    one(&asked, &wanted.issuer).await
}

pub(super) async fn distrust(asked: Asked, of: Which, _: Empty) -> Result<Done, Problem> {
    issuers::distrust(&asked.app, &of.issuer, asked.by()).await?;
    Ok(Done)
}

async fn one(asked: &Asked, issuer: &str) -> Result<Json<ExternalIssuer>, Problem> {
    let found = issuers::list(&asked.app).await?.into_iter().find(|known| known.issuer == issuer);
    found.map(|known| Json(known.into())).ok_or_else(|| Problem::missing("issuer", issuer))
}

impl From<Trusted> for ExternalIssuer {
    fn from(issuer: Trusted) -> Self {
        Self {
            issuer: issuer.issuer,
            domain: issuer.domain,
            groups: issuer.groups,
            certificates: issuer.certificates_pem,
        }
    }
}
