//! AES as Kerberos uses it: RFC 3962 (with HMAC-SHA-1) and RFC 8009 (with HMAC-SHA-2), on the one engine of the house.
//!
//! `picky-krb` knows the first pair only, reads its own chance and compares in variable time; it is the judge in tests.

use std::fmt;

use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// A Kerberos encryption type; others, DES and RC4, are not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptionType {
    /// `aes128-cts-hmac-sha1-96`, 17.
    Aes128Sha1,
    /// `aes256-cts-hmac-sha1-96`, 18.
    Aes256Sha1,
    /// `aes128-cts-hmac-sha256-128`, 19.
    Aes128Sha256,
    /// `aes256-cts-hmac-sha384-192`, 20.
    Aes256Sha384,
}

/// A key of one type.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::negotiate) struct Key {
    kind: EncryptionType,
    bytes: Zeroizing<Vec<u8>>,
}

/// What a derived key is for (RFC 3961 §5.3).
#[derive(Clone, Copy)]
enum Purpose {
    Checksum = 0x99,
    Encryption = 0xaa,
    Integrity = 0x55,
}

impl EncryptionType {
    /// The type of a number of RFC 3961's registry.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            17 => Some(Self::Aes128Sha1),
            18 => Some(Self::Aes256Sha1),
            19 => Some(Self::Aes128Sha256),
            20 => Some(Self::Aes256Sha384),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Aes128Sha1 => 17,
            Self::Aes256Sha1 => 18,
            Self::Aes128Sha256 => 19,
            Self::Aes256Sha384 => 20,
        }
    }

    /// Bytes of its keys.
    #[must_use]
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes128Sha1 | Self::Aes128Sha256 => 16,
            Self::Aes256Sha1 | Self::Aes256Sha384 => 32,
        }
    }

    const fn mac_length(self) -> usize {
        match self {
            Self::Aes128Sha1 | Self::Aes256Sha1 => 12,
            Self::Aes128Sha256 => 16,
            Self::Aes256Sha384 => 24,
        }
    }

    const fn is_sha1(self) -> bool {
        matches!(self, Self::Aes128Sha1 | Self::Aes256Sha1)
    }

    const fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Aes128Sha1 | Self::Aes256Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Aes128Sha256 => hmac::HMAC_SHA256,
            Self::Aes256Sha384 => hmac::HMAC_SHA384,
        }
    }
}

impl Key {
    /// A key, if it has the length of its type.
    pub(in crate::negotiate) fn new(kind: EncryptionType, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == kind.key_length()).then(|| Self { kind, bytes: bytes.to_vec().into() })
    }

    pub(in crate::negotiate) const fn kind(&self) -> EncryptionType {
        self.kind
    }

    pub(in crate::negotiate) fn bytes(&self) -> &Zeroizing<Vec<u8>> {
        &self.bytes
    }

    /// What was sealed with this key for this usage; none when it was not, or was changed.
    pub(super) fn open(&self, usage: u8, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let cipher_length = sealed.len().checked_sub(self.kind.mac_length())?;
        let (cipher, mac) = sealed.split_at_checked(cipher_length)?;
        let encryption = Block::new(&self.derived(usage, Purpose::Encryption)?)?;
        let integrity = self.derived(usage, Purpose::Integrity)?;
        if !self.kind.is_sha1() {
            let wanted = self.mac(&integrity, &[&ZERO[..], cipher]);
            verify_slices_are_equal(&wanted, mac).ok()?;
        }
        let plain = encryption.cts_decrypted(cipher)?;
        if self.kind.is_sha1() {
            verify_slices_are_equal(&self.mac(&integrity, &[&plain]), mac).ok()?;
        }
        plain.get(ZERO.len()..).map(|message| message.to_vec().into())
    }

    /// Seals a message for this usage. The confounder is 16 random bytes.
    pub(super) fn seal(&self, usage: u8, confounder: [u8; 16], message: &[u8]) -> Option<Vec<u8>> {
        let plain = Zeroizing::new([&confounder, message].concat());
        let mut sealed = Block::new(&self.derived(usage, Purpose::Encryption)?)?.cts_encrypted(&plain)?;
        let integrity = self.derived(usage, Purpose::Integrity)?;
        let mac = if self.kind.is_sha1() {
            self.mac(&integrity, &[&plain])
        } else {
            self.mac(&integrity, &[&ZERO, &sealed])
        };
        sealed.extend(mac);
        Some(sealed)
    }

    /// The checksum of a message for this usage.
    pub(super) fn checksum(&self, usage: u8, message: &[u8]) -> Option<Vec<u8>> {
        Some(self.mac(&self.derived(usage, Purpose::Checksum)?, &[message]))
    }

    fn mac(&self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&hmac::Key::new(self.kind.hmac(), key));
        for part in parts {
            context.update(part);
        }
        let tag = context.sign();
        tag.as_ref().get(..self.kind.mac_length()).unwrap_or_default().to_vec()
    }

    #[expect(clippy::as_conversions, reason = "the discriminants are the bytes of the standard")]
    fn derived(&self, usage: u8, purpose: Purpose) -> Option<Zeroizing<Vec<u8>>> {
        let purpose_byte = purpose as u8;
        if self.kind.is_sha1() {
            return self.folded_key(folded([0, 0, 0, usage, purpose_byte]));
        }
        // RFC 8009 §5: integrity and checksum keys are as long as the checksum, encryption keys as long as the key.
        let length = match purpose {
            Purpose::Encryption => self.kind.key_length(),
            Purpose::Integrity | Purpose::Checksum => self.kind.mac_length(),
        };
        let [.., high, low] = (length * 8).to_be_bytes();
        let label = [0, 0, 0, 1, 0, 0, 0, usage, purpose_byte, 0, 0, 0, high, low];
        let tag = hmac::sign(&hmac::Key::new(self.kind.hmac(), &self.bytes), &label);
        tag.as_ref().get(..length).map(|key| key.to_vec().into())
    }

    /// RFC 3961 §5.1: DR, which for AES is the key.
    fn folded_key(&self, constant: [u8; 16]) -> Option<Zeroizing<Vec<u8>>> {
        let block = Block::new(&self.bytes)?;
        let (mut key, mut last) = (Zeroizing::new(Vec::with_capacity(32)), constant);
        while key.len() < self.kind.key_length() {
            block.encrypt(&mut last)?;
            key.extend(last);
        }
        Some(key)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, …)", self.kind)
    }
}

/// One AES key; CBC with ciphertext stealing (RFC 3962 §5, "CBC-CS3") is made of its blocks.
struct Block {
    encrypting: EncryptingKey,
    decrypting: DecryptingKey,
}

impl Block {
    fn new(key: &[u8]) -> Option<Self> {
        let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
        let unbound = || UnboundCipherKey::new(algorithm, key);
        let encrypting = EncryptingKey::ecb(unbound().ok()?).ok()?;
        Some(Self { encrypting, decrypting: DecryptingKey::ecb(unbound().ok()?).ok()? })
    }

    fn encrypt(&self, blocks: &mut [u8]) -> Option<()> {
        self.encrypting.encrypt(blocks).ok().map(|_| ())
    }

    fn decrypt(&self, blocks: &mut [u8]) -> Option<()> {
        self.decrypting.decrypt(blocks, DecryptionContext::None).ok().map(|_| ())
    }

    fn cts_encrypted(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut blocks: Vec<[u8; 16]> = Vec::with_capacity(plain.len() / 16 + 1);
        let mut last = ZERO;
        for part in plain.chunks(16) {
            // A short last part is filled with zeros, which change nothing here.
            last.iter_mut().zip(part).for_each(|(byte, part)| *byte ^= part);
            self.encrypt(&mut last)?;
            blocks.push(last);
        }
        if let [.., last_but_one, last] = blocks.as_mut_slice() {
            std::mem::swap(last_but_one, last);
        }
        let mut cipher = blocks.concat();
        cipher.truncate(plain.len());
        Some(cipher)
    }

    fn cts_decrypted(&self, cipher: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let length = cipher.len();
        let mut straight = cipher.to_vec();
        if length > 16 {
            // The last two blocks stand the other way round, and the last lacks the bytes that were stolen from it.
            let (head, tail) = cipher.split_at_checked((length - 1) / 16 * 16 - 16)?;
            let (full, part) = tail.split_first_chunk::<16>()?;
            let mut stolen = *full;
            self.decrypt(&mut stolen)?;
            straight = [head, part, stolen.get(part.len()..)?, full].concat();
        }
        let mut plain = Zeroizing::new(straight.clone());
        self.decrypt(&mut plain)?;
        for (block, before) in plain.chunks_mut(16).skip(1).zip(straight.chunks(16)) {
            block.iter_mut().zip(before).for_each(|(byte, before)| *byte ^= before);
        }
        plain.truncate(length);
        (length >= 16).then_some(plain)
    }
}

/// n-fold (RFC 3961 §5.1) of 5 bytes to 16: sixteen copies, each turned 13 bits further, added with end-around carry.
fn folded(constant: [u8; 5]) -> [u8; 16] {
    let number = constant.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let mut copies = Vec::with_capacity(80);
    for copy in 0..16 {
        let turn = copy * 13 % 40;
        let turned = (number >> turn) | (number << (40 - turn));
        copies.extend(turned.to_be_bytes().get(3..).unwrap_or_default());
    }
    let (blocks, _) = copies.as_chunks::<16>();
    let sum = blocks.iter().fold(0_u128, |sum, block| {
        let (sum, carry) = sum.overflowing_add(u128::from_be_bytes(*block));
        sum.wrapping_add(u128::from(carry))
    });
    sum.to_be_bytes()
}

const ZERO: [u8; 16] = [0; 16];

#[cfg(test)]
mod tests {
    use picky_krb::crypto::{ChecksumSuite, CipherSuite};

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    const LENGTHS: [usize; 10] = [0, 1, 15, 16, 17, 31, 32, 33, 64, 1_000];

    #[test]
    fn every_length_is_sealed_and_opened_and_no_change_is_overlooked() {
        for kind in [17, 18, 19, 20].map(|number| EncryptionType::from_number(number).unwrap()) {
            let key = Key::new(kind, &vec![7; kind.key_length()]).unwrap();
            for length in LENGTHS {
                let message: Vec<u8> = (0..=255).cycle().take(length).collect();
                let sealed = key.seal(11, [3; 16], &message).unwrap();
                assert_eq!(sealed.len(), 16 + length + kind.mac_length());
                assert_eq!(*key.open(11, &sealed).unwrap(), message, "{kind:?} {length}");
                assert!(key.open(12, &sealed).is_none());
                for at in [0, sealed.len() / 2, sealed.len() - 1] {
                    let mut changed = sealed.clone();
                    changed[at] ^= 1;
                    assert!(key.open(11, &changed).is_none(), "{kind:?} {length} {at}");
                }
                assert!(key.open(11, &sealed[1..]).is_none());
            }
            for length in 0..48 {
                assert!(key.open(11, &vec![0; length]).is_none());
            }
        }
    }

    #[test]
    fn another_implementation_agrees_on_rfc_3962() {
        let pairs = [
            (EncryptionType::Aes128Sha1, CipherSuite::Aes128CtsHmacSha196, ChecksumSuite::HmacSha196Aes128),
            (EncryptionType::Aes256Sha1, CipherSuite::Aes256CtsHmacSha196, ChecksumSuite::HmacSha196Aes256),
        ];
        for (kind, cipher, checksum) in pairs {
            let bytes: Vec<u8> = (1..).take(kind.key_length()).collect();
            let key = Key::new(kind, &bytes).unwrap();
            for length in LENGTHS {
                let message: Vec<u8> = (0..=255).cycle().take(length).collect();
                for usage in [2, 11, 12, 23, 25] {
                    let theirs = cipher.cipher().encrypt(&bytes, usage.into(), &message).unwrap();
                    assert_eq!(*key.open(usage, &theirs).unwrap(), message);
                    let ours = key.seal(usage, [9; 16], &message).unwrap();
                    assert_eq!(cipher.cipher().decrypt(&bytes, usage.into(), &ours).unwrap(), message);
                    let sum = checksum.hasher().checksum(&bytes, usage.into(), &message).unwrap();
                    assert_eq!(key.checksum(usage, &message).unwrap(), sum);
                }
            }
        }
    }

    /// RFC 8009 appendix A: usage 2, plain text of 21 bytes, and the checksums.
    #[test]
    fn the_vectors_of_rfc_8009_hold() {
        let message: Vec<u8> = (0..21).collect();
        let key = Key::new(EncryptionType::Aes128Sha256, &bytes("3705D96080C17728A0E800EAB6E0D23C")).unwrap();
        let confounder: [u8; 16] = bytes("7BCA285E2FD4130FB55B1A5C83BC5B24").try_into().unwrap();
        let sealed = bytes("84D7F30754ED987BAB0BF3506BEB09CFB55402CEF7E6877CE99E247E52D16ED4421DFDF8976C");
        let at_21 = key.seal(2, confounder, &message[..6]).unwrap();
        assert_eq!(at_21, sealed);
        assert_eq!(key.checksum(2, &message).unwrap(), bytes("D78367186643D67B411CBA9139FC1DEE"));

        let key = Key::new(
            EncryptionType::Aes256Sha384,
            &bytes("6D404D37FAF79F9DF0D33568D320669800EB4836472EA8A026D16B7182460C52"),
        )
        .unwrap();
        let confounder: [u8; 16] = bytes("F764E9FA15C276478B2C7D0C4E5F58E4").try_into().unwrap();
        let sealed =
            bytes("41F53FA5BFE7026D91FAF9BE959195A058707273A96A40F0A01960621AC612748B9BBFBE7EB4CE3C");
        assert_eq!(key.seal(2, confounder, &message[..0]).unwrap(), sealed);
        let sum = bytes("45EE791567EEFCA37F4AC1E0222DE80D43C3BFA06699672A");
        assert_eq!(key.checksum(2, &message).unwrap(), sum);
    }

    #[test]
    fn a_key_has_the_length_of_its_type_and_does_not_print_itself() {
        assert!(Key::new(EncryptionType::Aes128Sha1, &[]).is_none());
        assert!(Key::new(EncryptionType::Aes128Sha1, &[1; 32]).is_none());
        let key = Key::new(EncryptionType::Aes128Sha1, &[1; 16]).unwrap();
        assert_eq!(format!("{key:?}"), "Key(Aes128Sha1, …)");
    }
}
