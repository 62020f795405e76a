//! Kerberos inside GSS-API (RFC 4121): the frame of tokens, the authenticator's checksum, and signatures of messages.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::KerberosError;
use super::encryption::Key;
use crate::negotiate::der::{OBJECT_IDENTIFIER, Reader, element};
use crate::negotiate::spnego;

/// What the client asks for, in the authenticator's checksum (§4.1.1).
#[derive(Debug)]
pub(super) struct Wishes {
    /// MD5 of the channel's bindings; zeros when there are none.
    pub binding: [u8; 16],
    pub mutual: bool,
    pub dce_style: bool,
}

/// Signs and checks mechListMIC with the key of the session.
pub(in crate::negotiate) struct KerberosMic {
    pub(super) key: Key,
    /// Number of the first message of each side.
    pub(super) theirs: u32,
    pub(super) ours: u32,
}

impl Wishes {
    pub(super) fn read(checksum: Option<&(i64, Vec<u8>)>) -> Result<Self, KerberosError> {
        let Some((CHECKSUM_TYPE, bytes)) = checksum else {
            return Err(KerberosError::NotGss { checksum: checksum.map(|(kind, _)| *kind) });
        };
        // Delegated credentials and extensions may follow; nothing is done with them.
        let [16, 0, 0, 0, rest @ ..] = bytes.as_slice() else {
            return Err(KerberosError::Malformed);
        };
        let (binding, rest) = rest.split_first_chunk::<16>().ok_or(KerberosError::Malformed)?;
        let flags = u32::from_le_bytes(*rest.first_chunk().ok_or(KerberosError::Malformed)?);
        Ok(Self { binding: *binding, mutual: flags & MUTUAL != 0, dce_style: flags & DCE_STYLE != 0 })
    }
}

/// The AP-REQ inside a first token.
pub(super) fn unframed(token: &[u8]) -> Result<&[u8], KerberosError> {
    let mut inside = Reader::new(Reader::only(token, FRAME)?);
    let mechanism = inside.element(OBJECT_IDENTIFIER)?;
    match inside.rest() {
        [1, 0, request @ ..] if mechanism == spnego::KERBEROS => Ok(request),
        _ => Err(KerberosError::Frame),
    }
}

/// The token of an AP-REP.
pub(super) fn framed(reply: &[u8]) -> Vec<u8> {
    let mechanism = element(OBJECT_IDENTIFIER, spnego::KERBEROS);
    element(FRAME, &[mechanism.as_slice(), &[2, 0], reply].concat())
}

impl KerberosMic {
    /// Whether the client signed these mechanisms.
    pub(in crate::negotiate) fn holds(&self, mechanisms: &[u8], mic: &[u8]) -> bool {
        let wanted = self.signed(0, self.theirs, INITIATOR_SIGN, mechanisms);
        verify_slices_are_equal(&wanted, mic).is_ok()
    }

    /// Our signature of the mechanisms.
    pub(in crate::negotiate) fn over(&self, mechanisms: &[u8]) -> Vec<u8> {
        self.signed(SENT_BY_ACCEPTOR, self.ours, ACCEPTOR_SIGN, mechanisms)
    }

    /// §4.2.6.1.
    fn signed(&self, flags: u8, sequence: u32, usage: u8, message: &[u8]) -> Vec<u8> {
        let mut token = vec![4, 4, flags, 0xff, 0xff, 0xff, 0xff, 0xff];
        token.extend(u64::from(sequence).to_be_bytes());
        let checksum = self.key.checksum(usage, &[message, &token].concat());
        token.extend(checksum.unwrap_or_default());
        token
    }
}

/// `[APPLICATION 0]` (RFC 2743 §3.1).
const FRAME: u8 = 0x60;
const CHECKSUM_TYPE: i64 = 0x8003;
const MUTUAL: u32 = 2;
const DCE_STYLE: u32 = 0x1000;
const SENT_BY_ACCEPTOR: u8 = 1;
/// Key usages (§2).
const ACCEPTOR_SIGN: u8 = 23;
const INITIATOR_SIGN: u8 = 25;
