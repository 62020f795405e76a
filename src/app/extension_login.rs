//! Sessions of extensions: by the certificate they set, or by one of the lab CA with the subject they registered
//! (`session-manager.md` §1.13, §1.14).
//!
//! The handshake has proven that the client holds the key; what the certificate is worth is decided here.

use std::sync::Arc;

use serde_json::json;

use super::audit::Action;
use super::error::{Cause, Failure, Refused};
use super::login::{
    Attempt, Committed, Entry, MOST_ATTEMPTS, Opened, commit, finish, new_session, no_session_yet,
    note_failure, wanted_locales,
};
use super::standings::{Epoch, Lookup};
use super::{App, Peer, methods};
use crate::identity::{ExtensionKey, Method, Standing};
use crate::pki::Certificate;
use crate::pki::certificate::sha256;
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::issued::check_issued;
use crate::store::StoredExtension;
use crate::verifier::{Finding, Report, Seen, StepId};

/// `LoginExtensionByCertificate`: the client certificate is the one that was set. Who issued it, and whether it is in
/// force, is not asked.
///
/// # Errors
/// [`Refused`].
pub async fn by_certificate(app: &App, key: &str, attempt: Attempt<'_>) -> Result<Opened, Refused> {
    login(app, Way::Certificate, key, attempt).await
}

/// `LoginExtensionBySubjectName`: the client certificate is of the lab CA, and its subject the registered one.
///
/// # Errors
/// [`Refused`].
pub async fn by_subject_name(app: &App, key: &str, attempt: Attempt<'_>) -> Result<Opened, Refused> {
    login(app, Way::SubjectName, key, attempt).await
}

/// What an extension is known by.
#[derive(Clone, Copy)]
enum Way {
    Certificate,
    SubjectName,
}

impl Way {
    const fn action(self) -> Action {
        match self {
            Self::Certificate => Action::LoginExtensionByCertificate,
            Self::SubjectName => Action::LoginExtensionBySubjectName,
        }
    }
}

async fn login(app: &App, way: Way, key: &str, attempt: Attempt<'_>) -> Result<Opened, Refused> {
    let mut report = Report::new("sdk", app.now());
    let opened = open(app, &mut report, way, key, &attempt).await;
    finish(app, way.action(), key, report, opened, attempt.peer).await
}

/// The order of §1.13, the locale last.
async fn open(
    app: &App,
    report: &mut Report,
    way: Way,
    key: &str,
    attempt: &Attempt<'_>,
) -> Result<Opened, Cause> {
    no_session_yet(report, attempt.caller)?;
    let presented = presented(report, attempt.peer)?;
    for _ in 0..MOST_ATTEMPTS {
        let (key, extension, epoch) = registered(app, report, key).await?;
        match way {
            Way::Certificate => check_certificate(report, &extension, &presented)?,
            Way::SubjectName => check_subject(app, report, &extension, &presented)?,
        }
        methods::allow(app, report, Method::Certificate).await?;
        let locales = wanted_locales(report, attempt)?;
        let standing = standing(app, &key).await.map_err(|failure| note_failure(report, &failure))?;
        let opened = new_session(app, &standing, &locales, None, attempt.peer);
        let opened = opened.map_err(|failure| note_failure(report, &failure))?;
        let detail = json!({ "extension": key.as_str(), "certificate_sha256": crate::entropy::hex(&sha256(&presented)) });
        let entry = Entry { action: way.action(), epoch, claim: None, spends: None, detail };
        match commit(app, report, &standing, opened, entry, attempt.peer).await? {
            Committed::Open(opened) => return Ok(*opened),
            // It was changed or removed between the look at it and the commit: look again.
            Committed::Stale => {}
        }
    }
    Err(note_failure(report, &Failure::Unsettled))
}

fn presented(report: &mut Report, peer: &Peer) -> Result<Arc<[u8]>, Cause> {
    let Some(presented) = &peer.client_certificate else {
        let finding = Finding::seen("no client certificate").but("one");
        report.fail(StepId::ExtensionClientCertificate, finding);
        return Err(Cause::Step);
    };
    report.pass(StepId::ExtensionClientCertificate, crate::entropy::hex(&sha256(presented)));
    Ok(Arc::clone(presented))
}

/// The extension as the store has it now: a refusal has no commit that would turn an old decision away.
async fn registered(
    app: &App,
    report: &mut Report,
    key: &str,
) -> Result<(ExtensionKey, StoredExtension, Epoch), Cause> {
    let found = match ExtensionKey::new(key) {
        Ok(key) => app.store.extension(key.as_str()).await.map(|(found, epoch)| Some((key, found?, epoch))),
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some((key, extension, epoch))) => {
            app.standings.saw(epoch);
            report.pass(StepId::ExtensionRegistered, Seen::Nothing);
            Ok((key, extension, epoch))
        }
        Ok(None) => {
            let seen: String = key.chars().take(MOST_SHOWN).collect();
            report.fail(
                StepId::ExtensionRegistered,
                Finding::seen(seen).but("the key of a registered extension"),
            );
            Err(Cause::Step)
        }
        Err(error) => Err(note_failure(report, &error.into())),
    }
}

fn check_certificate(
    report: &mut Report,
    extension: &StoredExtension,
    presented: &[u8],
) -> Result<(), Cause> {
    let fingerprint = |der: &[u8]| crate::entropy::hex(&sha256(der));
    let finding = match &extension.certificate {
        Some(known) if known.as_slice() == presented => {
            report.pass(StepId::ExtensionCertificate, Seen::Nothing);
            return Ok(());
        }
        Some(known) => Finding::seen(fingerprint(presented)).but(fingerprint(known)),
        None => Finding::seen("an extension without certificate").but("one that was set"),
    };
    report.fail(StepId::ExtensionCertificate, finding);
    Err(Cause::Step)
}

fn check_subject(
    app: &App,
    report: &mut Report,
    extension: &StoredExtension,
    presented: &[u8],
) -> Result<(), Cause> {
    let Some(wanted) = extension.subject_name.as_deref().filter(|name| !name.is_empty()) else {
        report.fail(StepId::ExtensionSubjectName, Finding::seen("no subject name").but("one"));
        return Err(Cause::Step);
    };
    report.pass(StepId::ExtensionSubjectName, Seen::Nothing);
    let certificate = match of_the_lab(app, presented) {
        Ok(certificate) => certificate,
        Err(why) => {
            report.fail(
                StepId::ExtensionChain,
                Finding::seen(why).but("a certificate of the lab CA, in force"),
            );
            return Err(Cause::Step);
        }
    };
    report.pass(StepId::ExtensionChain, Seen::Nothing);
    let same = DistinguishedName::parse(wanted)
        .is_ok_and(|wanted| DistinguishedName::of_subject(&certificate).is_some_and(|seen| wanted.is(&seen)));
    if !same {
        report.fail(StepId::ExtensionSubject, Finding::seen(certificate.subject()).but(wanted.to_owned()));
        return Err(Cause::Step);
    }
    report.pass(StepId::ExtensionSubject, Seen::Nothing);
    Ok(())
}

fn of_the_lab(app: &App, presented: &[u8]) -> Result<Certificate, String> {
    let authority = app.authority.as_ref().ok_or("this server has no CA")?;
    let certificate = Certificate::from_der(presented).map_err(|why| why.to_string())?;
    check_issued(&certificate, authority, app.now()).map_err(|why| why.to_string())?;
    Ok(certificate)
}

/// As whom the session will act: what [`super::sessions::caller`] will find at every call.
async fn standing(app: &App, key: &ExtensionKey) -> Result<Arc<Standing>, Failure> {
    let found = app.standings.find(app, Lookup::Id(key.subject_id())).await?;
    Ok(found.map_or_else(|| Arc::new(Standing::of_extension(key, false)), |(standing, _)| standing))
}

/// Of a key that is none.
const MOST_SHOWN: usize = 64;
