//! The acts: one function for each thing a person can ask for. Knows no HTTP and no wire fault.
//!
//! [`App`] is the world an act happens in: time, chance, store, keys, settings, and the short memories that make acts
//! cheap. Every act ends in one commit that carries its audit row.

pub mod accounts;
pub mod addresses;
pub mod admission;
pub mod audit;
pub mod caller;
pub mod catalogue;
pub mod certificates;
pub mod changes;
pub mod credentials;
pub mod details;
pub mod directory;
pub mod error;
pub mod events;
pub mod exchange;
pub mod explain;
pub mod extension_login;
pub mod extensions;
pub mod hashing;
pub mod history;
pub mod housekeeping;
pub mod identity_sources;
pub mod impersonation;
pub mod issued;
pub mod issuers;
pub mod keys;
pub mod local_tickets;
pub mod locale;
pub mod login;
pub mod login_by_json_token;
pub mod login_by_request;
pub mod login_by_sspi;
pub mod message;
pub mod methods;
pub mod negotiation;
pub mod nt_hashes;
pub mod objection;
pub mod openid;
pub mod operators;
pub mod passwords;
pub mod permissions;
pub mod policies;
pub mod registry;
pub mod roles;
pub mod roster;
pub mod seed;
pub mod sessions;
pub mod sso_login;
pub mod standings;
pub mod start;
pub mod tickets;
pub mod tokens;
pub mod trust;
pub mod users;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use crate::clock::{Clock, Moment};
use crate::entropy::Entropy;
use crate::identity::Domain;
use crate::lab::Exchanges;
use crate::pki::{Certificate, TokenSigner};
use crate::secret::Secret;
use crate::store::Store;

pub use caller::{Actor, Caller, Peer};
pub use error::{Cause, Refused};
pub use policies::Policies;

/// The world of every act.
pub struct App {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Memory that lasts.
    pub store: Store,
    /// What was configured.
    pub settings: Settings,
    /// Recent refusals with their evidence.
    pub exchanges: Exchanges,
    /// The lab CA, which vouches for the certificates of extensions; without it nobody does.
    pub authority: Option<Certificate>,
    /// That something happened.
    pub changes: changes::Changes,
    pub(crate) operator_token: Option<operators::OperatorToken>,
    pub(crate) hashing: hashing::HashingPool,
    pub(crate) credentials: credentials::Remembered,
    pub(crate) standings: standings::Standings,
    pub(crate) trust: trust::TrustCell,
    /// Where the private keys lie; without it only those that were given at start are known.
    pub(crate) key_folder: Option<Arc<dyn keys::KeyFolder>>,
    pub(crate) key_watch: keys::Watch,
    pub(crate) policies: policies::PolicyCell,
    pub(crate) addresses: addresses::Addresses,
    pub(crate) uses: sessions::Uses,
    pub(crate) local_tickets: Option<local_tickets::LocalTickets>,
    /// Kerberos and NTLM, where they are accepted.
    pub(crate) negotiation: Option<negotiation::Negotiation>,
    /// Where NT hashes are kept.
    pub(crate) nt_hashes: Option<nt_hashes::NtHashes>,
    /// How far this machine's clock is from the database's, in microseconds.
    pub(crate) clock_off_micros: AtomicI64,
}

/// What an act needs to know of the configuration, and nothing changes while the service runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The system domain.
    pub domain: Domain,
    /// The name under which tokens are issued; fixed at start (`decisions.md` §12).
    pub issuer: String,
}

impl Settings {
    /// The name under which JSON Web Tokens are issued: `/openidconnect/<domain>` where the other one has its metadata.
    #[must_use]
    pub fn openid_issuer(&self) -> String {
        let base = self.issuer.split_once(METADATA).map_or(self.issuer.as_str(), |(base, _)| base);
        format!("{base}/openidconnect/{}", self.domain.as_str())
    }
}

/// Where every issuer's metadata is (`decisions.md` §12).
const METADATA: &str = "/websso/SAML2/Metadata/";

/// What happens to a signed message that is seen twice (`decisions.md` §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplayMode {
    /// It is refused.
    #[default]
    Enforce,
    /// It is accepted and noted.
    Log,
    /// It is accepted.
    Off,
}

impl App {
    /// The world at start.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        store: Store,
        settings: Settings,
        policies: Policies,
        signers: Vec<TokenSigner>,
    ) -> Self {
        Self {
            credentials: credentials::Remembered::new(&*entropy),
            hashing: hashing::HashingPool::default(),
            standings: standings::Standings::default(),
            trust: trust::TrustCell::new(signers),
            operator_token: None,
            key_folder: None,
            key_watch: keys::Watch::default(),
            policies: policies::PolicyCell::new(policies),
            addresses: addresses::Addresses::default(),
            uses: sessions::Uses::default(),
            local_tickets: None,
            negotiation: None,
            nt_hashes: None,
            clock_off_micros: AtomicI64::new(0),
            exchanges: Exchanges::default(),
            authority: None,
            changes: changes::Changes::default(),
            clock,
            entropy,
            store,
            settings,
        }
    }

    /// Gives out local tickets, as an `ESXi` host does.
    #[must_use]
    pub fn with_local_tickets(mut self, tickets: local_tickets::LocalTickets) -> Self {
        self.local_tickets = Some(tickets);
        self
    }

    /// The same with a key folder, in which keys appear later too.
    #[must_use]
    pub fn with_key_folder(self, folder: Arc<dyn keys::KeyFolder>) -> Self {
        Self { key_folder: Some(folder), ..self }
    }

    /// The same, operated by whoever shows this token.
    #[must_use]
    pub fn operated_by(self, token: &Secret) -> Self {
        Self { operator_token: Some(operators::OperatorToken::new(token)), ..self }
    }

    /// The same with a lab CA.
    #[must_use]
    pub fn with_authority(self, authority: Certificate) -> Self {
        Self { authority: Some(authority), ..self }
    }

    /// The same, with logins by Kerberos or NTLM.
    #[must_use]
    pub fn accepting(mut self, negotiation: Option<negotiation::Negotiation>) -> Self {
        self.negotiation = negotiation;
        self
    }

    /// The same, keeping NT hashes of users who ask for it.
    #[must_use]
    pub fn keeping(mut self, nt_hashes: Option<nt_hashes::NtHashes>) -> Self {
        self.nt_hashes = nt_hashes;
        self
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The policies in force, by the store of now.
    ///
    /// # Errors
    /// [`error::Failure::Store`].
    pub async fn policies_now(&self) -> Result<Arc<policies::InForce>, error::Failure> {
        self.policies.now(self).await
    }

    /// How often argon2 was run since the start (`decisions.md` §35).
    #[must_use]
    pub fn password_hashes(&self) -> u64 {
        self.hashing.done()
    }

    /// How often a wrong password held up the next since the start.
    #[must_use]
    pub fn held_up(&self) -> u64 {
        self.addresses.held_up()
    }
}
