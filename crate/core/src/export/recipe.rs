//! What a film is to be made of: clips in order, which part of each, and what to do where they do not fit together.

use std::ops::Range;

use super::openings::Opened;
use super::seams::Patch;
use crate::mux::flat::Padding;
use crate::time::Micros;

/// A film to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// Its clips in order.
    pub clips: Vec<ClipSpec>,
    /// Whether ranges are kept to the frame, through edit lists; else they are widened to key frames, as they also are in
    /// a film of several clips in fragments, where players heed the first edit alone.
    pub exact: bool,
    /// Whether it is one of several films that share the ends of their ranges: an end inside a file leaves at least a frame
    /// on either side, so that no film is empty and no frame in two of them. Where only sound is for more than half a
    /// second, it is cut as it is.
    pub halves: bool,
    /// What stands where a clip lacks a track that others have.
    pub missing: Missing,
    /// What happens to clips that decode differently.
    pub entries: Entries,
    /// When it was made, seconds since 1904-01-01; 0 for unknown.
    pub created: u64,
    /// Its title.
    pub title: Option<String>,
    /// Its poster.
    pub poster: Option<Poster>,
    /// How its file is laid out.
    pub form: Form,
    /// Sound encoded anew for every seam that [`super::seams`] finds in this recipe without them, in its order. Empty:
    /// packets are hidden at joins by edit lists.
    pub patches: Vec<Patch>,
    /// What is known of the pictures that stretches begin with, see [`super::openings`].
    pub openings: Vec<Opened>,
    /// A rank for each clip: with them, media lies in the file in their order, the lowest first, instead of the one in which it
    /// is shown, except in fragments. Empty: as it is shown.
    pub ranks: Vec<u32>,
}

impl Recipe {
    /// Whether ranges are kept to the frame: of several in fragments they are not, for players heed the first edit alone.
    pub(super) fn keeps_frames(&self) -> bool {
        self.exact && (self.form != Form::Fragmented || self.clips.len() < 2)
    }

    /// The places of `clips` clips in the order in which their media lies in the file.
    pub(super) fn order(&self, clips: usize) -> Vec<usize> {
        let rank = |clip: usize| self.ranks.get(clip).filter(|_| self.form != Form::Fragmented);
        // Not a sort of the library, which weighs 3 KB.
        (0..clips).fold(Vec::with_capacity(clips), |mut order, clip| {
            order.insert(order.partition_point(|before| rank(*before) <= rank(clip)), clip);
            order
        })
    }

    /// Whole files one after the other, as they are.
    pub fn join(sources: impl IntoIterator<Item = u32>) -> Recipe {
        let clips = sources.into_iter().map(|source| ClipSpec { source, range: None }).collect();
        Recipe { clips, exact: true, ..Recipe::default() }
    }
}

/// A clip: a file, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipSpec {
    /// Which file, by its place in the list of indexes.
    pub source: u32,
    /// Which part of it, from the first instant that any of its tracks shows; `None` for all. Both ends are moved to the
    /// nearest boundary between two frames; what lies outside the file falls away, and what lies between two boundaries
    /// unless nothing else would be left: that becomes a frame.
    pub range: Option<Range<Micros>>,
}

/// What stands where a clip lacks a track that others have. Inside a film sound is always filled with silence, since
/// players ignore gaps there, and the last picture stands where picture is lacking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// Nothing: the track begins late or ends early.
    #[default]
    Empty,
    /// Packets of silence at the beginning and the end of sound, too.
    Silence,
}

/// What happens to clips that decode differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entries {
    /// They are refused.
    #[default]
    One,
    /// They keep a sample entry each, in a track of their own where even the coding is another. Browsers do not play on
    /// at the second entry.
    Several,
}

/// A picture that stands for the film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poster {
    /// Its bytes as they are, JPEG or PNG.
    pub bytes: Vec<u8>,
}

/// How the file of a film is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The head, then all media.
    #[default]
    FastStart,
    /// The same, and the media begins at a certain place of a block.
    Padded(Padding),
    /// In fragments.
    Fragmented,
}
