//! One whole sample entry box (ISO/IEC 14496-12 s.8.5.2) as bytes: made from the configuration an encoder gives, or
//! taken as it is from a file. What it does not understand it keeps.

use serde::{Deserialize, Serialize};

use super::{CodecError, aac, av1, avc, hevc, opus, vp9};
use crate::isobmff::read::{Children, Header, Parsed, fourcc_at, u16_at, u32_at, u64_at};
use crate::isobmff::stbl::Packing;
use crate::isobmff::{FourCc, Path, path, write};
use crate::media::{AudioCodec, Coding, Size, VideoCodec};

/// Bytes before the child boxes of a visual entry (s.12.1.3), box header included.
const VISUAL: usize = 8 + 78;
/// Bytes before the child boxes of a sound entry of version 0 (s.12.2.3), box header included.
const SOUND: usize = 8 + 28;
/// The same of QuickTime's version 1, with four fields more, and of its version 2.
const SOUND_1: usize = SOUND + 16;
const SOUND_2: usize = SOUND + 36;
/// The largest side a track header can state: a signed 16.16 number also carries it in the matrix.
pub const MAX_SIDE: u32 = 32_767;

/// One sample entry box, header included.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct SampleEntry {
    bytes: Vec<u8>,
}

impl SampleEntry {
    /// Takes one whole box as it is; any type, known or not.
    ///
    /// # Errors
    /// [`CodecError::Entry`] where the bytes are not exactly one box with its eight fixed bytes.
    pub fn parse(bytes: &[u8]) -> Result<SampleEntry, CodecError> {
        SampleEntry::try_from(bytes.to_vec())
    }

    /// `avc1` around an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 s.5.3.3): what WebCodecs gives as
    /// `decoderConfig.description`.
    ///
    /// # Errors
    /// [`CodecError::Record`] where the record has no parameter sets; [`CodecError::Size`].
    pub fn avc1(record: &[u8], size: Size) -> Result<SampleEntry, CodecError> {
        avc::Config::parse(record)?;
        SampleEntry::visual(*b"avc1", *b"avcC", record, size)
    }

    /// `hvc1` around an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 s.8.3.3).
    ///
    /// # Errors
    /// [`CodecError::Record`] where the record is too short; [`CodecError::Size`].
    pub fn hvc1(record: &[u8], size: Size) -> Result<SampleEntry, CodecError> {
        hevc::codec_string(record).ok_or_else(|| short("hvcC", record))?;
        SampleEntry::visual(*b"hvc1", *b"hvcC", record, size)
    }

    /// `vp09` around the body of a VPCodecConfigurationBox, version and flags included (VP Codec ISO Media File Format
    /// Binding, version 1).
    ///
    /// # Errors
    /// [`CodecError::Record`] where the record is too short; [`CodecError::Size`].
    pub fn vp09(record: &[u8], size: Size) -> Result<SampleEntry, CodecError> {
        vp9::Config::parse(record).ok_or_else(|| short("vpcC", record))?;
        SampleEntry::visual(*b"vp09", *b"vpcC", record, size)
    }

    /// `av01` around an AV1CodecConfigurationRecord (AV1 Codec ISO Media File Format Binding s.2.3).
    ///
    /// # Errors
    /// [`CodecError::Record`] where the record is too short; [`CodecError::Size`].
    pub fn av01(record: &[u8], size: Size) -> Result<SampleEntry, CodecError> {
        av1::codec_string(record).ok_or_else(|| short("av1C", record))?;
        SampleEntry::visual(*b"av01", *b"av1C", record, size)
    }

    /// `Opus` from an identification header (RFC 7845 s.5.1), which WebCodecs gives as `decoderConfig.description`;
    /// where that is empty, for `channels` of family 0. PreSkip is written 0: segments start on their origin.
    ///
    /// # Errors
    /// [`CodecError::Record`] where the header is not one, or the channels are not 1 or 2 and no header says how they map.
    pub fn opus(description: &[u8], channels: u8) -> Result<SampleEntry, CodecError> {
        let head = opus::Head::parse(description, channels)?;
        Ok(SampleEntry::audio(*b"Opus", u16::from(head.channels), 48_000, |out| {
            write::boxed(out, *b"dOps", |out| head.write(out));
        }))
    }

    /// `mp4a` around an AudioSpecificConfig (ISO/IEC 14496-3 s.1.6.2.1).
    ///
    /// # Errors
    /// [`CodecError::Record`] where the configuration is too short.
    pub fn mp4a(config: &[u8], channels: u8, rate: u32) -> Result<SampleEntry, CodecError> {
        aac::Config::parse(config)?;
        Ok(SampleEntry::audio(*b"mp4a", u16::from(channels), rate, |out| aac::write_esds(out, config)))
    }

    /// The same for sound that is heard from its first sample: an Opus entry that says how many to skip says none.
    #[must_use]
    pub fn without_pre_skip(mut self) -> SampleEntry {
        if self.fourcc() == *b"Opus"
            && let Some(place) = self.bytes.windows(4).skip(SOUND).position(|kind| kind == b"dOps")
            // After the type come version, channels, PreSkip.
            && let Some([_, _, _, _, _, _, high, low]) = self.bytes.get_mut(SOUND + place..SOUND + place + 8)
        {
            (*high, *low) = (0, 0);
        }
        self
    }

    /// The whole box.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its type.
    pub fn fourcc(&self) -> FourCc {
        // `try_from` refuses fewer bytes.
        [self.bytes[4], self.bytes[5], self.bytes[6], self.bytes[7]]
    }

    /// The video coding, if it is one the product names.
    pub fn video_codec(&self) -> Option<VideoCodec> {
        VideoCodec::of(self.fourcc())
    }

    /// The audio coding, if it is one the product names; `mp4a` counts as AAC only where its configuration says so.
    pub fn audio_codec(&self) -> Option<AudioCodec> {
        match &self.fourcc() {
            b"mp4a" => self.aac().map(|_| AudioCodec::Aac),
            b"Opus" => Some(AudioCodec::Opus),
            _ => None,
        }
    }

    /// The picture size the entry states, for entries of a video coding the product names.
    pub fn size(&self) -> Option<Size> {
        self.video_codec()?;
        let width = u32::from(u16_at(&self.bytes, 32)?);
        let height = u32::from(u16_at(&self.bytes, 34)?);
        Some(Size { width, height })
    }

    /// The picture size the entry states, whatever its coding, if it is long enough for a visual one and not empty.
    pub fn picture(&self) -> Option<Size> {
        let (width, height) = (u16_at(&self.bytes, 32)?, u16_at(&self.bytes, 34)?);
        let size = Size { width: u32::from(width), height: u32::from(height) };
        (self.bytes.len() >= VISUAL && width > 0 && height > 0).then_some(size)
    }

    /// How a sound entry packs PCM and the codings of fixed packets, for tables that count single ticks.
    pub(crate) fn packing(&self) -> Packing {
        let word = |at: usize| u32_at(&self.bytes, at).unwrap_or(0);
        let half = |at: usize| u16_at(&self.bytes, at).map_or(0, u32::from);
        let (mut channels, mut bits) = (half(24), half(26));
        let (mut packet_frames, mut packet_bytes) = (0, 0);
        match self.fixed() {
            SOUND_1 => (packet_frames, packet_bytes) = (word(36), word(44)),
            // Channels, bits, bytes and frames a packet lie behind a size and a rate of 64 bits.
            SOUND_2 => (channels, bits, packet_bytes, packet_frames) = (word(48), word(56), word(64), word(68)),
            _ => {}
        }
        let bits = match &self.fourcc() {
            b"raw " | b"NONE" | b"lpcm" => bits,
            b"twos" | b"sowt" => {
                if bits == 0 {
                    16
                } else {
                    bits
                }
            }
            b"in24" => 24,
            b"in32" | b"fl32" => 32,
            b"fl64" => 64,
            b"ulaw" | b"alaw" => 8,
            _ => 0,
        };
        Packing { frame: (bits / 8).saturating_mul(channels), packet_frames, packet_bytes }
    }

    /// Channels and samples a second of a sound entry, whatever its coding; 0 where it does not say. Of AAC the channels of
    /// the configuration count, for ffmpeg writes two beside it for mono too, but the rate of the entry, which is the one
    /// after spectral band replication.
    pub fn sound(&self) -> (u32, u32) {
        let half = |at: usize| u16_at(&self.bytes, at).map_or(0, u32::from);
        let (channels, rate) = match self.fixed() {
            SOUND_2 => {
                let rate = f64::from_bits(u64_at(&self.bytes, 40).unwrap_or(0));
                // Saturates; no rate is beyond 32 bits.
                (u32_at(&self.bytes, 48).unwrap_or(0), rate as u32)
            }
            _ => (half(24), half(32)),
        };
        match self.aac() {
            Some(aac) => {
                let channels = match aac.channels {
                    0 => channels,
                    7 | 12 | 14 => 8,
                    11 => 7,
                    own => own,
                };
                (channels, if rate == 0 { aac.rate } else { rate })
            }
            None => (channels, rate),
        }
    }

    /// The number of channels the entry states, for `mp4a` and `Opus`.
    pub fn channels(&self) -> Option<u16> {
        if matches!(&self.fourcc(), b"mp4a" | b"Opus") { u16_at(&self.bytes, 24) } else { None }
    }

    /// Samples a second as the entry states them, for `mp4a` and `Opus`.
    pub fn rate(&self) -> Option<u32> {
        if matches!(&self.fourcc(), b"mp4a" | b"Opus") { u32_at(&self.bytes, 32).map(|rate| rate >> 16) } else { None }
    }

    /// The decoder configuration record, without the box around it: what WebCodecs takes as `description`. For `mp4a`
    /// that is the AudioSpecificConfig. `None` for Opus, whose `dOps` is not an identification header, for VP9, which
    /// needs none, and for anything unknown.
    pub fn description(&self) -> Option<Vec<u8>> {
        match &self.fourcc() {
            b"avc1" | b"avc3" => self.child(*b"avcC").map(<[u8]>::to_vec),
            b"hvc1" | b"hev1" => self.child(*b"hvcC").map(<[u8]>::to_vec),
            b"av01" => self.child(*b"av1C").map(<[u8]>::to_vec),
            b"mp4a" => aac::specific_config(self.child(*b"esds")?),
            _ => None,
        }
    }

    /// What WebCodecs takes as `description` of sound that is heard from its first sample: of Opus an identification header
    /// (RFC 7845 s.5.1) with a PreSkip of 0, of FLAC its marker and its metadata (Encapsulation of FLAC in ISO Base Media File
    /// Format s.3.3.2), of others as [`SampleEntry::description`].
    pub fn sound_description(&self) -> Option<Vec<u8>> {
        match &self.fourcc() {
            b"Opus" => opus::identification(&self.clone().without_pre_skip()),
            b"fLaC" => Some([b"fLaC", self.child(*b"dfLa")?.get(4..)?].concat()),
            _ => self.description(),
        }
    }

    /// How the colours of its pictures are coded, where its parameter set or its configuration says so (not in AV1).
    pub fn coding(&self) -> Coding {
        let colour = match self.video_codec() {
            Some(VideoCodec::Avc) => {
                let config = self.child(*b"avcC").and_then(|record| avc::Config::parse(record).ok());
                config.and_then(|config| avc::Sps::parse(config.sps.first()?).ok()).map(|sps| sps.colour)
            }
            Some(VideoCodec::Hevc) => self.child(*b"hvcC").and_then(hevc::colour),
            Some(VideoCodec::Vp9) => self.child(*b"vpcC").and_then(vp9::Config::parse).map(|config| config.colour()),
            _ => None,
        };
        let colour = colour.unwrap_or_default();
        Coding { matrix: colour.matrix, full_range: colour.full_range }
    }

    /// The codec string (RFC 6381) as WebCodecs and `canPlayType` take it; the bare type where nothing more is known.
    pub fn codec_string(&self) -> String {
        let known = match &self.fourcc() {
            b"avc1" | b"avc3" => self.child(*b"avcC").and_then(avc::codec_string),
            b"hvc1" | b"hev1" => self.child(*b"hvcC").and_then(hevc::codec_string),
            b"vp09" => self.child(*b"vpcC").and_then(vp9::Config::parse).map(|config| config.codec_string()),
            b"av01" => self.child(*b"av1C").and_then(av1::codec_string),
            b"mp4a" => match self.aac() {
                Some(config) => Some(config.codec_string()),
                None => self.child(*b"esds").and_then(aac::object_type).map(|object| format!("{object:02X}")),
            },
            b"mp4v" => self.child(*b"esds").and_then(aac::object_type).map(|object| format!("{object:02X}")),
            b"Opus" => return "opus".to_owned(),
            b"fLaC" => return "flac".to_owned(),
            _ => None,
        };
        let fourcc = path::text(self.fourcc());
        known.map_or(fourcc.clone(), |rest| format!("{fourcc}.{rest}"))
    }

    /// The body of the first child box of this type, in the entry itself or in its QuickTime `wave`.
    pub(super) fn child(&self, kind: FourCc) -> Option<&[u8]> {
        let own = self.children().find(|(child, _)| *child == kind).map(|(_, body)| body);
        own.or_else(|| {
            let (_, wave) = self.children().find(|(child, _)| child == b"wave")?;
            boxes(wave, self.fourcc()).find(|(child, _)| *child == kind).map(|(_, body)| body)
        })
    }

    /// The child boxes as (type, body); it ends where they are not boxes.
    pub(super) fn children(&self) -> impl Iterator<Item = (FourCc, &[u8])> {
        boxes(self.bytes.get(self.fixed()..).unwrap_or_default(), self.fourcc())
    }

    /// Bytes before the child boxes. The type tells of the known ones whether they are visual, the version of sound ones
    /// means another thing in QuickTime than in MP4; so it is where boxes, and nothing else, follow.
    fn fixed(&self) -> usize {
        let whole = |skip: &usize| self.bytes.get(*skip..).is_some_and(only_boxes);
        let stated = match u16_at(&self.bytes, 16) {
            _ if self.video_codec().is_some() => VISUAL,
            Some(1) => SOUND_1,
            Some(2) => SOUND_2,
            _ => SOUND,
        };
        [stated, SOUND, SOUND_1, SOUND_2, VISUAL].into_iter().find(whole).unwrap_or(stated)
    }

    /// The AAC configuration of an `mp4a` entry.
    pub(super) fn aac(&self) -> Option<aac::Config> {
        aac::Config::parse(&aac::specific_config(self.child(*b"esds")?)?).ok()
    }

    fn visual(kind: FourCc, config: FourCc, record: &[u8], size: Size) -> Result<SampleEntry, CodecError> {
        let side = |side: u32| match u16::try_from(side) {
            Ok(0) | Err(_) => Err(CodecError::Size { size }),
            Ok(_) if side > MAX_SIDE => Err(CodecError::Size { size }),
            Ok(side) => Ok(side),
        };
        let (width, height) = (side(size.width)?, side(size.height)?);
        let mut bytes = Vec::with_capacity(VISUAL + 8 + record.len());
        write::boxed(&mut bytes, kind, |out| {
            out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
            out.extend_from_slice(&[0; 16]);
            out.extend_from_slice(&width.to_be_bytes());
            out.extend_from_slice(&height.to_be_bytes());
            // 72 dpi each way, reserved, one frame a sample, no compressor name, 24 bit, no colour table.
            out.extend_from_slice(&[0, 0x48, 0, 0, 0, 0x48, 0, 0, 0, 0, 0, 0, 0, 1]);
            out.extend_from_slice(&[0; 32]);
            out.extend_from_slice(&[0, 0x18, 0xff, 0xff]);
            write::boxed(out, config, |out| out.extend_from_slice(record));
        });
        Ok(SampleEntry { bytes })
    }

    fn audio(kind: FourCc, channels: u16, rate: u32, config: impl FnOnce(&mut Vec<u8>)) -> SampleEntry {
        let mut bytes = Vec::with_capacity(SOUND + 64);
        write::boxed(&mut bytes, kind, |out| {
            out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
            out.extend_from_slice(&[0; 8]);
            out.extend_from_slice(&channels.to_be_bytes());
            out.extend_from_slice(&[0, 16, 0, 0, 0, 0]);
            // 16.16; a rate that does not fit is only in the decoder configuration (s.12.2.3.2).
            let rate = u16::try_from(rate).unwrap_or(0);
            out.extend_from_slice(&(u32::from(rate) << 16).to_be_bytes());
            config(out);
        });
        SampleEntry { bytes }
    }
}

impl TryFrom<Vec<u8>> for SampleEntry {
    type Error = CodecError;

    fn try_from(bytes: Vec<u8>) -> Result<SampleEntry, CodecError> {
        let present = bytes.len() as u64;
        let stated = match Header::parse(&bytes, Path::ROOT) {
            // A 64-bit size would move every field this type finds by its place.
            Ok(Parsed::Whole(Header { length: 8, size: Some(size), .. })) => size,
            _ => 0,
        };
        if stated != present || present < 16 {
            return Err(CodecError::Entry { stated, present });
        }
        Ok(SampleEntry { bytes })
    }
}

impl From<SampleEntry> for Vec<u8> {
    fn from(entry: SampleEntry) -> Vec<u8> {
        entry.bytes
    }
}

/// The boxes in these bytes of an entry as (type, body); it ends where they are not boxes.
fn boxes(bytes: &[u8], parent: FourCc) -> impl Iterator<Item = (FourCc, &[u8])> {
    Children::new(bytes, Path::top(parent)).map_while(Result::ok).map(|child| (child.kind, child.body))
}

/// Whether these bytes are boxes with printable types to their end, but for the zeros that QuickTime may end with.
fn only_boxes(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(kind) = fourcc_at(bytes, at + 4).filter(|kind| kind != &[0; 4]) {
        let size = u32_at(bytes, at).map_or(0, |size| size as usize);
        if !kind.iter().all(|byte| matches!(byte, b' '..=b'~' | 0xa9)) || size < 8 || size > bytes.len() - at {
            return false;
        }
        at += size;
    }
    bytes[at..].iter().all(|&byte| byte == 0)
}

fn short(kind: &'static str, record: &[u8]) -> CodecError {
    CodecError::Record { kind, what: format!("{} bytes are too few, or of an unknown version", record.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_states_what_it_was_made_from() {
        let opus = SampleEntry::opus(&[], 2).unwrap();
        assert_eq!((opus.fourcc(), opus.channels(), opus.rate()), (*b"Opus", Some(2), Some(48_000)));
        assert_eq!((opus.codec_string().as_str(), opus.audio_codec()), ("opus", Some(AudioCodec::Opus)));
        let aac = SampleEntry::mp4a(&[0x11, 0x90], 2, 48_000).unwrap();
        assert_eq!((aac.codec_string().as_str(), aac.audio_codec()), ("mp4a.40.2", Some(AudioCodec::Aac)));
        assert_eq!(aac.description(), Some(vec![0x11, 0x90]));
        let vp9 =
            SampleEntry::vp09(&[1, 0, 0, 0, 0, 31, 0x80, 1, 1, 1, 0, 0], Size { width: 640, height: 480 }).unwrap();
        assert_eq!(vp9.codec_string(), "vp09.00.31.08");
        assert_eq!(vp9.size(), Some(Size { width: 640, height: 480 }));
    }

    #[test]
    fn only_one_whole_box_is_an_entry() {
        let entry = SampleEntry::opus(&[], 1).unwrap();
        assert_eq!(SampleEntry::parse(entry.bytes()), Ok(entry.clone()));
        let mut longer = entry.bytes().to_vec();
        longer.push(0);
        let stated = entry.bytes().len() as u64;
        assert_eq!(SampleEntry::parse(&longer), Err(CodecError::Entry { stated, present: stated + 1 }));
        assert!(SampleEntry::parse(&[]).is_err());
        let json = serde_json_like(&entry);
        assert_eq!(json, entry);
    }

    /// Through the format the journal uses.
    fn serde_json_like(entry: &SampleEntry) -> SampleEntry {
        postcard::from_bytes(&postcard::to_allocvec(entry).unwrap()).unwrap()
    }

    #[test]
    fn sizes_beyond_a_track_header_are_refused() {
        for (width, height) in [(0, 10), (10, 0), (32_768, 10), (10, 65_536)] {
            let size = Size { width, height };
            let entry = SampleEntry::av01(&[0x81, 8, 12, 0], size);
            assert_eq!(entry, Err(CodecError::Size { size }));
        }
    }
}
