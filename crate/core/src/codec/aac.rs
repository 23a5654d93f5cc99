//! AAC: the AudioSpecificConfig (ISO/IEC 14496-3 s.1.6.2.1), read only as far as it describes the coding, and the
//! `esds` box around it.

use super::CodecError;
use super::bits::Bits;
use crate::isobmff::write;

/// The coding as ISO/IEC 14496-1 table 5 numbers it.
const MPEG4_AUDIO: u8 = 0x40;
/// Samples a second by sampling frequency index (table 1.18).
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// The first fields of an AudioSpecificConfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Audio object type; 2 is AAC-LC.
    pub object: u32,
    /// Samples a second; of the core, where spectral band replication doubles it.
    pub rate: u32,
    /// Channel configuration; 0 leaves it to a program config element.
    pub channels: u32,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`CodecError::Record`] where it is too short or its frequency index is reserved.
    pub fn parse(config: &[u8]) -> Result<Config, CodecError> {
        let what = || format!("{} bytes hold no AudioSpecificConfig", config.len());
        Config::read(config).ok_or_else(|| CodecError::Record { kind: "esds", what: what() })
    }

    fn read(config: &[u8]) -> Option<Config> {
        let mut bits = Bits::new(config);
        let object = match bits.bits(5)? {
            31 => 32 + bits.bits(6)?,
            0 => return None,
            object => object,
        };
        let rate = match bits.bits(4)? {
            15 => bits.bits(24)?,
            index => *RATES.get(index as usize)?,
        };
        Some(Config { object, rate, channels: bits.bits(4)? })
    }

    /// What follows `mp4a.` in the codec string (RFC 6381 s.3.3).
    pub fn codec_string(&self) -> String {
        format!("40.{}", self.object)
    }
}

/// An AudioSpecificConfig of AAC-LC without the extension that says only that there is no spectral band replication
/// (ISO/IEC 14496-3 s.1.6.6.1): some encoders write it, others do not, and the packets are the same.
pub(super) fn without_sync(config: &[u8]) -> &[u8] {
    // Object type 2, a rate by its index, channels by their number, three flags of 0; then 0x2b7, object type 5 and 0.
    match config {
        [first, second, 0x56, 0xe5, 0x00]
            if first >> 3 == 2 && (first & 7, second >> 7) != (7, 1) && second & 0x78 != 0 && second & 7 == 0 =>
        {
            &config[..2]
        }
        _ => config,
    }
}

/// Appends `esds` (ISO/IEC 14496-14 s.6.7.2) around a configuration.
pub(super) fn write_esds(out: &mut Vec<u8>, config: &[u8]) {
    // The coding, "sound stream", and no word on buffer and bit rates (ISO/IEC 14496-1 s.7.2.6.6).
    let mut decoder = vec![MPEG4_AUDIO, 0x15];
    decoder.resize(13, 0);
    write_descriptor(&mut decoder, 0x05, config);
    // Number 0, without optional fields (s.7.2.6.5); then what a file must say of the sync layer (14496-14 s.3.1.2).
    let mut stream = vec![0, 0, 0];
    write_descriptor(&mut stream, 0x04, &decoder);
    write_descriptor(&mut stream, 0x06, &[2]);
    write::full(out, *b"esds", 0, 0, |out| write_descriptor(out, 0x03, &stream));
}

/// A descriptor, ISO/IEC 14496-1 s.8.3.3: its length in sevens of bits, all but the last one marked.
fn write_descriptor(out: &mut Vec<u8>, tag: u8, body: &[u8]) {
    out.push(tag);
    let sevens = (1..4).rev().filter(|&place| body.len() >> (7 * place) > 0);
    sevens.for_each(|place| out.push((body.len() >> (7 * place)) as u8 | 0x80));
    out.push(body.len() as u8 & 0x7f);
    out.extend_from_slice(body);
}

/// The AudioSpecificConfig in the body of an `esds` of MPEG-4 audio.
pub(super) fn specific_config(esds: &[u8]) -> Option<Vec<u8>> {
    let decoder = decoder_config(esds)?;
    // Object type 0x40 is MPEG-4 audio; 12 more bytes of buffer size and bit rates.
    if *decoder.first()? != 0x40 {
        return None;
    }
    descriptor(decoder.get(13..)?, 0x05).map(<[u8]>::to_vec)
}

/// The coding in the body of an `esds`, as ISO/IEC 14496-1 table 5 numbers them: 0x40 MPEG-4 audio, 0x6b MP3 ...
pub(super) fn object_type(esds: &[u8]) -> Option<u8> {
    decoder_config(esds)?.first().copied()
}

/// The DecoderConfigDescriptor in the body of an `esds`.
fn decoder_config(esds: &[u8]) -> Option<&[u8]> {
    // Past version and flags (ISO/IEC 14496-14 s.6.7.2), the ES_Descriptor with its optional fields.
    let es = descriptor(esds.get(4..)?, 0x03)?;
    let flags = es.get(2)?;
    let mut at = 3;
    if flags & 0x80 != 0 {
        at += 2;
    }
    if flags & 0x40 != 0 {
        at += 1 + usize::from(*es.get(at)?);
    }
    if flags & 0x20 != 0 {
        at += 2;
    }
    descriptor(es.get(at..)?, 0x04)
}

/// The body of the first descriptor of this tag (ISO/IEC 14496-1 s.7.2.2, sizes s.8.3.3).
fn descriptor(mut bytes: &[u8], tag: u8) -> Option<&[u8]> {
    loop {
        let (&found, mut rest) = bytes.split_first()?;
        let mut size = 0;
        // At most four groups of 7 bits.
        for group in 0..4 {
            let (&byte, after) = rest.split_first()?;
            rest = after;
            size = size << 7 | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
            if group == 3 {
                return None;
            }
        }
        let (body, after) = rest.split_at_checked(size)?;
        if found == tag {
            return Some(body);
        }
        bytes = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_found_in_an_esds_with_and_without_optional_fields() {
        let mut esds = Vec::new();
        write_esds(&mut esds, &[0x11, 0x90]);
        assert_eq!(specific_config(&esds[8..]), Some(vec![0x11, 0x90]));
        for cut in 8..esds.len() {
            assert_ne!(specific_config(&esds[8..cut]), Some(Vec::new()));
        }
        // Sizes of four groups, a depended-on stream, a URL of one byte, a clock reference, an unknown descriptor.
        let decoder = [&[0x06, 1, 9, 0x04, 17, 0x40, 0x15][..], &[0; 11], &[0x05, 2, 0x12, 0x08]].concat();
        let es = [&[0, 1, 0xe0, 0, 2, 1, b'u', 0, 3][..], &decoder].concat();
        let body = [&[0, 0, 0, 0, 0x03, 0x80, 0x80, 0x80, es.len() as u8][..], &es].concat();
        assert_eq!(specific_config(&body), Some(vec![0x12, 0x08]));
    }

    #[test]
    fn configurations_of_the_table_are_read() {
        assert_eq!(Config::parse(&[0x11, 0x90]), Ok(Config { object: 2, rate: 48_000, channels: 2 }));
        assert_eq!(Config::parse(&[0x12, 0x08]), Ok(Config { object: 2, rate: 44_100, channels: 1 }));
        // Index 15 spells the rate out in 24 bits.
        assert_eq!(Config::parse(&[0x17, 0x80, 0x5d, 0xc0, 0x10]), Ok(Config { object: 2, rate: 48_000, channels: 2 }));
        assert!(Config::parse(&[0x11]).is_err());
        assert!(Config::parse(&[0x16, 0x90]).is_err());
    }
}
