//! What the worker says of itself several times a second.

use serde::Serialize;

#[cfg(doc)]
use crate::record::DropReason;

/// Live figures: `Stats` of the public API.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct StatsView {
    /// Frames delivered while recording.
    pub captured: u32,
    /// Frames in the file.
    pub encoded: u32,
    /// Frames left out evenly because a take faster than the world has no room for them: no loss.
    pub thinned: u32,
    /// Frames not in the file, by reason.
    pub dropped: DroppedView,
    /// Seconds of sound filled in.
    pub silence: f64,
    /// Frames a second, recently.
    pub fps: f64,
    /// Milliseconds from a frame's admission to its chunk, recently.
    pub encode_ms: f64,
    /// Frames in the encoder.
    pub queue: u32,
    /// Seconds of media that are not on disk yet.
    pub stored_lag: f64,
    /// Bytes made.
    pub bytes: f64,
    /// Raw bytes over encoded bytes of the pictures.
    pub compression_ratio: f64,
    /// Draws a frame.
    pub passes: u32,
    /// Frames copied to the GPU: one for each that is drawn, none for one that is not.
    pub copies: u32,
    /// Textures of the GPU that are held: constant while nothing is changed.
    pub textures: u32,
    /// Programs of filters that have drawn: each one's first use keeps the GPU busy, and may cost pictures (`gpu`).
    pub programs: u32,
    /// Pictures held open.
    pub open_frames: u32,
    /// Seconds by which sound outlasts picture in the last segment.
    pub skew: f64,
}

/// Dropped frames by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DroppedView {
    /// See [`DropReason::Source`].
    pub source: u32,
    /// See [`DropReason::Encoder`].
    pub encoder: u32,
    /// See [`DropReason::Storage`].
    pub storage: u32,
    /// See [`DropReason::Gpu`].
    pub gpu: u32,
}
