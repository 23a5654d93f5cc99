//! VP9: the VPCodecConfigurationBox (VP Codec ISO Media File Format Binding, version 1), body with version and flags. Its
//! encoders give none: it is made of what they were asked for.

use super::avc::Colour;
use crate::media::Coding;

/// What the box says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Profile 0..=3.
    pub profile: u8,
    /// Ten times the level.
    pub level: u8,
    /// Bits a sample.
    pub depth: u8,
    /// Chroma subsampling, as the box numbers it.
    pub chroma: u8,
    /// Full range.
    pub full_range: bool,
    /// Colour primaries, ISO/IEC 23091-2.
    pub primaries: u8,
    /// Transfer characteristics, ISO/IEC 23091-2.
    pub transfer: u8,
    /// Matrix coefficients, ISO/IEC 23091-2.
    pub matrix: u8,
}

impl Config {
    /// Reads the body of `vpcC`; `None` where it is too short or not of version 1.
    pub fn parse(record: &[u8]) -> Option<Config> {
        let &[1, _, _, _, profile, level, format, primaries, transfer, matrix, ..] = record else { return None };
        let (depth, chroma, full_range) = (format >> 4, format >> 1 & 7, format & 1 == 1);
        Some(Config { profile, level, depth, chroma, full_range, primaries, transfer, matrix })
    }

    /// How samples become light.
    pub fn colour(&self) -> Colour {
        Colour { full_range: self.full_range, primaries: self.primaries, transfer: self.transfer, matrix: self.matrix }
    }

    /// What follows `vp09.` in the codec string.
    pub fn codec_string(&self) -> String {
        format!("{:02}.{:02}.{:02}", self.profile, self.level, self.depth)
    }
}

/// The box's body for pictures of profile 0 at 8 bits that were asked for as `codec`; primaries and transfer, of which nobody
/// said anything, are unspecified.
pub(super) fn record(codec: &str, coding: Coding) -> Option<Vec<u8>> {
    let level = codec.strip_prefix("vp09.00.")?.strip_suffix(".08")?.parse().ok()?;
    // 4:2:0, chroma in the place of the first of four samples of brightness: what codec strings mean that do not say it.
    let format = 8 << 4 | 1 << 1 | u8::from(coding.full_range);
    Some(vec![1, 0, 0, 0, 0, level, format, 2, 2, coding.matrix, 0, 0])
}
