//! A recording finished where it lies: the head of a film whose media is one stretch of the recording, fragment headers and
//! all. Nothing is copied and no media byte is read; what is shown when stays as the recording says it.

use std::ops::Range;

use crate::demux::{FileIndex, TrackIndex};
use crate::isobmff::edits::Edit;
use crate::isobmff::tables::{Chunk, Tables};
use crate::mux::MuxError;
use crate::mux::flat::{self, Film, FilmTrack};
use crate::time::{Ticks, Timescale};

/// A film made of a recording: the bytes of `head`, then this range of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// `ftyp`, `moov` and the header of `mdat`.
    pub head: Vec<u8>,
    /// The media in the recording; empty where it has none.
    pub span: Range<u64>,
}

impl<'a> FilmTrack<'a> {
    /// A track of a file as it stands: its tables count from the beginning of that file.
    pub fn of(track: &'a TrackIndex) -> FilmTrack<'a> {
        FilmTrack {
            kind: track.kind,
            entries: &track.entries,
            size: track.size,
            matrix: track.matrix,
            timescale: track.timescale,
            language: track.language,
            edits: &track.edits,
            tables: &track.tables,
        }
    }
}

/// The faststart film of a recording, or of any other file. `created` is when it was made, seconds since 1904; 0 keeps
/// what the file says.
///
/// # Errors
/// As [`flat::head`].
pub fn finish(index: &FileIndex, created: u64) -> Result<Finished, MuxError> {
    let span = index.media().unwrap_or(0..0);
    let movie = index.head().timescale;
    // `media` begins at the lowest offset.
    let moved = |chunk: &Chunk| Chunk { offset: chunk.offset - span.start, ..*chunk };
    let parts: Vec<(Tables, Vec<Edit>)> = index
        .tracks()
        .iter()
        .map(|track| {
            let chunks = track.tables.chunks.iter().map(moved).collect();
            (Tables { chunks, ..track.tables.clone() }, edits(track, movie))
        })
        .collect();
    let tracks: Vec<FilmTrack<'_>> = index
        .tracks()
        .iter()
        .zip(&parts)
        .map(|(track, (tables, edits))| FilmTrack { edits, tables, ..FilmTrack::of(track) })
        .collect();
    let film = Film {
        created: if created == 0 { index.head().created } else { created },
        udta: &index.head().udta,
        ..Film::new(&tracks, movie, span.end - span.start)
    };
    Ok(Finished { head: flat::head(&film)?, span })
}

/// The edits of a track in a film whose tables begin with its first sample. In the recording that may be decoded later
/// than at 0: then nothing is shown before it.
fn edits(track: &TrackIndex, movie: Timescale) -> Vec<Edit> {
    let begin = i64::try_from(track.start).unwrap_or(i64::MAX);
    let end = begin.saturating_add_unsigned(track.tables.duration);
    let shown = |own: i64| {
        let ticks = track.timescale.rescale(Ticks(own.max(0)), movie);
        ticks.map_or(u64::MAX, |ticks| ticks.0.unsigned_abs())
    };
    let whole = [Edit::media(0, 0)];
    let edits: &[Edit] = match track.edits.as_slice() {
        [] if begin == 0 => &[],
        [] => &whole,
        edits => edits,
    };
    let mut list = Vec::with_capacity(edits.len() + 1);
    for &edit in edits {
        let Some(start) = edit.start else {
            list.push(edit);
            continue;
        };
        // In a fragmented file 0 is "to the end".
        let duration = if edit.duration == 0 { shown(end.saturating_sub(start)) } else { edit.duration };
        let gap = shown(begin.saturating_sub(start)).min(duration);
        let before = (gap > 0).then(|| Edit::empty(gap));
        let start = Some(start.saturating_sub(begin).max(0));
        let after = Edit { duration: duration - gap, start, ..edit };
        list.extend(before.into_iter().chain((after.duration > 0).then_some(after)));
    }
    list
}
