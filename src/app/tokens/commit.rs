//! One commit: the claim on a signed request, the token, the audit row.

use serde_json::json;

use super::super::admission::{append_once, replayed};
use super::super::audit::{accepted, note};
use super::super::error::{Cause, Failure};
use super::super::login::note_failure;
use super::super::negotiation;
use super::super::trust::Trust;
use super::Call;
use super::requester::Requester;
use crate::identity::Standing;
use crate::store::{Append, Appended, Issued};
use crate::sts::{Cut, Grant, Minted};
use crate::verifier::Report;

/// What is to be written down.
pub(super) struct Work<'a> {
    /// The subject of the token.
    pub subject: &'a Standing,
    /// What was granted.
    pub grant: &'a Grant,
    /// The token.
    pub minted: &'a Minted,
}

/// False when the directory changed meanwhile.
pub(super) async fn commit(
    call: &Call<'_>,
    report: &mut Report,
    trust: &Trust,
    requester: &Requester,
    work: &Work<'_>,
) -> Result<bool, Cause> {
    let (app, peer) = (call.app, call.peer);
    let Work { subject, grant, minted } = work;
    let confirmation = if grant.confirmation.is_some() { "holder-of-key" } else { "bearer" };
    let for_itself = requester.standing.id == subject.id;
    let principal = if for_itself { minted.subject.clone() } else { call.upn(&requester.standing) };
    let mut detail = json!({
        "token_id": minted.id, "confirmation": confirmation,
        "not_on_or_after": grant.not_on_or_after.millis_text().as_str(),
        "cut_by": grant.cut_by.map(Cut::as_str),
        "subject": (!for_itself).then_some(&minted.subject),
        "by_token": requester.admitted.as_ref().map(|earlier| &earlier.token().assertion().id),
        "delegate": grant.special.delegates.last().map(|delegate| &delegate.name),
    });
    if let (Some(proven), Some(detail)) = (&requester.negotiated, detail.as_object_mut()) {
        detail.extend(proven.detail().as_object().cloned().unwrap_or_default());
    }
    let append = Append {
        expects: Some(trust.epoch),
        claim: requester.claim(trust),
        issued: Some(Issued {
            id: minted.id.clone(),
            subject_id: (!subject.is_external()).then(|| subject.id.clone()),
            upn: minted.subject.clone(),
            confirmation: confirmation.to_owned(),
            issued_at: grant.issue_instant,
            not_before: grant.not_before,
            not_on_or_after: grant.not_on_or_after,
            signer_sha256: trust.signer.as_ref().map(|s| s.certificate().fingerprint()).unwrap_or_default(),
            trace: peer.trace.clone(),
        }),
        audit: vec![accepted(app, call.action(), &principal, &detail, peer)],
        ..Append::default()
    };
    let appended = match requester.negotiated {
        // A replayed proof is somebody else's, whatever is configured for messages.
        Some(_) => app.store.append(append).await.map_err(Failure::from),
        None => append_once(app, &trust.policies, append, peer).await,
    };
    match appended.map_err(|failure| note_failure(report, &failure))? {
        Appended::Committed => {
            note(call.action(), &principal, peer);
            metrics::counter!("vcsso_tokens_issued_total").increment(1);
            Ok(true)
        }
        Appended::Stale(newer) => {
            app.standings.saw(newer);
            Ok(false)
        }
        Appended::Replayed if requester.negotiated.is_some() => Err(negotiation::replayed(report)),
        // A limit is only asked for with a session.
        Appended::Replayed | Appended::SessionLimit { .. } => Err(replayed(report)),
    }
}
