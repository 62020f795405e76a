//! The client's side of NTLM, written from MS-NLMP without the acceptor's code.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use rc4::{Rc4, StreamCipher as _};

/// A client, and what may be wrong with it.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that may be wrong")]
pub struct Client {
    pub user: &'static str,
    pub domain: &'static str,
    pub password: &'static str,
    pub negotiate_flags: u32,
    /// Says in `MsvAvFlags` that there is a MIC.
    pub announces_mic: bool,
    /// Sends one.
    pub sends_mic: bool,
    pub random_proof: bool,
    pub binding: Option<[u8; 16]>,
    pub version_1: bool,
    pub extra_flags: u32,
}

pub const FLAGS: u32 = 0xe288_8237;

/// The answer to a challenge.
pub struct Answer {
    pub token: Vec<u8>,
    pub session: [u8; 16],
}

impl Default for Client {
    fn default() -> Self {
        Self {
            user: "alice",
            domain: "LAB",
            password: super::fixtures::PASSWORD,
            negotiate_flags: FLAGS,
            announces_mic: true,
            sends_mic: true,
            random_proof: false,
            binding: None,
            version_1: false,
            extra_flags: 0,
        }
    }
}

impl Client {
    pub fn negotiate(&self) -> Vec<u8> {
        let mut message = b"NTLMSSP\0\x01\0\0\0".to_vec();
        message.extend(self.negotiate_flags.to_le_bytes());
        message.extend([0; 16]);
        message.extend([10, 0, 0x61, 0x4a, 0, 0, 0, 15]);
        message
    }

    pub fn answer(&self, challenge: &[u8]) -> Answer {
        let flags = u32::from_le_bytes(challenge[20..24].try_into().unwrap());
        let nonce = &challenge[24..32];
        let (length, at) =
            (usize::from(challenge[40]) + 256 * usize::from(challenge[41]), usize::from(challenge[44]));
        let target = &challenge[at..at + length - 4];

        let mut blob = vec![1, 1, 0, 0, 0, 0, 0, 0];
        blob.extend([0x11; 8]);
        blob.extend([0xcc; 8]);
        blob.extend([0; 4]);
        blob.extend(target);
        if self.announces_mic {
            blob.extend([6, 0, 4, 0, 2, 0, 0, 0]);
        }
        if let Some(binding) = self.binding {
            blob.extend([10, 0, 16, 0]);
            blob.extend(binding);
        }
        blob.extend([0; 8]);

        let hash = Md4::digest(utf16(self.password));
        let key = hmac(&hash, &[&utf16(&(self.user.to_uppercase() + self.domain))]);
        let proof = if self.random_proof { [0x42; 16] } else { hmac(&key, &[nonce, &blob]) };
        let base = hmac(&key, &[&proof]);
        let (mut session, mut sealed) = (base, Vec::new());
        if flags & 0x4000_0000 != 0 {
            session = [0x77; 16];
            sealed = rc4(&base, &session);
        }
        let response = if self.version_1 { vec![7; 24] } else { [&proof[..], &blob].concat() };
        let (user, domain) = (utf16(self.user), utf16(self.domain));
        let mut message = b"NTLMSSP\0\x03\0\0\0".to_vec();
        let mut at = 88;
        for part in [&[0; 24][..], &response, &domain, &user, &[], &sealed] {
            let length = u16::try_from(part.len()).unwrap().to_le_bytes();
            message.extend([length, length].concat());
            message.extend(u32::try_from(at).unwrap().to_le_bytes());
            at += part.len();
        }
        message.extend((flags | self.extra_flags).to_le_bytes());
        message.extend([10, 0, 0x61, 0x4a, 0, 0, 0, 15]);
        message.extend([0; 16]);
        for part in [&[0; 24][..], &response, &domain, &user, &sealed] {
            message.extend(part);
        }
        if self.sends_mic {
            let mic = hmac(&session, &[&self.negotiate(), challenge, &message]);
            message[72..88].copy_from_slice(&mic);
        }
        Answer { token: message, session }
    }
}

/// The client's signature of the mechanisms.
pub fn mic(session: &[u8; 16], message: &[u8]) -> Vec<u8> {
    signature(session, "client-to-server", message)
}

/// What the server's signature must be.
pub fn server_mic(session: &[u8; 16], message: &[u8]) -> Vec<u8> {
    signature(session, "server-to-client", message)
}

fn signature(session: &[u8; 16], direction: &str, message: &[u8]) -> Vec<u8> {
    let key = |use_: &str| {
        let magic = format!("session key to {direction} {use_} key magic constant\0");
        Md5::digest([&session[..], magic.as_bytes()].concat())
    };
    let sum = hmac(&key("signing"), &[&[0; 4], message]);
    [&[1, 0, 0, 0][..], &rc4(&key("sealing"), &sum[..8]), &[0; 4]].concat()
}

pub fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    Hmac::<Md5>::new_from_slice(key).unwrap().chain_update(parts.concat()).finalize().into_bytes().into()
}

fn rc4(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    Rc4::new_from_slice(key).unwrap().apply_keystream(&mut bytes);
    bytes
}
