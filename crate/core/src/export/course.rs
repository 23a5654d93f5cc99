//! One track of the film as it is decided on: which samples of which clip follow each other, and what of them is shown
//! when; then its sample tables and edit list. Composition times stand in windows, one for each piece, in a row; decode
//! times keep one distance to them, so that nothing drifts however many pieces follow each other.

use std::ops::Range;

use super::ExportError;
use super::plan::Slot;
use super::seams::{Join, Patch};
use super::timing::Scale;
use crate::demux::{TrackIndex, walk};
use crate::isobmff::edits::Edit;
use crate::isobmff::tables::{Chunk, Tables};
use crate::media::TrackKind;
use crate::mux::MuxError;
use crate::time::Timescale;

/// Samples of a clip, or silence before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Which clip, by its place in the film.
    pub(super) clip: usize,
    /// What is in it.
    pub(super) what: Content,
    /// Where its window begins, in ticks of the film's track.
    pub(super) window: i64,
    /// Where in its window it begins to be shown.
    begin: i64,
    /// From where in its window on samples, which are hidden, are composed later, and by how much: what was shown before
    /// them stands longer.
    held: Option<(i64, i64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// These samples of the clip; the lowest composition time among them, and the first of them that is shown, in decode
    /// order. `broken`: the place in the recipe's openings of what stands for the first sample.
    Samples { range: Range<u64>, low: i64, shown: u64, broken: Option<usize> },
    /// So many packets of silence, each so many ticks of the film's track.
    Silence { packets: u32, ticks: u32 },
    /// Packets encoded anew, each so many ticks of the film's track.
    Coded { join: Join, ticks: u32 },
}

/// What is shown when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Show {
    /// In ticks of the film.
    at: Range<i64>,
    /// In ticks of the track.
    media: Range<i64>,
}

/// A track of the film.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) pieces: Vec<Piece>,
    shows: Vec<Show>,
    pub(super) timescale: Timescale,
    /// Ticks of the film in ticks of the track.
    from_film: Scale,
    /// Where the next window begins.
    window: i64,
    /// How long after their decoding the samples of every window begin to be composed.
    delay: i64,
    /// How much later at most samples are decoded than in their file, see [`Course::tables`].
    later: i64,
    /// Whether samples lie in it that its edits hide.
    pub(super) hides: bool,
}

impl Course {
    pub(super) fn new(timescale: Timescale, film: Timescale) -> Course {
        let from_film = Scale::new(film, timescale);
        let (pieces, shows) = (Vec::new(), Vec::new());
        Course { pieces, shows, timescale, from_film, window: 0, delay: 0, later: 0, hides: false }
    }

    /// When it ends, in ticks of the film; `None` before anything is in it.
    pub(super) fn end(&self) -> Option<i64> {
        self.shows.last().map(|show| show.at.end)
    }

    /// The piece that was added last.
    pub(super) fn last(&self) -> Option<&Piece> {
        self.pieces.last()
    }

    /// How many packets of silence are in it.
    pub(super) fn silent_packets(&self) -> i64 {
        let packets = |piece: &Piece| match piece.what {
            Content::Silence { packets, .. } => i64::from(packets),
            Content::Samples { .. } | Content::Coded { .. } => 0,
        };
        self.pieces.iter().map(packets).sum()
    }

    /// Adds a piece whose window is so long, of which `media`, counted from the window's start, is shown at `at`.
    pub(super) fn add(&mut self, clip: usize, what: Content, length: i64, media: Range<i64>, at: Range<i64>) {
        self.hides |= media.start > 0 || media.end < length;
        self.pieces.push(Piece { clip, what, window: self.window, begin: media.start, held: None });
        let media = self.window + media.start..self.window + media.end;
        self.window += length.max(1);
        match self.shows.last_mut() {
            Some(last) if last.at.end == at.start && last.media.end == media.start => {
                (last.at.end, last.media.end) = (at.end, media.end);
            }
            _ => self.shows.push(Show { at, media }),
        }
    }

    /// Takes this length, in ticks of the film and of the track, off the end of the samples added last, which end with
    /// their window and lose so many of them.
    pub(super) fn shorten(&mut self, samples: u64, film: i64, track: i64) {
        if let (Some(show), Some(piece)) = (self.shows.last_mut(), self.pieces.last_mut())
            && let Content::Samples { range, .. } = &mut piece.what
        {
            range.end -= samples;
            show.at.end -= film;
            show.media.end -= track;
            self.window -= track;
        }
    }

    /// Whether what was added last is shown to the end of its window.
    pub(super) fn ends_shown(&self) -> bool {
        self.shows.last().is_some_and(|show| show.media.end == self.window)
    }

    /// How long the window of the piece added last is.
    pub(super) fn last_length(&self) -> i64 {
        self.window - self.pieces.last().map_or(self.window, |piece| piece.window)
    }

    /// Lets what was shown last stand until `at`.
    pub(super) fn hold(&mut self, at: i64) {
        let hides = !self.ends_shown();
        if let (Some(last), Some(piece)) = (self.shows.last_mut(), self.pieces.last_mut()) {
            let more = self.from_film.of(at - last.at.end).max(0);
            if hides {
                piece.held = Some((last.media.end - piece.window, more));
            }
            last.at.end = at;
            last.media.end += more;
            self.window += more;
        }
    }

    /// Takes care that no sample is composed before its decoding: in a piece that begins to be composed so long after it
    /// begins to be decoded, and of which so much is decoded, and hidden, before the first sample that is shown from
    /// `begin` on.
    pub(super) fn delay(&mut self, delay: i64, hidden: i64, begin: i64) {
        self.delay = self.delay.max(delay);
        self.later = self.later.max(begin - hidden);
    }

    fn whole_delay(&self) -> i64 {
        self.delay + if self.shows.len() > 1 { self.later } else { 0 }
    }

    /// Whether a player that ignores edit lists shows something else.
    pub(super) fn needs_edits(&self, priming_only: bool) -> bool {
        self.shows.len() > 1 || (self.hides && !priming_only)
    }

    /// Whether it is shown from its very first sample.
    pub(super) fn shows_the_first(&self) -> bool {
        self.shows.first().is_none_or(|show| show.media.start <= 0)
    }

    /// Its edit list.
    pub(super) fn edits(&self) -> Vec<Edit> {
        let ticks = |range: &Range<i64>| (range.end - range.start).max(0).unsigned_abs();
        let late = self.shows.first().map_or(0, |show| show.at.start);
        let mut edits = Vec::with_capacity(self.shows.len() + 1);
        if late > 0 {
            edits.push(Edit::empty(late.unsigned_abs()));
        }
        edits.extend(self.shows.iter().map(|show| Edit::media(ticks(&show.at), show.media.start + self.whole_delay())));
        edits
    }

    /// How many of its samples come from tracks whose ticks are no whole ticks of it, or are held: each gets a row of its own.
    pub(super) fn rounded(&self, slot: &Slot<'_>) -> u64 {
        let samples = |piece: &Piece| match (&piece.what, slot.tracks.get(piece.clip).copied().flatten()) {
            (Content::Samples { range, .. }, Some(track))
                if piece.held.is_some() || Scale::new(track.timescale, self.timescale).factor().is_none() =>
            {
                range.end - range.start
            }
            _ => 0,
        };
        self.pieces.iter().map(samples).fold(0, u64::saturating_add)
    }

    /// Its sample tables. ffmpeg, and browsers built on it, let an edit begin with the decode time of the first sample
    /// that is shown of it, so that one is moved to where the edit begins: what is hidden before it is decoded for longer
    /// or shorter. `place` says where a byte of a clip's file lies in the payload, `silence` where those of the
    /// packets of silence lie whose window begins there, and how many bytes each packet has; of coded packets it
    /// says only where.
    pub(super) fn tables(
        &self,
        slot: &Slot<'_>,
        place: impl Fn(usize, u64) -> u64,
        silence: impl Fn(i64) -> (u64, u32),
        patches: &[Patch],
    ) -> Result<Tables, ExportError> {
        let mut out = Tables::default();
        // The first sample of the piece before that is shown: when it is decoded is settled.
        let mut settled = 0;
        for piece in &self.pieces {
            // Samples that are composed before the first one, but decoded after it, may be hidden behind it.
            let leads = matches!(&piece.what, Content::Samples { range, shown, .. } if *shown == range.start);
            let ahead = if leads && slot.kind == TrackKind::Video && self.shows.len() > 1 { piece.begin } else { 0 };
            go_on_at(&mut out, piece.window + ahead, settled)?;
            match &piece.what {
                Content::Silence { packets, ticks } => {
                    settled = out.samples();
                    let (offset, size) = silence(piece.window);
                    out.durations.push(*packets, *ticks);
                    out.sizes.push(*packets, size);
                    out.offsets.push(*packets, tick_offset(self.whole_delay())?);
                    out.syncs.push(*packets, true);
                    out.duration += u64::from(*packets) * u64::from(*ticks);
                    let bytes = u64::from(*packets) * u64::from(size);
                    out.chunks.push(Chunk { offset, samples: *packets, bytes, entry: 0 });
                }
                Content::Coded { join, ticks } => {
                    settled = out.samples();
                    let packets = patches.get(join.number).map_or(&[][..], |patch| &patch.packets);
                    let (count, offset) = (packets.len() as u32, silence(piece.window).0);
                    out.durations.push(count, *ticks);
                    packets.iter().for_each(|packet| out.sizes.push(1, packet.len() as u32));
                    out.offsets.push(count, tick_offset(self.whole_delay())?);
                    out.syncs.push(count, true);
                    out.duration += u64::from(count) * u64::from(*ticks);
                    let bytes = packets.iter().map(|packet| packet.len() as u64).sum();
                    out.chunks.push(Chunk { offset, samples: count, bytes, entry: 0 });
                }
                Content::Samples { range, low, shown, broken } => {
                    let Some(track) = slot.tracks.get(piece.clip).copied().flatten() else { continue };
                    // Whoever looks for the sync sample before the first that is shown shall find the first one.
                    let unmarked = range.start + 1..shown + 1;
                    let shown = if self.shows.len() > 1 { *shown } else { range.start };
                    if shown > range.start {
                        self.copy(&mut out, track, &(range.start..shown), &unmarked, (piece, *low))?;
                        go_on_at(&mut out, piece.window + piece.begin, settled)?;
                    }
                    settled = out.samples();
                    self.copy(&mut out, track, &(shown..range.end), &unmarked, (piece, *low))?;
                    let copied = range.start + u64::from(broken.is_some());
                    if broken.is_some() {
                        chunks(track, &(range.start..copied), |chunk| {
                            let entry = slot.entry(piece.clip, chunk.entry);
                            out.chunks.push(Chunk { offset: silence(piece.window).0, entry, ..chunk });
                        });
                    }
                    chunks(track, &(copied..range.end), |chunk| {
                        let (offset, entry) = (place(piece.clip, chunk.offset), slot.entry(piece.clip, chunk.entry));
                        out.chunks.push(Chunk { offset, entry, ..chunk });
                    });
                }
            }
        }
        Ok(out)
    }

    /// Copies everything but the chunks of samples of this piece, whose first composed one was `low`. Samples of `unmarked`
    /// are no longer sync samples.
    fn copy(
        &self,
        out: &mut Tables,
        track: &TrackIndex,
        range: &Range<u64>,
        unmarked: &Range<u64>,
        (piece, low): (&Piece, i64),
    ) -> Result<(), ExportError> {
        let scale = Scale::new(track.timescale, self.timescale);
        let count = range.end - range.start;
        let base = i64::try_from(out.duration).unwrap_or(i64::MAX);
        let first = walk::decode_time(track, range.start);
        let source = &track.tables;
        from(source.sizes.runs(), range).each(count, |count, size| out.sizes.push(count, size));
        let mut at = range.start;
        from(source.syncs.runs(), range).each(count, |count, sync| {
            let end = at + u64::from(count);
            let [from, to] = [unmarked.start, unmarked.end].map(|edge| edge.clamp(at, end));
            out.syncs.push((from - at) as u32, sync);
            out.syncs.push(to.saturating_sub(from) as u32, false);
            out.syncs.push((end - to.max(from)) as u32, sync);
            at = end;
        });
        let mut failed = None;
        let window = piece.window;
        if let Some(factor) = scale.factor().filter(|_| piece.held.is_none()) {
            from(source.durations.runs(), range).each(count, |count, duration| {
                match tick_count(i64::from(duration) * i64::from(factor)) {
                    Ok(duration) => {
                        out.durations.push(count, duration);
                        out.duration += u64::from(count) * u64::from(duration);
                    }
                    Err(error) => failed = Some(error),
                }
            });
            let shift = self.whole_delay() + window - base - scale.of(low) + scale.of(first);
            from(source.offsets.runs(), range).each(count, |count, offset| {
                match tick_offset(i64::from(offset) * i64::from(factor) + shift) {
                    Ok(offset) => out.offsets.push(count, offset),
                    Err(error) => failed = Some(error),
                }
            });
            return failed.map_or(Ok(()), Err);
        }
        let to = |time: i64| scale.of(time - first) + base;
        for block in walk::Blocks::new(track) {
            let begin = range.start.max(block.first);
            let end = range.end.min(block.first + block.count);
            for sample in begin..end {
                let decode = block.decode + (sample - block.first) as i64 * block.step;
                let duration = tick_count(to(decode + block.step) - to(decode))?;
                let inside = scale.of(decode + block.offset - low);
                let held = piece.held.map_or(0, |(end, more)| if inside >= end { more } else { 0 });
                let shown = self.whole_delay() + window + inside + held;
                out.durations.push(1, duration);
                out.duration += u64::from(duration);
                out.offsets.push(1, tick_offset(shown - to(decode))?);
            }
        }
        Ok(())
    }
}

/// Lets the next sample be decoded at `time`. The last sample lasts longer for it, or the last ones last shorter, down to
/// a tick each: as many as it takes, but none before `settled`. When they are composed stays.
fn go_on_at(out: &mut Tables, time: i64, settled: u64) -> Result<(), ExportError> {
    let mut ahead = time - i64::try_from(out.duration).unwrap_or(i64::MAX);
    let mut moved = Vec::new();
    while ahead != 0
        && out.durations.total() > settled
        && let (Some(duration), Some(offset)) = (out.durations.pop(), out.offsets.pop())
    {
        let shorter = tick_count((i64::from(duration) + ahead).max(i64::from(duration.min(1))))?;
        out.duration = out.duration - u64::from(duration) + u64::from(shorter);
        ahead += i64::from(duration) - i64::from(shorter);
        // What is left to be taken from those before.
        moved.push((shorter, i64::from(offset) - ahead));
    }
    while let Some((duration, offset)) = moved.pop() {
        out.durations.push(1, duration);
        out.offsets.push(1, tick_offset(offset + ahead)?);
    }
    Ok(())
}

fn tick_count(ticks: i64) -> Result<u32, ExportError> {
    let amount = ticks.unsigned_abs();
    u32::try_from(ticks).map_err(|_| MuxError::TooLarge { what: "ticks of one sample", amount }.into())
}

fn tick_offset(ticks: i64) -> Result<i32, ExportError> {
    let amount = ticks.unsigned_abs();
    i32::try_from(ticks).map_err(|_| MuxError::TooLarge { what: "ticks of a composition offset", amount }.into())
}

/// A cursor at the first of these samples.
fn from<'a, T: Copy>(runs: &'a [(u32, T)], range: &Range<u64>) -> walk::Cursor<'a, T> {
    let mut cursor = walk::Cursor::new(runs);
    cursor.each(range.start, |_, _| {});
    cursor
}

/// Gives the chunks of these samples in order, those at the ends cut.
pub(super) fn chunks(track: &TrackIndex, range: &Range<u64>, mut take: impl FnMut(Chunk)) {
    let mut sizes = walk::Cursor::new(track.tables.sizes.runs());
    let mut first = 0;
    for chunk in &track.tables.chunks {
        let end = first + u64::from(chunk.samples);
        let (from, to) = (range.start.max(first), range.end.min(end));
        let bytes = |sizes: &mut walk::Cursor<'_, u32>, count: u64| {
            let mut sum = 0;
            sizes.each(count, |count, size| sum += u64::from(count) * u64::from(size));
            sum
        };
        if from >= to {
            sizes.each(end - first, |_, _| {});
        } else if to - from == end - first {
            sizes.each(end - first, |_, _| {});
            take(*chunk);
        } else {
            let skipped = bytes(&mut sizes, from - first);
            let kept = bytes(&mut sizes, to - from);
            sizes.each(end - to, |_, _| {});
            let offset = chunk.offset.saturating_add(skipped);
            take(Chunk { offset, samples: (to - from) as u32, bytes: kept, entry: chunk.entry });
        }
        first = end;
        if first >= range.end {
            break;
        }
    }
}
