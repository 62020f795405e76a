//! The little DER that SPNEGO and GSS framing need (RFC 2743 §3.1, RFC 4178): one-byte tags, definite minimal lengths,
//! nothing left over. Not a general ASN.1 reader.

/// Bytes that are not the DER they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerError {
    /// The bytes end inside an element.
    #[error("the bytes end inside an element")]
    Truncated,
    /// A length in more bytes than it needs, of no stated end, or of more than 65,535.
    #[error("a length that begins with {0:#04x} and is not minimal")]
    Length(u8),
    /// Another element than the grammar has here.
    #[error("tag {seen:#04x} instead of {wanted:#04x}")]
    Tag {
        /// What stands there.
        seen: u8,
        /// What belongs there.
        wanted: u8,
    },
    /// Bytes after the last element.
    #[error("{0} bytes after the last element")]
    Trailing(usize),
}

/// Reads elements one after another.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The contents of the only element of `bytes`.
    pub(super) fn only(bytes: &'a [u8], tag: u8) -> Result<&'a [u8], DerError> {
        let mut reader = Self(bytes);
        let contents = reader.element(tag)?;
        reader.end()?;
        Ok(contents)
    }

    /// The contents of the next element, which has this tag.
    pub(super) fn element(&mut self, wanted: u8) -> Result<&'a [u8], DerError> {
        let (&seen, rest) = self.0.split_first().ok_or(DerError::Truncated)?;
        if seen != wanted {
            return Err(DerError::Tag { seen, wanted });
        }
        let (length, rest) = length(rest)?;
        let (contents, rest) = rest.split_at_checked(length).ok_or(DerError::Truncated)?;
        self.0 = rest;
        Ok(contents)
    }

    /// The contents of the next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, DerError> {
        if self.0.first() == Some(&tag) { self.element(tag).map(Some) } else { Ok(None) }
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// What has not been read.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn end(self) -> Result<(), DerError> {
        if self.0.is_empty() { Ok(()) } else { Err(DerError::Trailing(self.0.len())) }
    }
}

/// An element around `contents`, which are shorter than 64 KiB.
pub(super) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let [.., high, low] = contents.len().to_be_bytes();
    let header: &[u8] = match (high, low) {
        (0, 0..0x80) => &[tag, low],
        (0, _) => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    [header, contents].concat()
}

fn length(bytes: &[u8]) -> Result<(usize, &[u8]), DerError> {
    match *bytes {
        [] | [0x81 | 0x82] | [0x82, _] => Err(DerError::Truncated),
        [short @ ..=0x7f, ref rest @ ..] => Ok((usize::from(short), rest)),
        [0x81, long @ 0x80..=0xff, ref rest @ ..] => Ok((usize::from(long), rest)),
        [0x82, high @ 1..=0xff, low, ref rest @ ..] => {
            Ok((usize::from(u16::from_be_bytes([high, low])), rest))
        }
        [first, ..] => Err(DerError::Length(first)),
    }
}

/// `SEQUENCE`.
pub(super) const SEQUENCE: u8 = 0x30;
/// `OCTET STRING`.
pub(super) const OCTETS: u8 = 0x04;
/// `OBJECT IDENTIFIER`.
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
/// `ENUMERATED`.
pub(super) const ENUMERATED: u8 = 0x0a;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_at_every_form_of_length() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff] {
            let contents = vec![7; length];
            assert_eq!(Reader::only(&element(OCTETS, &contents), OCTETS), Ok(contents.as_slice()));
        }
    }

    #[test]
    fn what_is_not_minimal_or_not_all_is_refused() {
        for (bytes, error) in [
            (&[][..], DerError::Truncated),
            (&[4], DerError::Truncated),
            (&[4, 2, 0], DerError::Truncated),
            (&[4, 0x81], DerError::Truncated),
            (&[4, 0x81, 0x7f], DerError::Length(0x81)),
            (&[4, 0x82, 0, 0xff], DerError::Length(0x82)),
            (&[4, 0x80, 0, 0], DerError::Length(0x80)),
            (&[4, 0x83, 1, 0, 0], DerError::Length(0x83)),
            (&[5, 0], DerError::Tag { seen: 5, wanted: 4 }),
            (&[4, 0, 0], DerError::Trailing(1)),
        ] {
            assert_eq!(Reader::only(bytes, OCTETS), Err(error), "{bytes:?}");
        }
    }
}
