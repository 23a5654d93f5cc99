//! Pictures that stretches of a film begin with, after others. A sample table marks places to start, but not whether a
//! decoder that comes from another picture begins anew there: in open groups (x265's default, x264's `open-gop`) it goes
//! on with what it has, and pictures are lost. So their first bytes are asked for, and where such a picture of HEVC does
//! not begin anew, its whole sample: it stands in the film as a broken link. This decides which bytes are wanted and
//! what they say; it reads nothing itself. Runs natively and in the studio worker.

use std::ops::Range;

use super::course;
use super::layout;
use super::plan;
use super::{ExportError, Recipe};
use crate::codec::access::{Access, ENOUGH, Packing};
use crate::demux::{FileIndex, TrackIndex};

/// A picture of which more must be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Which file.
    pub source: u32,
    /// The bytes to be read of it: the first of the picture's sample, or all.
    pub range: Range<u64>,
    key: Key,
    packing: Packing,
    whole: bool,
}

/// The longest sample that is held in memory to be changed, and all of a film together, bytes. A picture of 4K has about
/// one MiB.
const LARGEST: u64 = 4 << 20;
const LARGEST_FILM: u64 = 64 << 20;

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) source: u32,
    /// The track, by its place in the file.
    pub(super) track: usize,
    pub(super) sample: u64,
}

/// What is known of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    key: Key,
    pub(super) found: Found,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Decoding begins anew with it.
    Anew,
    /// It does with these bytes in its place.
    Broken(Vec<u8>),
    /// It leans on the pictures before it.
    Leans,
    /// All of its bytes are needed.
    Unsure,
}

impl Opening {
    /// What the bytes of its range say. To be added to [`Recipe::openings`].
    pub fn settle(self, mut bytes: Vec<u8>) -> Opened {
        let found = match self.packing.access(&bytes) {
            Some(Access::Anew) => Found::Anew,
            Some(Access::Clean) if self.whole => {
                self.packing.break_link(&mut bytes);
                Found::Broken(bytes)
            }
            Some(Access::Clean) => Found::Unsure,
            None if !self.whole => Found::Unsure,
            Some(Access::Leans) | None => Found::Leans,
        };
        Opened { key: self.key, found }
    }
}

impl Opened {
    /// What stands for the sample.
    pub(super) fn broken(&self) -> &[u8] {
        if let Found::Broken(bytes) = &self.found { bytes } else { &[] }
    }
}

/// The pictures of which more must be known before [`super::film`] is asked for. Each is to be read, [`Opening::settle`]d
/// and added to the recipe, until there is none; a film without that takes every sync sample for a place to begin anew.
///
/// # Errors
/// As [`super::film`].
pub fn openings(indexes: &[FileIndex], recipe: &Recipe) -> Result<Vec<Opening>, ExportError> {
    let clips = plan::clips(indexes, recipe)?;
    layout::asked(&clips, recipe)
}

/// What is known of a picture, by its place in `opened`: the newest word.
pub(super) fn known(opened: &[Opened], key: Key) -> Option<(usize, &Found)> {
    let place = opened.iter().rposition(|one| one.key == key)?;
    Some((place, &opened[place].found))
}

/// Asks for a picture.
pub(super) enum Asked {
    /// These of its bytes.
    For(Opening),
    /// Nothing needs to be asked: its coding has no such pictures.
    Not,
    /// All of its bytes are needed, and are too many.
    TooLarge,
}

/// What must be read of a picture: all of it, where its beginning is known.
pub(super) fn ask(track: &TrackIndex, opened: &[Opened], key: Key, whole: bool) -> Asked {
    let mut asked = Asked::Not;
    course::chunks(track, &(key.sample..key.sample + 1), |chunk| {
        let entry = track.entries.get(chunk.entry as usize).unwrap_or(track.entry());
        let Some(packing) = Packing::of(entry) else { return };
        // The first picture of a file begins anew but in HEVC, where anything may be the first.
        if key.sample == 0 && !packing.hevc {
            return;
        }
        let held = opened.iter().map(|one| one.broken().len() as u64).fold(chunk.bytes, u64::saturating_add);
        if whole && (chunk.bytes > LARGEST || held > LARGEST_FILM) {
            asked = Asked::TooLarge;
            return;
        }
        let end = if whole { chunk.end() } else { chunk.end().min(chunk.offset.saturating_add(ENOUGH)) };
        let (whole, range) = (whole || end == chunk.end(), chunk.offset..end);
        asked = Asked::For(Opening { source: key.source, range, key, packing, whole });
    });
    asked
}
