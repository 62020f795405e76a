//! Where users come from.

use super::{Asked, Refusal};
use crate::app::identity_sources::{self as acts, IdentitySource, SourceDetails};
use crate::sso_admin::Object;
use crate::sso_admin::method::SourceCall;
use crate::sso_admin::source::{Authentication, Details, Source, all, domains};
use crate::vim::values::Value;

pub(super) async fn answer(asked: &Asked<'_>, call: SourceCall) -> Result<Option<Value>, Refusal> {
    let (app, by) = (asked.app, asked.by());
    match call {
        SourceCall::Get => Ok(Some(all(asked.domain(), &sources(asked).await?))),
        SourceCall::Domains => Ok(Some(domains(asked.domain(), &sources(asked).await?))),
        SourceCall::Find(filter) => {
            let named = |source: &Source| {
                let alias = source.alias.as_deref();
                source.name.eq_ignore_ascii_case(&filter)
                    || alias.is_some_and(|alias| alias.eq_ignore_ascii_case(&filter))
            };
            let known = sources(asked).await?;
            Ok(known.iter().find(|source| named(source)).map(Value::from))
        }
        SourceCall::SystemDomainName => Ok(Some(asked.domain().into())),
        SourceCall::DefaultDomains => Ok(Some(Value::texts(acts::default_domains(app).await?))),
        SourceCall::CertificateManager => Ok(Some(Object::Certificates.reference().into())),
        SourceCall::SetDefaultDomains(wanted) => {
            acts::set_default_domains(app, &wanted, by).await?;
            Ok(None)
        }
        SourceCall::Register(source, credentials) => {
            let password = credentials.as_ref().map(|credentials| &credentials.password);
            acts::register(app, &stored(*source), password, by).await?;
            Ok(None)
        }
        SourceCall::SetDetails(name, details) => {
            acts::set_details(app, &name, &placed(*details), by).await?;
            Ok(None)
        }
        SourceCall::SetAuthentication(name, kind, credentials) => {
            let bind = credentials.as_ref();
            let bind = bind.map(|credentials| (credentials.user_name.as_str(), &credentials.password));
            acts::set_authentication(app, &name, &kind, bind, by).await?;
            Ok(None)
        }
        SourceCall::Delete(name) => {
            acts::remove(app, &name, by).await?;
            Ok(None)
        }
    }
}

async fn sources(asked: &Asked<'_>) -> Result<Vec<Source>, Refusal> {
    Ok(acts::list(asked.app).await?.into_iter().map(told).collect())
}

fn told(source: IdentitySource) -> Source {
    let IdentitySource { name, alias, kind, details, authentication, bind_user } = source;
    Source {
        server_type: kind,
        name,
        alias,
        details: Details {
            friendly_name: details.friendly_name,
            user_base_dn: details.user_base_dn,
            group_base_dn: details.group_base_dn,
            primary_url: details.primary_url,
            failover_url: details.failover_url,
            search_timeout_seconds: details.search_timeout_seconds,
        },
        authentication: Authentication { kind: authentication, user_name: bind_user },
    }
}

fn stored(source: Source) -> IdentitySource {
    let Source { server_type, name, alias, details, authentication } = source;
    IdentitySource {
        name,
        alias,
        kind: server_type,
        details: placed(details),
        authentication: authentication.kind,
        bind_user: authentication.user_name,
    }
}

fn placed(details: Details) -> SourceDetails {
    SourceDetails {
        friendly_name: details.friendly_name,
        user_base_dn: details.user_base_dn,
        group_base_dn: details.group_base_dn,
        primary_url: details.primary_url,
        failover_url: details.failover_url,
        search_timeout_seconds: details.search_timeout_seconds,
    }
}
