//! Joining segments into a film without touching their media: [`plan()`] decides whether they can stand in one track,
//! [`layout()`] computes the head of the film and which bytes of which file follow it, [`ExportJob`] drives both by reading
//! headers. It never reads a media byte and never encodes; what would need encoding is named in the error. Runs
//! natively and in the studio worker.

pub mod job;
pub mod layout;
pub mod plan;

pub use job::ExportJob;
pub use layout::{Layout, Report, Span, layout};
pub use plan::{Clip, Plan, Warning, plan};

use std::fmt;

use crate::demux::DemuxError;
use crate::error::{Failure, Retry};
use crate::mux::MuxError;

/// Why there is no film.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError {
    /// Nothing to export: no clip, or one without a frame.
    Empty {
        /// The clip without frames; `None` where there are no clips.
        source: Option<u32>,
    },
    /// Some clips do not decode as the first does, so they would have to be encoded first.
    JoinNeedsEncoding {
        /// Their sources, in film order, each once.
        clips: Vec<u32>,
        /// What differs, each once: `codec`, `size`, `orientation`, `audio`, `range`, `profile` ...
        fields: Vec<&'static str>,
    },
    /// A clip that is right but cannot be copied yet.
    Unsupported {
        /// Its source.
        source: u32,
        /// What it has: an edit list, another timescale, composition offsets, a late start, no key frame first.
        what: &'static str,
    },
    /// A clip's file cannot be read.
    File {
        /// Its source.
        source: u32,
        /// Why.
        error: DemuxError,
    },
    /// The film cannot be written.
    Mux(MuxError),
    /// Bytes of another source than the one asked for, or of any source after the last.
    WrongSource {
        /// The source asked for.
        wanted: Option<u32>,
        /// The source given.
        got: u32,
    },
    /// Finished while bytes of this source are still asked for.
    Unfinished {
        /// The source asked for.
        source: u32,
    },
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::Empty { source: None } => write!(f, "there are no clips"),
            ExportError::Empty { source: Some(source) } => write!(f, "clip {source} has no frames"),
            ExportError::JoinNeedsEncoding { clips, fields } => {
                write!(f, "clips {clips:?} differ from the first in {}", fields.join(", "))
            }
            ExportError::Unsupported { source, what } => write!(f, "clip {source} has {what}"),
            ExportError::File { source, error } => write!(f, "clip {source}: {error}"),
            ExportError::Mux(error) => error.fmt(f),
            ExportError::WrongSource { wanted, got } => write!(f, "bytes of source {got} given, {wanted:?} wanted"),
            ExportError::Unfinished { source } => write!(f, "finished while bytes of source {source} are wanted"),
        }
    }
}

impl std::error::Error for ExportError {}

impl From<MuxError> for ExportError {
    fn from(error: MuxError) -> ExportError {
        ExportError::Mux(error)
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Failure {
        let detail = error.to_string();
        let code = match error {
            ExportError::Empty { .. } => "film_empty",
            ExportError::JoinNeedsEncoding { .. } => "join_needs_encoding",
            ExportError::Unsupported { .. } => "file_unsupported",
            ExportError::File { error, .. } => return Failure { detail, ..Failure::from(error) },
            ExportError::Mux(error) => return Failure { detail, ..Failure::from(error) },
            ExportError::WrongSource { .. } | ExportError::Unfinished { .. } => "internal",
        };
        Failure::new(code, Retry::Never, detail)
    }
}
