//! Tokens that chance has changed: refused or not, but never a panic.

use super::fixtures::{Talk, acceptor};
use super::spnego::{init, list, response};
use super::{kerberos_client as kerberos, ntlm_client as ntlm};
use crate::negotiate::NegotiateError;
use crate::negotiate::spnego::{KERBEROS, NTLM};

/// A small generator, so that every run is the same run (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let wide = u128::from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)) * u128::try_from(bound).unwrap();
        usize::try_from(wide >> 64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// One to four changes: a byte, a run that is missing or doubled, an end that is cut.
    fn changed(&mut self, token: &[u8]) -> Vec<u8> {
        let mut token = token.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(token.len());
            let end = (at + self.below(8)).min(token.len());
            match self.below(6) {
                0 => token.truncate(at.max(1)),
                1 => drop(token.drain(at..end)),
                2 => token.extend_from_within(at..end),
                3 => token[at] ^= 1 << self.below(8),
                4 => token[at] = [0, 0x7f, 0x80, 0x81, 0x82, 0xff][self.below(6)],
                _ => token[at] = self.byte(),
            }
            if token.is_empty() {
                token.push(0x60);
            }
        }
        token
    }
}

const ROUNDS: usize = 20_000;

#[test]
fn no_changed_first_token_makes_the_acceptor_panic() {
    let (acceptor, mut chance) = (acceptor(), Chance(1));
    let ticket = kerberos::Client::default().token();
    let negotiate = ntlm::Client::default().negotiate();
    let tokens = [init(&[KERBEROS, NTLM], Some(&ticket)), ticket, init(&[NTLM], Some(&negotiate)), negotiate];
    for round in 0..ROUNDS {
        let token = chance.changed(&tokens[round % tokens.len()]);
        let step = Talk::with(&acceptor).say(&token);
        assert_ne!(step.err(), Some(NegotiateError::Panicked), "round {round}");
    }
}

#[test]
fn no_changed_second_token_makes_the_acceptor_panic_or_is_believed() {
    let (acceptor, client, mut chance) = (acceptor(), ntlm::Client::default(), Chance(2));
    for round in 0..ROUNDS {
        let mut talk = Talk::with(&acceptor);
        let raw = round % 2 == 0;
        let good = if raw {
            let challenge = talk.ask(&client.negotiate());
            client.answer(&challenge).token
        } else {
            let challenge = talk.ask(&init(&[NTLM], Some(&client.negotiate())));
            let at = challenge.windows(7).position(|bytes| bytes == b"NTLMSSP").unwrap();
            let theirs = client.answer(&challenge[at..]);
            let mic = ntlm::mic(&theirs.session, &list(&[NTLM]));
            response(None, Some(&theirs.token), Some(&mic))
        };
        let token = chance.changed(&good);
        let step = talk.say(&token);
        // SPNEGO's supportedMech is not read, so a change there alone is harmless; none of these tokens has one.
        assert!(step.is_err() || token == good, "round {round}: {step:?}");
        assert_ne!(step.err(), Some(NegotiateError::Panicked), "round {round}");
    }
}

#[test]
fn no_changed_ticket_or_authenticator_that_opens_makes_the_acceptor_panic() {
    let (acceptor, mut chance) = (acceptor(), Chance(3));
    for round in 0..ROUNDS / 10 {
        let broken = kerberos::Client::default().token_of_changed_parts(|part| chance.changed(part));
        let step = Talk::with(&acceptor).say(&broken);
        assert_ne!(step.err(), Some(NegotiateError::Panicked), "round {round}");
    }
}
