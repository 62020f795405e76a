//! Where users come from.

use super::super::source::{Credentials, Details, Source, credentials};
use super::Method;
use crate::vim::values::arguments::{Arguments, Problem};

/// Of identity sources and domains.
#[derive(Clone, Debug)]
pub enum SourceCall {
    /// All sources.
    Get,
    /// The same as domains.
    Domains,
    /// A domain by its name or alias.
    Find(String),
    /// The name of this house's domain.
    SystemDomainName,
    /// The domains of names without one.
    DefaultDomains,
    /// The same from now on.
    SetDefaultDomains(Vec<String>),
    /// A directory is registered.
    Register(Box<Source>, Option<Credentials>),
    /// It is elsewhere.
    SetDetails(String, Box<Details>),
    /// It is asked otherwise.
    SetAuthentication(String, String, Option<Credentials>),
    /// It is forgotten.
    Delete(String),
    /// Which object has the certificates of directories.
    CertificateManager,
}

type Read = Result<Method, Problem>;

pub(super) fn set_default_domains(arguments: &Arguments<'_>) -> Read {
    let mut domains = arguments.texts("domainNames")?;
    domains.retain(|domain| !domain.is_empty());
    Ok(Method::Source(SourceCall::SetDefaultDomains(domains)))
}

pub(super) fn register(arguments: &Arguments<'_>) -> Read {
    let (source, credentials) = Source::of(arguments)?;
    Ok(Method::Source(SourceCall::Register(Box::new(source), credentials)))
}

pub(super) fn set_details(name: &'static str, arguments: &Arguments<'_>) -> Read {
    let details = Box::new(Details::of(arguments)?);
    Ok(Method::Source(SourceCall::SetDetails(arguments.owned(name)?, details)))
}

pub(super) fn set_authentication(arguments: &Arguments<'_>) -> Read {
    let (name, kind) = (arguments.owned("name")?, arguments.owned("authnType")?);
    Ok(Method::Source(SourceCall::SetAuthentication(name, kind, credentials(arguments)?)))
}
