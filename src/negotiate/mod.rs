//! SPNEGO, Kerberos and NTLM on the server's side: one exchange of tokens that proves who a client is.
//!
//! A function of bytes, keys, a time and chance. Nothing is looked up but by what the caller gives, and nothing is said
//! of people: an [`Identity`] is a name as it was proven. RFC 2743 (framing), RFC 4178 and MS-SPNG (SPNEGO), RFC 4120 and
//! 4121 (Kerberos), MS-NLMP (NTLM). Only the side that accepts; DCE style and user-to-user are refused, delegated
//! credentials are not taken.

mod binding;
mod der;
mod error;
mod exchange;
mod identity;
mod kerberos;
mod keytab;
mod ntlm;
mod spnego;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use binding::{BindingError, ChannelBinding};
pub use der::DerError;
pub use error::NegotiateError;
pub use exchange::{Exchange, Step};
pub use identity::{Claim, Identity, Mechanism, Replayed, SessionKey, Unclaimed};
pub use kerberos::{EncryptionType, Kerberos, KerberosError};
pub use keytab::{Keytab, KeytabError, Principal, PrincipalSyntax};
pub use ntlm::{NtHash, Ntlm, NtlmError, UnverifiedUser};

use crate::clock::Moment;
use crate::entropy::Entropy;

/// What the house accepts; made once from its configuration.
#[derive(Debug, Default)]
pub struct Acceptor {
    /// Kerberos, where there is a keytab.
    pub kerberos: Option<Kerberos>,
    /// NTLM, where it is allowed.
    pub ntlm: Option<Ntlm>,
    /// Clients that send no channel binding are refused; those that send a wrong one always are.
    pub binding_required: bool,
}

/// What a step is judged with.
pub struct Circumstances<'a> {
    /// The present.
    pub now: Moment,
    /// How far a client's clock may be off, to either side: the one tolerance.
    pub tolerance: Duration,
    /// For challenges, confounders and sequence numbers.
    pub entropy: &'a dyn Entropy,
    /// The binding of the connection that the token came by, if this end knows its certificate.
    pub channel: Option<&'a ChannelBinding>,
    /// The NT hash of a user, or none: for nobody and for who has none. A caller that has to ask a store finds out
    /// beforehand whom to ask for by [`Exchange::unverified_user`].
    pub nt_hash: &'a dyn Fn(&UnverifiedUser) -> Option<NtHash>,
}

/// A mechanism that is through.
struct Established {
    token: Option<Vec<u8>>,
    unclaimed: Unclaimed,
    mic: Mic,
}

/// Signs and checks the list of mechanisms.
enum Mic {
    Kerberos(kerberos::KerberosMic),
    Ntlm(ntlm::NtlmMic),
}

impl Mic {
    /// Whether the mechanism itself asks for mechListMIC.
    fn expected(&self) -> bool {
        match self {
            Self::Kerberos(_) => false,
            Self::Ntlm(mic) => mic.expected,
        }
    }

    fn holds(&self, mechanisms: &[u8], mic: &[u8]) -> bool {
        match self {
            Self::Kerberos(key) => key.holds(mechanisms, mic),
            Self::Ntlm(key) => key.holds(mechanisms, mic),
        }
    }

    fn over(&self, mechanisms: &[u8]) -> Vec<u8> {
        match self {
            Self::Kerberos(key) => key.over(mechanisms),
            Self::Ntlm(key) => key.over(mechanisms),
        }
    }
}

/// A Kerberos ticket with the groups of a large Active Directory has about 12 KiB; IIS stops at 64 KiB of header.
pub const MAX_TOKEN: usize = 48 * 1024;
/// A program answers a challenge at once; what is older was left.
pub const MAX_AGE: Duration = Duration::from_mins(1);
