//! Tokens: their limits and who signs them; and the certificates of directories.

use std::time::Duration;

use super::policies::{int, long, number, set};
use super::{Asked, Refusal};
use crate::app::certificates as trusted;
use crate::app::policies::Policy;
use crate::app::registry::NotDone;
use crate::pki::Certificate;
use crate::sso_admin::certificate;
use crate::sso_admin::method::{CertificateCall, ConfigurationCall, Limit};
use crate::vim::values::{Field, Record, Value};

pub(super) async fn answer(asked: &Asked<'_>, call: ConfigurationCall) -> Result<Option<Value>, Refusal> {
    match call {
        ConfigurationCall::TrustedCertificates => {
            let chains = trusted::signing_chains(asked.app).await?;
            let others = trusted::of_other_issuers(asked.app).await?;
            let mut every: Vec<Certificate> = Vec::new();
            for certificate in chains.into_iter().flatten().chain(others) {
                if !every.contains(&certificate) {
                    every.push(certificate);
                }
            }
            Ok(Some(texts(&every)))
        }
        ConfigurationCall::KnownChains => {
            let kind = "AdminConfigurationManagementServiceCertificateChain";
            let chains = trusted::signing_chains(asked.app).await?;
            let chains =
                chains.iter().map(|chain| Record::new(kind, vec![Field::new("certificates", texts(chain))]));
            Ok(Some(Value::records(kind, chains)))
        }
        ConfigurationCall::IssuersCertificates => {
            Ok(Some(texts(&trusted::of_other_issuers(asked.app).await?)))
        }
        ConfigurationCall::Get(limit) => {
            let policies = asked.app.policies_now().await?;
            let token = &policies.token;
            Ok(Some(match limit {
                Limit::ClockTolerance => milliseconds(token.clock_tolerance),
                Limit::DelegationCount => int(token.delegation_count).into(),
                Limit::RenewCount => int(token.renew_count).into(),
                Limit::BearerLifetime => milliseconds(token.max_bearer_lifetime),
                Limit::HokLifetime => milliseconds(token.max_hok_lifetime),
            }))
        }
        ConfigurationCall::Set(limit, value) => {
            let (policy, property, unit) = match limit {
                Limit::ClockTolerance => (Policy::ClockTolerance, "milliseconds", 1_000),
                Limit::DelegationCount => (Policy::DelegationCount, "delegationCount", 1),
                Limit::RenewCount => (Policy::RenewCount, "renewCount", 1),
                Limit::BearerLifetime => (Policy::BearerLifetime, "maxLifetime", 1_000),
                Limit::HokLifetime => (Policy::HokLifetime, "maxLifetime", 1_000),
            };
            // The house counts in seconds: what it cannot hold it does not round.
            let wrong = || NotDone::BadValue(property);
            let whole = (value % unit == 0).then_some(value / unit).ok_or_else(wrong)?;
            let value = number(whole).map_err(|_| wrong())?;
            if !value.as_ref().is_some_and(|value| policy.kind().allows(value)) {
                return Err(wrong().into());
            }
            set(asked, &[(policy, value)]).await
        }
    }
}

pub(super) async fn certificates(
    asked: &Asked<'_>,
    call: &CertificateCall,
) -> Result<Option<Value>, Refusal> {
    let found = |known: Vec<Certificate>, fingerprint: &str| {
        known.into_iter().find(|known| certificate::has_fingerprint(known, fingerprint))
    };
    let known = trusted::of_directories(asked.app).await?;
    match call {
        CertificateCall::All => Ok(Some(texts(&known))),
        CertificateCall::Find(fingerprint) => {
            Ok(found(known, fingerprint).map(|found| certificate::write(found.der()).into()))
        }
        CertificateCall::Add(text) => {
            let certificate = certificate::read(text).ok_or(NotDone::BadCertificate)?;
            Ok(Some(trusted::trust(asked.app, &certificate, asked.by()).await?.into()))
        }
        CertificateCall::Delete(fingerprint) => {
            let found = found(known, fingerprint);
            if let Some(certificate) = &found {
                trusted::distrust(asked.app, certificate, asked.by()).await?;
            }
            Ok(Some(found.is_some().into()))
        }
    }
}

fn texts(certificates: &[Certificate]) -> Value {
    Value::texts(certificates.iter().map(|known| certificate::write(known.der())))
}

fn milliseconds(duration: Duration) -> Value {
    long(duration.as_secs().saturating_mul(1_000)).into()
}
