//! The secrets of `NTLMv2` and what is made of them (MS-NLMP §3.3.2, §3.4). MD4, MD5 and RC4 are the protocol's, not ours.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use rc4::{Rc4, StreamCipher as _};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::message::utf16;
use crate::secret::Secret;

/// An NT hash: as good as the password itself for whoever holds it, and unsalted.
#[derive(Clone)]
pub struct NtHash(Zeroizing<[u8; 16]>);

/// A key of 16 bytes.
pub(super) type Key = Zeroizing<[u8; 16]>;

impl NtHash {
    /// The hash of a password, in NFC, as one that is checked elsewhere.
    #[must_use]
    pub fn of_password(password: &Secret) -> Self {
        let text: Zeroizing<String> = Zeroizing::new(password.expose().nfc().collect());
        let text = Zeroizing::new(utf16(&text));
        Self(Zeroizing::new(Md4::digest(&*text).into()))
    }

    /// A hash that was kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes. Every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(…)")
    }
}

/// `NTOWFv2`: the user's key for one spelling of name and domain.
pub(super) fn user_key(hash: &NtHash, user: &str, domain: &str) -> Key {
    let name: String = user.chars().map(upper).chain(domain.chars()).collect();
    hmac_md5(hash.expose(), &[&utf16(&name)])
}

/// `NTProofStr`.
pub(super) fn proof(user_key: &Key, nonce: [u8; 8], blob: &[u8]) -> Key {
    hmac_md5(&user_key[..], &[&nonce, blob])
}

/// `SessionBaseKey`, which for `NTLMv2` is also the key of the key exchange.
pub(super) fn base_key(user_key: &Key, proof: &[u8; 16]) -> Key {
    hmac_md5(&user_key[..], &[proof])
}

/// The key that the client chose, or the base key when it sent none.
pub(super) fn opened(base: &Key, sealed: &[u8; 16]) -> Key {
    let mut key = Zeroizing::new(*sealed);
    rc4(base, &mut key[..]);
    key
}

/// The MIC over the three messages.
pub(super) fn mic(session: &Key, messages: [&[u8]; 3]) -> Key {
    hmac_md5(&session[..], &messages)
}

/// Whose signature it is.
#[derive(Clone, Copy)]
pub(super) enum Signer {
    Client,
    Server,
}

/// The first signature of one side over `message` (MS-NLMP §3.4.4.2, extended session security, 128 bits).
pub(super) fn signature(session: &Key, signer: Signer, key_exchange: bool, message: &[u8]) -> [u8; 16] {
    let (signing, sealing): (&[u8], &[u8]) = match signer {
        Signer::Client => (CLIENT_SIGNING, CLIENT_SEALING),
        Signer::Server => (SERVER_SIGNING, SERVER_SEALING),
    };
    let checksum = hmac_md5(&derived(session, signing)[..], &[&[0; 4], message]);
    let mut checksum = checksum.first_chunk::<8>().copied().unwrap_or_default();
    if key_exchange {
        rc4(&derived(session, sealing), &mut checksum);
    }
    let mut signature = [0; 16];
    for (to, from) in signature.iter_mut().zip([1, 0, 0, 0].iter().chain(&checksum)) {
        *to = *from;
    }
    signature
}

fn derived(session: &Key, magic: &[u8]) -> Key {
    Zeroizing::new(Md5::new().chain_update(&session[..]).chain_update(magic).finalize().into())
}

#[expect(clippy::expect_used, reason = "RC4 takes keys of 1 to 256 bytes")]
fn rc4(key: &Key, bytes: &mut [u8]) {
    Rc4::new_from_slice(&key[..]).expect("a key of 16 bytes").apply_keystream(bytes);
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Key {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("a key of any length");
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Windows' upper case: one letter becomes one letter, or stays (`ß`).
fn upper(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

const CLIENT_SIGNING: &[u8] = b"session key to client-to-server signing key magic constant\0";
const SERVER_SIGNING: &[u8] = b"session key to server-to-client signing key magic constant\0";
const CLIENT_SEALING: &[u8] = b"session key to client-to-server sealing key magic constant\0";
const SERVER_SEALING: &[u8] = b"session key to server-to-client sealing key magic constant\0";

#[cfg(test)]
mod tests {
    use super::*;

    /// MS-NLMP §4.2.4: user `User`, domain `Domain`, password `Password`.
    #[test]
    fn the_keys_are_those_of_the_specifications_example() {
        let hash = NtHash::of_password(&Secret::new("Password"));
        assert_eq!(crate::entropy::hex(hash.expose()), "a4f49c406510bdcab6824ee7c30fd852");
        let key = user_key(&hash, "User", "Domain");
        assert_eq!(crate::entropy::hex(&key[..]), "0c868a403bfd7a93a3001ef22ef02e3f");
        let names = [(2_u16, "Domain"), (1, "Server")];
        let mut blob = vec![1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        blob.extend([0xaa; 8]);
        blob.extend([0; 4]);
        for (id, name) in names {
            blob.extend(id.to_le_bytes());
            blob.extend([12, 0]);
            blob.extend(utf16(name));
        }
        blob.extend([0; 8]);
        let proof = proof(&key, [1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef], &blob);
        assert_eq!(crate::entropy::hex(&proof[..]), "68cd0ab851e51c96aabc927bebef6a1c");
        let base = base_key(&key, &proof);
        assert_eq!(crate::entropy::hex(&base[..]), "8de40ccadbc14a82f15cb0ad0de95ca3");
        let sealed = opened(&base, &[0x55; 16]);
        assert_eq!(crate::entropy::hex(&sealed[..]), "c5dad2544fc9799094ce1ce90bc9d03e");
    }

    #[test]
    fn upper_case_is_that_of_windows() {
        assert_eq!("alicéß".chars().map(upper).collect::<String>(), "ALICÉß");
    }

    #[test]
    fn a_hash_does_not_print_itself() {
        assert_eq!(format!("{:?}", NtHash::from_bytes([1; 16])), "NtHash(…)");
    }
}
