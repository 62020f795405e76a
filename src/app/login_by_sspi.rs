//! Opening sessions by Kerberos or NTLM: `LoginBySSPI` (`session-manager.md` §1.6).

use super::audit::{Action, refuse};
use super::error::{Cause, Failure, Refused};
use super::login::{
    Attempt, Committed, Entry, MOST_ATTEMPTS, Opened, commit, new_session, note_failure, preconditions,
};
use super::negotiation::{self, Challenge, Negotiated, Offer, Proven};
use super::{App, Peer, locale::Locales, methods};
use crate::identity::Method;
use crate::verifier::Report;

/// What follows from a token.
pub enum Outcome {
    /// The client must go on.
    Challenge(Challenge),
    /// The session is open. The last token of the exchange has no place in the answer; clients do without.
    Opened(Box<Opened>),
}

/// `LoginBySSPI`: one token of an exchange.
///
/// # Errors
/// [`Refused`].
pub async fn by_sspi(app: &App, offer: Offer<'_>, attempt: Attempt<'_>) -> Result<Outcome, Refused> {
    let mut report = Report::new("sdk", app.now());
    let mut who = String::new();
    match judge(app, &mut report, &mut who, offer, &attempt).await {
        Ok(outcome) => Ok(outcome),
        Err(cause) => Err(refuse(app, Action::LoginBySspi, &who, report, cause, attempt.peer).await),
    }
}

async fn judge(
    app: &App,
    report: &mut Report,
    who: &mut String,
    offer: Offer<'_>,
    attempt: &Attempt<'_>,
) -> Result<Outcome, Cause> {
    let negotiation = negotiation::switched_on(app, report)?;
    let locales = preconditions(report, attempt)?;
    match negotiation::take(app, negotiation, report, offer, (who, attempt.peer)).await? {
        Negotiated::Challenge(challenge) => Ok(Outcome::Challenge(challenge)),
        Negotiated::Proven(proven) => {
            open(app, report, *proven, &locales, attempt.peer).await.map(Outcome::Opened)
        }
    }
}

async fn open(
    app: &App,
    report: &mut Report,
    mut proven: Proven,
    locales: &Locales,
    peer: &Peer,
) -> Result<Box<Opened>, Cause> {
    for _ in 0..MOST_ATTEMPTS {
        methods::allow(app, report, Method::Windows).await?;
        let (epoch, claim, detail) = (proven.epoch(), Some(proven.claim()), proven.detail());
        let entry = Entry { action: Action::LoginBySspi, epoch, claim, spends: None, detail };
        let standing = std::sync::Arc::clone(proven.standing());
        let opened = new_session(app, &standing, locales, None, peer);
        let opened = opened.map_err(|failure| note_failure(report, &failure))?;
        match commit(app, report, &standing, opened, entry, peer).await? {
            Committed::Open(opened) => {
                negotiation::settled(app, report, proven).await?;
                return Ok(opened);
            }
            Committed::Stale => proven.reconsider(app, report).await?,
        }
    }
    Err(note_failure(report, &Failure::Unsettled))
}
