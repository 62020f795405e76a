//! What a proof needs beside itself: the subject is known and active, nothing is revoked, a signed message comes once.
//!
//! [`Admitted`] is the only thing a login accepts. Its claim on the message is made in the commit that opens the
//! session, so that two equal messages cannot both win, on however many replicas (`decisions.md` §6, §7).

mod subject;

use std::sync::Arc;

use super::error::{Cause, Failure};
use super::standings::{Epoch, Lookup};
use super::trust::Trust;
use super::{App, Peer, Policies, ReplayMode};
use crate::clock::Moment;
use crate::identity::principal::fold;
use crate::identity::{LoginName, Standing};
use crate::store::{Append, Appended, Claim};
use crate::verifier::{
    Finding, Proven, Report, Seen, SignedMessage, SignedRequest, StepId, VerifiedJsonToken, VerifiedToken,
};

/// A verified token whose subject may act now.
#[derive(Debug)]
pub struct Admitted {
    token: VerifiedToken,
    standing: Arc<Standing>,
    delegates: Vec<Arc<Standing>>,
    epoch: Epoch,
    claim: Option<Claim>,
}

impl Admitted {
    /// The token.
    #[must_use]
    pub const fn token(&self) -> &VerifiedToken {
        &self.token
    }

    /// Its subject.
    #[must_use]
    pub const fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// Those who act for the subject, in order of time.
    #[must_use]
    pub fn delegates(&self) -> &[Arc<Standing>] {
        &self.delegates
    }

    /// Who presents it: the last delegate, or the subject itself (`sts.md` §3.3).
    #[must_use]
    pub fn presenter(&self) -> &Arc<Standing> {
        self.delegates.last().unwrap_or(&self.standing)
    }

    /// The epoch of the keys that judged it: the commit must still be in it. The standing is at least as new.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What the commit must claim.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        self.claim
    }
}

/// A verified JSON Web Token whose subject may act now.
#[derive(Debug)]
pub struct AdmittedJson {
    token: VerifiedJsonToken,
    standing: Arc<Standing>,
    epoch: Epoch,
}

impl AdmittedJson {
    /// The token.
    #[must_use]
    pub const fn token(&self) -> &VerifiedJsonToken {
        &self.token
    }

    /// Its subject.
    #[must_use]
    pub const fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// The epoch of the keys that judged it: the commit must still be in it.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }
}

/// Admits a verified JSON Web Token, or records why not.
///
/// # Errors
/// The [`Cause`] for the door; the report has the step.
pub async fn admit_json_token(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    token: VerifiedJsonToken,
) -> Result<AdmittedJson, Cause> {
    not_revoked(trust, report, &token.claims().id)?;
    let standing = subject::of_json(app, trust, report, &token.claims().subject).await?;
    Ok(AdmittedJson { token, standing, epoch: trust.epoch })
}

fn not_revoked(trust: &Trust, report: &mut Report, id: &str) -> Result<(), Cause> {
    if trust.revoked.contains(id) {
        report.fail(StepId::AdmissionRevoked, Finding::seen("a revoked token"));
        return Err(Cause::Step);
    }
    report.pass(StepId::AdmissionRevoked, Seen::Nothing);
    Ok(())
}

/// Admits what a message proved, or records why not.
///
/// # Errors
/// The [`Cause`] for the door; the report has the step.
pub async fn admit(app: &App, trust: &Trust, report: &mut Report, proven: Proven) -> Result<Admitted, Cause> {
    let claim = proven.signed.as_ref().and_then(|signed| claim_of(&trust.policies, signed));
    if let Some(token) = proven.token {
        admit_token(app, trust, report, token, claim).await
    } else {
        report.fail(StepId::AssertionPresent, Finding::seen("no assertion").but("one assertion"));
        Err(Cause::Step)
    }
}

/// What a signed message claims for itself, if replay is looked at.
#[must_use]
pub fn claim_of(policies: &Policies, signed: &SignedMessage) -> Option<Claim> {
    claim(policies, *signed.replay_key(), signed.expires())
}

/// What a signed request claims for itself, if replay is looked at.
#[must_use]
pub fn claim_of_request(policies: &Policies, signed: &SignedRequest) -> Option<Claim> {
    claim(policies, *signed.replay_key(), signed.expires())
}

fn claim(policies: &Policies, key: [u8; 32], expires_at: Moment) -> Option<Claim> {
    (policies.replay != ReplayMode::Off).then_some(Claim { key, expires_at })
}

/// Appends; where replay is only noted, a message that was seen before is noted and accepted (`decisions.md` §7).
///
/// # Errors
/// [`Failure::Store`].
pub async fn append_once(
    app: &App,
    policies: &Policies,
    append: Append,
    peer: &Peer,
) -> Result<Appended, Failure> {
    let again = (policies.replay == ReplayMode::Log).then(|| append.clone());
    match (app.store.append(append).await?, again) {
        (Appended::Replayed, Some(again)) => {
            tracing::warn!(trace = peer.trace, "a signed message was used before; accepted, as configured");
            Ok(app.store.append(Append { claim: None, ..again }).await?)
        }
        (appended, _) => Ok(appended),
    }
}

/// Records that the commit found the message used before.
pub fn replayed(report: &mut Report) -> Cause {
    report.fail(
        StepId::AdmissionReplay,
        Finding::seen("the signed message was used before").but("a fresh one"),
    );
    Cause::Step
}

/// Admits a verified token that is part of a message. What claims the message is the caller's to know.
///
/// # Errors
/// The [`Cause`] for the door; the report has the step.
pub async fn admit_token(
    app: &App,
    trust: &Trust,
    report: &mut Report,
    token: VerifiedToken,
    claim: Option<Claim>,
) -> Result<Admitted, Cause> {
    not_revoked(trust, report, &token.assertion().id)?;
    let standing = subject::of(app, trust, report, &token).await?;
    let delegates = delegates(app, report, &token).await?;
    Ok(Admitted { token, standing, delegates, epoch: trust.epoch, claim })
}

/// The chain, every one of it active, and the last one named as who presents the token.
async fn delegates(
    app: &App,
    report: &mut Report,
    token: &VerifiedToken,
) -> Result<Vec<Arc<Standing>>, Cause> {
    let claims = token.assertion();
    let (chain, presenter) = (&claims.conditions.delegates, &claims.subject.presenter);
    if chain.is_empty() && presenter.is_none() {
        return Ok(Vec::new());
    }
    let mut found = Vec::with_capacity(chain.len());
    for delegate in chain {
        found.push(active(app, report, &delegate.name, StepId::AdmissionDelegate).await?);
    }
    if chain.last().map(|delegate| &delegate.name) != presenter.as_ref() {
        let finding = Finding::seen("presented by another than the last delegate").but("the last delegate");
        report.fail(StepId::AdmissionDelegate, finding);
        return Err(Cause::Step);
    }
    report.pass(StepId::AdmissionDelegate, Seen::Count(found.len()));
    Ok(found)
}

async fn active(app: &App, report: &mut Report, upn: &str, step: StepId) -> Result<Arc<Standing>, Cause> {
    let wanted = "an active account of this domain";
    let seen = match account(app, upn).await {
        Ok(Some(standing)) if standing.is_active(app.now()) => return Ok(standing),
        Ok(Some(_)) => "an account that is not active",
        Ok(None) => "an account that is not known",
        Err(failure) => {
            report.fail(StepId::ServiceAvailable, Finding::seen(failure.to_string()));
            return Err(Cause::from(&failure));
        }
    };
    report.fail(step, Finding::seen(seen).but(wanted));
    Err(Cause::Step)
}

/// The account of a UPN of this domain.
async fn account(app: &App, upn: &str) -> Result<Option<Arc<Standing>>, Failure> {
    let Ok(name) = LoginName::parse(upn) else { return Ok(None) };
    let Some(account) = name.within(&app.settings.domain).filter(|_| name.domain.is_some()) else {
        return Ok(None);
    };
    let found = app.standings.find_active(app, Lookup::Name(fold(account)), app.now()).await?;
    Ok(found.map(|(standing, _)| standing))
}
