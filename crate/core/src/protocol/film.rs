//! What a film is to be made of and like.

use serde::{Deserialize, Serialize};

use super::LookRequest;
use crate::media::{Size, VideoCodec};

/// A stretch of a file.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ClipRequest {
    /// Which of the files beside the command, counted from 0.
    pub source: u32,
    /// Where it begins, seconds of what the file shows.
    pub start: f64,
    /// Where it ends; absent: with the file.
    pub end: Option<f64>,
}

/// What a file is compressed to; what is absent stays as the file has it, as far as the film's coding allows.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CompressRequest {
    /// The upright picture, pixels: both sides even, 16 to 8 192.
    pub size: Option<Size>,
    /// Frames a second, 1 to 120.
    pub frame_rate: Option<f64>,
    /// Bits a second of video, 10 000 to 100 000 000.
    pub video_bitrate: Option<u32>,
    /// Bits a second of audio, 12 000 to 510 000.
    pub audio_bitrate: Option<u32>,
    /// The most bytes that the film may have, more than 0.
    pub max_bytes: Option<f64>,
    /// The coding of pictures; absent: H.264, which plays everywhere.
    pub codec: Option<VideoCodec>,
    /// What is drawn on the upright picture; absent: nothing.
    pub look: Option<LookRequest>,
}

/// How the media of a film came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Joined {
    /// Every packet is one of the sources'.
    Copy,
    /// Some are, some were encoded anew.
    Mixed,
    /// All pictures were encoded anew.
    Encoded,
}

/// What a film shall be like.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FilmOptions {
    /// Whether clips begin and end where they say, by an edit list; else at the key frames around.
    pub exact: bool,
    /// Whether it is written in fragments; else with `moov` first.
    pub fragmented: bool,
    /// Whether a `free` box stands behind `moov`, so that the media begins where blocks of an upload want it.
    pub padded: bool,
    /// Of a draft: whether media lies in the order in which it was filmed; else as it is shown.
    pub filmed: bool,
    /// Of a draft: whether nothing is encoded for it; what lies otherwise than the rest is in the way then.
    pub copied: bool,
    /// Whether a track that a clip lacks is filled with coded silence; else it pauses there.
    pub silence: bool,
    /// Whether a track may have several sample entries, which few players follow.
    pub several_entries: bool,
    /// Whether sound around joins is encoded anew, instead of packets hidden there by an edit list.
    pub recode_joins: bool,
    /// When it was made, seconds since 1904-01-01; 0 for unknown.
    pub created: f64,
    /// Its title.
    pub title: Option<String>,
}
