//! Reading MP4 and QuickTime files, films and recordings alike: [`Scan`] walks their headers and finds where what is
//! whole ends, [`FileIndex`] is what it knows then. It asks for byte ranges and never for media bytes, and allocates in
//! proportion to the bytes it was given. It never decides what goes into a film. Runs natively and in the studio worker.

pub mod describe;
pub mod index;
mod made;
mod moof;
mod moov;
pub mod presentation;
pub mod scan;
mod stranger;
pub(crate) mod walk;

pub use describe::{MediaInfo, TrackInfo, describe};
pub use index::{Container, FileIndex, Head, TrackIndex};
pub use presentation::{Stretch, presentation};
pub use scan::Scan;

use std::fmt;
use std::ops::Range;

use crate::codec::CodecError;
use crate::error::{Failure, Retry};
use crate::isobmff::{BoxError, Path};

/// A file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DemuxError {
    /// A box breaks the format.
    Box(BoxError),
    /// A sample entry breaks the format.
    Entry {
        /// The box around it.
        path: Path,
        /// What is wrong.
        error: CodecError,
    },
    /// It may be right, but this reader does not do it.
    Unsupported {
        /// The box.
        path: Path,
        /// What it is.
        what: String,
    },
    /// A box of metadata larger than what is read into memory.
    Budget {
        /// The box.
        path: Path,
        /// Its size in bytes.
        size: u64,
        /// The most that is read.
        limit: u64,
    },
    /// The bytes handed in are not those that were asked for.
    WrongRead {
        /// What [`Scan::poll_read`] asked for.
        wanted: Range<u64>,
        /// What came.
        got: Range<u64>,
    },
    /// Finished while bytes are still asked for.
    Unfinished {
        /// What [`Scan::poll_read`] asks for.
        wanted: Range<u64>,
    },
}

impl fmt::Display for DemuxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DemuxError::Box(error) => error.fmt(f),
            DemuxError::Entry { path, error } => write!(f, "{path}: {error}"),
            DemuxError::Unsupported { path, what } => write!(f, "{path}: {what} is not supported"),
            DemuxError::Budget { path, size, limit } => write!(f, "{path}: {size} bytes, at most {limit} are read"),
            DemuxError::WrongRead { wanted, got } => {
                write!(f, "bytes {}..{} wanted, {}..{} given", wanted.start, wanted.end, got.start, got.end)
            }
            DemuxError::Unfinished { wanted } => {
                write!(f, "finished while bytes {}..{} are wanted", wanted.start, wanted.end)
            }
        }
    }
}

impl std::error::Error for DemuxError {}

impl From<BoxError> for DemuxError {
    fn from(error: BoxError) -> DemuxError {
        DemuxError::Box(error)
    }
}

impl From<DemuxError> for Failure {
    fn from(error: DemuxError) -> Failure {
        let code = match error {
            DemuxError::Box(_) | DemuxError::Entry { .. } => "file_damaged",
            DemuxError::Unsupported { .. } | DemuxError::Budget { .. } => "file_unsupported",
            DemuxError::WrongRead { .. } | DemuxError::Unfinished { .. } => "internal",
        };
        Failure::new(code, Retry::Never, error.to_string())
    }
}
