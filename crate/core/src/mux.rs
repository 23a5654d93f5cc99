//! Writing films and recordings: [`mod@fragment`] makes the append-only recording format, [`flat`] the head of a film whose
//! media lies elsewhere, [`mod@fragmented`] the same film in fragments. Every box is written here, field by field, for its
//! size must be known before its bytes are. Pure functions of their arguments; creation times are arguments too. They never
//! touch a file and never decide what is recorded. They run natively and in the studio worker.

mod boxes;
pub mod flat;
pub mod fragment;
pub mod fragmented;
mod metadata;
pub mod moof;
mod movie;
mod seek;
mod tables;
pub(crate) mod walk;

pub use fragment::{Run, RunSample, TrackConfig, fragment, init_segment};

use std::fmt;

use crate::error::{Failure, Retry};
use crate::media::TrackKind;
use crate::time::Ticks;

/// What cannot be written. A recorder that keeps its own books never sees one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MuxError {
    /// A run of a track that the recording does not have.
    Track {
        /// The run's track.
        track: TrackKind,
    },
    /// The sizes of a run's samples and its data disagree.
    Size {
        /// The run's track.
        track: TrackKind,
        /// The sum of the samples' sizes.
        stated: u64,
        /// Bytes of data.
        present: u64,
    },
    /// A decode time below zero.
    Time {
        /// The run's track.
        track: TrackKind,
        /// The time given.
        time: Ticks,
    },
    /// Sample tables that contradict each other, or chunks of a sample entry that is not there.
    Tables {
        /// The track.
        track: TrackKind,
    },
    /// A poster that is neither JPEG nor PNG.
    Poster {
        /// Its first bytes, zero where there are none.
        begins: [u8; 4],
    },
    /// User data that is not one whole `udta` box.
    Udta {
        /// Bytes given.
        bytes: u64,
    },
    /// More than the format's numbers hold: 2 GiB a fragment, 2^28 samples or chunks a track, 2^62 bytes a film; or
    /// more than memory does: 1 GiB of metadata.
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        amount: u64,
    },
}

impl fmt::Display for MuxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MuxError::Track { track } => write!(f, "a run of {track:?}, which the recording does not have"),
            MuxError::Size { track, stated, present } => {
                write!(f, "{track:?} samples of {stated} bytes in all with {present} bytes of data")
            }
            MuxError::Time { track, time } => write!(f, "{track:?} at decode time {}: wanted 0 or more", time.0),
            MuxError::Tables { track } => write!(f, "the sample tables of {track:?} contradict each other"),
            MuxError::Poster { begins } => {
                write!(f, "a poster is a JPEG or PNG file, this one begins with {:08x}", u32::from_be_bytes(*begins))
            }
            MuxError::Udta { bytes } => write!(f, "{bytes} bytes of user data are not one udta box"),
            MuxError::TooLarge { what, amount } => write!(f, "{amount} {what} are too many for the format"),
        }
    }
}

impl std::error::Error for MuxError {}

impl From<MuxError> for Failure {
    fn from(error: MuxError) -> Failure {
        let code = match error {
            MuxError::TooLarge { .. } => "too_large",
            MuxError::Poster { .. } => "bad_argument",
            MuxError::Tables { .. } => "file_damaged",
            _ => "internal",
        };
        Failure::new(code, Retry::Never, error.to_string())
    }
}
