//! Kerberos as a service: the judgement of an AP-REQ by the keys of a keytab (RFC 4120 §3.2.3), and the AP-REP.
//!
//! AES only. A ticket for another service, of a realm that is not listed, or for nobody, is refused; a replay is not
//! seen here but by the [`Claim`](super::Claim) that comes out. Client addresses are not compared: nobody issues
//! tickets with them any more.

mod encryption;
mod gss;
mod message;

use std::time::Duration;

use zeroize::Zeroizing;

pub use self::encryption::EncryptionType;
pub(super) use self::encryption::Key;
pub(super) use self::gss::KerberosMic;
use self::message::{Client, MAX_NAME, Request, Sealed, Statement, Ticket};
use super::binding::{self, BindingError};
use super::der::DerError;
use super::identity::{Claim, Mechanism, Unclaimed};
use super::{Circumstances, Established, Keytab, Mic, Principal};
use crate::clock::Moment;
use crate::entropy::{NoEntropy, bytes};
use crate::pki::certificate::sha256;

/// What this end is to Kerberos.
#[derive(Debug)]
pub struct Kerberos {
    /// The keys.
    pub keytab: Keytab,
    /// The principals that tickets may be for. A keytab may hold others, which are none of this service's business.
    pub services: Vec<Principal>,
    /// The realms whose clients are accepted.
    pub realms: Vec<String>,
}

/// Why a Kerberos login was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KerberosError {
    /// See [`DerError`].
    #[error("a Kerberos token with {0}")]
    Der(#[from] DerError),
    /// The token is not that of an AP-REQ.
    #[error("a Kerberos token that is not an AP-REQ")]
    Frame,
    /// The message does not follow its grammar.
    #[error("a malformed Kerberos message")]
    Malformed,
    /// A name or realm that is too long.
    #[error("a Kerberos name of {0} bytes, at most {MAX_NAME} are read")]
    NameLength(usize),
    /// Another protocol version or message number.
    #[error("Kerberos version or message number {seen} instead of {wanted}")]
    Version {
        /// What it says.
        seen: i64,
        /// What it must say.
        wanted: i64,
    },
    /// The ticket is sealed with a session key, not with ours.
    #[error("a user-to-user ticket")]
    UserToUser,
    /// The ticket is for somebody else.
    #[error("a ticket for {seen}, not for any of {wanted:?}")]
    Service {
        /// Whom it is for.
        seen: Principal,
        /// Who this is.
        wanted: Vec<String>,
    },
    /// Not AES.
    #[error("Kerberos encryption type {0}, only AES (17 to 20) is accepted")]
    EncryptionType(i64),
    /// A key that is shorter or longer than its type.
    #[error("a Kerberos key of {seen} bytes, its type has {wanted}")]
    KeyLength {
        /// Its length.
        seen: usize,
        /// The length of its type.
        wanted: usize,
    },
    /// The keytab lacks the key.
    #[error("no key of type {kind:?} and version {version:?} in the keytab")]
    NoKey {
        /// The ticket's encryption type.
        kind: EncryptionType,
        /// The key's version, if the ticket names one.
        version: Option<u32>,
    },
    /// The ticket was sealed with another key, or changed.
    #[error("the ticket does not open with the key of the keytab")]
    Ticket,
    /// The ticket is postdated, or otherwise marked invalid.
    #[error("the ticket is marked invalid")]
    Invalid,
    /// The ticket is not yet, or no longer, good.
    #[error("the ticket is good from {begins} to {ends}, now is {now}")]
    Lifetime {
        /// Begin.
        begins: Moment,
        /// End.
        ends: Moment,
        /// Now.
        now: Moment,
    },
    /// The ticket names nobody.
    #[error("a ticket for an anonymous client")]
    Anonymous,
    /// The client's realm is not listed.
    #[error("a client of realm {seen:?}, not of any of {wanted:?}")]
    Realm {
        /// Its realm.
        seen: String,
        /// Realms that are accepted.
        wanted: Vec<String>,
    },
    /// The ticket came through other realms, and no KDC vouches for the way.
    #[error("a ticket that came through realms which no KDC has checked")]
    Transited,
    /// An authorization element that must be understood is not.
    #[error("authorization data of type {0} must be understood and is not")]
    Critical(i64),
    /// The authenticator was sealed with another key, or changed.
    #[error("the authenticator does not open with the key of the ticket")]
    Authenticator,
    /// Ticket and authenticator are about different clients.
    #[error("the ticket is {ticket}'s, the authenticator {authenticator}'s")]
    Client {
        /// The ticket's client.
        ticket: Principal,
        /// The authenticator's.
        authenticator: Principal,
    },
    /// The client's clock is off, or the token is old.
    #[error("the client's time is {seen}, now is {now}, {} s are tolerated", tolerance.as_secs())]
    Skew {
        /// The authenticator's time.
        seen: Moment,
        /// Now.
        now: Moment,
        /// The tolerance.
        tolerance: Duration,
    },
    /// The AP-REQ is not one of GSS-API.
    #[error("an authenticator with checksum type {checksum:?}, not that of GSS-API")]
    NotGss {
        /// Its type, if there is one.
        checksum: Option<i64>,
    },
    /// The client wants a third leg that only DCE has.
    #[error("DCE style is not done here")]
    DceStyle,
    /// See [`BindingError`].
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// The engine refused a key or a message.
    #[error("the cryptographic engine refused the answer")]
    Engine,
    /// See [`NoEntropy`].
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl Kerberos {
    /// Judges the first and only token of a client.
    pub(super) fn judge(
        &self,
        token: &[u8],
        circumstances: &Circumstances<'_>,
        binding_required: bool,
    ) -> Result<Established, KerberosError> {
        let (now, tolerance) = (circumstances.now, circumstances.tolerance);
        let request = Request::read(gss::unframed(token)?)?;
        let ticket = self.ticket(&request, circumstances)?;
        let statement = Self::statement(&request.authenticator, &ticket, circumstances)?;
        let wishes = gss::Wishes::read(statement.checksum.as_ref())?;
        if wishes.dce_style {
            return Err(KerberosError::DceStyle);
        }
        binding::judge(circumstances.channel, Some(&wishes.binding), binding_required)?;

        let theirs = statement.sequence;
        let (token, ours) = if wishes.mutual {
            let sequence = u32::from_be_bytes(bytes(circumstances.entropy)?) >> 2; // 30 bits, as others do
            let confounder = bytes(circumstances.entropy)?;
            (Some(answer(&ticket.key, &statement, sequence, confounder)?), sequence)
        } else {
            // Without a number of our own, counting begins with the client's (RFC 4121 §4.2.6.1, as MIT does).
            (None, theirs)
        };
        let claim = Claim {
            key: sha256(&request.authenticator.cipher),
            // The latest moment at which the same authenticator is accepted, and a little more.
            until: now.plus(tolerance * 2).plus(Duration::from_secs(1)),
        };
        let Principal { components, realm } = ticket.client.principal;
        let key = statement.subkey.unwrap_or(ticket.key);
        let unclaimed = Unclaimed::new((Mechanism::Kerberos, components, realm), key.bytes().clone(), claim);
        Ok(Established { token, unclaimed, mic: Mic::Kerberos(KerberosMic { key, theirs, ours }) })
    }

    fn ticket(&self, request: &Request, circumstances: &Circumstances<'_>) -> Result<Ticket, KerberosError> {
        if request.user_to_user {
            return Err(KerberosError::UserToUser);
        }
        if !self.services.contains(&request.service) {
            let wanted = self.services.iter().map(ToString::to_string).collect();
            return Err(KerberosError::Service { seen: request.service.clone(), wanted });
        }
        let ticket = Ticket::read(&self.opened(&request.service, &request.ticket)?)?;
        if ticket.flags.invalid {
            return Err(KerberosError::Invalid);
        }
        let (begins, ends) = (ticket.begins, ticket.ends);
        let (now, tolerance) = (circumstances.now, circumstances.tolerance);
        if begins.minus(tolerance) > now || now >= ends.plus(tolerance) {
            return Err(KerberosError::Lifetime { begins, ends, now });
        }
        self.client(&ticket, &request.service.realm)?;
        Ok(ticket)
    }

    fn opened(&self, service: &Principal, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, KerberosError> {
        let kind =
            EncryptionType::from_number(sealed.kind).ok_or(KerberosError::EncryptionType(sealed.kind))?;
        let mut keys = self.keytab.keys(service, kind, sealed.version).peekable();
        if keys.peek().is_none() {
            return Err(KerberosError::NoKey { kind, version: sealed.version });
        }
        let opened = keys.find_map(|key| key.open(TICKET, &sealed.cipher));
        opened.ok_or(KerberosError::Ticket)
    }

    /// Whether the ticket names somebody of a realm that is listed.
    fn client(&self, ticket: &Ticket, our_realm: &str) -> Result<(), KerberosError> {
        let Client { name_type, principal } = &ticket.client;
        let nobody = principal.components.iter().all(String::is_empty);
        let well_known = principal.components.first().is_some_and(|first| first == "WELLKNOWN");
        if ticket.flags.anonymous || *name_type == WELL_KNOWN || nobody || well_known {
            return Err(KerberosError::Anonymous);
        }
        if !self.realms.contains(&principal.realm) {
            let (seen, wanted) = (principal.realm.clone(), self.realms.clone());
            return Err(KerberosError::Realm { seen, wanted });
        }
        // A realm on the way could have made the client up; directly trusted ones are answered for by the list.
        if principal.realm != our_realm && ticket.transited && !ticket.flags.transited_policy_checked {
            return Err(KerberosError::Transited);
        }
        ticket.critical.map_or(Ok(()), |kind| Err(KerberosError::Critical(kind)))
    }

    fn statement(
        sealed: &Sealed,
        ticket: &Ticket,
        circumstances: &Circumstances<'_>,
    ) -> Result<Statement, KerberosError> {
        if sealed.kind != i64::from(ticket.key.kind().number()) {
            return Err(KerberosError::EncryptionType(sealed.kind));
        }
        let opened = ticket.key.open(AUTHENTICATOR, &sealed.cipher).ok_or(KerberosError::Authenticator)?;
        let statement = Statement::read(&opened)?;
        if statement.client.principal != ticket.client.principal {
            let ticket = ticket.client.principal.clone();
            return Err(KerberosError::Client { ticket, authenticator: statement.client.principal });
        }
        let (seen, now, tolerance) = (statement.at, circumstances.now, circumstances.tolerance);
        if now.since(seen).max(seen.since(now)) > tolerance {
            return Err(KerberosError::Skew { seen, now, tolerance });
        }
        statement.critical.map_or(Ok(statement), |kind| Err(KerberosError::Critical(kind)))
    }
}

/// AP-REP, framed.
fn answer(
    key: &Key,
    statement: &Statement,
    sequence: u32,
    confounder: [u8; 16],
) -> Result<Vec<u8>, KerberosError> {
    let sealed = key.seal(AP_REP, confounder, &statement.answer(sequence)?).ok_or(KerberosError::Engine)?;
    Ok(gss::framed(&message::reply(key.kind(), sealed)?))
}

/// Key usages (RFC 4120 §7.5.1).
const TICKET: u8 = 2;
const AUTHENTICATOR: u8 = 11;
const AP_REP: u8 = 12;
/// `KRB_NT_WELLKNOWN` (RFC 6111).
const WELL_KNOWN: i64 = 11;
