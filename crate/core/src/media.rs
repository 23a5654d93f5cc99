//! The few nouns of media that every room uses: sizes, kinds of track, codecs and encoded samples.

use serde::{Deserialize, Serialize};

use crate::time::Ticks;

/// A picture size in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// What a track carries (ISO/IEC 14496-12 s.8.4.3, handler type `vide` or `soun`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// Video codings the product names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// H.264, ISO/IEC 14496-10.
    Avc,
    /// H.265, ISO/IEC 23008-2.
    Hevc,
    /// VP9.
    Vp9,
    /// AV1.
    Av1,
}

/// Audio codings the product names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum AudioCodec {
    /// AAC-LC, ISO/IEC 14496-3; 1024 samples a packet.
    Aac,
    /// Opus, RFC 6716; 960 samples a packet (20 ms at 48 kHz).
    Opus,
}

impl AudioCodec {
    /// Samples in one packet at 48 kHz: the unit that segments are cut on.
    pub const fn packet(self) -> u32 {
        match self {
            AudioCodec::Aac => 1024,
            AudioCodec::Opus => 960,
        }
    }

    /// Packets an encoder run must drop before its first kept one, so that the decoder has converged.
    pub const fn dropped_packets(self) -> u32 {
        match self {
            AudioCodec::Aac => 3,
            AudioCodec::Opus => 1,
        }
    }
}

/// Where a camera looks (Media Capture and Streams, `facingMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Facing {
    /// At the person holding the device.
    User,
    /// Away from them.
    Environment,
}

/// How colours became samples of brightness and colour difference: what must be known to tell two such pictures apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coding {
    /// `matrix_coefficients` of ITU-T H.273; 2 where nobody says.
    pub matrix: u8,
    /// Whether black is 0 and white 255, instead of 16 and 235.
    pub full_range: bool,
}

impl Coding {
    /// Whether the same samples are other colours under `other`; what nobody says is taken for the same.
    pub fn differs(self, other: Coding) -> bool {
        // 5 and 6 have the same coefficients.
        let alike = |matrix| if matrix == 5 { 6 } else { matrix };
        let matrix = self.matrix != 2 && other.matrix != 2 && alike(self.matrix) != alike(other.matrix);
        matrix || self.full_range != other.full_range
    }
}

/// One encoded access unit, in the ticks of its track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<'a> {
    /// The track it belongs to.
    pub track: TrackKind,
    /// Presentation time since the segment's origin, in the track's timescale.
    pub pts: Ticks,
    /// How long it lasts, in the track's timescale. Zero where only the next sample can tell.
    pub duration: Ticks,
    /// Whether decoding can start here.
    pub sync: bool,
    /// The bytes as they go into `mdat` (length-prefixed NAL units for AVC and HEVC).
    pub data: &'a [u8],
}
