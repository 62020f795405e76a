//! Chance, injected: every random byte of the house comes through [`Entropy`].

/// Where random bytes come from.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random ones.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source is not available: then nothing is issued.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The random source failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the random source is not available")]
pub struct NoEntropy;

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the random source")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| NoEntropy)
    }
}

/// `N` random bytes.
///
/// # Errors
/// [`NoEntropy`] when the source is not available.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// A random (version 4) UUID in its usual spelling.
///
/// # Errors
/// [`NoEntropy`] when the source is not available.
pub fn uuid(entropy: &dyn Entropy) -> Result<String, NoEntropy> {
    let mut bytes: [u8; 16] = bytes(entropy)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push_hex(&mut text, *byte);
    }
    Ok(text)
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        push_hex(&mut text, *byte);
    }
    text
}

fn push_hex(text: &mut String, byte: u8) {
    for nibble in [byte >> 4, byte & 0xf] {
        text.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
            bytes.fill(0xff);
            Ok(())
        }
    }

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        assert_eq!(uuid(&Fixed).unwrap(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn ten_thousand_identifiers_are_all_different() {
        let seen: std::collections::HashSet<_> = (0..10_000).map(|_| uuid(&SystemEntropy).unwrap()).collect();
        assert_eq!(seen.len(), 10_000);
    }
}
