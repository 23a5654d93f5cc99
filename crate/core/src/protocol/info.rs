//! What the worker says of a file that it was given to look at.

use serde::Serialize;

use crate::media::Size;

/// What a file holds: `MediaInfo` of the public API.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct InfoView {
    /// What kind of file it is.
    pub container: ContainerView,
    /// Seconds it plays.
    pub duration: f64,
    /// Of its first picture track, as shown, upright; null without a picture.
    pub size: Option<Size>,
    /// Degrees clockwise that a player turns it: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Whether a player mirrors it before turning.
    pub mirrored: bool,
    /// Whether it can be played before all of it is there.
    pub fast_start: bool,
    /// Its picture and sound tracks, in the order of the file.
    pub tracks: Vec<TrackView>,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum ContainerView {
    /// Samples in `moov`.
    #[serde(rename = "mp4")]
    Mp4,
    /// The same, in QuickTime's form.
    #[serde(rename = "mov")]
    Mov,
    /// Samples in `moof` boxes.
    #[serde(rename = "fragmented-mp4")]
    Fragmented,
}

/// One track of a file.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TrackView {
    /// Picture or sound.
    pub kind: TrackKindView,
    /// As RFC 6381 names it.
    pub codec: String,
    /// How many samples it has.
    pub samples: f64,
    /// Seconds it plays.
    pub duration: f64,
    /// Where its first sample is shown, seconds.
    pub start: f64,
    /// How many of the samples decoding can start at.
    pub sync_samples: f64,
    /// Bits a second, on average.
    pub bitrate: f64,
    /// Pictures a second, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub frame_rate: Option<f64>,
    /// Samples of sound a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub sample_rate: Option<u32>,
    /// Channels of sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub channels: Option<u32>,
}

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum TrackKindView {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// A stretch of a film.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SpanView {
    /// Which of the film's files it lies in, counted from 0; null: the film's own bytes, which no file has.
    pub source: Option<u32>,
    /// Its first byte there.
    pub start: f64,
    /// Behind its last byte there.
    pub end: f64,
}
