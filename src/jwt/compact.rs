//! The compact serialisation (RFC 7515 §7.1): three segments of base64url, each in its one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::xml::Limits;

/// A token taken apart. Nothing in it is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compact<'t> {
    /// What is signed: header and payload as they were sent.
    pub signing_input: &'t [u8],
    /// The header, JSON.
    pub header: Vec<u8>,
    /// The claims, JSON.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Longer than any token.
    #[error("{0} bytes, at most {MAX_TOKEN} are read")]
    Size(usize),
    /// Two segments, or five as an encrypted one has.
    #[error("not three segments with a dot between")]
    Segments,
    /// Padding, white space, another alphabet, or bits that no byte has.
    #[error("the {0} is not base64url in its one spelling")]
    Base64(&'static str),
    /// Nothing in a segment.
    #[error("the {0} is empty")]
    Empty(&'static str),
}

impl<'t> Compact<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`FormError`].
    pub fn read(token: &'t str) -> Result<Self, FormError> {
        if token.len() > MAX_TOKEN {
            return Err(FormError::Size(token.len()));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(FormError::Segments)?;
        let (header, payload) = signed.split_once('.').ok_or(FormError::Segments)?;
        if payload.contains('.') {
            return Err(FormError::Segments);
        }
        Ok(Self {
            signing_input: signed.as_bytes(),
            header: segment("header", header)?,
            payload: segment("payload", payload)?,
            signature: segment("signature", signature)?,
        })
    }
}

/// The engine refuses padding and bits that do not belong to a byte.
fn segment(name: &'static str, text: &str) -> Result<Vec<u8>, FormError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| FormError::Base64(name))?;
    if bytes.is_empty() { Err(FormError::Empty(name)) } else { Ok(bytes) }
}

/// A token with a thousand groups has 60 KiB.
const MAX_TOKEN: usize = 64 << 10;
/// The JSON of a header or of claims: a key in a set in `hotk` is the deepest that is known, groups are the most.
pub(super) const JSON: Limits = Limits { depth: 6, nodes: 9_000, ..Limits::MESSAGE };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_three_segments() {
        let read = Compact::read("e30.e30.AQID").unwrap();
        assert_eq!((read.signing_input, read.header.as_slice()), (&b"e30.e30"[..], &b"{}"[..]));
        assert_eq!((read.payload.as_slice(), read.signature), (&b"{}"[..], vec![1, 2, 3]));
        for wrong in ["", ".", "e30", "e30.e30", "e30.e30.AQID.", ".e30.e30.AQID", "e30.e30.AQID.AQID.AQID"] {
            assert_eq!(Compact::read(wrong), Err(FormError::Segments), "{wrong}");
        }
        assert_eq!(Compact::read("e30.e30."), Err(FormError::Empty("signature")));
        assert_eq!(Compact::read("..AQID"), Err(FormError::Empty("header")));
    }

    /// `attacks.md` J06.
    #[test]
    fn base64url_has_one_spelling() {
        for (token, name) in [
            ("e30=.e30.AQID", "header"),
            (" e30.e30.AQID", "header"),
            ("e30.e3 0.AQID", "payload"),
            ("e30.e30.AQID\n", "signature"),
            ("e30.e30.AQID=", "signature"),
            ("e30.e30.+/+/", "signature"),
            ("e30.e30.AQJ", "signature"),
            ("e31.e30.AQID", "header"),
            ("e30.e30.A", "signature"),
        ] {
            assert_eq!(Compact::read(token), Err(FormError::Base64(name)), "{token}");
        }
        assert!(Compact::read("e30.e30.-_-_").is_ok() && Compact::read("e30.e30.AQI").is_ok());
    }

    /// `attacks.md` J13.
    #[test]
    fn there_is_a_longest_token() {
        let of = |length: usize| format!("e30.e30.{}", "A".repeat(length - 8));
        assert!(Compact::read(&of(MAX_TOKEN)).is_ok());
        assert_eq!(Compact::read(&of(MAX_TOKEN + 4)), Err(FormError::Size(MAX_TOKEN + 4)));
    }
}
