//! Turning media that cannot be copied into media that can: an ordinary segment, which everything else then treats as
//! if it had been filmed.
//!
//! ```text
//! samples of a file -> (browser decodes) -> placed in the film -> (browser draws and encodes) -> segment file
//! ```
//!
//! It decides which samples a decoder is fed, where in the film stands what it gives, and how the result is cut into
//! fragments; what the film shows was decided by the file's edit list. Frames never enter it. Runs in the studio worker and
//! natively.

mod pictures;
pub mod sound;
mod writer;

pub use pictures::{Fed, Passage, Place, Rhythm, frame_rate, length, passages};
pub use writer::Writer;
