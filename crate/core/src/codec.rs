//! Sample entries and the decoder configuration inside them: how a coding is described in `stsd`, what its codec string
//! is, and whether two descriptions decode alike. Records are carried as the bytes they are; they are parsed only to
//! be described or compared. Nothing here decodes media. Runs natively and in the studio worker.

pub mod aac;
pub(crate) mod access;
pub mod annexb;
mod ask;
pub mod av1;
pub mod avc;
mod bits;
pub mod entry;
pub mod hevc;
mod likeness;
pub mod opus;
mod silence;
pub(crate) mod slice;
pub mod vp9;

pub use entry::SampleEntry;
pub use likeness::{Likeness, compare};
pub use silence::{Silence, silence};

use std::fmt;

use crate::error::{Failure, Retry};
use crate::media::Size;

/// A decoder configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodecError {
    /// The bytes are not a whole sample entry box.
    Entry {
        /// The size its header states, 0 without a header.
        stated: u64,
        /// Bytes there are.
        present: u64,
    },
    /// A configuration record that breaks its format.
    Record {
        /// Its box: `avcC`, `dOps`, `esds` ...
        kind: &'static str,
        /// What was seen, and what was wanted.
        what: String,
    },
    /// A picture size that the track header's signed 16.16 numbers cannot hold, or an empty one.
    Size {
        /// The size given; 1..=32767 each way is wanted.
        size: Size,
    },
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodecError::Entry { stated, present } => {
                write!(f, "sample entry: {present} bytes where its header states {stated}")
            }
            CodecError::Record { kind, what } => write!(f, "{kind}: {what}"),
            CodecError::Size { size } => {
                write!(f, "picture size {}x{}: wanted 1..=32767 each way", size.width, size.height)
            }
        }
    }
}

impl std::error::Error for CodecError {}

impl From<CodecError> for Failure {
    fn from(error: CodecError) -> Failure {
        Failure::new("codec_unsupported", Retry::Never, error.to_string())
    }
}
