//! Exchanges that wait for the client's next token: few, short-lived, and named by a secret that only the client has.
//!
//! The name proves nothing and opens nothing; it finds the exchange again. An exchange is taken out while it steps, so
//! that of two tokens sent at once one finds nobody at home, and a step that is cut off ends it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Errand;
use crate::clock::Moment;
use crate::entropy::{Entropy, NoEntropy, bytes, hex};
use crate::negotiate::Exchange;
use crate::pki::certificate::sha256;
use crate::secret::Secret;

/// The exchanges.
#[derive(Default)]
pub(super) struct Pending(Mutex<HashMap<Key, Seat>>);

type Key = [u8; 32];

struct Seat {
    neighbourhood: String,
    expires_at: Moment,
    errand: Option<Box<Errand>>,
    /// Nothing while it steps.
    exchange: Option<Box<Exchange>>,
}

/// How a new exchange waits.
#[derive(Default)]
pub struct Beginning {
    /// The name that its client gave it, together with whatever else tells clients apart; none = a new one.
    pub name: Option<Secret>,
    /// What its first message asks for, where the later ones do not say it again.
    pub errand: Option<Errand>,
}

/// What a name finds.
pub(super) enum Found<'p> {
    /// Nothing: a new exchange begins.
    Nothing,
    /// The exchange.
    Here(Held<'p>, Box<Exchange>),
    /// Another token of the exchange is being judged.
    Busy,
}

/// The seat of an exchange that steps; it is given up unless the exchange comes back.
pub(super) struct Held<'p> {
    pending: &'p Pending,
    name: Secret,
    kept: bool,
}

/// Why an exchange cannot wait here.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSeat {
    #[error("{0} exchanges are pending")]
    Full(usize),
    #[error("{0} exchanges of this address are pending")]
    Neighbourhood(usize),
    #[error("another exchange of this name is pending")]
    Taken,
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl Pending {
    /// Takes out the exchange of the first name that has one.
    pub(super) fn take(&self, names: &[Secret]) -> Found<'_> {
        let mut seats = self.seats();
        for name in names.iter().take(MOST_NAMES) {
            let Some(seat) = seats.get_mut(&key_of(name)) else { continue };
            return match seat.exchange.take() {
                Some(exchange) => {
                    Found::Here(Held { pending: self, name: name.clone(), kept: false }, exchange)
                }
                None => Found::Busy,
            };
        }
        Found::Nothing
    }

    /// Lets a new exchange wait, under the name that comes back: its own, or a new one.
    pub(super) fn add(
        &self,
        exchange: Box<Exchange>,
        Beginning { name, errand }: Beginning,
        address: &str,
        (entropy, now): (&dyn Entropy, Moment),
    ) -> Result<Secret, NoSeat> {
        let name = match name {
            Some(name) => name,
            None => Secret::new(format!("{PREFIX}{}", hex(&bytes::<32>(entropy)?))),
        };
        let neighbourhood = neighbourhood(address);
        let mut seats = self.seats();
        seats.retain(|_, seat| now < seat.expires_at);
        if seats.len() >= MOST_PENDING {
            return Err(NoSeat::Full(seats.len()));
        }
        if seats.contains_key(&key_of(&name)) {
            return Err(NoSeat::Taken);
        }
        let neighbours = seats.values().filter(|seat| seat.neighbourhood == neighbourhood).count();
        if neighbours >= MOST_OF_ONE_ADDRESS {
            return Err(NoSeat::Neighbourhood(neighbours));
        }
        let expires_at = exchange.expires_at();
        let seat = Seat { neighbourhood, expires_at, errand: errand.map(Box::new), exchange: Some(exchange) };
        seats.insert(key_of(&name), seat);
        Ok(name)
    }

    /// Forgets one exchange.
    pub(super) fn forget(&self, name: &Secret) {
        self.seats().remove(&key_of(name));
    }

    /// Forgets what nobody goes on with.
    pub(super) fn sweep(&self, now: Moment) {
        self.seats().retain(|_, seat| now < seat.expires_at);
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<Key, Seat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// The exchange waits for one more token, under its old name.
    pub(super) fn keep(mut self, exchange: Box<Exchange>) -> Secret {
        if let Some(seat) = self.pending.seats().get_mut(&key_of(&self.name)) {
            seat.exchange = Some(exchange);
        }
        self.kept = true;
        self.name.clone()
    }

    /// The exchange is through: what its first message asked for.
    pub(super) fn errand(self) -> Option<Errand> {
        let seat = self.pending.seats().remove(&key_of(&self.name));
        seat.and_then(|seat| seat.errand).map(|errand| *errand)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.pending.seats().remove(&key_of(&self.name));
        }
    }
}

/// Whether a text may be the name of an exchange: no session's cookie looks like it.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(PREFIX)
}

fn key_of(name: &Secret) -> Key {
    sha256(name.expose().as_bytes())
}

/// Who has one address of version 6 has a network of them.
fn neighbourhood(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            v6.segments().iter().take(4).map(|part| format!("{part:x}:")).collect()
        }
        _ => address.to_owned(),
    }
}

/// Keeps the names of exchanges and the cookies of sessions apart.
const PREFIX: &str = "sspi-";
/// A laboratory that starts logs in from hundreds of machines within a minute; each seat is at most two tokens.
const MOST_PENDING: usize = 1_000;
/// A machine runs a few programs at once, and each answers its challenge within milliseconds.
const MOST_OF_ONE_ADDRESS: usize = 8;
/// As many as cookies are looked at.
const MOST_NAMES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;
    use crate::negotiate::MAX_AGE;
    use crate::wstrust::IssueRequest;

    fn add(pending: &Pending, address: &str, now: Moment) -> Result<Secret, NoSeat> {
        pending.add(Box::new(Exchange::new(now)), Beginning::default(), address, (&SystemEntropy, now))
    }

    #[test]
    fn an_exchange_is_found_by_its_name_and_steps_once_at_a_time() {
        let pending = Pending::default();
        let name = add(&pending, "192.0.2.1", Moment::EPOCH).unwrap();
        assert!(is_name(name.expose()) && name.expose().len() == 69);
        let other = [Secret::new("sspi-0"), name.clone()];
        let Found::Here(held, exchange) = pending.take(&other) else { panic!("it is there") };
        assert!(matches!(pending.take(&other), Found::Busy));
        held.keep(exchange);
        let Found::Here(held, _) = pending.take(&other) else { panic!("it is there again") };
        drop(held);
        assert!(matches!(pending.take(&other), Found::Nothing), "a step that is cut off ends it");
    }

    #[test]
    fn a_client_names_its_exchange_and_what_it_asked_for_comes_out_once() {
        let pending = Pending::default();
        let name = Secret::new("context 192.0.2.1 c");
        let add = |request: &IssueRequest| {
            let errand = Some(Errand { request: request.clone(), certificate: None });
            let beginning = Beginning { name: Some(name.clone()), errand };
            let exchange = Box::new(Exchange::new(Moment::EPOCH));
            pending.add(exchange, beginning, "192.0.2.1", (&SystemEntropy, Moment::EPOCH))
        };
        let request = IssueRequest { delegatable: true, ..IssueRequest::default() };
        assert_eq!(add(&request).unwrap(), name);
        assert!(!is_name(name.expose()));
        assert!(matches!(add(&IssueRequest::default()), Err(NoSeat::Taken)));
        let Found::Here(held, exchange) = pending.take(std::slice::from_ref(&name)) else {
            panic!("it is there")
        };
        assert_eq!(held.keep(exchange), name);
        let Found::Here(held, _) = pending.take(std::slice::from_ref(&name)) else {
            panic!("it is there again")
        };
        assert_eq!(held.errand().unwrap().request, request);
        assert!(matches!(pending.take(std::slice::from_ref(&name)), Found::Nothing));
        add(&request).unwrap();
        pending.forget(&name);
        assert!(pending.seats().is_empty());
    }

    /// sts.md §10: 112. Nobody's is pushed out: who comes too late is told so.
    #[test]
    fn one_address_has_eight_seats_and_the_house_a_thousand() {
        let pending = Pending::default();
        for _ in 0..8 {
            add(&pending, "192.0.2.1", Moment::EPOCH).unwrap();
        }
        assert!(matches!(add(&pending, "192.0.2.1", Moment::EPOCH), Err(NoSeat::Neighbourhood(8))));
        for other in 0..992 {
            add(&pending, &format!("198.51.{}.{}", other / 250, other % 250), Moment::EPOCH).unwrap();
        }
        assert!(matches!(add(&pending, "203.0.113.1", Moment::EPOCH), Err(NoSeat::Full(1_000))));
        let later = Moment::EPOCH.plus(MAX_AGE);
        add(&pending, "192.0.2.1", later).unwrap();
        assert_eq!(pending.seats().len(), 1, "what is over makes room");
        pending.sweep(later.plus(MAX_AGE));
        assert!(pending.seats().is_empty());
    }

    #[test]
    fn a_network_of_version_six_is_one_address() {
        assert_eq!(neighbourhood("2001:db8::1"), neighbourhood("2001:db8:0:0:ffff::2"));
        assert_ne!(neighbourhood("2001:db8::1"), neighbourhood("2001:db8:0:1::1"));
        assert_ne!(neighbourhood("::ffff:192.0.2.1"), neighbourhood("::ffff:192.0.2.2"));
    }
}
