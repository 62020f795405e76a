//! One gzip member, and never more than a token's worth of it: ten KiB can be made to hold a gigabyte.

use std::io::Read as _;

use flate2::bufread::GzDecoder;

/// What `packed` holds; nothing when it is not exactly one whole member, or holds more than `most` bytes.
pub(super) fn inflate(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut decoder = GzDecoder::new(packed);
    let mut out = Vec::new();
    let limit = u64::try_from(most).ok()?.checked_add(1)?;
    decoder.by_ref().take(limit).read_to_end(&mut out).ok()?;
    // The end is read on its own: only there is the checksum compared.
    let ended = out.len() <= most && matches!(decoder.read(&mut [0]), Ok(0));
    (ended && decoder.into_inner().is_empty()).then_some(out)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};

    use super::*;

    pub(in crate::vapi_sign) fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_member_is_taken_whole_up_to_the_limit() {
        assert_eq!(inflate(&packed(b"token"), 5).unwrap(), b"token");
        assert_eq!(inflate(&packed(b"token"), 4), None);
        assert_eq!(inflate(&packed(b""), 4).unwrap(), b"");
    }

    /// `attacks.md` G01.
    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = packed(&vec![0; 10 << 20]);
        assert!(bomb.len() < 16 << 10, "{}", bomb.len());
        assert_eq!(inflate(&bomb, 256 << 10), None);
    }

    /// `attacks.md` G02.
    #[test]
    fn whatever_is_not_one_whole_member_is_nothing() {
        let good = packed(b"token");
        let mut wrong_sum = good.clone();
        *wrong_sum.get_mut(good.len() - 8).unwrap() ^= 1;
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(b"token").unwrap();
        for wrong in [
            wrong_sum,
            [&good[..], b"x"].concat(),
            [&good[..], &good[..]].concat(),
            good.get(..good.len() - 1).unwrap().to_vec(),
            raw.finish().unwrap(),
            b"token".to_vec(),
            Vec::new(),
        ] {
            assert_eq!(inflate(&wrong, 64), None, "{wrong:?}");
        }
    }
}
