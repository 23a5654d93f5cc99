//! Which tracks of the clips stand in which track of the film: the n-th picture follows the n-th picture, the n-th sound
//! the n-th sound. Their samples must decode alike under one sample entry, and pictures must have one size and lie one
//! way; what does not is named.

use serde::{Deserialize, Serialize};

use super::recipe::Entries;
use super::{ClipSpec, ExportError, Recipe};
use crate::codec::{Likeness, SampleEntry, compare};
use crate::demux::{FileIndex, TrackIndex, presentation};
use crate::media::{Size, TrackKind};
use crate::orientation::Orientation;

/// What a film has that its maker should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// Clips state different colour matrices; the film states the first one's, so the others' colours shift.
    ColourMatrix,
    /// A clip's file did not end with a whole fragment; the film has what was whole.
    TornTail,
    /// Its edit lists hide samples that must be there for decoding; players that ignore edit lists show them.
    EditList,
    /// A track has several sample entries, or another coding goes on in a track of its own; browsers stop there.
    SeveralEntries,
    /// Tracks that are neither picture nor sound were left out.
    TrackDropped,
    /// Sound is moved against picture, for packets cannot be cut: see [`super::Report::skew`].
    Skew,
    /// Title, place and the like of several clips were left out.
    MetadataDropped,
    /// Its media lies in another order than it is shown: from a server without ranges it plays once all of it is there.
    NotProgressive,
}

impl Warning {
    /// The word for it at every edge.
    pub const fn code(self) -> &'static str {
        match self {
            Warning::ColourMatrix => "colour_matrix",
            Warning::TornTail => "torn_tail",
            Warning::EditList => "edit_list",
            Warning::SeveralEntries => "several_entries",
            Warning::TrackDropped => "track_dropped",
            Warning::Skew => "skew",
            Warning::MetadataDropped => "metadata_dropped",
            Warning::NotProgressive => "not_progressive",
        }
    }
}

/// A clip with its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clip<'a> {
    pub(super) spec: &'a ClipSpec,
    pub(super) index: &'a FileIndex,
}

/// A track of the film, and the tracks of the clips that follow each other in it.
#[derive(Clone, Debug)]
pub(super) struct Slot<'a> {
    pub(super) kind: TrackKind,
    /// One of each clip, where it has one.
    pub(super) tracks: Vec<Option<&'a TrackIndex>>,
    /// How its samples are decoded.
    pub(super) entries: Vec<SampleEntry>,
    /// Of each clip, the place in `entries` of each of its own.
    places: Vec<Vec<u32>>,
    pub(super) size: Option<Size>,
    pub(super) matrix: [i32; 9],
}

impl<'a> Slot<'a> {
    /// The first track in it, whose ways the film has.
    pub(super) fn model(&self) -> &'a TrackIndex {
        self.tracks.iter().flatten().next().expect("a slot is made for a track")
    }

    /// The entry of the film for this one of a clip.
    pub(super) fn entry(&self, clip: usize, entry: u32) -> u32 {
        let places = self.places.get(clip);
        places.and_then(|places| places.get(entry as usize)).copied().unwrap_or(0)
    }

    /// The picture as it is seen.
    pub(super) fn upright(&self) -> Size {
        let stored = self.size.or(self.entries.first().and_then(SampleEntry::size));
        self.model().orientation.upright(stored.unwrap_or(Size { width: 0, height: 0 }))
    }
}

/// What keeps clips apart, and what to warn about if nothing does; each once.
#[derive(Debug, Default)]
pub(super) struct Notes {
    clips: Vec<u32>,
    fields: Vec<&'static str>,
    pub(super) warnings: Vec<Warning>,
}

impl Notes {
    pub(super) fn refuse(&mut self, clip: &Clip<'_>, fields: &[&'static str]) {
        note(&mut self.clips, clip.spec.source);
        fields.iter().for_each(|field| note(&mut self.fields, *field));
    }

    pub(super) fn warn(&mut self, warning: Warning) {
        note(&mut self.warnings, warning);
    }

    /// The error that was noted.
    pub(super) fn check(&mut self) -> Result<(), ExportError> {
        if self.clips.is_empty() {
            return Ok(());
        }
        let (clips, fields) = (std::mem::take(&mut self.clips), std::mem::take(&mut self.fields));
        Err(ExportError::JoinNeedsEncoding { clips, fields })
    }
}

/// Adds what is not yet in a short list.
fn note<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// The files of a recipe's clips.
pub(super) fn clips<'a>(indexes: &'a [FileIndex], recipe: &'a Recipe) -> Result<Vec<Clip<'a>>, ExportError> {
    if recipe.clips.is_empty() {
        return Err(ExportError::Empty { source: None });
    }
    let mut steps = 0_u64;
    let clip = |spec: &'a ClipSpec| {
        let source = spec.source;
        let wrong = ExportError::WrongSource { wanted: None, got: source };
        let index = indexes.get(source as usize).ok_or(wrong)?;
        for track in index.tracks() {
            if track.entries.iter().any(|entry| matches!(&entry.fourcc(), b"encv" | b"enca")) {
                return Err(ExportError::Unsupported { source, what: "encrypted samples" });
            }
            if track.tables.chunks.iter().any(|chunk| chunk.end() > index.length()) {
                return Err(ExportError::Unsupported { source, what: "samples beyond its end" });
            }
            let bytes = track.tables.chunks.iter().fold(0_u64, |sum, chunk| sum.saturating_add(chunk.bytes));
            if bytes > index.length() {
                return Err(ExportError::Unsupported { source, what: "samples that share bytes" });
            }
            steps = steps.saturating_add(presentation::steps(track));
        }
        if steps > presentation::MOST_STEPS {
            return Err(ExportError::Unsupported { source, what: "too many edits" });
        }
        Ok(Clip { spec, index })
    };
    recipe.clips.iter().map(clip).collect()
}

/// The tracks of the film: pictures first. Fields that keep clips apart are put into `notes`.
pub(super) fn slots<'a>(clips: &[Clip<'a>], entries: Entries, notes: &mut Notes) -> Vec<Slot<'a>> {
    let mut slots: Vec<Slot<'a>> = Vec::new();
    for kind in [TrackKind::Video, TrackKind::Audio] {
        let first = slots.len();
        for (place, clip) in clips.iter().enumerate() {
            let tracks = clip.index.tracks().iter().filter(|track| track.kind == kind && track.tables.samples() > 0);
            for (ordinal, track) in tracks.enumerate() {
                let mut fits = slots[first..].iter().enumerate().skip(ordinal).filter(|(_, slot)| {
                    slot.tracks.get(place).is_none_or(Option::is_none)
                        && (entries == Entries::One || slot.model().entry().fourcc() == track.entry().fourcc())
                });
                let found = match fits.next() {
                    Some((found, _)) => first + found,
                    None => {
                        if slots.len() > first + ordinal {
                            notes.warn(Warning::SeveralEntries);
                        }
                        slots.push(Slot {
                            kind,
                            tracks: Vec::new(),
                            entries: Vec::new(),
                            places: Vec::new(),
                            size: track.size,
                            matrix: track.matrix,
                        });
                        slots.len() - 1
                    }
                };
                add(&mut slots[found], place, clip, track, entries, notes);
            }
        }
        slots[first..].iter_mut().for_each(|slot| slot.tracks.resize(clips.len(), None));
    }
    if slots.iter().any(|slot| slot.entries.len() > 1) {
        notes.warn(Warning::SeveralEntries);
    }
    slots
}

/// Puts a track of the clip at `place` into a slot.
fn add<'a>(
    slot: &mut Slot<'a>,
    place: usize,
    clip: &Clip<'a>,
    track: &'a TrackIndex,
    entries: Entries,
    notes: &mut Notes,
) {
    let mut fields = Vec::new();
    if let Some(first) = slot.tracks.iter().flatten().next() {
        if turn(first) != turn(track) {
            fields.push("orientation");
        }
        if entries == Entries::One && slot.size != track.size {
            fields.push("size");
        }
        if let (Some(most), Some(size)) = (&mut slot.size, track.size)
            && (size.width > most.width || size.height > most.height)
        {
            *most = Size { width: most.width.max(size.width), height: most.height.max(size.height) };
            slot.matrix = track.orientation.matrix(*most);
        }
    }
    let own = slot.tracks.iter().all(Option::is_none);
    let mut places = Vec::with_capacity(track.entries.len());
    for (number, entry) in (0..).zip(&track.entries) {
        let used = track.tables.chunks.iter().any(|chunk| chunk.entry == number);
        let found = if used { find(&slot.entries, entry, notes) } else { Some(0) };
        places.push(found.unwrap_or(slot.entries.len() as u32));
        if found.is_none() {
            if own || entries == Entries::Several {
                slot.entries.push(entry.clone());
            } else if let Some(first) = slot.entries.first() {
                fields.extend(names(first, entry));
            }
        }
    }
    if !fields.is_empty() {
        notes.refuse(clip, &fields);
    }
    slot.tracks.resize(place, None);
    slot.tracks.push(Some(track));
    slot.places.resize(place, Vec::new());
    slot.places.push(places);
}

/// How a track's picture lies: one of the eight ways, or what its matrix says.
fn turn(track: &TrackIndex) -> (Orientation, [i32; 4]) {
    let [a, b, _, c, d, ..] = track.matrix;
    match Orientation::from_matrix(track.matrix) {
        Some(orientation) => (orientation, [0; 4]),
        None => (Orientation::UPRIGHT, [a, b, c, d]),
    }
}

/// The first entry that decodes what this one decodes.
fn find(entries: &[SampleEntry], entry: &SampleEntry, notes: &mut Notes) -> Option<u32> {
    let mut coloured = None;
    for (place, one) in (0..).zip(entries) {
        match compare(one, entry) {
            Likeness::Same => return Some(place),
            Likeness::SameButColour { range: false, matrix } if coloured.is_none() => coloured = Some((place, matrix)),
            _ => {}
        }
    }
    let (place, matrix) = coloured?;
    if matrix {
        notes.warn(Warning::ColourMatrix);
    }
    Some(place)
}

/// What differs between two entries that do not decode alike.
fn names(one: &SampleEntry, other: &SampleEntry) -> Vec<&'static str> {
    match compare(one, other) {
        Likeness::Different(names) => names,
        _ => vec!["range"],
    }
}
