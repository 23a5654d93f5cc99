//! What goes into the recorder and what comes out: configuration, plans, outputs, events and errors.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::file::Ticket;
use super::gate::GateLimits;
use super::speed::Pace;
use crate::draft::{CameraInfo, Entry, OpenedSegment, SegmentId, SegmentRecord, SoundFormat};
use crate::error::{Commas, Failure, Retry};
use crate::media::{AudioCodec, Size, TrackKind};
use crate::orientation::Orientation;
use crate::time::{Micros, Ticks, TimeOrigins};

/// What holds for every segment of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecorderConfig {
    /// The clocks that microphone stamps may carry.
    pub origins: TimeOrigins,
    /// Media time from one forced key frame to the next, 48 000 ticks a second.
    pub key_interval: Ticks,
    /// When frames are refused.
    pub limits: GateLimits,
}

/// How a segment's sound is encoded: decision 3's d and p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundPlan {
    /// Its packet length is the unit the segment is cut on.
    pub codec: AudioCodec,
    /// The encoder's delay in samples at 48 kHz (Opus: PreSkip of its description; AAC: measured).
    pub delay: u32,
    /// Packets dropped at the start of the run ([`AudioCodec::dropped_packets`]).
    pub dropped: u32,
    /// 1 or 2; what the encoder was configured with.
    pub channels: u8,
}

/// One segment to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPlan {
    /// From [`crate::draft::Draft::next_segment_id`].
    pub id: SegmentId,
    /// The press of record it belongs to.
    pub take: u32,
    /// A new file, a plain name in the draft's folder.
    pub file: String,
    /// What it is filmed with.
    pub camera: CameraInfo,
    /// `None` without a microphone: the segment then ends with its last frame.
    pub sound: Option<SoundPlan>,
    /// Of the coded picture.
    pub size: Size,
    /// What remains to be done to see it upright; becomes the track's matrix.
    pub orientation: Orientation,
    /// Whether the picture is mirrored before it is encoded.
    pub mirrored: bool,
    /// The segment ends by itself here, 48 000 ticks a second; with sound at the last whole packet within it, but
    /// after one packet at the earliest.
    pub limit: Option<Ticks>,
    /// How fast it runs, and what of its sound is kept.
    pub pace: Pace,
}

impl SegmentPlan {
    pub(super) fn opened(&self) -> OpenedSegment {
        OpenedSegment {
            id: self.id,
            take: self.take,
            file: self.file.clone(),
            camera: self.camera.clone(),
            sound: self.sound.map(|sound| SoundFormat { codec: sound.codec, channels: sound.channels }),
            size: self.size,
            orientation: self.orientation,
            mirrored: self.mirrored,
        }
    }
}

/// Why a frame is not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum DropReason {
    /// The camera or browser never delivered it, or delivered it with a stamp not later than the last.
    Source,
    /// The encoder is behind, or swallowed it.
    Encoder,
    /// The disk is behind.
    Storage,
    /// The filter chain is behind.
    Gpu,
}

/// What to do with a delivered frame, before any work on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It belongs to no segment: close it.
    Idle,
    /// Encode it.
    Encode {
        /// Give it to the encoder as the frame's timestamp: microseconds since the segment's origin.
        timestamp: Micros,
        /// Whether to ask for a key frame.
        key: bool,
    },
    /// Close it: at the segment's speed there are more frames than its frame rate has room for. No loss; it was counted.
    Thin,
    /// Close it; it was counted.
    Drop(DropReason),
}

/// What the recorder is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// No segment is open; a sealed one may still be on its way to the disk.
    Idle,
    /// A segment waits for its first frame.
    Armed,
    /// A segment takes frames.
    Recording,
    /// A segment waits for its last sound and for its encoders.
    Sealing,
}

/// What the driver must do next, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordOutput {
    /// Give this to the segment's audio encoder: one packet's worth, 48 kHz.
    EncodeSound {
        /// Microseconds since the first sound handed to this encoder run.
        timestamp: Micros,
        /// Planar, as many planes as the plan's channels, end to end.
        planes: Vec<f32>,
        /// Samples of each plane.
        frames: u32,
    },
    /// Flush that encoder, then call `handle_flushed`; also if the flush fails.
    Flush(TrackKind),
    /// Append these bytes to the file, flush, then call `handle_stored`. The first append creates it.
    Append {
        /// A plain name in the draft's folder.
        file: String,
        /// To be written at the file's end.
        bytes: Vec<u8>,
        /// To be handed back.
        ticket: Ticket,
        /// Where the file's media begins, once this has been appended; `None` while it has none.
        media: Option<u64>,
    },
    /// Everything is stored: close the file for good.
    Close {
        /// A plain name in the draft's folder.
        file: String,
    },
    /// Apply this to the draft and append it to the journal.
    Journal(Entry),
    /// Something the page may want to know.
    Event(RecordEvent),
}

/// What happened to the segment being recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordEvent {
    /// The first frame was admitted.
    Started {
        /// Its wall time: the instant the segment begins at.
        origin: Micros,
    },
    /// Media time encoded so far, 48 000 ticks a second; at most ten times a second.
    Time {
        /// Of this segment.
        segment: Ticks,
    },
    /// The segment is whole on disk.
    Sealed(SegmentRecord),
    /// No frame came before the pause, or no picture left the encoder: nothing is kept, no file was begun.
    Empty,
    /// Frames are missing.
    Dropped {
        /// Why.
        reason: DropReason,
        /// How many, at least 1.
        count: u32,
    },
    /// The segment reached its limit and is being sealed.
    LimitReached,
    /// The audio encoder gave nothing: the segment goes on without sound.
    SoundLost,
}

/// What stands against a call. The recorder's state is unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// A segment is open already.
    Busy {
        /// Its state.
        state: RecordState,
    },
    /// No segment is armed or recording.
    NotRecording {
        /// The state found.
        state: RecordState,
    },
    /// The plan cannot be recorded.
    BadPlan {
        /// The field.
        field: &'static str,
        /// What it holds.
        found: i64,
    },
    /// No frame of this timestamp is with the encoder.
    NoSuchFrame {
        /// Microseconds since the segment's origin.
        timestamp: Micros,
    },
    /// A chunk or entry of a track the segment does not have.
    NoSuchTrack(TrackKind),
    /// An encoder gave a chunk of no bytes, or of 4 GiB and more.
    BadChunk {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The encoder's configuration differs from the one in the file: seal, and open another segment.
    EntryChanged {
        /// The fields that differ.
        fields: Vec<&'static str>,
    },
    /// The entry is of the other kind of track.
    WrongEntry(TrackKind),
    /// More than this is waiting for the other track's entry.
    Overflow {
        /// Bytes held.
        held: usize,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Busy { state } => write!(f, "a segment is open already ({state:?})"),
            RecordError::NotRecording { state } => write!(f, "no segment is armed or recording ({state:?})"),
            RecordError::BadPlan { field, found } => write!(f, "the plan's {field} cannot be {found}"),
            RecordError::NoSuchFrame { timestamp } => {
                write!(f, "no frame of timestamp {} µs is with the encoder", timestamp.0)
            }
            RecordError::NoSuchTrack(track) => write!(f, "the segment has no {track:?} track"),
            RecordError::BadChunk { bytes } => write!(f, "a chunk of {bytes} bytes, wanted 1 to 4 GiB"),
            RecordError::EntryChanged { fields } => {
                write!(f, "the encoder's configuration changed: {}", Commas(fields))
            }
            RecordError::WrongEntry(track) => write!(f, "not a sample entry for {track:?}"),
            RecordError::Overflow { held } => write!(f, "{held} bytes wait for the other track's sample entry"),
        }
    }
}

impl std::error::Error for RecordError {}

impl From<RecordError> for Failure {
    /// What the encoder gave is `encoder_failed`; a call out of order is a bug of the driver.
    fn from(error: RecordError) -> Failure {
        match error {
            RecordError::NoSuchFrame { .. }
            | RecordError::BadChunk { .. }
            | RecordError::EntryChanged { .. }
            | RecordError::WrongEntry(_)
            | RecordError::Overflow { .. } => Failure::new("encoder_failed", Retry::Later, error.to_string()),
            RecordError::Busy { .. }
            | RecordError::NotRecording { .. }
            | RecordError::BadPlan { .. }
            | RecordError::NoSuchTrack(_) => Failure::new("internal", Retry::Never, error.to_string()),
        }
    }
}
