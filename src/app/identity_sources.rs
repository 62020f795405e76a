//! Where users come from (`sts.md` §7.3): this house's own domain, and directories that were registered. Those are
//! configuration to be kept and shown; nobody here asks a directory anything. And which domain a name without one means.

use serde_json::json;

use super::App;
use super::accounts::{By, commit};
use super::audit::Action;
use super::error::Failure;
use super::registry::NotDone;
use crate::identity::Domain;
use crate::secret::Secret;
use crate::store::StoreError;
pub use crate::store::{IdentitySource, SourceDetails};

/// Every directory, by name.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(app: &App) -> Result<Vec<IdentitySource>, Failure> {
    Ok(app.store.identity_sources().await?)
}

/// Registers a directory.
///
/// # Errors
/// [`NotDone::DomainTaken`] when the domain is ours, a directory's or another issuer's already.
pub async fn register(
    app: &App,
    source: &IdentitySource,
    bind_password: Option<&Secret>,
    by: By<'_>,
) -> Result<(), NotDone> {
    let taken = || NotDone::DomainTaken(source.name.clone());
    let domain = Domain::new(&source.name).map_err(|_| NotDone::BadValue("domainName"))?;
    check(&source.details)?;
    if domain == app.settings.domain || is_alias(app, source).await? {
        return Err(taken());
    }
    let mut unit = app.store.begin().await?;
    if unit.speaker_for(&source.name).await?.is_some() {
        return Err(taken());
    }
    match unit.add_identity_source(source, bind_password, app.now()).await {
        Err(StoreError::NameTaken { .. }) => return Err(taken()),
        added => added?,
    }
    let detail = json!({ "name": source.name, "kind": source.kind, "url": source.details.primary_url });
    Ok(commit(app, unit, Action::AddIdentitySource, &detail, by).await?)
}

/// The name or the alias is the alias or the name of another.
async fn is_alias(app: &App, source: &IdentitySource) -> Result<bool, Failure> {
    let names: Vec<&str> =
        [Some(&source.name), source.alias.as_ref()].into_iter().flatten().map(String::as_str).collect();
    let meant = |known: &str| names.iter().any(|name| name.eq_ignore_ascii_case(known));
    let alias_is_ours = source.alias.as_deref().is_some_and(|alias| app.settings.domain.is(alias));
    let known = app.store.identity_sources().await?;
    let other = known.iter().any(|other| meant(&other.name) || other.alias.as_deref().is_some_and(meant));
    Ok(alias_is_ours || other)
}

/// Another address, other places to look at.
///
/// # Errors
/// [`NotDone::NoSuchDomain`].
pub async fn set_details(app: &App, name: &str, details: &SourceDetails, by: By<'_>) -> Result<(), NotDone> {
    check(details)?;
    let mut unit = app.store.begin().await?;
    unit.set_source_details(name, details).await.map_err(|error| missing(error, name))?;
    let detail = json!({ "name": name, "url": details.primary_url });
    Ok(commit(app, unit, Action::UpdateIdentitySource, &detail, by).await?)
}

/// Another name and password to ask it with.
///
/// # Errors
/// [`NotDone::NoSuchDomain`].
pub async fn set_authentication(
    app: &App,
    name: &str,
    authentication: &str,
    bind: Option<(&str, &Secret)>,
    by: By<'_>,
) -> Result<(), NotDone> {
    let mut unit = app.store.begin().await?;
    let set = unit.set_source_authentication(name, authentication, bind).await;
    set.map_err(|error| missing(error, name))?;
    let detail =
        json!({ "name": name, "authentication": authentication, "bind_user": bind.map(|(user, _)| user) });
    Ok(commit(app, unit, Action::UpdateIdentitySource, &detail, by).await?)
}

/// Forgets a directory; names without domain do not mean it any more.
///
/// # Errors
/// [`NotDone::NoSuchDomain`].
pub async fn remove(app: &App, name: &str, by: By<'_>) -> Result<(), NotDone> {
    let mut unit = app.store.begin().await?;
    unit.remove_identity_source(name).await.map_err(|error| missing(error, name))?;
    let (mut settings, _) = unit.settings().await?;
    if let Some(stored) = settings.remove(DEFAULTS) {
        let left: Vec<&str> =
            stored.split_whitespace().filter(|domain| !domain.eq_ignore_ascii_case(name)).collect();
        unit.set_unwatched_setting(DEFAULTS, Some(&left.join(" "))).await?;
    }
    Ok(commit(app, unit, Action::RemoveIdentitySource, &json!({ "name": name }), by).await?)
}

/// The domains of names without one, the first first. This house's own, until somebody says otherwise.
///
/// # Errors
/// [`Failure::Store`].
pub async fn default_domains(app: &App) -> Result<Vec<String>, Failure> {
    let (mut settings, _) = app.store.settings().await?;
    Ok(match settings.remove(DEFAULTS) {
        Some(stored) => stored.split_whitespace().map(str::to_owned).collect(),
        None => vec![app.settings.domain.as_str().to_owned()],
    })
}

/// Sets them. They are told to whoever asks; a login without domain is one of this house's all the same.
///
/// # Errors
/// [`NotDone::NoSuchDomain`] for one that is neither ours nor registered.
pub async fn set_default_domains(app: &App, domains: &[String], by: By<'_>) -> Result<(), NotDone> {
    let sources = app.store.identity_sources().await?;
    let mut written: Vec<&str> = Vec::with_capacity(domains.len());
    for domain in domains {
        let source =
            sources.iter().map(|source| source.name.as_str()).find(|name| name.eq_ignore_ascii_case(domain));
        let ours = app.settings.domain.is(domain).then(|| app.settings.domain.as_str());
        let found = ours.or(source).ok_or_else(|| NotDone::NoSuchDomain(domain.clone()))?;
        if !written.contains(&found) {
            written.push(found);
        }
    }
    let mut unit = app.store.begin().await?;
    unit.set_unwatched_setting(DEFAULTS, Some(&written.join(" "))).await?;
    Ok(commit(app, unit, Action::SetDefaultDomains, &json!({ "domains": written }), by).await?)
}

fn check(details: &SourceDetails) -> Result<(), NotDone> {
    let is_ldap = |url: &str| url.starts_with("ldap://") || url.starts_with("ldaps://");
    match &details.failover_url {
        _ if !is_ldap(&details.primary_url) => Err(NotDone::BadValue("primaryUrl")),
        Some(url) if !is_ldap(url) => Err(NotDone::BadValue("failoverUrl")),
        _ if !(0..=i64::from(i32::MAX)).contains(&details.search_timeout_seconds) => {
            Err(NotDone::BadValue("searchTimeoutSeconds"))
        }
        _ => Ok(()),
    }
}

fn missing(error: StoreError, name: &str) -> NotDone {
    match error {
        StoreError::NotFound { .. } => NotDone::NoSuchDomain(name.chars().take(256).collect()),
        other => other.into(),
    }
}

/// The setting.
const DEFAULTS: &str = "sso-admin.default_domains";
