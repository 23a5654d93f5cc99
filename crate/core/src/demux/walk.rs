//! Looking into a sample table without making a list of its samples: stretches of samples that are alike, and the
//! questions a cut asks of them. Every answer costs as many steps as the tables have runs. Times are ticks of the track.

use std::ops::Range;

use super::TrackIndex;
use crate::isobmff::tables::Tables;

/// Samples in a row that last equally long, have one composition offset, and are all sync samples or all not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The number of its first sample, counted from 0.
    pub(crate) first: u64,
    /// How many there are; not zero.
    pub(crate) count: u64,
    /// Decode time of the first.
    pub(crate) decode: i64,
    /// What each lasts.
    pub(crate) step: i64,
    /// Composition offset of each.
    pub(crate) offset: i64,
    /// Whether decoding can start at each.
    pub(crate) sync: bool,
}

impl Block {
    /// Composition time of the first sample.
    pub(crate) fn shown(&self) -> i64 {
        self.decode + self.offset
    }

    /// How many of its samples are composed before `time`: those come first.
    fn before(&self, time: i64) -> u64 {
        let ahead = time - self.shown();
        match () {
            () if ahead <= 0 => 0,
            () if self.step == 0 => self.count,
            () => ((ahead - 1) / self.step + 1).min(self.count as i64) as u64,
        }
    }
}

/// The blocks of a track in order.
#[derive(Clone, Debug)]
pub(crate) struct Blocks<'a> {
    durations: Cursor<'a, u32>,
    offsets: Cursor<'a, i32>,
    syncs: Cursor<'a, bool>,
    first: u64,
    decode: i64,
}

impl<'a> Blocks<'a> {
    /// Those of a track whose times were found to be in range, see [`in_range`].
    pub(crate) fn new(track: &'a TrackIndex) -> Blocks<'a> {
        let Tables { durations, offsets, syncs, .. } = &track.tables;
        Blocks {
            durations: Cursor::new(durations.runs()),
            offsets: Cursor::new(offsets.runs()),
            syncs: Cursor::new(syncs.runs()),
            first: 0,
            decode: track.start as i64,
        }
    }
}

impl Iterator for Blocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        let count = self.durations.left()?.min(self.offsets.left()?).min(self.syncs.left()?);
        let step = i64::from(self.durations.take(count)?);
        let offset = i64::from(self.offsets.take(count)?);
        let sync = self.syncs.take(count)?;
        let block = Block { first: self.first, count: u64::from(count), decode: self.decode, step, offset, sync };
        self.first += u64::from(count);
        self.decode += step * i64::from(count);
        Some(block)
    }
}

/// A place in a list of runs.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a, T> {
    runs: &'a [(u32, T)],
    taken: u32,
}

impl<'a, T: Copy> Cursor<'a, T> {
    pub(crate) fn new(runs: &'a [(u32, T)]) -> Cursor<'a, T> {
        Cursor { runs, taken: 0 }
    }

    /// How many values of the current run are left; `None` at the end.
    pub(crate) fn left(&self) -> Option<u32> {
        self.runs.first().map(|(count, _)| count - self.taken)
    }

    /// Takes `count` values of the current run, which has them; what each is.
    pub(crate) fn take(&mut self, count: u32) -> Option<T> {
        let &(whole, value) = self.runs.first()?;
        self.taken += count;
        if self.taken >= whole {
            self.runs = &self.runs[1..];
            self.taken = 0;
        }
        Some(value)
    }

    /// Goes through the next `count` values, run by run, as far as there are some.
    pub(crate) fn each(&mut self, mut count: u64, mut run: impl FnMut(u32, T)) {
        while count > 0
            && let Some(left) = self.left()
        {
            let here = u64::from(left).min(count) as u32;
            if let Some(value) = self.take(here) {
                run(here, value);
            }
            count -= u64::from(here);
        }
    }
}

/// The longest time that is computed with, in seconds: in any timescale it stays far from the end of 64 bits.
const LONGEST: u64 = 1 << 28;

/// Whether all times of a track can be computed with.
pub(crate) fn in_range(track: &TrackIndex) -> bool {
    let most = LONGEST * u64::from(track.timescale.get());
    track.start.checked_add(track.tables.duration).is_some_and(|end| end <= most)
}

/// When some samples are composed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Composed {
    /// The lowest composition time.
    pub(crate) low: i64,
    /// The highest.
    pub(crate) last: i64,
    /// The highest, and what that sample lasts, a tick at least.
    pub(crate) end: i64,
}

/// When these samples are composed. `None` for no sample.
pub(crate) fn composed(track: &TrackIndex, samples: &Range<u64>) -> Option<Composed> {
    let mut all: Option<Composed> = None;
    for block in Blocks::new(track) {
        let from = samples.start.max(block.first);
        let to = samples.end.min(block.first + block.count);
        if from < to {
            let low = block.shown() + (from - block.first) as i64 * block.step;
            let last = block.shown() + (to - 1 - block.first) as i64 * block.step;
            let here = Composed { low, last, end: last + block.step.max(1) };
            all = Some(all.map_or(here, |all| {
                let later = if (here.last, here.end) > (all.last, all.end) { here } else { all };
                Composed { low: all.low.min(here.low), ..later }
            }));
        }
    }
    all
}

/// Decode time of a sample; the end of the track where it has fewer.
pub(crate) fn decode_time(track: &TrackIndex, sample: u64) -> i64 {
    let mut cursor = Cursor::new(track.tables.durations.runs());
    let mut time = track.start as i64;
    cursor.each(sample, |count, step| time += i64::from(count) * i64::from(step));
    time
}

/// All samples of a track.
pub(crate) fn all(track: &TrackIndex) -> Range<u64> {
    0..track.tables.samples()
}

/// The composition times nearest to `time`: the highest not after it, the lowest after it.
pub(crate) fn around(track: &TrackIndex, time: i64, sync_only: bool) -> (Option<i64>, Option<i64>) {
    let (mut below, mut above) = (None, None);
    for block in Blocks::new(track).filter(|block| block.sync || !sync_only) {
        let before = block.before(time + 1);
        if before > 0 {
            below = below.max(Some(block.shown() + (before - 1) as i64 * block.step));
        }
        if before < block.count {
            let next = block.shown() + before as i64 * block.step;
            above = Some(above.map_or(next, |above: i64| above.min(next)));
        }
    }
    (below, above)
}

/// The samples that must be decoded to show `media`: from the sync sample before the first one shown, to the last one
/// in decode order. Empty where nothing is shown.
pub(crate) fn needed(track: &TrackIndex, media: &Range<i64>) -> Range<u64> {
    // What is seen at the start is the sample composed last before it.
    let begin = around(track, media.start, false).0.unwrap_or(media.start);
    let (mut first, mut end) = (u64::MAX, 0);
    for block in Blocks::new(track) {
        let (from, to) = (block.before(begin), block.before(media.end));
        if from < to {
            first = first.min(block.first + from);
            end = end.max(block.first + to);
        }
    }
    if first >= end {
        return 0..0;
    }
    // A sync sample composed after the first shown one opens a group that leans on the one before it.
    let opens = |block: Block| {
        let alike = block.before(begin + 1).min((first + 1).saturating_sub(block.first));
        (block.sync && alike > 0).then(|| block.first + alike - 1)
    };
    Blocks::new(track).filter_map(opens).last().unwrap_or(0)..end
}

/// The last sync sample before this one in decode order.
pub(crate) fn sync_before(track: &TrackIndex, sample: u64) -> Option<u64> {
    let blocks = Blocks::new(track).take_while(|block| block.first < sample).filter(|block| block.sync);
    blocks.last().map(|block| sample.min(block.first + block.count) - 1)
}

/// The first of these samples, in decode order, that is composed within `media`.
pub(crate) fn first_shown(track: &TrackIndex, samples: &Range<u64>, media: &Range<i64>) -> Option<u64> {
    let shown = |block: Block| {
        let begin = block.before(media.start).max(samples.start.saturating_sub(block.first));
        (begin < block.before(media.end)).then(|| block.first + begin)
    };
    Blocks::new(track).find_map(shown).filter(|sample| *sample < samples.end)
}

/// The last sample composed at or before `time`, in a track whose samples are composed in decode order: its number, its
/// composition time, what it lasts.
pub(crate) fn at(track: &TrackIndex, time: i64) -> Option<(u64, i64, i64)> {
    let mut found = None;
    for block in Blocks::new(track) {
        let before = block.before(time + 1);
        if before == 0 {
            break;
        }
        found = Some((block.first + before - 1, block.shown() + (before - 1) as i64 * block.step, block.step));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::TrackKind;

    /// Two groups in the order encoders write them. Each sample lasts 10 and is composed 20 after its place.
    fn track() -> TrackIndex {
        let mut tables = Tables::default();
        // Places in the order of decoding; the second group begins with 6.
        for (decode, shown) in [0, 3, 1, 2, 5, 4, 6, 7].into_iter().enumerate() {
            tables.durations.push(1, 10);
            tables.sizes.push(1, 1);
            tables.offsets.push(1, 20 + 10 * (shown - decode as i32));
            tables.syncs.push(1, matches!(decode, 0 | 6));
            tables.duration += 10;
        }
        TrackIndex::of_samples(TrackKind::Video, tables)
    }

    #[test]
    fn a_cut_needs_its_group_up_to_the_last_sample_it_shows() {
        let track = track();
        let all = composed(&track, &all(&track));
        assert_eq!(all, Some(Composed { low: 20, last: 90, end: 100 }));
        assert_eq!(around(&track, 45, false), (Some(40), Some(50)));
        assert_eq!(around(&track, 45, true), (Some(20), Some(80)));
        // The second picture, from its middle: the key frame before it, the one it leans on, and itself.
        assert_eq!(needed(&track, &(35..40)), 0..3);
        assert_eq!(first_shown(&track, &(0..3), &(30..40)), Some(2));
        // To the end of the first group; from the second on; before the first.
        assert_eq!(needed(&track, &(20..80)), 0..6);
        assert_eq!(needed(&track, &(80..100)), 6..8);
        assert_eq!(needed(&track, &(100..200)), 6..8, "the last picture stands");
        assert_eq!(needed(&track, &(0..20)), 0..0);
        assert_eq!(decode_time(&track, 6), 60);
        assert_eq!([1, 6, 7].map(|sample| sync_before(&track, sample)), [Some(0), Some(0), Some(6)]);
        assert_eq!(sync_before(&track, 0), None);
    }
}
