//! The three NTLM messages (MS-NLMP §2.2.1): NEGOTIATE and AUTHENTICATE read, CHALLENGE written. Nothing is believed here.

use super::NtlmError;

/// NEGOTIATE: what the client can do.
#[derive(Clone, Copy)]
pub(super) struct Negotiate {
    pub flags: u32,
}

/// AUTHENTICATE: who the client says it is, and why that should be believed.
#[derive(Debug)]
pub(super) struct Authenticate<'a> {
    pub flags: u32,
    pub user: String,
    pub domain: String,
    /// `NTProofStr`.
    pub proof: [u8; 16],
    /// What the proof is made over, beside the challenge.
    pub blob: &'a [u8],
    /// The key of the session, sealed with the key that the proof implies.
    pub sealed_key: &'a [u8],
    /// The MIC, where the client says that it sends one.
    pub mic: Option<[u8; 16]>,
    /// `MsvAvChannelBindings`.
    pub binding: Option<&'a [u8]>,
}

/// What a CHALLENGE says of this end.
pub(super) struct Challenge<'a> {
    pub flags: u32,
    pub nonce: [u8; 8],
    pub target: &'a str,
    /// Attribute-value pairs, `MsvAvEOL` not included.
    pub pairs: &'a [(u16, Vec<u8>)],
}

impl Negotiate {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, NtlmError> {
        kind(bytes, NEGOTIATE)?;
        Ok(Self { flags: u32_at(bytes, 12)? })
    }
}

impl<'a> Authenticate<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, NtlmError> {
        kind(bytes, AUTHENTICATE)?;
        let flags = u32_at(bytes, 60)?;
        if flags & UNICODE == 0 {
            return Err(NtlmError::Flags { seen: flags, wanted: UNICODE });
        }
        let (user, domain) = (text(field(bytes, 36)?)?, text(field(bytes, 28)?)?);
        let response = field(bytes, 20)?;
        if flags & ANONYMOUS != 0 || user.is_empty() || response.is_empty() {
            return Err(NtlmError::Anonymous);
        }
        if response.len() <= NTLM_1_RESPONSE {
            return Err(NtlmError::Version1(response.len()));
        }
        let (proof, blob) = response.split_first_chunk::<16>().ok_or(NtlmError::Truncated)?;
        let pairs = pairs(blob)?;
        let value = |id: u16| pairs.iter().find(|(other, _)| *other == id).map(|(_, value)| *value);
        let mic = match value(AV_FLAGS) {
            Some([flags, ..]) if flags & AV_FLAG_MIC != 0 => Some(array_at(bytes, MIC_AT)?),
            _ => None,
        };
        Ok(Self {
            flags,
            user,
            domain,
            proof: *proof,
            blob,
            sealed_key: field(bytes, 52)?,
            mic,
            binding: value(AV_CHANNEL_BINDINGS),
        })
    }
}

impl Challenge<'_> {
    pub(super) fn write(&self) -> Vec<u8> {
        let target = utf16(self.target);
        let mut pairs = Vec::new();
        for (id, value) in self.pairs {
            pairs.extend(id.to_le_bytes());
            pairs.extend(u16_length(value));
            pairs.extend(value);
        }
        pairs.extend([0; 4]);
        let mut message = [SIGNATURE, &CHALLENGE.to_le_bytes()[..]].concat();
        push_field(&mut message, &target, CHALLENGE_HEADER);
        message.extend(self.flags.to_le_bytes());
        message.extend(self.nonce);
        message.extend([0; 8]);
        push_field(&mut message, &pairs, CHALLENGE_HEADER + target.len());
        message.extend(VERSION_WE_SAY);
        message.extend(target);
        message.extend(pairs);
        message
    }
}

/// The message with its MIC set to zero, which is what the MIC is made over.
pub(super) fn without_mic(authenticate: &[u8]) -> Vec<u8> {
    let mut message = authenticate.to_vec();
    if let Some(mic) = message.get_mut(MIC_AT..MIC_AT + 16) {
        mic.fill(0);
    }
    message
}

/// Whether these bytes are an NTLM message.
pub(super) fn is_ntlm(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// UTF-16, little end first.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The attribute-value pairs of an `NTLMv2` client challenge (MS-NLMP §2.2.2.7), which end with `MsvAvEOL`.
fn pairs(blob: &[u8]) -> Result<Vec<(u16, &[u8])>, NtlmError> {
    if !blob.starts_with(&[1, 1]) {
        return Err(NtlmError::Blob);
    }
    let mut rest = blob.get(BLOB_HEADER..).ok_or(NtlmError::Truncated)?;
    let mut found = Vec::new();
    while let [id_low, id_high, low, high, after @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (value, after) = after.split_at_checked(length).ok_or(NtlmError::Truncated)?;
        match u16::from_le_bytes([*id_low, *id_high]) {
            0 => return Ok(found),
            _ if found.len() == MOST_PAIRS => return Err(NtlmError::Blob),
            id => found.push((id, value)),
        }
        rest = after;
    }
    Err(NtlmError::Truncated)
}

fn kind(bytes: &[u8], wanted: u32) -> Result<(), NtlmError> {
    if bytes.len() > MAX_NTLM {
        return Err(NtlmError::TooLong(bytes.len()));
    }
    if !is_ntlm(bytes) {
        return Err(NtlmError::NotNtlm);
    }
    match u32_at(bytes, 8)? {
        seen if seen == wanted => Ok(()),
        seen => Err(NtlmError::Message { seen, wanted }),
    }
}

fn field(bytes: &[u8], at: usize) -> Result<&[u8], NtlmError> {
    let length = usize::from(u16::from_le_bytes(array_at(bytes, at)?));
    let start = usize::try_from(u32_at(bytes, at + 4)?).map_err(|_| NtlmError::Truncated)?;
    if length == 0 {
        return Ok(&[]);
    }
    let end = start.checked_add(length).ok_or(NtlmError::Truncated)?;
    bytes.get(start..end).ok_or(NtlmError::Truncated)
}

fn text(bytes: &[u8]) -> Result<String, NtlmError> {
    let (units, []) = bytes.as_chunks::<2>() else {
        return Err(NtlmError::Text);
    };
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| NtlmError::Text)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, NtlmError> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], NtlmError> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk::<N>());
    found.copied().ok_or(NtlmError::Truncated)
}

fn push_field(message: &mut Vec<u8>, value: &[u8], at: usize) {
    message.extend(u16_length(value));
    message.extend(u16_length(value));
    message.extend(u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
}

fn u16_length(value: &[u8]) -> [u8; 2] {
    u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes()
}

const SIGNATURE: &[u8] = b"NTLMSSP\0";
const NEGOTIATE: u32 = 1;
const CHALLENGE: u32 = 2;
const AUTHENTICATE: u32 = 3;

pub(super) const UNICODE: u32 = 0x1;
pub(super) const REQUEST_TARGET: u32 = 0x4;
pub(super) const SIGN: u32 = 0x10;
pub(super) const SEAL: u32 = 0x20;
pub(super) const NTLM: u32 = 0x200;
pub(super) const ANONYMOUS: u32 = 0x800;
pub(super) const ALWAYS_SIGN: u32 = 0x8000;
pub(super) const TARGET_TYPE_SERVER: u32 = 0x2_0000;
pub(super) const EXTENDED_SESSION_SECURITY: u32 = 0x8_0000;
pub(super) const TARGET_INFO: u32 = 0x80_0000;
pub(super) const VERSION: u32 = 0x200_0000;
pub(super) const KEY_128: u32 = 0x2000_0000;
pub(super) const KEY_EXCHANGE: u32 = 0x4000_0000;
pub(super) const KEY_56: u32 = 0x8000_0000;

pub(super) const AV_COMPUTER: u16 = 1;
pub(super) const AV_DOMAIN: u16 = 2;
pub(super) const AV_DNS_COMPUTER: u16 = 3;
pub(super) const AV_DNS_DOMAIN: u16 = 4;
const AV_FLAGS: u16 = 6;
pub(super) const AV_TIMESTAMP: u16 = 7;
const AV_CHANNEL_BINDINGS: u16 = 10;
/// `MsvAvFlags`: the message carries a MIC.
const AV_FLAG_MIC: u8 = 2;

const MIC_AT: usize = 72;
const CHALLENGE_HEADER: usize = 56;
/// Version, reserved, time, client challenge, reserved: before the pairs.
const BLOB_HEADER: usize = 28;
/// An answer of `NTLMv1`, with or without session security, has 24 bytes.
const NTLM_1_RESPONSE: usize = 24;
/// Windows 10 (10.0.19041), NTLM revision 15: clients read the revision only.
const VERSION_WE_SAY: [u8; 8] = [10, 0, 0x61, 0x4a, 0, 0, 0, 15];
/// The largest AUTHENTICATE of a real client has about 1 KiB.
const MAX_NTLM: usize = 8 * 1024;
/// There are ten kinds.
const MOST_PAIRS: usize = 16;
