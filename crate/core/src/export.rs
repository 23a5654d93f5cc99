//! Films made of other files without touching their media: [`film`] decides which samples of which clip stand where, and
//! computes everything of the film that is not media; what would need encoding is named in the error. [`ExportJob`]
//! reads the indexes it needs. Neither reads a media byte. Runs natively and in the studio worker.

mod course;
pub mod hybrid;
pub mod job;
pub mod layout;
pub mod openings;
mod pictures;
pub mod plan;
pub mod recipe;
mod scene;
pub mod seams;
mod sounds;
mod spans;
mod timing;

pub use job::ExportJob;
pub use layout::{Layout, Part, Report, film};
pub use openings::{Opened, Opening, openings};
pub use plan::Warning;
pub use recipe::{ClipSpec, Entries, Form, Missing, Poster, Recipe};
pub use seams::{Patch, Seam, Side, seams};
pub use spans::Span;

use std::fmt;

use crate::demux::DemuxError;
use crate::error::{Commas, Failure, Mismatch, Retry};
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
        /// What differs, each once: `codec`, `size`, `orientation`, `audio`, `range`, `profile` ...; `key_frame` where a
        /// part begins with a picture that leans on those before it, and none near it begins anew.
        fields: Vec<&'static str>,
    },
    /// A clip that is right but cannot be copied yet.
    Unsupported {
        /// Its source.
        source: u32,
        /// What it has: encryption, an edit of another speed, times beyond what is computed with.
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
    /// Bytes of a source that none are asked for of, or a clip of a source that is not there.
    WrongSource {
        /// The source asked for.
        wanted: Option<u32>,
        /// The source given.
        got: u32,
    },
    /// Patches that are not those of the recipe's seams.
    WrongPatches,
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
                f.write_str("clips")?;
                clips.iter().try_for_each(|clip| write!(f, " {clip}"))?;
                write!(f, " differ from the first in {}", Commas(fields))
            }
            ExportError::Unsupported { source, what } => write!(f, "clip {source} has {what}"),
            ExportError::File { source, error } => write!(f, "clip {source}: {error}"),
            ExportError::Mux(error) => error.fmt(f),
            ExportError::WrongSource { wanted, got } => match wanted {
                Some(wanted) => write!(f, "bytes of source {got} given, {wanted} wanted"),
                None => write!(f, "bytes of source {got} given, none wanted"),
            },
            ExportError::WrongPatches => f.write_str("the patches are not those of the seams"),
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
            ExportError::JoinNeedsEncoding { clips, fields } => {
                let fields = fields.into_iter().map(str::to_owned).collect();
                let mismatch = Some(Mismatch { clips, fields });
                return Failure { mismatch, ..Failure::new("join_needs_encoding", Retry::Never, detail) };
            }
            ExportError::Unsupported { .. } => "file_unsupported",
            ExportError::File { error, .. } => return Failure { detail, ..Failure::from(error) },
            ExportError::Mux(error) => return Failure { detail, ..Failure::from(error) },
            ExportError::WrongSource { .. } | ExportError::WrongPatches | ExportError::Unfinished { .. } => "internal",
        };
        Failure::new(code, Retry::Never, detail)
    }
}
