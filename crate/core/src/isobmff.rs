//! ISO base media files (ISO/IEC 14496-12) as nested boxes: reading and writing headers and containers, the leaf
//! boxes, and run-length sample tables. It decides what a well-formed box is and names the box in every error. It never
//! decides which samples belong to a film, and never holds media bytes. Runs natively and in the studio worker.

pub mod edits;
pub(crate) mod headers;
pub mod path;
pub mod read;
pub(crate) mod stbl;
pub mod tables;
pub mod trun;
pub mod write;

pub use path::Path;

use std::fmt;

/// A box type (ISO/IEC 14496-12 s.4.2), four bytes that mostly are letters.
pub type FourCc = [u8; 4];

/// A box that cannot be read. The message starts with the path of the box, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoxError {
    /// The box ends after its parent, or its fields after the box.
    Torn {
        /// The box.
        path: Path,
        /// Bytes it says it has.
        needed: u64,
        /// Bytes there are.
        present: u64,
    },
    /// A size smaller than the header that states it.
    Size {
        /// The box.
        path: Path,
        /// The size stated.
        size: u64,
    },
    /// More than [`path::DEPTH_LIMIT`] boxes inside each other.
    Depth {
        /// The path down to the limit.
        path: Path,
    },
    /// A box that must be there is not.
    Missing {
        /// The parent.
        path: Path,
        /// What is missing.
        kind: FourCc,
    },
    /// The fields of a box contradict the specification or each other.
    Field {
        /// The box.
        path: Path,
        /// What was seen, and what was wanted.
        what: String,
    },
}

impl fmt::Display for BoxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BoxError::Torn { path, needed, present } => {
                write!(f, "{path}: {needed} bytes needed, {present} present")
            }
            BoxError::Size { path, size } => write!(f, "{path}: size {size} is smaller than the box header"),
            BoxError::Depth { path } => {
                write!(f, "{path}: more than {} boxes inside each other", path::DEPTH_LIMIT)
            }
            BoxError::Missing { path, kind } => write!(f, "{path}: no {} inside", path::text(*kind)),
            BoxError::Field { path, what } => write!(f, "{path}: {what}"),
        }
    }
}

impl std::error::Error for BoxError {}
