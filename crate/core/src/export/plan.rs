//! Whether clips can be joined by copying: their samples must decode alike under the first clip's sample entries, and
//! their pictures must have one size and lie one way.

use serde::{Deserialize, Serialize};

use super::ExportError;
use crate::codec::{Likeness, compare};
use crate::demux::{SegmentIndex, TrackIndex};
use crate::media::TrackKind;
use crate::time::Timescale;

/// A segment in the film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Names the file for whoever composes the film; may stand in the film several times.
    pub source: u32,
    /// What is in it.
    pub index: SegmentIndex,
}

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
}

impl Warning {
    /// The word for it at every edge.
    pub const fn code(self) -> &'static str {
        match self {
            Warning::ColourMatrix => "colour_matrix",
            Warning::TornTail => "torn_tail",
        }
    }
}

/// Clips that can be joined by copying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    clips: Vec<Clip>,
    warnings: Vec<Warning>,
}

impl Plan {
    /// The clips in film order; there is at least one.
    pub fn clips(&self) -> &[Clip] {
        &self.clips
    }

    /// What to warn about, each once.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The track of this kind of the first clip, whose sample entry and orientation the film has.
    pub fn model(&self, kind: TrackKind) -> Option<&TrackIndex> {
        self.clips.first().and_then(|clip| clip.index.track(kind))
    }
}

/// Checks that clips, given in film order, can be joined by copying.
///
/// # Errors
/// [`ExportError::Empty`], [`ExportError::Unsupported`], [`ExportError::JoinNeedsEncoding`] with every clip and field that
/// is in the way.
pub fn plan(clips: Vec<Clip>) -> Result<Plan, ExportError> {
    let first = clips.first().ok_or(ExportError::Empty { source: None })?;
    clips.iter().try_for_each(check)?;
    let mut warnings = Vec::new();
    let (mut odd, mut fields) = (Vec::new(), Vec::new());
    for clip in &clips {
        let (differs, notes) = differences(&first.index, &clip.index);
        if !differs.is_empty() {
            note(&mut odd, clip.source);
        }
        differs.into_iter().for_each(|field| note(&mut fields, field));
        notes.into_iter().for_each(|warning| note(&mut warnings, warning));
        if clip.index.torn().is_some() {
            note(&mut warnings, Warning::TornTail);
        }
    }
    if !odd.is_empty() {
        return Err(ExportError::JoinNeedsEncoding { clips: odd, fields });
    }
    Ok(Plan { clips, warnings })
}

/// Adds what is not yet in a short list.
fn note<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// Refuses what copying cannot do yet.
fn check(clip: &Clip) -> Result<(), ExportError> {
    let source = clip.source;
    if clip.index.frames() == 0 {
        return Err(ExportError::Empty { source: Some(source) });
    }
    let start = clip.index.track(TrackKind::Video).map(|track| track.start);
    for track in clip.index.tracks() {
        let tables = &track.tables;
        let what = match () {
            () if track.edited => "an edit list",
            () if track.timescale != Timescale::RECORDING => "a timescale other than 48000",
            () if tables.samples() > 0 && tables.offsets.only() != Some(0) => "composition offsets",
            () if tables.samples() > 0 && tables.syncs.first() != Some(true) => "no key frame at its start",
            () if tables.samples() > 0 && Some(track.start) != start => "tracks that start apart",
            () => continue,
        };
        return Err(ExportError::Unsupported { source, what });
    }
    let count = |kind| clip.index.tracks().iter().filter(|track| track.kind == kind).count();
    if count(TrackKind::Video) > 1 || count(TrackKind::Audio) > 1 {
        return Err(ExportError::Unsupported { source, what: "two tracks of a kind" });
    }
    Ok(())
}

/// What keeps `other` from following `first`, and what to warn about if nothing does.
fn differences(first: &SegmentIndex, other: &SegmentIndex) -> (Vec<&'static str>, Vec<Warning>) {
    let (mut fields, mut warnings) = (Vec::new(), Vec::new());
    for kind in [TrackKind::Video, TrackKind::Audio] {
        let (one, two) = match (first.track(kind), other.track(kind)) {
            (None, None) => continue,
            (Some(one), Some(two)) => (one, two),
            _ => {
                fields.push(if kind == TrackKind::Video { "video" } else { "audio" });
                continue;
            }
        };
        if one.size != two.size {
            fields.push("size");
        }
        if one.orientation != two.orientation {
            fields.push("orientation");
        }
        match compare(&one.entry, &two.entry) {
            Likeness::Same => {}
            Likeness::SameButColour { range: true, .. } => fields.push("range"),
            Likeness::SameButColour { matrix, .. } => warnings.extend(matrix.then_some(Warning::ColourMatrix)),
            Likeness::Different(names) => fields.extend(names),
        }
    }
    (fields, warnings)
}
