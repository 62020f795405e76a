//! Who somebody is by Kerberos or NTLM, token by token (`session-manager.md` §1.6). For every door that has a place for
//! such tokens: knows their bytes, not how they came.
//!
//! A step costs microseconds (AES, MD5, no slow hash), so it runs where it stands; nothing is awaited while an exchange
//! steps but the lookup of who an NTLM client says it is.

mod account;
mod pending;
mod proven;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub use self::account::Accounts;
use self::account::{Candidate, Known};
pub use self::pending::Beginning;
use self::pending::{Found, Held, NoSeat, Pending};
pub use self::proven::Proven;
use self::proven::{prove, written};
use super::error::{Cause, Failure};
use super::login::note_failure;
use super::{App, Peer, credentials, methods};
use crate::clock::Moment;
use crate::identity::Method;
use crate::negotiate::{
    Acceptor, ChannelBinding, Circumstances, Exchange, MAX_TOKEN, Mechanism, NegotiateError, NtlmError, Step,
    UnverifiedUser,
};
use crate::pki::Certificate;
use crate::secret::Secret;
use crate::verifier::{Finding, Report, Seen, StepId};
use crate::wstrust::IssueRequest;

/// What is accepted here, and the exchanges that are under way.
pub struct Negotiation {
    acceptor: Acceptor,
    accounts: Accounts,
    /// The binding of every connection to this service, which shows one certificate.
    channel: Option<ChannelBinding>,
    pending: Pending,
}

/// A token as it came.
pub struct Offer<'a> {
    /// In base64.
    pub token: &'a str,
    /// Names of exchanges that came with it: what [`Challenge::exchange`] said before.
    pub exchanges: &'a [Secret],
    /// How a new exchange waits; none = only one that waits already goes on.
    pub beginning: Option<Beginning>,
}

/// What a client asked for before it was known who it is.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The request.
    pub request: IssueRequest,
    /// The certificate whose key signed it.
    pub certificate: Option<Certificate>,
}

/// What follows from a token.
pub enum Negotiated {
    /// The client must answer this.
    Challenge(Challenge),
    /// The client is somebody, as soon as the claim is won.
    Proven(Box<Proven>),
}

/// A token for the client, and the name under which its answer is awaited.
#[derive(Debug)]
pub struct Challenge {
    /// The name of the exchange. It is no credential.
    pub exchange: Secret,
    /// In base64.
    pub token: String,
}

impl Negotiation {
    /// Nothing is under way. `channel` is the binding of this service's certificate.
    #[must_use]
    pub fn new(acceptor: Acceptor, accounts: Accounts, channel: Option<ChannelBinding>) -> Self {
        Self { acceptor, accounts, channel, pending: Pending::default() }
    }

    /// Forgets an exchange that its client needs no more.
    pub fn forget(&self, challenge: &Challenge) {
        self.pending.forget(&challenge.exchange);
    }

    /// Forgets exchanges that nobody goes on with.
    pub fn sweep(&self, now: Moment) {
        self.pending.sweep(now);
    }
}

/// Whether a cookie, or whatever else names things, names an exchange and nothing else.
#[must_use]
pub fn is_exchange(name: &Secret) -> bool {
    pending::is_name(name.expose())
}

/// What is accepted here, or the record that nothing is.
///
/// # Errors
/// [`Cause::Step`].
pub fn switched_on<'a>(app: &'a App, report: &mut Report) -> Result<&'a Negotiation, Cause> {
    let Some(negotiation) = &app.negotiation else {
        let finding = Finding::seen("neither a keytab nor ntlm").but("one of them in [sspi]");
        report.fail(StepId::NegotiateEnabled, finding);
        return Err(Cause::Step);
    };
    report.pass(StepId::NegotiateEnabled, Seen::Nothing);
    Ok(negotiation)
}

/// Takes the client's next token. `who` becomes whom it names, as soon as it names somebody: believed or not.
///
/// # Errors
/// The [`Cause`] for the door; the report has the step, and the exchange is over.
pub async fn take(
    app: &App,
    negotiation: &Negotiation,
    report: &mut Report,
    Offer { token, exchanges, beginning }: Offer<'_>,
    (who, peer): (&mut String, &Peer),
) -> Result<Negotiated, Cause> {
    methods::allow(app, report, Method::Windows).await?;
    let token = decoded(report, token)?;
    let anew = beginning.is_some() && Exchange::begins_with(&token);
    let (held, mut exchange) = match negotiation.pending.take(exchanges) {
        Found::Here(held, exchange) if !anew => (Some(held), exchange),
        Found::Here(..) | Found::Nothing if beginning.is_some() => (None, Box::new(Exchange::new(app.now()))),
        Found::Here(..) | Found::Nothing => {
            let finding = Finding::seen("Unknown session for challenge request!").but("a pending exchange");
            report.fail(StepId::NegotiateExchange, finding);
            return Err(Cause::Step);
        }
        Found::Busy => {
            let finding = Finding::seen("another token of the exchange is being judged").but("one at a time");
            report.fail(StepId::NegotiateExchange, finding);
            return Err(Cause::Step);
        }
    };
    let candidate = match exchange.unverified_user(&token) {
        Some(claimed) => {
            let candidate = account::candidate(app, app.nt_hashes.as_ref(), claimed).await;
            Some(candidate.map_err(|failure| note_failure(report, &failure))?)
        }
        None => None,
    };
    if let Some(candidate) = &candidate {
        *who = candidate.written();
    }
    let policies = app.policies.now(app).await.map_err(|failure| note_failure(report, &failure))?;
    let tolerance = policies.token.clock_tolerance;
    match negotiation.step((app, tolerance), &mut exchange, &token, candidate.as_ref()) {
        Err(error) => Err(refused(app, report, &error, candidate.as_ref(), held.is_some()).await),
        Ok(Step::Continue(token)) => {
            let waits = (held, exchange, beginning.unwrap_or_default());
            negotiation.go_on(app, report, waits, (&token, peer)).map(Negotiated::Challenge)
        }
        Ok(Step::Done { token, unclaimed }) => {
            // What was proven is used up, whatever comes of it.
            let errand = held.and_then(Held::errand);
            *who = written(unclaimed.presumed());
            report.pass(StepId::NegotiateProof, unclaimed.presumed().mechanism().name());
            let mut proven = prove(app, negotiation, report, (unclaimed, token), candidate).await?;
            proven.errand = errand;
            Ok(Negotiated::Proven(Box::new(proven)))
        }
    }
}

impl Negotiation {
    fn step(
        &self,
        (app, tolerance): (&App, Duration),
        exchange: &mut Exchange,
        token: &[u8],
        candidate: Option<&Candidate>,
    ) -> Result<Step, NegotiateError> {
        let nt_hash = |asked: &UnverifiedUser| {
            candidate.filter(|candidate| candidate.claimed == *asked).and_then(Candidate::hash).cloned()
        };
        let circumstances = Circumstances {
            now: app.now(),
            tolerance,
            entropy: &*app.entropy,
            channel: self.channel.as_ref(),
            nt_hash: &nt_hash,
        };
        self.acceptor.step(exchange, token, &circumstances)
    }

    /// The exchange waits for its next token: under the name that it has, or under a new one.
    fn go_on(
        &self,
        app: &App,
        report: &mut Report,
        (held, exchange, beginning): (Option<Held<'_>>, Box<Exchange>, Beginning),
        (token, peer): (&[u8], &Peer),
    ) -> Result<Challenge, Cause> {
        let name = match held {
            Some(held) => Ok(held.keep(exchange)),
            None => self.pending.add(exchange, beginning, &peer.ip_address, (&*app.entropy, app.now())),
        };
        match name {
            Ok(exchange) => Ok(Challenge { exchange, token: STANDARD.encode(token) }),
            Err(NoSeat::Entropy(error)) => Err(note_failure(report, &Failure::Entropy(error))),
            Err(full @ (NoSeat::Full(_) | NoSeat::Neighbourhood(_) | NoSeat::Taken)) => {
                report.fail(StepId::NegotiateExchange, Finding::seen(full.to_string()).but("fewer"));
                Err(Cause::Step)
            }
        }
    }
}

/// The commit won the proof's claim: the last token for the client, in base64, if there is one.
///
/// # Errors
/// The [`Cause`] for the door; the report has the step.
pub async fn settled(app: &App, report: &mut Report, proven: Proven) -> Result<Option<String>, Cause> {
    let subject = proven.standing().id.clone();
    let (identity, token) = proven.claimed(true).map_err(|_| replayed(report))?;
    // As after every right password: failures below a lock are forgotten.
    if identity.mechanism() == Mechanism::Ntlm
        && let Err(error) = app.store.password_succeeded(&subject, app.now()).await
    {
        tracing::warn!(%error, "failures before a right password could not be forgotten");
    }
    Ok(token.map(|token| STANDARD.encode(token)))
}

/// Records that the commit found the proof used before.
pub fn replayed(report: &mut Report) -> Cause {
    let finding = Finding::seen("the proof was used before").but("a fresh one");
    report.fail(StepId::NegotiateReplay, finding);
    Cause::Step
}

/// Programs that wrap their lines are understood.
fn decoded(report: &mut Report, text: &str) -> Result<Zeroizing<Vec<u8>>, Cause> {
    let wanted = "a token in base64 of at most 48 KiB";
    if text.len() > LONGEST_TEXT {
        let seen = format!("{} characters", text.len());
        report.fail(StepId::NegotiateToken, Finding::seen(seen).but(wanted));
        return Err(Cause::Step);
    }
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    match STANDARD.decode(plain) {
        Ok(token) => {
            report.pass(StepId::NegotiateToken, Seen::Count(token.len()));
            Ok(Zeroizing::new(token))
        }
        Err(error) => {
            report.fail(StepId::NegotiateToken, Finding::seen(error.to_string()).but(wanted));
            Err(Cause::Step)
        }
    }
}

/// Records why an exchange ended. A guess at a password counts like any other.
async fn refused(
    app: &App,
    report: &mut Report,
    error: &NegotiateError,
    candidate: Option<&Candidate>,
    pending: bool,
) -> Cause {
    let step = match error {
        NegotiateError::Expired | NegotiateError::Ended => StepId::NegotiateExchange,
        error if error.binding().is_some() => StepId::NegotiateBinding,
        _ => StepId::NegotiateProof,
    };
    let mut seen = error.to_string();
    match candidate {
        Some(candidate) if *error == NegotiateError::Ntlm(NtlmError::Proof) => {
            seen = format!("{seen}: {}", candidate.why());
            if let Known::Hash((standing, _), ..) = &candidate.known
                && let Err(failure) = credentials::count_failure(app, standing).await
            {
                return note_failure(report, &failure);
            }
        }
        _ if !pending && matches!(error, NegotiateError::Ntlm(NtlmError::Message { .. })) => {
            seen.push_str(", and no exchange of this client is pending");
        }
        _ => {}
    }
    report.fail(step, Finding::seen(seen).but("a proof by Kerberos or NTLM"));
    Cause::Step
}

/// Base64 of the longest token, and line breaks.
const LONGEST_TEXT: usize = MAX_TOKEN / 3 * 4 + 4_096;
