//! The signing keys as they stand in the store, and the tokens that were taken back: read once for each epoch.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use super::App;
use super::error::Failure;
use super::login_by_request::Request;
use super::policies::InForce;
use super::standings::Epoch;
use crate::pki::{Anchors, TokenSigner, pem};
use crate::soap::Envelope;
use crate::store::KeyStatus;
use crate::verifier::{Door, Embedded, Judgement, Report, RequestJudgement, StepId};
use crate::verifier::{judge, judge_embedded, judge_request};

/// Whom the house trusts, at one epoch.
pub struct Trust {
    /// When it was read.
    pub epoch: Epoch,
    /// The active signing key, if its file is in this replica's key folder.
    pub signer: Option<Arc<TokenSigner>>,
    /// Everybody whose tokens are accepted.
    pub anchors: Anchors,
    /// Identifiers of revoked tokens.
    pub revoked: HashSet<String>,
    /// The policies of that epoch, or newer ones.
    pub policies: Arc<InForce>,
}

impl Trust {
    /// The verifier's settings.
    fn rules(&self, app: &App) -> crate::verifier::Policy {
        let audiences = Some(vec![app.settings.issuer.clone()]);
        crate::verifier::Policy { tolerance: self.policies.token.clock_tolerance, audiences }
    }
}

/// Judges a message by the keys that are trusted and the tolerance that is set. Where a newer key or tolerance might say
/// otherwise, it is judged again: a refusal has no commit that would turn it away.
///
/// # Errors
/// [`Failure::Store`].
pub async fn judged(app: &App, envelope: &Envelope, door: Door) -> Result<(Arc<Trust>, Judgement), Failure> {
    judged_by(app, |trust| judge(envelope, door, &trust.anchors, &trust.rules(app), app.now())).await
}

/// The same for a token in the body by itself.
///
/// # Errors
/// [`Failure::Store`].
pub async fn judged_embedded(
    app: &App,
    envelope: &Envelope,
    place: Embedded,
) -> Result<(Arc<Trust>, Judgement), Failure> {
    judged_by(app, |trust| judge_embedded(envelope, place, &trust.anchors, &trust.rules(app), app.now()))
        .await
}

/// The same for an HTTP request with a token.
///
/// # Errors
/// [`Failure::Store`].
pub async fn judged_request(
    app: &App,
    request: &Request<'_>,
) -> Result<(Arc<Trust>, RequestJudgement), Failure> {
    let Request { header, target, hosts } = request;
    let judge = |trust: &Trust| {
        judge_request(header.clone(), target, hosts, &trust.anchors, &trust.rules(app), app.now())
    };
    judged_by(app, judge).await
}

async fn judged_by<J: AsRef<Report>>(
    app: &App,
    by: impl Fn(&Trust) -> J,
) -> Result<(Arc<Trust>, J), Failure> {
    let trust = app.trust.current(app).await?;
    let judgement = by(&trust);
    let unsettled = judgement.as_ref().refusal().is_some_and(|step| MAY_CHANGE.contains(&step.id));
    if !unsettled || !app.standings.has_moved(app, trust.epoch).await? {
        return Ok((trust, judgement));
    }
    let trust = app.trust.current(app).await?;
    let judgement = by(&trust);
    Ok((trust, judgement))
}

/// The newest [`Trust`], and the keys of this replica's folder.
pub struct TrustCell {
    signers: Vec<Arc<TokenSigner>>,
    current: RwLock<Option<Arc<Trust>>>,
}

impl TrustCell {
    pub(super) fn new(signers: Vec<TokenSigner>) -> Self {
        Self { signers: signers.into_iter().map(Arc::new).collect(), current: RwLock::new(None) }
    }

    /// The keys of this replica's folder.
    pub fn signers(&self) -> impl Iterator<Item = &TokenSigner> {
        self.signers.iter().map(|signer| &**signer)
    }

    /// Trust at the newest epoch that was seen.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn current(&self, app: &App) -> Result<Arc<Trust>, Failure> {
        let newest = app.standings.epoch();
        let known = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(trust) = known.filter(|trust| trust.epoch == newest) {
            return Ok(trust);
        }
        let trust = Arc::new(self.read(app).await?);
        app.standings.saw(trust.epoch);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&trust));
        Ok(trust)
    }

    async fn read(&self, app: &App) -> Result<Trust, Failure> {
        let (keys, epoch) = app.store.signing_keys().await?;
        let (revoked, _) = app.store.revoked_tokens().await?;
        let active = keys.iter().find(|key| key.status == KeyStatus::Active);
        let signer = active.and_then(|key| {
            self.signers.iter().find(|signer| signer.certificate().fingerprint() == key.sha256).cloned()
        });
        let trusted = keys.iter().filter(|key| matches!(key.status, KeyStatus::Active | KeyStatus::Previous));
        let leaves = trusted.filter_map(|key| pem::certificates(&key.chain_pem).ok()?.into_iter().next());
        let anchors = Anchors::new(leaves.map(|leaf| (Some(app.settings.issuer.clone()), leaf)));
        app.standings.saw(epoch);
        let policies = app.policies.current(app).await?;
        Ok(Trust { epoch, signer, anchors, revoked, policies })
    }
}

/// Steps whose outcome depends on the keys or the policies of the moment.
const MAY_CHANGE: [StepId; 5] = [
    StepId::AssertionIssuer,
    StepId::AssertionSigner,
    StepId::AssertionSignature,
    StepId::AssertionInForce,
    StepId::MessageTimestamp,
];
