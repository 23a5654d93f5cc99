//! Opus: the identification header of RFC 7845 s.5.1 (little-endian, as WebCodecs gives it) turned into the `dOps` box
//! (Encapsulation of Opus in ISO Base Media File Format s.4.3.2, big-endian).

use super::{CodecError, SampleEntry};

/// What both forms say, but for PreSkip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Output channels, not zero.
    pub channels: u8,
    /// Samples a second of what was encoded; only informs.
    pub rate: u32,
    /// Output gain, Q7.8 decibels.
    pub gain: i16,
    /// Channel mapping family.
    pub family: u8,
    /// Stream count, coupled count and mapping; empty for family 0.
    pub mapping: Vec<u8>,
}

impl Head {
    /// Reads an identification header; an empty one means `channels` of family 0 at 48 kHz.
    ///
    /// # Errors
    /// [`CodecError::Record`] where it is not one, or no header says how more than two channels map.
    pub fn parse(description: &[u8], channels: u8) -> Result<Head, CodecError> {
        let wrong = |what: String| CodecError::Record { kind: "OpusHead", what };
        if description.is_empty() {
            if !(1..=2).contains(&channels) {
                return Err(wrong(format!("{channels} channels without a header: wanted 1 or 2")));
            }
            return Ok(Head { channels, rate: 48_000, gain: 0, family: 0, mapping: Vec::new() });
        }
        let Some((fixed, rest)) = description.split_first_chunk::<19>() else {
            return Err(wrong(format!("{} bytes: wanted at least 19", description.len())));
        };
        // The upper four bits of the version are the major one, which must be 0.
        if !fixed.starts_with(b"OpusHead") || fixed[8] & 0xf0 != 0 {
            return Err(wrong("no OpusHead of version 0".to_owned()));
        }
        let (channels, family) = (fixed[9], fixed[18]);
        let mapping = if family == 0 { 0 } else { 2 + usize::from(channels) };
        let Some(mapping) = rest.get(..mapping) else {
            return Err(wrong(format!("{} bytes of channel mapping: wanted {mapping}", rest.len())));
        };
        if channels == 0 || (family == 0 && channels > 2) {
            return Err(wrong(format!("{channels} channels of mapping family {family}")));
        }
        let rate = u32::from_le_bytes([fixed[12], fixed[13], fixed[14], fixed[15]]);
        let gain = i16::from_le_bytes([fixed[16], fixed[17]]);
        Ok(Head { channels, rate, gain, family, mapping: mapping.to_vec() })
    }

    /// Appends the body of `dOps`, with PreSkip 0.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0, self.channels, 0, 0]);
        out.extend_from_slice(&self.rate.to_be_bytes());
        out.extend_from_slice(&self.gain.to_be_bytes());
        out.push(self.family);
        out.extend_from_slice(&self.mapping);
    }
}

/// The identification header that says what the `dOps` of an entry says; `None` without one.
pub(crate) fn identification(entry: &SampleEntry) -> Option<Vec<u8>> {
    let (fixed, mapping) = entry.child(*b"dOps")?.split_first_chunk::<11>()?;
    let [_, channels, skip @ .., family] = *fixed;
    let [skip_high, skip_low, a, b, c, d, gain_high, gain_low] = skip;
    let rest = [channels, skip_low, skip_high, d, c, b, a, gain_low, gain_high, family];
    Some([b"OpusHead\x01", &rest[..], mapping].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_becomes_dops_with_pre_skip_zero() {
        let head = b"OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\xff\xff\x00";
        let mut dops = Vec::new();
        Head::parse(head, 2).unwrap().write(&mut dops);
        assert_eq!(dops, [0, 2, 0, 0, 0, 0, 0xbb, 0x80, 0xff, 0xff, 0]);
    }

    #[test]
    fn headers_that_are_none_are_refused() {
        assert!(Head::parse(b"OpusHead\x01", 2).is_err());
        assert!(Head::parse(b"OpusTags\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00", 2).is_err());
        assert!(Head::parse(b"OpusHead\x01\x06\x38\x01\x80\xbb\x00\x00\x00\x00\x01\x04\x02", 6).is_err());
        assert!(Head::parse(b"OpusHead\x01\x00\x38\x01\x80\xbb\x00\x00\x00\x00\x00", 0).is_err());
        assert!(Head::parse(&[], 6).is_err());
    }
}
