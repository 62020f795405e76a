//! Whom a token is about: somebody of this domain, or the subject of an external issuer. Such an issuer speaks for the
//! users of the one domain it is trusted with, never for ours and never for another's (`sts.md` §4.6).

use std::sync::Arc;

use super::super::App;
use super::super::error::{Cause, Failure};
use super::super::login::note_failure;
use super::super::standings::Lookup;
use super::super::trust::{External, Trust};
use super::active;
use crate::identity::{AccountName, ExternalSubject, LoginName, Principal, Standing};
use crate::saml::Assertion;
use crate::saml::names::UPN;
use crate::verifier::{Class, Finding, Report, Seen, StepId, VerifiedToken};

/// The subject of a verified token, which may act now.
pub(super) async fn of(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    token: &VerifiedToken,
) -> Result<Arc<Standing>, Cause> {
    let claims = token.assertion();
    let subject = if token.is_external() {
        Some(admitted(trust, report, claims)?)
    } else {
        Some(&claims.subject)
            .filter(|subject| subject.format == UPN)
            .and_then(|subject| mapped_before(app, trust, &subject.name))
    };
    of_name(app, report, &claims.subject.name, subject).await
}

/// The subject of a JSON Web Token, which this house has signed.
pub(super) async fn of_json(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    name: &str,
) -> Result<Arc<Standing>, Cause> {
    of_name(app, report, name, mapped_before(app, trust, name)).await
}

async fn of_name(
    app: &App,
    report: &mut Report,
    name: &str,
    subject: Option<ExternalSubject>,
) -> Result<Arc<Standing>, Cause> {
    let standing = match subject {
        Some(subject) => known(app, report, subject).await?,
        None => active(app, report, name, StepId::AdmissionSubject).await?,
    };
    report.pass(StepId::AdmissionSubject, Seen::Nothing);
    Ok(standing)
}

/// The subject of an external token, if the issuer may speak for it and speaks of nobody else.
fn admitted(trust: &Trust, report: &mut Report, claims: &Assertion) -> Result<ExternalSubject, Cause> {
    let external = trust.externals.iter().find(|external| external.issuer == claims.issuer);
    if !claims.conditions.delegates.is_empty() || claims.subject.presenter.is_some() {
        let seen = "Requester authenticating by external saml token cannot be a delegate!";
        report.fail(StepId::AdmissionIssuer, Finding::seen(seen).class(Class::Unsupported));
        return Err(Cause::Step);
    }
    let Some(subject) = external.and_then(|external| subject(claims, external)) else {
        let wanted =
            external.map_or("an external issuer that is trusted", |external| external.domain.as_str());
        let seen: String = claims.subject.name.chars().take(256).collect();
        report.fail(StepId::AdmissionIssuer, Finding::seen(seen).but(format!("a user of {wanted}")));
        return Err(Cause::Step);
    };
    report.pass(StepId::AdmissionIssuer, Seen::Nothing);
    Ok(subject)
}

/// Our own token, for whoever came with one of an external issuer: mapped as that issuer's users are now.
fn mapped_before(app: &App, trust: &Trust, name: &str) -> Option<ExternalSubject> {
    let (_, domain) = name.split_once('@')?;
    let foreign = !app.settings.domain.is(domain);
    let external = trust.externals.iter().find(|external| foreign && external.domain.is(domain))?;
    named(name, external)
}

fn subject(claims: &Assertion, external: &External) -> Option<ExternalSubject> {
    Some(&claims.subject)
        .filter(|subject| subject.format == UPN)
        .and_then(|subject| named(&subject.name, external))
}

/// `name@DOMAIN`, in the domain of this issuer.
fn named(upn: &str, external: &External) -> Option<ExternalSubject> {
    let LoginName { name, domain } = LoginName::parse(upn).ok()?;
    let is_upn = upn.contains('@');
    let name = AccountName::new(&name).ok().filter(|_| is_upn)?;
    domain.filter(|domain| external.domain.is(domain))?;
    let principal = Principal { name, domain: external.domain.clone() };
    Some(ExternalSubject { principal, groups: external.groups.clone() })
}

async fn known(app: &App, report: &mut Report, subject: ExternalSubject) -> Result<Arc<Standing>, Cause> {
    let found = find(app, subject).await.map_err(|failure| note_failure(report, &failure))?;
    found.ok_or_else(|| {
        let finding = Finding::seen("a domain that no issuer speaks for").but("one that is trusted");
        report.fail(StepId::AdmissionSubject, finding);
        Cause::Step
    })
}

async fn find(app: &App, subject: ExternalSubject) -> Result<Option<Arc<Standing>>, Failure> {
    let lookup = Lookup::External(subject);
    let found = match app.standings.find(app, lookup.clone()).await? {
        Some(found) => Some(found),
        None => app.standings.find_now(app, lookup).await?,
    };
    Ok(found.map(|(standing, _)| standing))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::clock::Moment;
    use crate::identity::Domain;
    use crate::saml::{Conditions, Confirmation, Subject};

    fn claims(name: &str, format: &'static str) -> Assertion {
        let now = Moment::EPOCH;
        Assertion {
            id: "_1".into(),
            issue_instant: now,
            issuer: "https://a".into(),
            subject: Subject {
                name: name.into(),
                format: Cow::Borrowed(format),
                presenter: None,
                confirmation: Confirmation::Bearer { not_on_or_after: None, recipient: None },
            },
            conditions: Conditions {
                not_before: now,
                not_on_or_after: now,
                audiences: Vec::new(),
                proxy_count: None,
                renew_count: None,
                delegates: Vec::new(),
                one_time_use: false,
            },
            authn_statements: Vec::new(),
            attributes: Vec::new(),
            advice: Vec::new(),
        }
    }

    #[test]
    fn an_issuer_speaks_of_the_users_of_its_domain_by_their_upn() {
        let domain = Domain::new("vc2.lab").unwrap();
        let external = External { issuer: "https://a".into(), domain, groups: vec!["Operators".into()] };
        let named = |name: &str, format| subject(&claims(name, format), &external);
        for name in ["alice@VC2.LAB", "alice@vc2.lab"] {
            let subject = named(name, UPN).unwrap();
            assert_eq!((subject.principal.upn().as_str(), subject.groups.len()), ("alice@VC2.LAB", 1));
        }
        for name in [
            "alice",
            "alice@VSPHERE.LOCAL",
            "alice@vc3.lab",
            "alice@x.vc2.lab",
            "VC2.LAB\\alice",
            "a@b@VC2.LAB",
            "VC2.LAB\\a@VC2.LAB",
            "@VC2.LAB",
            "alice@",
            "a\u{200b}lice@VC2.LAB",
            "a/b@VC2.LAB",
            " alice@VC2.LAB",
        ] {
            assert_eq!(named(name, UPN), None, "{name}");
        }
        let others = [
            "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "http://schemas.xmlsoap.org/claims/emailaddress",
        ];
        assert!(others.into_iter().all(|format| named("alice@VC2.LAB", format).is_none()));
    }
}
