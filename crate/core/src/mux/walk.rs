//! The samples of run-length tables one at a time, in decoding order, for who must regroup them. Nothing is expanded:
//! a walk is a place in each table.

use super::moof::Sample;
use crate::isobmff::tables::{Chunk, Runs, Tables};

/// A place in one run-length table.
#[derive(Clone, Copy, Debug)]
struct Place<'a, T> {
    runs: &'a [(u32, T)],
    used: u32,
}

impl<'a, T: Copy + PartialEq> Place<'a, T> {
    fn new(runs: &'a Runs<T>) -> Place<'a, T> {
        Place { runs: runs.runs(), used: 0 }
    }

    fn next(&mut self) -> Option<T> {
        let [(count, value), rest @ ..] = self.runs else { return None };
        self.used += 1;
        if self.used == *count {
            (self.runs, self.used) = (rest, 0);
        }
        Some(*value)
    }

    /// What the next value is, and how often it comes in a row.
    fn left(&self) -> Option<(u32, T)> {
        let (count, value) = self.runs.first()?;
        Some((count - self.used, *value))
    }

    /// Passes so many values of the current run, which has them.
    fn pass(&mut self, count: u32) {
        self.used += count;
        if let [(whole, _), rest @ ..] = self.runs
            && self.used >= *whole
        {
            (self.runs, self.used) = (rest, 0);
        }
    }
}

/// A sample and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) sample: Sample,
    /// Decode time, ticks of the track.
    pub(crate) time: u64,
    /// Where its first byte lies, from where chunk offsets count.
    pub(crate) at: u64,
    /// Its sample entry, counted from 0.
    pub(crate) entry: u32,
}

impl Step {
    /// When it is shown, ticks of the track; saturates at both ends.
    pub(crate) fn composed(&self) -> u64 {
        self.time.saturating_add_signed(i64::from(self.sample.offset))
    }
}

/// A walk over the samples of a track. A copy of it goes on from the same place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk<'a> {
    durations: Place<'a, u32>,
    sizes: Place<'a, u32>,
    offsets: Place<'a, i32>,
    syncs: Place<'a, bool>,
    chunks: &'a [Chunk],
    /// Samples and bytes of the first chunk that were walked.
    samples: u32,
    bytes: u64,
    time: u64,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(tables: &'a Tables) -> Walk<'a> {
        Walk {
            durations: Place::new(&tables.durations),
            sizes: Place::new(&tables.sizes),
            offsets: Place::new(&tables.offsets),
            syncs: Place::new(&tables.syncs),
            chunks: &tables.chunks,
            samples: 0,
            bytes: 0,
            time: 0,
        }
    }

    /// Decode time of the next sample; where there is none, of the end.
    pub(crate) fn time(&self) -> u64 {
        self.time
    }

    /// The same walk from the sample with this number on, in as many steps as the tables before it have rows.
    pub(crate) fn from(mut self, mut first: u64) -> Walk<'a> {
        while first > 0
            && let [chunk, rest @ ..] = self.chunks
        {
            let row = (self.durations.left(), self.sizes.left(), self.offsets.left(), self.syncs.left());
            let (Some((lasts, duration)), Some((alike, size)), Some((offsets, _)), Some((syncs, _))) = row else {
                self.chunks = &[];
                break;
            };
            let within = lasts.min(alike).min(offsets).min(syncs).min(chunk.samples - self.samples);
            let count = u64::from(within).min(first) as u32;
            self.durations.pass(count);
            self.sizes.pass(count);
            self.offsets.pass(count);
            self.syncs.pass(count);
            self.samples += count;
            self.bytes = self.bytes.saturating_add(u64::from(count) * u64::from(size));
            self.time = self.time.saturating_add(u64::from(count) * u64::from(duration));
            if self.samples == chunk.samples {
                (self.chunks, self.samples, self.bytes) = (rest, 0, 0);
            }
            first -= u64::from(count);
        }
        self
    }

    /// Whether all samples were walked.
    pub(crate) fn done(&self) -> bool {
        self.chunks.is_empty()
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let [chunk, rest @ ..] = self.chunks else { return None };
        let row = (self.durations.next(), self.sizes.next(), self.offsets.next(), self.syncs.next());
        let (Some(duration), Some(size), Some(offset), Some(sync)) = row else {
            // Tables of fewer rows than the chunks say: the walk ends.
            self.chunks = &[];
            return None;
        };
        let sample = Sample { duration, size, offset, sync };
        let step = Step { sample, time: self.time, at: chunk.offset.saturating_add(self.bytes), entry: chunk.entry };
        self.samples += 1;
        self.bytes += u64::from(sample.size);
        if self.samples == chunk.samples {
            (self.chunks, self.samples, self.bytes) = (rest, 0, 0);
        }
        self.time = self.time.saturating_add(u64::from(sample.duration));
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_from_a_sample_on_is_the_rest_of_the_whole_one() {
        let mut tables = Tables::default();
        for (count, duration, size, sync) in [(3, 10, 100, true), (4, 10, 7, false), (1, 20, 7, true), (5, 1, 9, false)]
        {
            tables.durations.push(count, duration);
            tables.sizes.push(count, size);
            tables.syncs.push(count, sync);
        }
        tables.offsets.push(6, 0);
        tables.offsets.push(7, -3);
        for (offset, samples) in [(50, 2), (1000, 6), (40, 5)] {
            tables.chunks.push(Chunk { offset, samples, bytes: 0, entry: samples });
        }
        let whole: Vec<Step> = Walk::new(&tables).collect();
        assert_eq!(whole.len(), 13);
        for first in 0..=14 {
            let rest: Vec<Step> = Walk::new(&tables).from(first).collect();
            assert_eq!(rest, whole[whole.len().min(first as usize)..], "from {first} on");
        }
    }
}
