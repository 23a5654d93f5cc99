//! What an edit list shows of a track (ISO/IEC 14496-12 s.8.6.6): stretches of its media and when each of them starts.
//! It decides how the coarse ticks of the movie are read, never what goes into a film. Runs natively and in the
//! studio worker.

use std::ops::Range;

use super::walk;
use super::{Head, TrackIndex};
use crate::isobmff::edits::{self, Edit};

/// A stretch of media that is shown as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// When it starts, in ticks of the movie.
    pub at: u64,
    /// Which composition times are shown, in ticks of the track; not empty. Media may begin later than this says.
    pub media: Range<i64>,
}

/// Rows of sample tables that edits may have looked through in all, so that a film of a small file with a great many edits
/// stays cheap.
pub(crate) const MOST_STEPS: u64 = 1 << 25;
/// So many edits any list may have, however long its film is.
const FEW: usize = 4;

/// How many rows of its sample tables are looked through for the edits of a track, beyond the few that most have.
pub(crate) fn steps(track: &TrackIndex) -> u64 {
    let tables = &track.tables;
    let times = tables.durations.runs().len() + tables.offsets.runs().len() + tables.syncs.runs().len();
    let rows = (times + tables.sizes.runs().len() + tables.chunks.len()) as u64;
    if track.edits.len() <= FEW { 0 } else { rows.saturating_mul(track.edits.len() as u64) }
}

/// What `track` shows, in order. Empty for a track without samples.
///
/// An edit ends where its duration says. Durations count ticks of the movie, which are often coarser than those of the
/// track: an end up to one such tick before the end of a sample means that end.
///
/// # Errors
/// What the edit list asks for that cannot be said in stretches: another speed than the media's, a dwell on one
/// sample, or times beyond what is computed with.
pub fn presentation(head: &Head, track: &TrackIndex) -> Result<Vec<Stretch>, &'static str> {
    if !walk::in_range(track) {
        return Err("times beyond eight years");
    }
    let Some(all) = walk::composed(track, &walk::all(track)) else { return Ok(Vec::new()) };
    if !edits::changes(&track.edits) && track.edits.first().is_none_or(|edit| edit.duration == 0) {
        return Ok(if all.end > 0 { vec![Stretch { at: 0, media: 0..all.end }] } else { Vec::new() });
    }
    if steps(track) > MOST_STEPS {
        return Err("too many edits");
    }
    let (mut at, mut list) = (0_u64, Vec::with_capacity(track.edits.len()));
    for (place, edit) in track.edits.iter().enumerate() {
        let to_the_end = edit.duration == 0 && place + 1 == track.edits.len();
        if let Some(start) = edit.start
            && (edit.duration > 0 || to_the_end)
        {
            if edit.rate != Edit::NORMAL {
                return Err("an edit of another speed");
            }
            // Media before the first sample is a gap, as far as the edit goes.
            let start = start.clamp(all.low.min(0), all.end);
            let end = if to_the_end { all.end } else { end(head, track, edit.duration, start, all.end) };
            if start < end {
                list.push(Stretch { at, media: start..end });
            }
        }
        at = at.saturating_add(edit.duration);
    }
    Ok(list)
}

/// Where the media of an edit ends.
fn end(head: &Head, track: &TrackIndex, duration: u64, start: i64, last: i64) -> i64 {
    let (own, movie) = (i128::from(track.timescale.get()), i128::from(head.timescale.get()));
    let length = (i128::from(duration) * own * 2 + movie).div_euclid(movie * 2);
    let Some(end) = i64::try_from(length).ok().and_then(|length| start.checked_add(length)) else { return last };
    if end >= last || movie % own == 0 {
        return end.min(last);
    }
    let tick = ((own + movie - 1) / movie) as i64;
    let next = walk::around(track, end - 1, false).1.map_or(last, |next| next.min(last));
    if next - end <= tick { next } else { end }
}
