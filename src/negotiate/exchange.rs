//! The course of an exchange: which token comes now, and what follows from it.
//!
//! The stage is taken out before a token is read, so that every error, and every panic, ends the exchange. Stages go
//! forward only: the longest way, Kerberos offered first and NTLM made of it, has three tokens, and no other has more.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::der::{OBJECT_IDENTIFIER, Reader};
use super::ntlm::{self, UnverifiedUser};
use super::spnego::{self, Answer, Init, Response, State};
use super::{Acceptor, Circumstances, Established, MAX_AGE, MAX_TOKEN, Mic, NegotiateError, Unclaimed};
use crate::clock::Moment;
use crate::entropy::hex;

/// One client's exchange. It lives between tokens, wherever the caller keeps it, and ends with the first error.
pub struct Exchange {
    stage: Stage,
    began: Moment,
}

/// What follows from a token.
#[derive(Debug)]
pub enum Step {
    /// The client must answer this.
    Continue(Vec<u8>),
    /// The client has proven who it is.
    Done {
        /// A last token, with which this end proves itself; a client that has no place for it can do without.
        token: Option<Vec<u8>>,
        /// The proof.
        unclaimed: Unclaimed,
    },
}

enum Stage {
    Fresh,
    /// SPNEGO: a mechanism is chosen, its first token comes now.
    Chosen(Negotiation),
    /// A challenge was sent, inside SPNEGO or not.
    Challenged(ntlm::Pending, Option<Negotiation>),
    /// Everything is proven but the list of mechanisms.
    OwesMic(Unclaimed, Mic, Negotiation),
    Ended,
}

/// What SPNEGO remembers.
struct Negotiation {
    list: Vec<u8>,
    mechanism: Chosen,
    /// The chosen mechanism is not the client's first: somebody may have changed the list.
    mic_needed: bool,
    /// `supportedMech` has been sent.
    announced: bool,
}

#[derive(Clone, Copy)]
struct Chosen {
    identifier: &'static [u8],
    kerberos: bool,
}

impl Exchange {
    /// An exchange that has not begun.
    #[must_use]
    pub const fn new(now: Moment) -> Self {
        Self { stage: Stage::Fresh, began: now }
    }

    /// Whose NT hash [`Acceptor::step`] will ask for if it is given this token.
    #[must_use]
    pub fn unverified_user(&self, token: &[u8]) -> Option<UnverifiedUser> {
        match &self.stage {
            _ if token.len() > MAX_TOKEN => None,
            Stage::Challenged(_, None) => ntlm::unverified_user(token),
            Stage::Challenged(_, Some(_)) => ntlm::unverified_user(Response::read(token).ok()?.token?),
            Stage::Fresh | Stage::Chosen(_) | Stage::OwesMic(..) | Stage::Ended => None,
        }
    }

    /// Whether a token is the first one of an exchange, whatever this one waits for: its client has given up and begins
    /// again.
    #[must_use]
    pub fn begins_with(token: &[u8]) -> bool {
        token.first() == Some(&GSS) || ntlm::is_negotiate(token)
    }

    /// When the exchange may be forgotten.
    #[must_use]
    pub fn expires_at(&self) -> Moment {
        self.began.plus(MAX_AGE)
    }
}

impl Acceptor {
    /// Takes the client's next token.
    ///
    /// # Errors
    /// [`NegotiateError`]; the exchange is over then.
    pub fn step(
        &self,
        exchange: &mut Exchange,
        token: &[u8],
        circumstances: &Circumstances<'_>,
    ) -> Result<Step, NegotiateError> {
        let stage = std::mem::replace(&mut exchange.stage, Stage::Ended);
        match token.len() {
            0 => return Err(NegotiateError::Empty),
            length if length > MAX_TOKEN => return Err(NegotiateError::TooLong(length)),
            _ if circumstances.now >= exchange.expires_at() => return Err(NegotiateError::Expired),
            _ => {}
        }
        // Nothing is known to panic. The parsers below are partly others', and stand before every login.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.take(stage, token, circumstances)));
        let (stage, step) = outcome.map_err(|_| NegotiateError::Panicked)??;
        exchange.stage = stage;
        Ok(step)
    }

    fn take(
        &self,
        stage: Stage,
        token: &[u8],
        now: &Circumstances<'_>,
    ) -> Result<(Stage, Step), NegotiateError> {
        match stage {
            Stage::Fresh => self.first(token, now),
            Stage::Chosen(negotiation) => {
                let response = response(token)?;
                let token = response.token.ok_or(NegotiateError::NoToken)?;
                self.begin(negotiation, token, response.mic, now)
            }
            Stage::Challenged(pending, None) => {
                let Established { token, unclaimed, .. } = self.authenticate(&pending, token, now)?;
                Ok((Stage::Ended, Step::Done { token, unclaimed }))
            }
            Stage::Challenged(pending, Some(negotiation)) => {
                let response = response(token)?;
                let token = response.token.ok_or(NegotiateError::NoToken)?;
                conclude(negotiation, self.authenticate(&pending, token, now)?, response.mic)
            }
            Stage::OwesMic(unclaimed, mic, negotiation) => {
                let response = response(token)?;
                let theirs = response.mic.ok_or(NegotiateError::NoMechListMic)?;
                if !mic.holds(&negotiation.list, theirs) {
                    return Err(NegotiateError::MechListMic);
                }
                // Both signatures are sent: the client is through, and takes no token more (MIT's refuses it).
                Ok((Stage::Ended, Step::Done { token: None, unclaimed }))
            }
            Stage::Ended => Err(NegotiateError::Ended),
        }
    }

    fn first(&self, token: &[u8], now: &Circumstances<'_>) -> Result<(Stage, Step), NegotiateError> {
        if ntlm::is_ntlm(token) {
            let pending = self.challenge(token, now)?;
            let challenge = pending.token().to_vec();
            return Ok((Stage::Challenged(pending, None), Step::Continue(challenge)));
        }
        if let Some(other) = token.first().filter(|tag| **tag != GSS) {
            return Err(NegotiateError::UnknownToken(*other));
        }
        let mut inside = Reader::new(Reader::only(token, GSS)?);
        match inside.element(OBJECT_IDENTIFIER)? {
            spnego::SPNEGO => self.negotiate(&Init::read(inside.rest())?, now),
            spnego::KERBEROS => {
                let Established { token, unclaimed, .. } = self.kerberos(token, now)?;
                Ok((Stage::Ended, Step::Done { token, unclaimed }))
            }
            other => Err(NegotiateError::UnknownMechanism(written(other))),
        }
    }

    /// The first mechanism of the client's list that is accepted here.
    fn negotiate(&self, init: &Init<'_>, now: &Circumstances<'_>) -> Result<(Stage, Step), NegotiateError> {
        let chosen = init.mechanisms.iter().enumerate().find_map(|(place, offered)| {
            let known = MECHANISMS.iter().find(|known| known.identifier == *offered)?;
            let accepted = if known.kerberos { self.kerberos.is_some() } else { self.ntlm.is_some() };
            accepted.then_some((place, *known))
        });
        let Some((place, mechanism)) = chosen else {
            let offered = init.mechanisms.iter().map(|offered| written(offered)).collect();
            return Err(NegotiateError::NoCommonMechanism { offered });
        };
        let mic_needed = place != 0;
        let mut negotiation =
            Negotiation { list: init.list.to_vec(), mechanism, mic_needed, announced: false };
        match init.token {
            Some(token) if !mic_needed => self.begin(negotiation, token, init.mic, now),
            // A token of a mechanism that was not chosen is of no use.
            _ => {
                let state = if mic_needed { State::RequestMic } else { State::Incomplete };
                let mechanism = negotiation.announce();
                let answer = Answer { state, mechanism, ..Answer::default() }.write();
                Ok((Stage::Chosen(negotiation), Step::Continue(answer)))
            }
        }
    }

    /// The first token of the chosen mechanism.
    fn begin(
        &self,
        mut negotiation: Negotiation,
        token: &[u8],
        mic: Option<&[u8]>,
        now: &Circumstances<'_>,
    ) -> Result<(Stage, Step), NegotiateError> {
        if negotiation.mechanism.kerberos {
            return conclude(negotiation, self.kerberos(token, now)?, mic);
        }
        let pending = self.challenge(token, now)?;
        let mechanism = negotiation.announce();
        let answer = Answer { mechanism, token: Some(pending.token()), ..Answer::default() }.write();
        Ok((Stage::Challenged(pending, Some(negotiation)), Step::Continue(answer)))
    }

    fn challenge(&self, token: &[u8], now: &Circumstances<'_>) -> Result<ntlm::Pending, NegotiateError> {
        let ntlm = self.ntlm.as_ref().ok_or(NegotiateError::NotAccepted("NTLM"))?;
        Ok(ntlm.challenge(token, now)?)
    }

    fn authenticate(
        &self,
        pending: &ntlm::Pending,
        token: &[u8],
        now: &Circumstances<'_>,
    ) -> Result<Established, NegotiateError> {
        let ntlm = self.ntlm.as_ref().ok_or(NegotiateError::NotAccepted("NTLM"))?;
        Ok(ntlm.judge(pending, token, now, self.binding_required)?)
    }

    fn kerberos(&self, token: &[u8], now: &Circumstances<'_>) -> Result<Established, NegotiateError> {
        let kerberos = self.kerberos.as_ref().ok_or(NegotiateError::NotAccepted("Kerberos"))?;
        Ok(kerberos.judge(token, now, self.binding_required)?)
    }
}

impl Negotiation {
    fn announce(&mut self) -> Option<&'static [u8]> {
        let first = !std::mem::replace(&mut self.announced, true);
        first.then_some(self.mechanism.identifier)
    }
}

/// The mechanism is through; now its signature of the list (RFC 4178 §5).
fn conclude(
    mut negotiation: Negotiation,
    established: Established,
    theirs: Option<&[u8]>,
) -> Result<(Stage, Step), NegotiateError> {
    let Established { token, unclaimed, mic } = established;
    let mechanism = negotiation.announce();
    let ours = mic.over(&negotiation.list);
    let mut answer = Answer { state: State::Completed, mechanism, token: token.as_deref(), mic: Some(&ours) };
    match theirs {
        Some(theirs) if !mic.holds(&negotiation.list, theirs) => return Err(NegotiateError::MechListMic),
        Some(_) => {}
        None if !negotiation.mic_needed && !mic.expected() => answer.mic = None,
        // An NTLM client is through when it sends AUTHENTICATE, and can sign.
        None if !negotiation.mechanism.kerberos => return Err(NegotiateError::NoMechListMic),
        None => {
            answer.state = State::Incomplete;
            let answer = answer.write();
            return Ok((Stage::OwesMic(unclaimed, mic, negotiation), Step::Continue(answer)));
        }
    }
    Ok((Stage::Ended, Step::Done { token: Some(answer.write()), unclaimed }))
}

/// An object identifier for the operator: hexadecimal, and no more of it than any real one has.
fn written(identifier: &[u8]) -> String {
    hex(identifier.get(..LONGEST_IDENTIFIER).unwrap_or(identifier))
}

fn response(token: &[u8]) -> Result<Response<'_>, NegotiateError> {
    let response = Response::read(token)?;
    if response.rejected { Err(NegotiateError::RejectedByClient) } else { Ok(response) }
}

/// `NegoEx`, the longest that Windows offers, has 10 bytes.
const LONGEST_IDENTIFIER: usize = 16;
/// Every mechanism of this house.
const MECHANISMS: [Chosen; 3] = [
    Chosen { identifier: spnego::KERBEROS, kerberos: true },
    Chosen { identifier: spnego::MICROSOFT_KERBEROS, kerberos: true },
    Chosen { identifier: spnego::NTLM, kerberos: false },
];
/// `[APPLICATION 0]`, the frame of a first token (RFC 2743 §3.1).
const GSS: u8 = 0x60;
