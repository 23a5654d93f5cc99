//! The recording machine: from delivered frames and sound blocks to an append-only file of equal tracks.
//!
//! ```text
//! frame  -> gate -> (browser encodes) -> chunk \
//!                                               fragment a second -> append -> stored -> the gate opens wider
//! block  -> ring -> 48 kHz -> (browser encodes) /
//! ```
//!
//! [`Importer`] makes the same of what a browser's own recorder wrote, where nothing else films.
//!
//! [`Recorder`] decides what is admitted, where a segment begins and ends, what is cut off, when bytes are appended. It
//! never encodes, never touches a file or a clock; frames never enter it. Runs in the studio worker and natively.

pub(crate) mod file;
mod gate;
mod import;
mod imported;
pub(crate) mod kernel;
mod pcm;
mod picture;
mod plan;
mod probation;
mod recorder;
mod segment;
mod sound;
mod speed;
mod stats;
mod stretch;

pub use file::Ticket;
pub use gate::{GateLimits, Load};
pub use import::{ImportError, ImportPlan, Importer, Like};
pub use pcm::Block;
pub use plan::{
    Admission, DropReason, RecordError, RecordEvent, RecordOutput, RecordState, RecorderConfig, SegmentPlan, SoundPlan,
};
pub use probation::Probation;
pub use recorder::Recorder;
pub use speed::{Pace, Speed};
pub use stats::{Dropped, Stats};
