//! What of a clip stands in the film, and when: its edit lists read, its range moved to the boundaries of frames, its place
//! in the film found. A clip lasts as long as its picture; where its sound goes on for more than a packet, as long as
//! that.

use std::ops::Range;

use super::plan::{Clip, Slot};
use super::timing::Scale;
use super::{ExportError, Recipe};
use crate::demux::{TrackIndex, presentation, walk};
use crate::media::TrackKind;
use crate::time::{Micros, Ticks, Timescale};

/// A stretch of a track's media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// When it begins, in ticks of the film.
    pub(super) at: i64,
    /// Which composition times, in ticks of the track; not empty.
    pub(super) media: Range<i64>,
    /// Whether more of it would follow.
    pub(super) cut: bool,
}

/// What a clip shows of one of its tracks.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    pub(super) track: &'a TrackIndex,
    pub(super) stretches: Vec<Stretch>,
    /// Ticks of the track in ticks of the film.
    pub(super) scale: Scale,
    /// Ticks of the film in ticks of the track.
    pub(super) back: Scale,
}

impl View<'_> {
    /// When a stretch ends.
    fn end(&self, stretch: &Stretch) -> i64 {
        stretch.at + self.scale.of(stretch.media.end - stretch.media.start)
    }

    /// What it shows between two instants; `move_to` is the first one in the film.
    fn within(&mut self, range: &Range<i64>, move_to: i64) {
        let mut kept = Vec::with_capacity(self.stretches.len());
        for stretch in &self.stretches {
            let (begin, end) = (stretch.at, self.end(stretch));
            let (from, to) = (begin.max(range.start), end.min(range.end));
            if from >= to {
                continue;
            }
            let media = |at: i64| stretch.media.start + self.back.of(at - begin);
            // An end that was not moved is not computed: it may be no whole tick of the film.
            let start = if from == begin { stretch.media.start } else { media(from) };
            let stop = if to == end { stretch.media.end } else { media(to).min(stretch.media.end) };
            if start < stop {
                kept.push(Stretch { at: from - range.start + move_to, media: start..stop, cut: to < end });
            }
        }
        self.stretches = kept;
    }

    /// The boundaries between shown samples next to `time`: the last not after it, the first after it.
    fn boundaries(&self, time: i64, sync_only: bool) -> (Option<i64>, Option<i64>) {
        let (mut below, mut above) = (None, None);
        let mut add = |boundary: i64| {
            if boundary <= time {
                below = below.max(Some(boundary));
            } else {
                above = Some(above.map_or(boundary, |above: i64| above.min(boundary)));
            }
        };
        for stretch in &self.stretches {
            let (begin, end) = (stretch.at, self.end(stretch));
            add(begin);
            add(end);
            if (begin..=end).contains(&time) {
                let media = (stretch.media.start + self.back.of(time - begin)).min(stretch.media.end);
                let (before, after) = walk::around(self.track, media, sync_only);
                let found = [before, after].into_iter().flatten().filter(|at| stretch.media.contains(at));
                found.for_each(|at| add(begin + self.scale.of(at - stretch.media.start)));
            }
        }
        (below, above)
    }
}

/// A clip in the film.
#[derive(Clone, Debug)]
pub(super) struct Scene<'a> {
    /// When it begins and ends, in ticks of the film.
    pub(super) at: Range<i64>,
    /// Whether it begins where its file does.
    pub(super) from_start: bool,
    /// What it shows of the track in each slot.
    pub(super) views: Vec<Option<View<'a>>>,
}

/// The longest film, in ticks of it.
const LONGEST: i64 = 1 << 61;

/// How ranges are moved to boundaries.
#[derive(Clone, Copy, Debug)]
struct Snap {
    film: Timescale,
    /// To frames; else to key frames.
    exact: bool,
    /// An end inside a clip leaves at least a frame on either side.
    halves: bool,
    /// A range between two boundaries becomes a frame; else nothing.
    widen: bool,
}

/// Reads every clip and puts them one after the other. Ranges that all lie between boundaries are widened to a frame:
/// beside others they fall away, for the frame may be one that others show.
pub(super) fn scenes<'a>(
    clips: &[Clip<'a>],
    slots: &[Slot<'a>],
    film: Timescale,
    recipe: &Recipe,
) -> Result<Vec<Scene<'a>>, ExportError> {
    let snap = Snap { film, exact: recipe.keeps_frames(), halves: recipe.halves, widen: false };
    let scenes = all_scenes(clips, slots, snap)?;
    if scenes.last().is_none_or(|last| last.at.end > 0) {
        return Ok(scenes);
    }
    all_scenes(clips, slots, Snap { widen: true, ..snap })
}

fn all_scenes<'a>(clips: &[Clip<'a>], slots: &[Slot<'a>], snap: Snap) -> Result<Vec<Scene<'a>>, ExportError> {
    let mut at = 0;
    let mut scenes = Vec::with_capacity(clips.len());
    for (place, clip) in clips.iter().enumerate() {
        let scene = scene(place, clip, slots, snap, at)?;
        at = scene.at.end;
        if at > LONGEST {
            return Err(ExportError::Unsupported { source: clip.spec.source, what: "times beyond eight years" });
        }
        scenes.push(scene);
    }
    Ok(scenes)
}

fn scene<'a>(place: usize, clip: &Clip<'a>, slots: &[Slot<'a>], snap: Snap, at: i64) -> Result<Scene<'a>, ExportError> {
    let source = clip.spec.source;
    let mut views = Vec::with_capacity(slots.len());
    for slot in slots {
        let track = slot.tracks.get(place).copied().flatten();
        let view = track.map(|track| view(clip, track, snap.film)).transpose();
        views.push(view.map_err(|what| ExportError::Unsupported { source, what })?);
    }
    let starts = views.iter().flatten().flat_map(|view| view.stretches.first());
    let zero = starts.map(|stretch| stretch.at).min().ok_or(ExportError::Empty { source: Some(source) })?;
    views.iter_mut().flatten().flat_map(|view| &mut view.stretches).for_each(|stretch| stretch.at -= zero);
    let length = length(slots, &views);
    let range = match &clip.spec.range {
        None => 0..length,
        Some(range) => selected(slots, &views, snap, range, length),
    };
    if range.start >= range.end {
        // A range that falls away beside others leaves a film.
        if clip.spec.range.is_none() {
            return Err(ExportError::Empty { source: Some(source) });
        }
        views.iter_mut().flatten().for_each(|view| view.stretches.clear());
        return Ok(Scene { at: at..at, from_start: false, views });
    }
    // Sound that goes on after the picture is cut by what follows in the film, if anything does.
    let stop = if range.end < length { range.end } else { i64::MAX };
    views.iter_mut().flatten().for_each(|view| view.within(&(range.start..stop), at));
    Ok(Scene { at: at..at.saturating_add(range.end - range.start), from_start: range.start == 0, views })
}

/// What the edit list of a track shows, in ticks of the film.
fn view<'a>(clip: &Clip<'a>, track: &'a TrackIndex, film: Timescale) -> Result<View<'a>, &'static str> {
    let movie = Scale::new(clip.index.head().timescale, film);
    let scale = Scale::new(track.timescale, film);
    let mut stretches = Vec::new();
    for stretch in presentation(clip.index.head(), track)? {
        let at = i64::try_from(stretch.at).ok().map(|at| movie.of(at)).filter(|at| *at < LONGEST);
        let (mut at, mut media) = (at.ok_or("times beyond eight years")?, stretch.media);
        let (before, after) = walk::around(track, media.start, false);
        // Nothing to show before the first sample: it begins late.
        if before.is_none() {
            let start = after.unwrap_or(media.end);
            at = at.saturating_add(scale.of(start - media.start));
            media.start = start;
        }
        if media.start < media.end {
            stretches.push(Stretch { at, media, cut: false });
        }
    }
    Ok(View { track, stretches, scale, back: Scale::new(film, track.timescale) })
}

/// How long a clip lasts.
fn length(slots: &[Slot<'_>], views: &[Option<View<'_>>]) -> i64 {
    let (mut picture, mut sound, mut packet) = (0, 0, 0);
    for (slot, view) in slots.iter().zip(views) {
        let Some(view) = view else { continue };
        let end = view.stretches.last().map_or(0, |last| view.end(last));
        if slot.kind == TrackKind::Video {
            picture = picture.max(end);
        } else {
            sound = sound.max(end);
            packet = packet.max(view.scale.of(super::sounds::packet(view.track)));
        }
    }
    if picture > 0 && sound - picture <= packet { picture } else { picture.max(sound) }
}

/// A range of a clip, moved to the boundaries of its picture, in ticks of the film.
fn selected(
    slots: &[Slot<'_>],
    views: &[Option<View<'_>>],
    snap: Snap,
    range: &Range<Micros>,
    length: i64,
) -> Range<i64> {
    let ticks = |micros: Micros| snap.film.from_micros(micros).0.clamp(0, length);
    let (start, end) = (ticks(range.start), ticks(range.end));
    let picture = slots.iter().zip(views).find(|(slot, view)| slot.kind == TrackKind::Video && view.is_some());
    let Some(view) = picture.and_then(|(_, view)| view.as_ref()) else { return start..end };
    // Before it is rounded to a tick of the film, which may be the first or the last.
    let exactly = |micros: Micros| i128::from(micros.0) * i128::from(snap.film.get());
    let inside = |micros: Micros| (1..i128::from(length) * 1_000_000).contains(&exactly(micros));
    let near = |micros: Micros, time: i64| match nearest(view, time) {
        near if snap.halves && inside(micros) => between(view, near, i64::from(snap.film.get()) / 2),
        near => near,
    };
    let (mut from, mut to) = (near(range.start, start), near(range.end, end));
    if from >= to && range.start < range.end && snap.widen {
        match view.boundaries(from, false).1 {
            Some(next) => to = next,
            None => from = view.boundaries(from - 1, false).0.unwrap_or(from),
        }
    }
    if snap.exact || from >= to {
        return from..to;
    }
    let back = view.boundaries(from, true).0.unwrap_or(from);
    let on = view.boundaries(to - 1, true).1.unwrap_or(to);
    back..on
}

/// The boundary nearest to `time`.
fn nearest(view: &View<'_>, time: i64) -> i64 {
    match view.boundaries(time, false) {
        (Some(below), Some(above)) => {
            if time - below <= above - time {
                below
            } else {
                above
            }
        }
        // Before the first frame and after the last there may be sound.
        _ => time,
    }
}

/// The boundary for a time at the beginning or the end of the picture, or no more than `lead` outside of it: the next one
/// inside.
fn between(view: &View<'_>, time: i64, lead: i64) -> i64 {
    let (Some(first), Some(last)) = (view.stretches.first(), view.stretches.last()) else { return time };
    let (first, last) = (first.at, view.end(last));
    let second = view.boundaries(first, false).1.unwrap_or(last);
    let before = view.boundaries(last - 1, false).0.unwrap_or(first);
    match () {
        () if second >= last => time,
        () if (first - lead..=first).contains(&time) => second,
        () if (last..=last.saturating_add(lead)).contains(&time) => before,
        () => time,
    }
}

/// A length of the film in ticks of 1/48 000 s.
pub(super) fn report(film: Timescale, length: i64) -> Ticks {
    film.rescale(Ticks(length), Timescale::RECORDING).unwrap_or(Ticks(i64::MAX))
}
