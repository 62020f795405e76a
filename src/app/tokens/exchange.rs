//! Kerberos and NTLM at the Security Token Service: which exchange a token goes on with, and what is asked for by it
//! (`sts.md` §2.5, §3.4; `clients.md` §2.9).
//!
//! An exchange waits under the Context that its client gave it, which counts for that client's address alone. Who gives
//! none goes on over the same connection, or by the Context of the answer. The token that ends it comes with the request
//! again, or the request is the one that began it.

use super::super::error::Cause;
use super::super::negotiation::{self, Beginning, Challenge, Errand, Negotiated, Offer, Proven};
use super::Call;
use super::issue::decided_against;
use super::requester::Requester;
use crate::pki::Certificate;
use crate::secret::Secret;
use crate::sts::Refusal;
use crate::verifier::{self, Finding, Report, StepId};
use crate::wstrust::{self, BinaryExchange, IssueRequest, RequestError};

/// What a message asks for.
pub(super) enum Asked {
    /// What it says itself.
    Here(Box<IssueRequest>),
    /// What the first message of its exchange said.
    Before(wstrust::Challenge),
}

/// A token that is to be judged, over however many attempts it takes to commit what follows.
pub(super) struct Leg<'a> {
    call: &'a Call<'a>,
    asked: &'a Asked,
    exchange: &'a BinaryExchange,
    begins: Option<Errand>,
}

impl Asked {
    /// The request of this message.
    pub fn here(&self) -> Option<&IssueRequest> {
        match self {
            Self::Here(request) => Some(request),
            Self::Before(_) => None,
        }
    }

    /// Its Context.
    pub fn into_context(self) -> Option<String> {
        match self {
            Self::Here(request) => request.context,
            Self::Before(challenge) => Some(challenge.context),
        }
    }

    fn context(&self) -> Option<&str> {
        match self {
            Self::Here(request) => request.context.as_deref(),
            Self::Before(challenge) => Some(&challenge.context),
        }
    }

    /// The token in the message, if there is one.
    ///
    /// # Errors
    /// The request names a key that did not sign it.
    pub fn leg<'a>(
        &'a self,
        call: &'a Call<'a>,
        report: &mut Report,
        proven: &verifier::Proven,
    ) -> Result<Option<Leg<'a>>, Cause> {
        let (exchange, begins) = match self {
            Self::Before(challenge) => (&challenge.exchange, None),
            Self::Here(request) => {
                let Some(exchange) = &request.exchange else { return Ok(None) };
                (exchange, Some(errand(report, request, proven)?))
            }
        };
        Ok(Some(Leg { call, asked: self, exchange, begins }))
    }
}

/// What is remembered of a request until its exchange is through. The key that it names is known by then.
fn errand(report: &mut Report, request: &IssueRequest, proven: &verifier::Proven) -> Result<Errand, Cause> {
    let signature = proven.signed.as_ref().map(verifier::SignedMessage::id);
    if request.use_key.is_some() && request.use_key.as_deref() != signature {
        return Err(decided_against(report, Refusal::UseKey));
    }
    let request = IssueRequest { use_key: None, exchange: None, ..request.clone() };
    let certificate = proven.certificate.as_ref().map(|proof| proof.certificate().clone());
    Ok(Errand { request, certificate })
}

impl Leg<'_> {
    /// Whether nothing but the exchange can say what is asked for.
    pub const fn is_errand(&self) -> bool {
        matches!(self.asked, Asked::Before(_))
    }

    /// Judges the token; what an earlier attempt proved is looked at again, as a token is good once.
    pub async fn take(
        self,
        report: &mut Report,
        earlier: Option<Box<Proven>>,
        who: &mut String,
    ) -> Result<Negotiated, Cause> {
        let (app, peer) = (self.call.app, self.call.peer);
        if let Some(mut proven) = earlier {
            proven.reconsider(app, report).await?;
            return Ok(Negotiated::Proven(proven));
        }
        let negotiation = negotiation::switched_on(app, report)?;
        let (exchanges, name) = self.names();
        let beginning = self.begins.map(|errand| Beginning { name, errand: Some(errand) });
        let offer = Offer { token: self.exchange.token.expose(), exchanges: &exchanges, beginning };
        negotiation::take(app, negotiation, report, offer, (who, peer)).await
    }

    /// The names under which its exchange may wait, and the one that a new exchange gets. A Context that a client made up
    /// is no secret: it means something only beside the address it came from (`attacks.md` W22).
    fn names(&self) -> (Vec<Secret>, Option<Secret>) {
        let Some(context) = self.asked.context() else {
            return (self.call.pending.to_vec(), None);
        };
        let own = Secret::new(format!("context {} {context}", self.call.peer.ip_address));
        let ours = Some(Secret::new(context)).filter(negotiation::is_exchange);
        ([own.clone()].into_iter().chain(ours).collect(), Some(own))
    }
}

/// The exchange is not needed: something else in the message says who asks (number 99 of `sts.md` §10.4).
pub(super) fn forget(call: &Call<'_>, challenge: &Challenge) {
    if let Some(negotiation) = &call.app.negotiation {
        negotiation.forget(challenge);
    }
}

/// The request that is to be answered: this message's, or the first one's, by the same key.
pub(super) fn request_of(
    report: &mut Report,
    asked: Asked,
    requester: &Requester,
) -> Result<IssueRequest, Cause> {
    let challenge = match asked {
        Asked::Here(request) => return Ok(*request),
        Asked::Before(challenge) => challenge,
    };
    let Some(errand) = requester.negotiated.as_ref().and_then(|proven| proven.errand()) else {
        let finding = Finding::seen("an exchange that asked for no token").but("one that an Issue began");
        report.fail(StepId::NegotiateExchange, finding);
        return Err(Cause::Step);
    };
    let key: Option<&Certificate> = requester.signature().map(|signature| signature.certificate);
    if key != errand.certificate.as_ref() {
        let finding = Finding::seen("another key, or none").but("the key that signed the first message");
        report.fail(StepId::CredentialAgreement, finding);
        return Err(Cause::Step);
    }
    // The other subject's token stood in the first message, which is gone.
    if errand.request.act_as.is_some() {
        let error = RequestError::Unsupported("ActAs".to_owned());
        report.fail(StepId::RequestShape, Finding::seen(error.to_string()));
        return Err(Cause::Request(error));
    }
    Ok(IssueRequest { context: Some(challenge.context), ..errand.request.clone() })
}
