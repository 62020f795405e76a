//! Passwords at rest: argon2id in PHC form, checked and made by a [`Hasher`] that keeps its memory between calls.
//!
//! Slow on purpose (about 13 ms): never call it on an async thread, and never while a unit of work is open.

use argon2::password_hash::phc::{PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::entropy::{Entropy, NoEntropy, bytes};
use crate::secret::Secret;

/// Why a password could not be hashed or checked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// More than [`MAX_PASSWORD`] bytes.
    #[error("a password of {0} bytes, at most {MAX_PASSWORD} are allowed")]
    TooLong(usize),
    /// The stored hash is not argon2id in PHC form, or its parameters are out of bounds.
    #[error("the stored hash is not a usable argon2id hash")]
    Stored,
    /// See [`NoEntropy`].
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The password is the right one.
    pub matches: bool,
    /// The hash was made with weaker parameters than today's: make a new one while the password is at hand.
    pub outdated: bool,
}

/// Hashes and checks, one at a time, in memory that it reuses.
#[derive(Default)]
pub struct Hasher {
    memory: Vec<Block>,
}

impl Hasher {
    /// Makes a hash with today's parameters and a fresh salt.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`] or [`PasswordError::Entropy`].
    pub fn hash(&mut self, password: &Secret, entropy: &dyn Entropy) -> Result<String, PasswordError> {
        let salt = Salt::new(&bytes::<16>(entropy)?).map_err(|_| PasswordError::Stored)?;
        let params = today();
        let output = self.derive(&prepared(password)?, &salt, &params, OUTPUT)?;
        let output = argon2::password_hash::phc::Output::new(&output).map_err(|_| PasswordError::Stored)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: (&params).try_into().map_err(|_| PasswordError::Stored)?,
            salt: Some(salt),
            hash: Some(output),
        };
        Ok(hash.to_string())
    }

    /// Checks a password against a stored hash, or, for an account that has none, does the same work for nothing, so
    /// that an unknown name takes as long as a known one (`attacks.md` U04).
    ///
    /// # Errors
    /// [`PasswordError::TooLong`], or [`PasswordError::Stored`] for a hash that cannot be read.
    pub fn check(&mut self, password: &Secret, stored: Option<&str>) -> Result<Checked, PasswordError> {
        let password = prepared(password)?;
        let Some(stored) = stored else {
            let nobody = Salt::new(&[0; 16]).map_err(|_| PasswordError::Stored)?;
            self.derive(&password, &nobody, &today(), OUTPUT)?;
            return Ok(Checked { matches: false, outdated: false });
        };
        let (parsed, params) = read(stored)?;
        let (Some(salt), Some(wanted)) = (parsed.salt, parsed.hash) else {
            return Err(PasswordError::Stored);
        };
        let output = self.derive(&password, &salt, &params, wanted.len())?;
        let matches = aws_lc_rs::constant_time::verify_slices_are_equal(&output, wanted.as_ref()).is_ok();
        let outdated = params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES;
        Ok(Checked { matches, outdated })
    }

    /// Gives the memory back to the system.
    pub fn rest(&mut self) {
        self.memory = Vec::new();
    }

    fn derive(
        &mut self,
        password: &str,
        salt: &Salt,
        params: &Params,
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
        if self.memory.len() < params.block_count() {
            self.memory = Vec::with_capacity(params.block_count().max(OWN_MAPPING));
            self.memory.resize(params.block_count(), Block::default());
        }
        let mut output = Zeroizing::new(vec![0; length]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
            .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut self.memory)
            .map_err(|_| PasswordError::Stored)?;
        Ok(output)
    }
}

/// Whether `stored` is a hash that [`Hasher::check`] can use: what a seed's `password_hash` must be.
#[must_use]
pub fn is_usable_hash(stored: &str) -> bool {
    read(stored).is_ok_and(|(parsed, _)| parsed.salt.is_some() && parsed.hash.is_some())
}

fn read(stored: &str) -> Result<(PasswordHash, Params), PasswordError> {
    let parsed = PasswordHash::new(stored).map_err(|_| PasswordError::Stored)?;
    let params = Params::try_from(&parsed).map_err(|_| PasswordError::Stored)?;
    let argon2id = parsed.algorithm == Algorithm::Argon2id.ident();
    if !argon2id || params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES || params.p_cost() > 4 {
        return Err(PasswordError::Stored);
    }
    Ok((parsed, params))
}

/// Bounded before any work is done.
fn prepared(password: &Secret) -> Result<Zeroizing<String>, PasswordError> {
    match password.expose().len() {
        length if length > MAX_PASSWORD => Err(PasswordError::TooLong(length)),
        _ => Ok(prepared_text(password)),
    }
}

/// As passwords are compared: every space is one space, and NFC, as a person may type the same letters in two ways
/// (RFC 8265 §4.2.2).
pub(super) fn prepared_text(password: &Secret) -> Zeroizing<String> {
    let space = |character: char| if character != ' ' && is_space(character) { ' ' } else { character };
    Zeroizing::new(password.expose().chars().map(space).nfc().collect())
}

/// The general category Zs.
const fn is_space(character: char) -> bool {
    matches!(
        character,
        ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

#[expect(clippy::expect_used, reason = "the constants below are valid parameters, a test hashes with them")]
fn today() -> Params {
    Params::new(MEMORY_KIB, PASSES, 1, Some(OUTPUT)).expect("constant parameters")
}

/// `decisions.md` §21, the smallest setting OWASP recommends.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const OUTPUT: usize = 32;
/// A seed may bring hashes of its own, but not ones that stop the service: 256 MiB and 8 passes take about a second.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 8;
/// In blocks of 1 KiB. Up to 32 MiB glibc learns to keep a freed block in the arena of its thread, and there are many
/// threads; what is larger is always a mapping of its own, gone when it is dropped. Pages that nothing touches cost nothing.
const OWN_MAPPING: usize = 33 * 1024;
/// Long enough for any passphrase, short enough not to be a load of its own.
pub const MAX_PASSWORD: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    fn check(password: &str, stored: Option<&str>) -> Result<Checked, PasswordError> {
        Hasher::default().check(&Secret::new(password), stored)
    }

    #[test]
    fn the_right_password_matches_and_a_wrong_one_does_not() {
        let stored = Hasher::default().hash(&Secret::new("Secret!23"), &SystemEntropy).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(check("Secret!23", Some(&stored)), Ok(Checked { matches: true, outdated: false }));
        assert_eq!(check("Secret!24", Some(&stored)), Ok(Checked { matches: false, outdated: false }));
        assert_eq!(check("Secret!23", None), Ok(Checked { matches: false, outdated: false }));
    }

    #[test]
    fn letters_typed_in_two_ways_are_one_password() {
        let stored = Hasher::default().hash(&Secret::new("caf\u{e9}"), &SystemEntropy).unwrap();
        assert!(check("cafe\u{301}", Some(&stored)).unwrap().matches);
        assert!(!check("cafe", Some(&stored)).unwrap().matches);
        let stored = Hasher::default().hash(&Secret::new("a b"), &SystemEntropy).unwrap();
        for (typed, matches) in [("a\u{a0}b", true), ("a\u{3000}b", true), ("ab", false), ("a\tb", false)] {
            assert_eq!(check(typed, Some(&stored)).unwrap().matches, matches, "{typed:?}");
        }
    }

    #[test]
    fn every_character_counts_however_many_there_are() {
        let long = "0123456789".repeat(10);
        let stored = Hasher::default().hash(&Secret::new(long.clone()), &SystemEntropy).unwrap();
        assert!(check(&long, Some(&stored)).unwrap().matches);
        for other in [&long[..72], &long[..73], &long[..99]] {
            assert!(!check(other, Some(&stored)).unwrap().matches, "{}", other.len());
        }
        let stored = Hasher::default().hash(&Secret::new("Secret!23\0rest"), &SystemEntropy).unwrap();
        for (typed, matches) in [("Secret!23\0rest", true), ("Secret!23", false), ("Secret!23\0", false)] {
            assert_eq!(check(typed, Some(&stored)).unwrap().matches, matches, "{typed:?}");
        }
    }

    #[test]
    fn a_hash_with_weak_parameters_still_works_and_asks_for_a_new_one() {
        let weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$";
        let salt = Salt::from_b64("c29tZXNhbHRzb21lc2FsdA").unwrap();
        let params = Params::new(8, 1, 1, Some(32)).unwrap();
        let output = Hasher::default().derive("Secret!23", &salt, &params, 32).unwrap();
        let output = argon2::password_hash::phc::Output::new(&output).unwrap();
        let checked = check("Secret!23", Some(&format!("{weak}{output}"))).unwrap();
        assert_eq!(checked, Checked { matches: true, outdated: true });
    }

    #[test]
    fn a_password_may_have_1024_bytes_and_no_more() {
        assert!(check(&"x".repeat(1_024), None).is_ok());
        assert_eq!(check(&"x".repeat(1_025), None), Err(PasswordError::TooLong(1_025)));
    }

    #[test]
    fn a_hash_of_another_kind_is_refused() {
        for stored in
            ["", "secret", "$2b$12$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA"]
        {
            assert_eq!(check("x", Some(stored)), Err(PasswordError::Stored), "{stored}");
            assert!(!is_usable_hash(stored));
        }
    }
}
