//! The signing keys as they stand in the store, and the tokens that were taken back: read once for each epoch.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::App;
use super::error::Failure;
use super::keys::FolderError;
use super::login_by_request::Request;
use super::policies::InForce;
use super::standings::Epoch;
use crate::clock::Moment;
use crate::identity::{Domain, well_known};
use crate::jwt::{Algorithm, TokenClass, VerificationKey};
use crate::pki::{Anchors, Certificate, TokenSigner, pem};
use crate::soap::Envelope;
use crate::store::{ExternalIssuer, KeyStatus};
use crate::verifier::{
    Door, Embedded, JsonJudgement, Judgement, Report, RequestJudgement, StepId, WantedToken,
};
use crate::verifier::{judge, judge_call, judge_embedded, judge_exchanged, judge_json_token, judge_request};

/// Whom the house trusts, at one epoch.
pub struct Trust {
    /// When it was read.
    pub epoch: Epoch,
    /// The active signing key, if its file is in this replica's key folder.
    pub signer: Option<Arc<TokenSigner>>,
    /// Everybody whose tokens are accepted.
    pub anchors: Anchors,
    /// The keys of JSON Web Tokens.
    pub json_keys: Vec<VerificationKey>,
    /// Other houses whose tokens are accepted, for their own users.
    pub externals: Vec<External>,
    /// Identifiers of revoked tokens.
    pub revoked: HashSet<String>,
    /// The policies of that epoch, or newer ones.
    pub policies: Arc<InForce>,
    read_at: Moment,
}

/// An external issuer (`sts.md` §7.6).
#[derive(Clone, Debug)]
pub struct External {
    /// Its entity identifier.
    pub issuer: String,
    /// The domain it speaks for: never this house's.
    pub domain: Domain,
    /// The groups of this domain that its users are mapped to.
    pub groups: Vec<String>,
}

impl Trust {
    /// The verifier's settings.
    fn rules(&self, app: &App) -> crate::verifier::Policy {
        let audiences = Some(vec![app.settings.issuer.clone()]);
        crate::verifier::Policy { tolerance: self.policies.token.clock_tolerance, audiences }
    }

    /// Judges a JSON Web Token: an access token must be for us, any other kind says who somebody is to whomever.
    #[must_use]
    pub fn judge_json(&self, app: &App, door: &'static str, token: &str, class: TokenClass) -> JsonJudgement {
        let issuer = app.settings.openid_issuer();
        let ours = [app.settings.issuer.clone(), issuer.clone()];
        let wanted = WantedToken {
            door,
            issuer: &issuer,
            class,
            audiences: (class == TokenClass::AccessToken).then_some(ours.as_slice()),
            tolerance: self.policies.token.clock_tolerance,
        };
        judge_json_token(token, &self.json_keys, &wanted, app.now())
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

/// The same for an HTTP request or a vAPI call with a token.
///
/// # Errors
/// [`Failure::Store`].
pub async fn judged_request(
    app: &App,
    request: &Request<'_>,
) -> Result<(Arc<Trust>, RequestJudgement), Failure> {
    let judge = |trust: &Trust| {
        let (anchors, rules, now) = (&trust.anchors, trust.rules(app), app.now());
        match request {
            Request::Sign { header, target, hosts } => {
                judge_request(header.clone(), target, hosts, anchors, &rules, now)
            }
            Request::Call(call) => judge_call(*call, anchors, &rules, now),
        }
    };
    judged_by(app, judge).await
}

/// The same for an access token, which comes by itself.
///
/// # Errors
/// [`Failure::Store`].
pub async fn judged_json(
    app: &App,
    door: &'static str,
    token: &str,
) -> Result<(Arc<Trust>, JsonJudgement), Failure> {
    judged_by(app, |trust| trust.judge_json(app, door, token, TokenClass::AccessToken)).await
}

/// The same for an assertion that is to be exchanged. The session of its presenter was opened with this token, if any.
///
/// # Errors
/// [`Failure::Store`].
pub async fn judged_exchanged(
    app: &App,
    token: &[u8],
    opened_with: Option<&str>,
) -> Result<(Arc<Trust>, Judgement), Failure> {
    let judge = |trust: &Trust| {
        judge_exchanged(token.to_vec(), opened_with, &trust.anchors, &trust.rules(app), app.now())
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

/// The newest [`Trust`], and the keys that this replica has seen in its folder.
pub struct TrustCell {
    signers: RwLock<Vec<Arc<TokenSigner>>>,
    current: RwLock<Option<Arc<Trust>>>,
}

impl TrustCell {
    pub(super) fn new(signers: Vec<TokenSigner>) -> Self {
        let signers = signers.into_iter().map(Arc::new).collect();
        Self { signers: RwLock::new(signers), current: RwLock::new(None) }
    }

    /// The newest key of the folder as it was at start.
    pub fn first_signer(&self) -> Option<Arc<TokenSigner>> {
        self.signers.read().unwrap_or_else(PoisonError::into_inner).first().cloned()
    }

    /// A key more.
    pub fn learn(&self, signer: Arc<TokenSigner>) {
        let mut signers = self.signers.write().unwrap_or_else(PoisonError::into_inner);
        if !signers.iter().any(|known| known.certificate() == signer.certificate()) {
            signers.push(signer);
        }
    }

    /// Trust at the newest epoch that was seen.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn current(&self, app: &App) -> Result<Arc<Trust>, Failure> {
        let newest = app.standings.epoch();
        let known = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(trust) = known.filter(|trust| trust.epoch == newest && !trust.may_be_complete_now(app)) {
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
        let signer = match keys.iter().find(|key| key.status == KeyStatus::Active) {
            Some(active) => self.signer(app, &active.sha256).await,
            None => None,
        };
        let trusted = keys.iter().filter(|key| matches!(key.status, KeyStatus::Active | KeyStatus::Previous));
        let leaves = trusted.filter_map(|key| pem::certificates(&key.chain_pem).ok()?.into_iter().next());
        let leaves: Vec<Certificate> = leaves.collect();
        let ours = leaves.iter().map(|leaf| (Some(app.settings.issuer.clone()), leaf.clone()));
        let anchors = Anchors::new(ours);
        let (external_anchors, externals) = externals(app).await?;
        let anchors = anchors.and_external(external_anchors);
        app.standings.saw(epoch);
        let policies = app.policies.current(app).await?;
        let json_keys = self.json_keys(app, &leaves, policies.token.jwt_algorithm).await;
        Ok(Trust { epoch, signer, anchors, json_keys, externals, revoked, policies, read_at: app.now() })
    }

    /// The keys of our own certificates, and those beside them where tokens are signed with such: what is not used is not
    /// believed either.
    async fn json_keys(
        &self,
        app: &App,
        leaves: &[Certificate],
        algorithm: Algorithm,
    ) -> Vec<VerificationKey> {
        let mut keys: Vec<VerificationKey> = leaves.iter().map(VerificationKey::of).collect();
        if algorithm == Algorithm::Es256 {
            for leaf in leaves {
                // A previous key that was taken out of the folder has nothing beside it any more.
                let signer = match self.known(&leaf.fingerprint()) {
                    Some(signer) => Some(signer),
                    None => self.found(app, &leaf.fingerprint()).await.ok().flatten(),
                };
                let beside = signer.and_then(|signer| Some(signer.elliptic().ok()?.public()));
                keys.extend(beside.map(|key| VerificationKey::beside(leaf, key)));
            }
        }
        keys
    }

    /// A key by its certificate. One that came after the start is looked for in the folder, once.
    async fn signer(&self, app: &App, sha256: &str) -> Option<Arc<TokenSigner>> {
        if let Some(known) = self.known(sha256) {
            return Some(known);
        }
        app.key_folder.as_ref()?;
        match self.found(app, sha256).await {
            Ok(Some(signer)) => return Some(signer),
            Ok(None) => tracing::error!(key = sha256, "the active signing key is not in the key folder"),
            Err(error) => tracing::error!(key = sha256, %error, "the active signing key cannot be read"),
        }
        self.known(sha256)
    }

    async fn found(&self, app: &App, sha256: &str) -> Result<Option<Arc<TokenSigner>>, FolderError> {
        let Some(folder) = app.key_folder.clone() else { return Ok(None) };
        let wanted = sha256.to_owned();
        let found = tokio::task::spawn_blocking(move || folder.find(&wanted)).await??;
        let Some(signer) = found.map(Arc::new) else { return Ok(None) };
        self.learn(Arc::clone(&signer));
        Ok(Some(signer))
    }

    fn known(&self, sha256: &str) -> Option<Arc<TokenSigner>> {
        let signers = self.signers.read().unwrap_or_else(PoisonError::into_inner);
        signers.iter().find(|signer| signer.certificate().fingerprint() == sha256).cloned()
    }
}

/// The certificates that other houses sign with, and what they may say. None of them is ever this house, whatever the
/// name of that has become since they were trusted.
async fn externals(app: &App) -> Result<(Vec<(String, Certificate)>, Vec<External>), Failure> {
    let (stored, _) = app.store.external_issuers().await?;
    let (mut anchors, mut externals) = (Vec::new(), Vec::new());
    for ExternalIssuer { issuer, domain, certificates_pem, mut groups } in stored {
        let Ok(domain) = Domain::new(&domain) else { continue };
        if issuer == app.settings.issuer || domain == app.settings.domain {
            tracing::warn!(
                issuer,
                domain = domain.as_str(),
                "an external issuer has this house's name: ignored"
            );
            continue;
        }
        let certificates = pem::certificates(&certificates_pem).unwrap_or_default();
        anchors.extend(certificates.into_iter().map(|certificate| (issuer.clone(), certificate)));
        groups.push(well_known::EXTERNAL_IDP_USERS.to_owned());
        externals.push(External { issuer, domain, groups });
    }
    Ok((anchors, externals))
}

impl Trust {
    /// The active key was not in the folder, and that was a while ago: a shared folder may be slow.
    fn may_be_complete_now(&self, app: &App) -> bool {
        let looked = self.signer.is_some() || app.key_folder.is_none();
        !looked && app.now() >= self.read_at.plus(LOOK_AGAIN)
    }
}

/// A key that is missing is looked for so often, whoever asks.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Steps whose outcome depends on the keys or the policies of the moment.
const MAY_CHANGE: [StepId; 9] = [
    StepId::JwtKey,
    StepId::JwtInForce,
    StepId::AssertionIssuer,
    StepId::AssertionSigner,
    StepId::AssertionSignature,
    StepId::AssertionInForce,
    StepId::MessageTimestamp,
    StepId::SignNonce,
    StepId::RpcTimestamp,
];
