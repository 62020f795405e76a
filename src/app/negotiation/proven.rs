//! A proof and whom it is good for, until the commit that wins its claim: decided at one epoch, reconsidered at the next.

use std::sync::Arc;

use super::super::App;
use super::super::error::{Cause, Failure};
use super::super::login::note_failure;
use super::super::standings::{Epoch, Lookup};
use super::account::{self, Candidate, Known, Sealed};
use super::{Errand, Negotiation};
use crate::identity::Standing;
use crate::negotiate::{Identity, Principal, Replayed, Unclaimed};
use crate::store::Claim;
use crate::verifier::{Finding, Report, Seen, StepId};

/// A proof, and the account that it is good for. Its claim belongs into the commit that believes it.
pub struct Proven {
    unclaimed: Unclaimed,
    standing: Arc<Standing>,
    epoch: Epoch,
    /// NTLM: what the proof was judged by.
    sealed: Option<Sealed>,
    token: Option<Vec<u8>>,
    pub(super) errand: Option<Errand>,
}

impl Proven {
    /// Whom it is good for.
    #[must_use]
    pub const fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// The epoch at which that was decided: the commit must still be in it.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What the commit must claim.
    #[must_use]
    pub const fn claim(&self) -> Claim {
        let claim = self.unclaimed.claim();
        Claim { key: claim.key, expires_at: claim.until }
    }

    /// What the first message of its exchange asked for.
    #[must_use]
    pub const fn errand(&self) -> Option<&Errand> {
        self.errand.as_ref()
    }

    /// Who was proven, for the audit.
    #[must_use]
    pub fn detail(&self) -> serde_json::Value {
        let identity = self.unclaimed.presumed();
        serde_json::json!({ "mechanism": identity.mechanism().name(), "proven": written(identity) })
    }

    /// The identity, and the last token for the client, when the commit won its claim.
    ///
    /// # Errors
    /// [`Replayed`].
    pub(super) fn claimed(self, won: bool) -> Result<(Identity, Option<Vec<u8>>), Replayed> {
        Ok((self.unclaimed.claimed(won)?, self.token))
    }

    /// The directory changed before the commit: whether the account may still act, and has the same password.
    ///
    /// # Errors
    /// The [`Cause`] for the door; the report has the step.
    pub async fn reconsider(&mut self, app: &App, report: &mut Report) -> Result<(), Cause> {
        let failed = |failure: Failure, report: &mut Report| note_failure(report, &failure);
        let lookup = Lookup::Id(self.standing.id.clone());
        let found = app.standings.find_now(app, lookup).await.map_err(|failure| failed(failure, report))?;
        (self.standing, self.epoch) = active(app, report, found, self.unclaimed.presumed())?;
        let Some(sealed) = &self.sealed else { return Ok(()) };
        let now = app.store.nt_hash(&self.standing.id).await.map_err(|error| failed(error.into(), report))?;
        let allowed = app.nt_hashes.as_ref().is_some_and(|hashes| hashes.allows(&self.standing));
        if allowed && now.as_ref() == Some(sealed) {
            return Ok(());
        }
        let finding = Finding::seen("the NT hash was changed meanwhile").but("the one that was judged by");
        report.fail(StepId::NegotiateAccount, finding);
        Err(Cause::Step)
    }
}

/// From a proof to whom it is good for.
pub(super) async fn prove(
    app: &App,
    negotiation: &Negotiation,
    report: &mut Report,
    (unclaimed, token): (Unclaimed, Option<Vec<u8>>),
    candidate: Option<Candidate>,
) -> Result<Proven, Cause> {
    let judged_by = candidate.map(|candidate| candidate.known);
    let (found, sealed) = if let Some(Known::Hash(found, sealed, _)) = judged_by {
        (Some(found), Some(sealed))
    } else {
        let found = account::of_identity(app, &negotiation.accounts, unclaimed.presumed()).await;
        (found.map_err(|failure| note_failure(report, &failure))?, None)
    };
    let (standing, epoch) = active(app, report, found, unclaimed.presumed())?;
    Ok(Proven { unclaimed, standing, epoch, sealed, token, errand: None })
}

fn active(
    app: &App,
    report: &mut Report,
    found: Option<(Arc<Standing>, Epoch)>,
    identity: &Identity,
) -> Result<(Arc<Standing>, Epoch), Cause> {
    let seen = match &found {
        None => "a name that is nobody's here",
        Some((standing, _)) if standing.disabled => "the account is disabled",
        Some((standing, _)) if standing.is_locked(app.now()) => "the account is locked",
        Some(_) => "",
    };
    if let Some(found) = found.filter(|_| seen.is_empty()) {
        report.pass(StepId::NegotiateAccount, Seen::Nothing);
        return Ok(found);
    }
    let seen = format!("{}: {seen}", written(identity));
    report.fail(StepId::NegotiateAccount, Finding::seen(seen).but("an active user of this domain"));
    Err(Cause::Step)
}

/// A proven name on one line.
pub(super) fn written(identity: &Identity) -> String {
    let (components, realm) = (identity.components().to_vec(), identity.realm().to_owned());
    Principal { components, realm }.to_string()
}
