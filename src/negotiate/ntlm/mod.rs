//! `NTLMv2` as a server: a challenge, and the judgement of the answer (MS-NLMP §3.2.5).
//!
//! Both proofs are demanded: `NTProofStr`, which only somebody with the NT hash can make, and the MIC, which binds the
//! three messages to each other. Nobody is anonymous, and an unknown user costs what a known one does.

mod keys;
mod message;

use aws_lc_rs::constant_time::verify_slices_are_equal;

pub use self::keys::NtHash;
use self::keys::{Key, Signer};
use self::message::{Authenticate, Challenge, Negotiate};
use super::binding::{self, BindingError};
use super::identity::{Claim, Mechanism, Unclaimed};
use super::{Circumstances, Established, Mic};
use crate::clock::Moment;
use crate::entropy::{NoEntropy, bytes};
use crate::pki::certificate::sha256;

/// What this end is called in a CHALLENGE, and how strict it is.
#[derive(Clone, Debug)]
pub struct Ntlm {
    /// `NetBIOS` name of this computer: capital letters, at most 15.
    pub computer: String,
    /// `NetBIOS` name of the domain it speaks for.
    pub domain: String,
    /// DNS name of this computer.
    pub dns_computer: String,
    /// DNS name of the domain.
    pub dns_domain: String,
    /// False accepts clients without a MIC (before Windows Vista). The proof itself is never optional.
    pub require_mic: bool,
}

/// The names in an AUTHENTICATE message: anybody can write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedUser {
    /// User name, as sent: `alice` or `alice@lab.test`.
    pub user: String,
    /// Domain, as sent; may be empty.
    pub domain: String,
}

/// A challenge that waits for its answer.
pub(super) struct Pending {
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
    nonce: [u8; 8],
    flags: u32,
}

/// Why an NTLM exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NtlmError {
    /// No `NTLMSSP` signature.
    #[error("not an NTLM message")]
    NotNtlm,
    /// More bytes than any real message has.
    #[error("an NTLM message of {0} bytes, at most 8192 are read")]
    TooLong(usize),
    /// A field lies outside the message.
    #[error("the NTLM message ends inside a field")]
    Truncated,
    /// Not the message that comes now.
    #[error("NTLM message {seen} instead of {wanted}")]
    Message {
        /// Its number.
        seen: u32,
        /// The number of the one that comes now.
        wanted: u32,
    },
    /// A name that is not UTF-16.
    #[error("a name that is not UTF-16")]
    Text,
    /// The client lacks something without which `NTLMv2` is not done.
    #[error("NTLM flags {seen:#010x} lack some of {wanted:#010x}")]
    Flags {
        /// The flags of the message.
        seen: u32,
        /// Flags that must be there.
        wanted: u32,
    },
    /// No user name, no response, or the anonymous flag.
    #[error("an anonymous NTLM login")]
    Anonymous,
    /// `NTLMv1` or LM.
    #[error("an NTLMv1 response of {0} bytes")]
    Version1(usize),
    /// The client challenge is none of `NTLMv2`.
    #[error("not an NTLMv2 client challenge")]
    Blob,
    /// No MIC, or no session key of 16 bytes for it.
    #[error("an NTLM message without a MIC")]
    NoMic,
    /// No user of that name, no NT hash, or a wrong password: which one is not said here.
    #[error("the NTLM proof does not hold")]
    Proof,
    /// Somebody changed a message on the way.
    #[error("the NTLM MIC does not hold")]
    Mic,
    /// See [`BindingError`].
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// See [`NoEntropy`].
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// Signs and checks mechListMIC.
pub(super) struct NtlmMic {
    session: Key,
    key_exchange: bool,
    /// A client that sends a MIC sends mechListMIC too (MS-SPNG §3.1.5.3).
    pub expected: bool,
}

impl Ntlm {
    /// Answers a NEGOTIATE message.
    pub(super) fn challenge(
        &self,
        negotiate: &[u8],
        circumstances: &Circumstances<'_>,
    ) -> Result<Pending, NtlmError> {
        let asked = Negotiate::read(negotiate)?.flags;
        if asked & NEEDED != NEEDED {
            return Err(NtlmError::Flags { seen: asked, wanted: NEEDED });
        }
        let nonce = bytes(circumstances.entropy)?;
        let flags = asked & GRANTED | NEEDED | message::TARGET_INFO | message::TARGET_TYPE_SERVER;
        let pairs = [
            (message::AV_DOMAIN, message::utf16(&self.domain)),
            (message::AV_COMPUTER, message::utf16(&self.computer)),
            (message::AV_DNS_DOMAIN, message::utf16(&self.dns_domain)),
            (message::AV_DNS_COMPUTER, message::utf16(&self.dns_computer)),
            // A client that sees the time must send a MIC.
            (message::AV_TIMESTAMP, file_time(circumstances.now).to_le_bytes().to_vec()),
        ];
        let challenge = Challenge { flags, nonce, target: &self.computer, pairs: &pairs }.write();
        Ok(Pending { negotiate: negotiate.to_vec(), challenge, nonce, flags })
    }

    /// Judges an AUTHENTICATE message.
    pub(super) fn judge(
        &self,
        pending: &Pending,
        token: &[u8],
        circumstances: &Circumstances<'_>,
        binding_required: bool,
    ) -> Result<Established, NtlmError> {
        let answer = Authenticate::read(token)?;
        let claimed = UnverifiedUser { user: answer.user.clone(), domain: answer.domain.clone() };
        let known = (circumstances.nt_hash)(&claimed).filter(|hash| *hash.expose() != EMPTY_PASSWORD);
        let nobody = NtHash::from_bytes(bytes(circumstances.entropy)?);
        let user_key = keys::user_key(known.as_ref().unwrap_or(&nobody), &claimed.user, &claimed.domain);
        let proof = keys::proof(&user_key, pending.nonce, answer.blob);
        let proven = verify_slices_are_equal(&proof[..], &answer.proof).is_ok();
        if !(proven & known.is_some()) {
            return Err(NtlmError::Proof);
        }
        let key_exchange = pending.flags & answer.flags & message::KEY_EXCHANGE != 0;
        let base = keys::base_key(&user_key, &proof);
        let session = if key_exchange {
            keys::opened(&base, answer.sealed_key.try_into().map_err(|_| NtlmError::NoMic)?)
        } else {
            base
        };
        match answer.mic {
            Some(mic) => {
                let messages = [&pending.negotiate, &pending.challenge, &message::without_mic(token)[..]];
                let wanted = keys::mic(&session, messages);
                verify_slices_are_equal(&wanted[..], &mic).map_err(|_| NtlmError::Mic)?;
            }
            None if self.require_mic => return Err(NtlmError::NoMic),
            None => {}
        }
        binding::judge(circumstances.channel, answer.binding, binding_required)?;
        let key = sha256(&[&pending.nonce[..], &answer.proof, answer.blob].concat());
        // The nonce dies with this exchange, so the claim has little to outlive.
        let claim = Claim { key, until: circumstances.now.plus(super::MAX_AGE) };
        let who = (Mechanism::Ntlm, vec![claimed.user], claimed.domain);
        let unclaimed = Unclaimed::new(who, session.to_vec().into(), claim);
        let mic = NtlmMic { session, key_exchange, expected: answer.mic.is_some() };
        Ok(Established { token: None, unclaimed, mic: Mic::Ntlm(mic) })
    }
}

impl Pending {
    /// The CHALLENGE message.
    pub(super) fn token(&self) -> &[u8] {
        &self.challenge
    }
}

impl NtlmMic {
    /// Whether the client signed these mechanisms.
    pub(super) fn holds(&self, mechanisms: &[u8], mic: &[u8]) -> bool {
        let wanted = keys::signature(&self.session, Signer::Client, self.key_exchange, mechanisms);
        verify_slices_are_equal(&wanted, mic).is_ok()
    }

    /// Our signature of the mechanisms.
    pub(super) fn over(&self, mechanisms: &[u8]) -> Vec<u8> {
        keys::signature(&self.session, Signer::Server, self.key_exchange, mechanisms).to_vec()
    }
}

/// Who an AUTHENTICATE message says it is from.
pub(super) fn unverified_user(token: &[u8]) -> Option<UnverifiedUser> {
    let answer = Authenticate::read(token).ok()?;
    Some(UnverifiedUser { user: answer.user, domain: answer.domain })
}

/// Whether these bytes are an NTLM message.
pub(super) fn is_ntlm(bytes: &[u8]) -> bool {
    message::is_ntlm(bytes)
}

/// Whether it is the first message, whatever it says.
pub(super) fn is_negotiate(bytes: &[u8]) -> bool {
    Negotiate::read(bytes).is_ok()
}

/// Tenths of microseconds since 1601.
fn file_time(now: Moment) -> i64 {
    now.micros().saturating_add(MICROS_FROM_1601_TO_1970).saturating_mul(10)
}

const MICROS_FROM_1601_TO_1970: i64 = 11_644_473_600_000_000;
/// `NTLMv2` with 128-bit keys and session security, as every client since Windows 2000 asks.
const NEEDED: u32 = message::UNICODE | message::NTLM | message::EXTENDED_SESSION_SECURITY | message::KEY_128;
/// Given to who asks.
const GRANTED: u32 = message::REQUEST_TARGET
    | message::SIGN
    | message::SEAL
    | message::ALWAYS_SIGN
    | message::VERSION
    | message::KEY_EXCHANGE
    | message::KEY_56;
/// The NT hash of the empty password: an account that has it has no password, and nobody logs in with none.
const EMPTY_PASSWORD: [u8; 16] =
    [0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31, 0xb7, 0x3c, 0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0];
