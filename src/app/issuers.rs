//! External issuers: other Security Token Services whose tokens are accepted here, for the users of their own domain
//! (`sts.md` §7.6).

use serde_json::json;

use super::audit::{Action, accepted};
use super::error::Failure;
use super::{Actor, App};
use crate::identity::Domain;
use crate::pki::{Certificate, pem};
pub use crate::store::ExternalIssuer;
use crate::store::Unit;

/// An issuer to be trusted.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Its entity identifier: `Issuer` of its tokens.
    pub issuer: String,
    /// The domain of its users, as their names end.
    pub domain: Domain,
    /// What it signs with.
    pub certificates: Vec<Certificate>,
    /// Groups of this domain that its users belong to here.
    pub groups: Vec<String>,
}

/// Why an issuer cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerRefused {
    /// It is this house.
    #[error("{0} is the issuer of this service itself")]
    OwnIssuer(String),
    /// It would speak for the users of this house.
    #[error("{0} is the domain of this service itself: another issuer cannot speak for it")]
    OwnDomain(String),
    /// Nothing it signs could be verified.
    #[error("no certificate of {0} has an RSA key of 2048 to 8192 bits")]
    NoCertificate(String),
}

/// Accepts tokens of an issuer from now on, or by other certificates, or for another domain.
///
/// # Errors
/// [`Failure::Issuer`]; [`Failure::Store`] when another issuer speaks for the domain or a group does not exist.
pub async fn trust(app: &App, new: &Issuer, by: impl Into<Actor<'_>>) -> Result<(), Failure> {
    let by = by.into();
    let mut unit = app.store.begin().await?;
    write(app, &mut unit, new).await?;
    let signers: Vec<String> = new.certificates.iter().map(Certificate::fingerprint).collect();
    let detail = json!({
        "issuer": new.issuer, "domain": new.domain.as_str(), "groups": new.groups, "signers": signers,
    });
    unit.audit(&accepted(app, Action::TrustIssuer, by.name, &detail, by.peer)).await?;
    Ok(unit.commit().await?)
}

/// Accepts no token of an issuer from now on; sessions of its users are over.
///
/// # Errors
/// [`Failure::Store`] when it is not known.
pub async fn distrust(app: &App, issuer: &str, by: impl Into<Actor<'_>>) -> Result<(), Failure> {
    let by = by.into();
    let mut unit = app.store.begin().await?;
    unit.remove_external_issuer(issuer).await?;
    let detail = json!({ "issuer": issuer });
    unit.audit(&accepted(app, Action::DistrustIssuer, by.name, &detail, by.peer)).await?;
    Ok(unit.commit().await?)
}

/// Every external issuer.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<ExternalIssuer>, Failure> {
    Ok(app.store.external_issuers().await?.0)
}

/// Writes an issuer in a unit that is open.
///
/// # Errors
/// As [`trust`].
pub async fn write(app: &App, unit: &mut Unit, new: &Issuer) -> Result<(), Failure> {
    let Issuer { issuer, domain, certificates, groups } = new;
    if *issuer == app.settings.issuer {
        return Err(IssuerRefused::OwnIssuer(issuer.clone()).into());
    }
    if *domain == app.settings.domain {
        return Err(IssuerRefused::OwnDomain(domain.as_str().to_owned()).into());
    }
    if !certificates.iter().any(|certificate| certificate.key().is_usable()) {
        return Err(IssuerRefused::NoCertificate(issuer.clone()).into());
    }
    let stored = ExternalIssuer {
        issuer: issuer.clone(),
        domain: domain.as_str().to_owned(),
        certificates_pem: certificates.iter().map(|leaf| pem::encode("CERTIFICATE", leaf.der())).collect(),
        groups: groups.clone(),
    };
    Ok(unit.put_external_issuer(&stored, app.now()).await?)
}
