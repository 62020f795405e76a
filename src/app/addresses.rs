//! Wrong passwords by address: who tries one password on many accounts is slowed down, and no account is touched by it
//! (`attacks.md` U02).
//!
//! Only wrong passwords count. After too many of them the passwords that come from the address are checked one after the
//! other, each wrong one holds up the next, and few may wait. A right password that is remembered never gets here, so
//! people behind one address with a guesser notice little. What counts is the other end of the connection, whatever a
//! header says.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;
use tokio::sync::OwnedMutexGuard;

use super::Peer;
use crate::clock::Moment;
use crate::identity::LockoutPolicy;

/// What is known of addresses, in the memory of this replica.
pub struct Addresses {
    known: Cache<IpAddr, Arc<Address>>,
    held_up: AtomicU64,
}

/// One address.
#[derive(Default)]
struct Address {
    /// When the window began, and the wrong passwords since.
    counted: Mutex<Option<(Moment, u32)>>,
    waiting: AtomicUsize,
    lane: Arc<tokio::sync::Mutex<()>>,
}

/// The turn of an address that is checked one password at a time.
pub struct Turn(#[expect(dead_code, reason = "held, not read")] OwnedMutexGuard<()>);

/// Too many passwords of the address wait for their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded;

impl Default for Addresses {
    fn default() -> Self {
        Self { known: Cache::new(MOST_KNOWN), held_up: AtomicU64::new(0) }
    }
}

impl Addresses {
    /// Waits for the turn of an address that had too many wrong passwords; any other needs none.
    ///
    /// # Errors
    /// [`Crowded`].
    pub async fn turn(
        &self,
        peer: &Peer,
        policy: &LockoutPolicy,
        now: Moment,
    ) -> Result<Option<Turn>, Crowded> {
        let Some(address) = place(peer).and_then(|place| self.known.get(&place)) else { return Ok(None) };
        if !address.is_slow(policy, now) {
            return Ok(None);
        }
        let waits = Waits::enter(&address)?;
        let turn = Arc::clone(&address.lane).lock_owned().await;
        drop(waits);
        Ok(Some(Turn(turn)))
    }

    /// Counts a wrong password.
    pub fn failed(&self, peer: &Peer, policy: &LockoutPolicy, now: Moment) {
        let Some(place) = place(peer).filter(|_| policy.address_failures > 0) else { return };
        let known =
            self.known.get_or_insert_with(&place, || Ok::<_, std::convert::Infallible>(Arc::default()));
        let Ok(address) = known;
        address.count(policy, now);
    }

    /// Holds up whoever comes next.
    pub async fn hold_up(&self, policy: &LockoutPolicy) {
        self.held_up.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("vcsso_passwords_held_up_total").increment(1);
        tokio::time::sleep(policy.delay).await;
    }

    /// How often somebody was held up since the start.
    #[must_use]
    pub fn held_up(&self) -> u64 {
        self.held_up.load(Ordering::Relaxed)
    }
}

impl Address {
    fn count(&self, policy: &LockoutPolicy, now: Moment) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = counted.filter(|(since, _)| now < since.plus(policy.window));
        *counted = Some(runs.map_or((now, 1), |(since, failures)| (since, failures.saturating_add(1))));
    }

    fn is_slow(&self, policy: &LockoutPolicy, now: Moment) -> bool {
        let counted = *self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        policy.address_failures > 0
            && counted.is_some_and(|(since, failures)| {
                failures >= policy.address_failures && now < since.plus(policy.window)
            })
    }
}

/// A place in the queue of an address, given back when dropped.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn enter(address: &'a Address) -> Result<Self, Crowded> {
        let waits = Self(&address.waiting);
        if address.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING { Err(Crowded) } else { Ok(waits) }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Who has one address of IPv6 has 2⁶⁴ of them.
fn place(peer: &Peer) -> Option<IpAddr> {
    let address: IpAddr = peer.ip_address.parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    })
}

/// About 1 MiB.
const MOST_KNOWN: usize = 4_096;
/// With the delay as it is by default the last of them waits for less than the minute that clients wait for an answer.
const MOST_WAITING: usize = 16;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn peer(ip_address: &str) -> Peer {
        Peer { ip_address: ip_address.into(), ..Peer::default() }
    }

    fn policy() -> LockoutPolicy {
        LockoutPolicy { address_failures: 2, ..LockoutPolicy::default() }
    }

    async fn has_turn(addresses: &Addresses, ip_address: &str, policy: &LockoutPolicy, now: Moment) -> bool {
        addresses.turn(&peer(ip_address), policy, now).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn an_address_is_slow_from_its_last_allowed_failure_until_its_window_ends() {
        let addresses = Addresses::default();
        let (policy, start) = (policy(), Moment::EPOCH);
        for number in 1..=2 {
            assert!(!has_turn(&addresses, "192.0.2.1", &policy, start).await, "before the {number}th");
            addresses.failed(&peer("192.0.2.1"), &policy, start);
        }
        let end = start.plus(policy.window);
        for (address, now, slow) in [
            ("192.0.2.1", start, true),
            ("::ffff:192.0.2.1", start, true),
            ("192.0.2.2", start, false),
            ("local", start, false),
            ("192.0.2.1", end.minus(Duration::from_millis(1)), true),
            ("192.0.2.1", end, false),
        ] {
            assert_eq!(has_turn(&addresses, address, &policy, now).await, slow, "{address} {now}");
        }
        let off = LockoutPolicy { address_failures: 0, ..policy };
        assert!(!has_turn(&addresses, "192.0.2.1", &off, start).await);
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_address() {
        let addresses = Addresses::default();
        for address in ["2001:db8::1", "2001:db8::2"] {
            addresses.failed(&peer(address), &policy(), Moment::EPOCH);
        }
        assert!(has_turn(&addresses, "2001:db8::3", &policy(), Moment::EPOCH).await);
        assert!(!has_turn(&addresses, "2001:db8:0:1::3", &policy(), Moment::EPOCH).await);
    }

    #[tokio::test]
    async fn few_wait_and_the_rest_is_told_to_come_back() {
        let addresses = Arc::new(Addresses::default());
        for _ in 0..2 {
            addresses.failed(&peer("192.0.2.1"), &policy(), Moment::EPOCH);
        }
        let turn = addresses.turn(&peer("192.0.2.1"), &policy(), Moment::EPOCH).await.unwrap();
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..MOST_WAITING + 5 {
            let addresses = Arc::clone(&addresses);
            waiting.spawn(async move {
                addresses.turn(&peer("192.0.2.1"), &policy(), Moment::EPOCH).await.is_ok()
            });
        }
        for _ in 0..5 {
            assert!(!waiting.join_next().await.unwrap().unwrap(), "refused while the others wait");
        }
        drop(turn);
        assert!(waiting.join_all().await.into_iter().all(|served| served), "everybody who waited");
    }
}
